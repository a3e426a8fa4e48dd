"""From factors to candles: prices on the tick, and volumes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.ticks import TICK_TABLES, TickTable
from tradertape_core.market.world.parameters import SESSIONS_A_YEAR, Model
from tradertape_core.market.world.streams import autoregressive, normals

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Prices:
    """Open, high, low and close as (T, N): rupees."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats


def walk_prices(
    first: Floats, listed: NDArray[np.int64], night: Floats, day: Floats,
    above: Floats, below: Floats,
) -> Prices:  # fmt: skip
    """Add up log returns from the price before the first session, or before the listing.

    first: (N,) that price. listed: (N,) row of the first session, 0 for old companies. above,
    below: (T, N) log distance of high and low from the open. Rows before a listing mean nothing.
    """
    total = np.cumsum(night + day, axis=0)
    last_before = np.clip(listed - 1, 0, len(total) - 1)
    before = np.where(listed > 0, np.take_along_axis(total, last_before[None], axis=0)[0], 0.0)
    close = np.log(first) + total - before
    opening = close - day
    return Prices(*_exponentials(opening, opening + above, opening + below, close))


def on_the_tick(prices: Prices, days: Days) -> Prices:
    """Round all prices to NSE's tick for their height and date; none falls below one tick."""
    return Prices(
        *(_rounded(p, days) for p in (prices.open, prices.high, prices.low, prices.close))
    )


def tick_sizes(price: Floats, table: TickTable) -> Floats:
    """Tick in rupees for each price, by one of the exchange's tables."""
    bounds = np.array([bound for bound, _ in table.bands[:-1]])
    ticks = np.array([tick for _, tick in table.bands]) / 100
    banded = ticks[np.searchsorted(bounds, price, side="left")]
    return np.where(price < 250.0, table.below_250 / 100, banded)


def volumes(
    model: Model, seed: int, names: Sequence[str], shares: Floats, prices: Prices,
    volatility: Floats, days: Days, length: Floats,
) -> Floats:  # fmt: skip
    """Shares traded, (T, N): a part of `shares` (N,) that grows with the day's range.

    volatility: (T, N) expected for the session. length: (T,) of the session, 1 for a full one.
    """
    params = model.volume
    count = len(days)
    usual_span = 1.5 * volatility
    spread = np.log(np.maximum(prices.high / prices.low - 1, 0.1 * usual_span) / usual_span)
    interest = autoregressive(
        normals(seed, "interest", names, count), params.interest_memory, params.interest_spread
    )
    noise = params.noise * normals(seed, "volume", names, count)
    weekday = (days.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    by_day = (
        np.array(params.weekday)[weekday]
        + params.growth * np.arange(count) / SESSIONS_A_YEAR
        + np.log(length)
    )
    size = np.log(shares * prices.close / 5e11)  # in companies of 50,000 crore rupees
    level = np.log(params.turnover) + params.size_power * size + params.range_power * spread
    part: Floats = np.exp(level + interest + noise + by_day[:, None])
    return np.maximum(np.round(shares * part), 1.0)


def _exponentials(*series: Floats) -> tuple[Floats, ...]:
    return tuple(np.exp(np.asarray(logs)) for logs in series)


def _rounded(price: Floats, days: Days) -> Floats:
    rounded = np.empty_like(price)
    since = [np.datetime64(table.since) for table in TICK_TABLES]
    edges = [0, *np.searchsorted(days, np.array(since[1:])).tolist(), len(days)]
    for table, start, end in zip(TICK_TABLES, edges[:-1], edges[1:], strict=True):
        part = price[start:end]
        tick = tick_sizes(part, table)
        rounded[start:end] = np.round(np.maximum(np.round(part / tick), 1) * tick, 2)
    return rounded
