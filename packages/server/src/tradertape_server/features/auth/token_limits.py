"""Limits that a worker token gives to the runs it creates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import Field

MAX_BAND_PCT = 1000

Band = Annotated[float, Field(gt=0, le=MAX_BAND_PCT, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class TokenLimits:
    """Price bands in percent of the last price; None leaves the choice to the run."""

    price_band_pct: Decimal | None = None
    option_price_band_pct: Decimal | None = None

    @classmethod
    def of(cls, price_band_pct: float | None, option_price_band_pct: float | None) -> TokenLimits:
        """Limits of numbers as people give them."""
        given = (price_band_pct, option_price_band_pct)
        return cls(*(None if value is None else Decimal(str(value)) for value in given))

    @property
    def given(self) -> Mapping[str, float]:
        """Those that are set, by their names."""
        return {name: float(value) for name, value in asdict(self).items() if value is not None}


NO_LIMITS = TokenLimits()
