"""The simulated session of a future or option by the second, derived from its underlying's.

Candles requested later equal those that were shown live.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.hours import TradingHours
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.world.day import VOLATILITY_INDEX
from tradertape_core.market.world.derivatives import (
    DerivativePricer,
    interest_at,
    lots_traded,
    ticks_of,
)
from tradertape_core.market.world.live import LiveMarket, candles_of
from tradertape_core.options.expiry import years_left

DEFAULT_VOLATILITY = 0.15
_SECOND_IN_YEARS = 1 / (365 * 86_400)


def contract_candles(
    live: LiveMarket, contract: Instrument, spot: str, pricer: DerivativePricer,
    interval: Interval, *, hours: TradingHours, until: datetime,
) -> list[Candle]:  # fmt: skip
    """Candles of a contract's session up to a moment; none for a contract without a price.

    spot: name of its underlying. hours: the contract's, which may end after those of shares.
    """
    seconds = np.arange(hours.second_of(until) + 1)
    if contract.expiry is None or not len(seconds):
        return []
    left = years_left(contract.expiry, hours.start) - seconds * _SECOND_IN_YEARS
    fair = pricer.path(
        contract,
        spot=_spots(live, spot, len(seconds)),
        volatility=_expected_volatilities(live, len(seconds)),
        years=np.maximum(left, 0.0),
    )
    if not np.isfinite(fair).all():
        return []
    opened = pricer.interest(
        [contract], spot=live.previous_close(spot),
        volatility=expected_volatility(live, hours.start), at=hours.start,
    )  # fmt: skip
    through = seconds / hours.seconds
    lots = lots_traded(contract, int(opened[0]))
    return candles_of(
        ticks_of(fair, round(contract.tick_size * 100)),
        (lots * through).astype(np.int64) * contract.lot_size,
        interval, hours,
        interest=interest_at(contract, int(opened[0]), through),
    )  # fmt: skip


def expected_volatility(live: LiveMarket, moment: datetime) -> float:
    """The annual volatility that the market expects at a moment."""
    if not live.knows(VOLATILITY_INDEX):
        return DEFAULT_VOLATILITY
    return live.spot(VOLATILITY_INDEX, moment) / 100


def _expected_volatilities(live: LiveMarket, count: int) -> NDArray[np.float64]:
    if not live.knows(VOLATILITY_INDEX):
        return np.full(count, DEFAULT_VOLATILITY)
    return _extended(live.path(VOLATILITY_INDEX).price, count) / 100 / 100


def _spots(live: LiveMarket, name: str, count: int) -> NDArray[np.float64]:
    """The spot price at each second; after its close the price implied for contracts."""
    made = _extended(live.path(name).price, count) / 100
    for second in range(live.hours.seconds, count):
        late = live.hours.end + timedelta(seconds=second - live.hours.seconds)
        made[second] = live.implied(name, late)
    return made


def _extended(prices: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """The first `count` prices; beyond the end the last one is repeated."""
    return prices[np.minimum(np.arange(count), len(prices) - 1)]
