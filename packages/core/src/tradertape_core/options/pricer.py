"""The simulated market's derivatives: futures at the cost of carry, options on the surface.

Fits `tradertape_core.market.world.derivatives.DerivativePricer`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.contracts import INDEX_CONTRACTS
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.options.activity import open_interest
from tradertape_core.options.expiry import expires_at, years_left
from tradertape_core.options.greeks import RISK_FREE_RATE, forward_price
from tradertape_core.options.normal import Floats
from tradertape_core.options.surface import SURFACE, Surface, option_prices

Counts = NDArray[np.int64]

# Volatility of an index over NIFTY's, of which INDIA VIX speaks; round figures near those of the
# simulated world (NIFTY BANK 1.17) and of past years. Others, shares too, have no surface.
RELATIVE_VOLATILITY: Mapping[str, float] = {
    "NIFTY": 1.0,
    "BANKNIFTY": 1.2,
    "FINNIFTY": 1.15,
    "MIDCPNIFTY": 1.25,
    "SENSEX": 1.0,
}
_FUTURE_LOTS = 40_000


@dataclass(frozen=True, slots=True)
class SurfacePricer:
    """Prices contracts on one underlying from its spot and the market's volatility index."""

    surface: Surface = SURFACE
    rate: float = RISK_FREE_RATE
    relative: Mapping[str, float] = field(default_factory=lambda: dict(RELATIVE_VOLATILITY))

    def prices(
        self, instruments: Sequence[Instrument], *, spot: float, volatility: float, at: datetime
    ) -> Floats:
        """Return fair prices in rupees, (n,); NaN for a contract that has ended or has no surface.

        volatility: yearly, of the volatility index: 0.15 for an INDIA VIX of 15. at: aware.
        """
        found: Floats = np.full(len(instruments), np.nan)
        for expiry, rows in _by_expiry(instruments, at).items():
            years = years_left(expiry, at)
            options = [row for row in rows if instruments[row].is_option]
            level = self._level(instruments[rows[0]], volatility)
            if options and level is not None:
                strikes, calls = _terms(instruments, options)
                found[options] = option_prices(
                    spot=spot, years=years, level=level, strike=strikes, is_call=calls,
                    rate=self.rate, surface=self.surface,
                )  # fmt: skip
            futures = [r for r in rows if instruments[r].instrument_type is InstrumentType.FUT]
            found[futures] = float(forward_price(spot, years, self.rate))
        return found

    def path(
        self, instrument: Instrument, *, spot: Floats, volatility: Floats, years: Floats
    ) -> Floats:
        """Return fair prices of one contract along its underlying's path, all (n,), as `prices`.

        years: that are left at each moment.
        """
        if instrument.instrument_type is InstrumentType.FUT:
            return forward_price(spot, years, self.rate)
        relative = self.relative.get(instrument.underlying)
        if relative is None or not instrument.is_option:
            return np.full(len(spot), np.nan)
        return option_prices(
            spot=spot, years=years, level=relative * volatility,
            strike=float(instrument.strike or 0), is_call=instrument.option_type == "CE",
            rate=self.rate, surface=self.surface,
        )  # fmt: skip

    def interest(
        self, instruments: Sequence[Instrument], *, spot: float, volatility: float, at: datetime
    ) -> Counts:
        """Return units open in each contract, (n,): most out of the money on round strikes."""
        found: Counts = np.zeros(len(instruments), dtype=np.int64)
        for expiry, rows in _by_expiry(instruments, at).items():
            first, years = instruments[rows[0]], years_left(expiry, at)
            options = [row for row in rows if instruments[row].is_option]
            level = self._level(first, volatility)
            if options and level is not None:
                strikes, calls = _terms(instruments, options)
                found[options] = open_interest(
                    spot=spot, years=years, level=level, strike=strikes, is_call=calls,
                    step=_step(first.underlying, strikes), lot_size=first.lot_size,
                    salt=expiry.toordinal(),
                )  # fmt: skip
            for row in rows:
                if instruments[row].instrument_type is InstrumentType.FUT:
                    found[row] = _FUTURE_LOTS * instruments[row].lot_size
        return found

    def _level(self, instrument: Instrument, volatility: float) -> float | None:
        relative = self.relative.get(instrument.underlying)
        return None if relative is None or volatility <= 0.0 else relative * volatility


def _by_expiry(instruments: Sequence[Instrument], at: datetime) -> dict[date, list[int]]:
    """Rows of contracts that still trade, by expiry."""
    rows: defaultdict[date, list[int]] = defaultdict(list)
    for row, one in enumerate(instruments):
        if one.expiry is not None:
            rows[one.expiry].append(row)
    return {expiry: found for expiry, found in rows.items() if expires_at(expiry) > at}


def _terms(
    instruments: Sequence[Instrument], rows: Sequence[int]
) -> tuple[Floats, NDArray[np.bool_]]:
    strikes = np.array([float(instruments[row].strike or 0) for row in rows])
    return strikes, np.array([instruments[row].option_type == "CE" for row in rows])


def _step(underlying: str, strikes: Floats) -> float:
    contract = INDEX_CONTRACTS.get(underlying)
    if contract is not None:
        return float(contract.strike_step)
    apart = np.diff(np.unique(strikes))
    return float(apart.min()) if apart.size else float(strikes[0])
