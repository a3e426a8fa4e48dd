"""What derivatives of one underlying could cost to close: the exchange's method, approximated.

Sixteen scenarios move the underlying and its volatility as SPAN does; every option is repriced by
Black 1976 at the volatility its own price implies. The risk is what closing the whole group would
cost in the worst of them. A long option is never worth less than nothing, so adding one never
raises the risk. An estimate: prices are floats inside, the answer is whole paise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal

import numpy as np
from numpy.typing import NDArray

from tradertape_core.kernel.money import Paise
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.options.expiry import years_left
from tradertape_core.options.greeks import DAYS_A_YEAR, RISK_FREE_RATE, black76_price
from tradertape_core.options.implied import implied_volatility

Floats = NDArray[np.float64]

# SPAN's sixteen: thirds of the price scan range with volatility up and down, then twice the range,
# of which 35% counts. Source: NSE Clearing, "Margins for derivatives", read 2026.
_THIRDS = (0.0, 1 / 3, -1 / 3, 2 / 3, -2 / 3, 1.0, -1.0)
_MOVES = np.array([*(move for move in _THIRDS for _ in range(2)), 2.0, -2.0])
_VOLATILITY = np.array([*([1.0, -1.0] * len(_THIRDS)), 0.0, 0.0])
_WEIGHT = np.array([*([1.0] * 2 * len(_THIRDS)), 0.35, 0.35])

_LEAST_VOLATILITY = 0.01
_USUAL_VOLATILITY = 0.25  # where a price implies none
_ONE_DAY = 1.0 / DAYS_A_YEAR


@dataclass(frozen=True, slots=True)
class ScanRange:
    """How far one day may move an underlying: fractions of its price and of a year's volatility."""

    price: Decimal
    volatility: Decimal
    exposure: Decimal  # of the notional, on top of the scan


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Units of a derivative, below 0 when short; prices in rupees.

    underlying_price: of the future or spot the option is on; the strike is taken without it.
    """

    instrument: Instrument
    quantity: int
    price: Decimal
    underlying_price: Decimal | None = None

    @property
    def is_future(self) -> bool:
        """Whether it is a future."""
        return self.instrument.instrument_type is InstrumentType.FUT

    @property
    def is_long_option(self) -> bool:
        """Whether it is a bought option."""
        return not self.is_future and self.quantity > 0

    @property
    def strike(self) -> Decimal:
        """The strike in rupees; 0 for a future."""
        return self.instrument.strike or Decimal(0)

    @property
    def level(self) -> Decimal:
        """The price of what is delivered, rupees."""
        if self.is_future:
            return self.price
        return self.underlying_price or self.strike

    def payoff(self, level: Decimal) -> Decimal:
        """What a unit is worth at expiry; of a future what it earned from its price on."""
        if self.is_future:
            return level - self.price
        is_call = self.instrument.instrument_type is InstrumentType.CE
        return max(level - self.strike if is_call else self.strike - level, Decimal(0))


def closing_risk(group: Sequence[Contract], range_: ScanRange, now: datetime) -> Paise:
    """Return what closing the group costs in the worst scenario, never below 0."""
    if all(one.is_long_option for one in group):
        return Paise(0)
    futures = [one for one in group if one.is_future]
    options = [one for one in group if not one.is_future]
    change = sum(one.quantity * float(one.price) for one in futures) * float(range_.price)
    value: Floats = change * _MOVES * _WEIGHT
    if options:
        quantities = np.array([float(one.quantity) for one in options])
        value = value + quantities @ _option_values(options, range_, now)
    worst = max(0.0, float(-value.min()))
    return Paise(math.ceil(round(worst * 100, 4)))


def worst_payout(group: Sequence[Contract]) -> Paise | None:
    """Return the most the group can owe at expiry; None when there is no bound.

    All that can owe must expire on one day; long options of other days are left out of account.
    """
    owing = [one for one in group if not one.is_long_option]
    if not owing:
        return Paise(0)
    days: set[date | None] = {one.instrument.expiry for one in owing}
    if len(days) > 1:
        return None
    legs = [one for one in group if one.instrument.expiry in days]
    if sum(one.quantity for one in legs if _rises(one)) < 0:
        return None
    turns = [Decimal(0), *(one.strike for one in legs if not one.is_future)]
    least = min(sum((one.quantity * one.payoff(at) for one in legs), Decimal(0)) for at in turns)
    return Paise(int((max(-least, Decimal(0)) * 100).to_integral_value(ROUND_CEILING)))


def _rises(one: Contract) -> bool:
    return one.instrument.instrument_type is not InstrumentType.PE


def _option_values(options: Sequence[Contract], range_: ScanRange, now: datetime) -> Floats:
    """Worth of a unit of each option in each scenario, rupees: (n, 16)."""
    terms = [_terms(one, now) for one in options]
    unknown = [one for one in dict.fromkeys(terms) if (one, range_) not in _known]
    if unknown:
        if len(_known) + len(unknown) > _MOST_KNOWN:
            _known.clear()
        for one, values in zip(unknown, _reprice(unknown, range_), strict=True):
            _known[one, range_] = values
    # Another thread may have emptied it since.
    found = [_known.get((one, range_)) for one in terms]
    kept = [one for one in found if one is not None]
    return np.array(kept) if len(kept) == len(terms) else _reprice(terms, range_)


# Price, level, strike, years left and whether it is a call: all that a unit's worth follows from.
_Terms = tuple[float, float, float, float, bool]
_known: dict[tuple[_Terms, ScanRange], Floats] = {}
_MOST_KNOWN = 20_000


def _terms(one: Contract, now: datetime) -> _Terms:
    years = _years(one, now)
    return float(one.price), float(one.level), float(one.strike), years, _rises(one)


def _reprice(terms: Sequence[_Terms], range_: ScanRange) -> Floats:
    columns = np.array(terms).T[:, :, None]
    price, level, strike, years = columns[:4]
    is_call = columns[4] > 0
    implied = implied_volatility(price, level, strike, years, RISK_FREE_RATE, is_call)
    base: Floats = np.where(np.isfinite(implied), implied, _USUAL_VOLATILITY)
    volatility = np.maximum(base + _VOLATILITY * float(range_.volatility), _LEAST_VOLATILITY)
    moved = np.maximum(level * (1.0 + _MOVES * float(range_.price)), 0.01)
    left = np.maximum(years - _ONE_DAY, 0.0)
    after = black76_price(moved, strike, left, volatility, RISK_FREE_RATE, is_call)
    today = black76_price(level, strike, years, base, RISK_FREE_RATE, is_call)
    return np.maximum(price + (after - today) * _WEIGHT, 0.0)


def _years(one: Contract, now: datetime) -> float:
    return 0.0 if one.instrument.expiry is None else years_left(one.instrument.expiry, now)
