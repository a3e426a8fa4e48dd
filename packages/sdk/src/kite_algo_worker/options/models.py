"""Option legs and spreads, and what is asked of option runs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from kite_algo_worker.models.base import JsonDict, Model

Made = TypeVar("Made", bound=Model)
_WORDS = ("tradingsymbol", "transaction_type", "exchange", "product", "option_type", "order_type")


def new_leg_id() -> str:
    """Return a name for a leg, `leg_1a2b3c4d`."""
    return f"leg_{secrets.token_hex(4)}"


def _in_capitals(model: Any, *names: str) -> None:
    for name in names:
        value = getattr(model, name)
        if value is not None:
            object.__setattr__(model, name, str(value).strip().upper())


@dataclass(frozen=True)
class OptionExpirySnapshot(Model):
    """Expiries of an underlying, nearest first, as `YYYY-MM-DD`; spot in rupees."""

    underlying: str
    expiries: list[str] = field(default_factory=list[str])
    spot_ltp: float | None = None
    updated_at: str | None = None
    raw: JsonDict = field(default_factory=JsonDict, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        _in_capitals(self, "underlying")


@dataclass(frozen=True)
class OptionEntryPreviewRequest(Model):
    """Orders to look at before an entry."""

    strategy_run_id: str
    orders: list[JsonDict] = field(default_factory=list[JsonDict])
    metadata: JsonDict = field(default_factory=JsonDict)
    all_or_none: bool = False


@dataclass(frozen=True)
class OptionExecutionLeg(Model):
    """One leg of an option run: `quantity` units, which are `lots` times `lot_size`.

    strike, ltp, price, trigger_price, exit_price: rupees. order_type, exit_order_type: as of
    orders. Texts are put in capitals; a leg without an id gets one.
    """

    leg_id: str | None = None
    tradingsymbol: str = ""
    transaction_type: str = ""
    quantity: int = 0
    exchange: str = "NFO"
    product: str | None = None
    instrument_token: int | None = None
    strike: float | None = None
    option_type: str | None = None
    expiry_key: str | None = None
    ltp: float | None = None
    lot_size: int | None = None
    lots: int | None = None
    order_type: str = "MARKET"
    price: float | None = None
    trigger_price: float | None = None
    market_protection: float | None = None
    exit_order_type: str | None = None
    exit_price: float | None = None
    metadata: JsonDict = field(default_factory=JsonDict)

    def __post_init__(self) -> None:
        super().__post_init__()
        _in_capitals(self, *_WORDS, "exit_order_type")
        object.__setattr__(self, "leg_id", self.leg_id or new_leg_id())

    @classmethod
    def model_validate(cls: type[Made], payload: Any) -> Made:
        """Return the leg of a dict; that of `option_leg(...)` too, whose variety is the usual one.

        Raises TypeError for a key that a leg does not have.
        """
        if isinstance(payload, Mapping):
            fields = cast("Mapping[str, Any]", payload)
            payload = {key: value for key, value in fields.items() if key != "variety"}
        return super().model_validate(payload)  # type: ignore[misc]


@dataclass(frozen=True)
class OptionRunCreateRequest(Model):
    """A new option run; legs without a product take the run's."""

    strategy_name: str
    product: str
    legs: list[OptionExecutionLeg] = field(default_factory=list[OptionExecutionLeg])
    protection: JsonDict | None = None
    metadata: JsonDict = field(default_factory=JsonDict)

    def __post_init__(self) -> None:
        super().__post_init__()
        _in_capitals(self, "product")
        legs = [leg if leg.product else replace(leg, product=self.product) for leg in self.legs]
        object.__setattr__(self, "legs", legs)


@dataclass(frozen=True)
class OptionRunActionRequest(Model):
    """How to enter or exit an option run."""

    mode: str | None = None
    execution_mode: str | None = None
    account_scope: str | None = None
    all_or_none: bool = False
    idempotency_key: str | None = None
    metadata: JsonDict = field(default_factory=JsonDict)
    order_results: list[JsonDict] | None = None
    trade_results: list[JsonDict] | None = None
    safety_token: str | None = None


@dataclass(frozen=True)
class SpreadLegSelection(Model):
    """Which contract a leg of a spread is, and what to do with it.

    selection: `option_type` (`CE`, `PE`) with `strike`, `offset`, `delta_target` or `moneyness`.
    """

    selection: JsonDict = field(default_factory=JsonDict)
    transaction_type: str = ""
    lots: int = 1
    order_type: str = "MARKET"
    price: float | None = None
    trigger_price: float | None = None
    metadata: JsonDict = field(default_factory=JsonDict)

    def __post_init__(self) -> None:
        super().__post_init__()
        _in_capitals(self, "transaction_type", "order_type")
        object.__setattr__(self, "lots", max(1, self.lots))


@dataclass(frozen=True)
class SpreadSpec(Model):
    """A spread to be resolved. expiry: `YYYY-MM-DD`, `nearest`, `current_week` and the like."""

    spread_type: str
    expiry: str
    legs: list[SpreadLegSelection] = field(default_factory=list[SpreadLegSelection])
