"""Indicators of traded volume."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradertape_indicators import kernels, rolling
from tradertape_indicators.accelerate import over_series
from tradertape_indicators.arrays import (
    Array,
    Matrix,
    as_matrices,
    check_period,
    divide,
    earlier,
    runs_of,
    undefined,
)
from tradertape_indicators.windows import window_sum


def obv(price: ArrayLike, volume: ArrayLike, period: int | None = None) -> Array:
    """Return on-balance volume: volume added on a rise, taken off on a fall.

    price, volume: (n,) or (n, m). period: over the last so many moves, and the first `period` are
    NaN; None: since the first bar of each run of finite bars, where it is 0. Returns the shape of
    price and the unit of volume.
    Raises ValueError if period < 1 or the shapes differ.
    Source: J. Granville, New Key to Stock Market Profits, 1963.
    """
    (prices, volumes), restore = as_matrices(price, volume)
    if period is not None:
        change = prices - earlier(prices, 1)
        return restore(window_sum(np.sign(change) * volumes, check_period(period)))
    if made := over_series(kernels.balance, [prices, volumes]):
        return restore(made[0])
    finite = np.isfinite(prices) & np.isfinite(volumes)
    before = earlier(np.where(finite, prices, np.nan), 1)
    moved = np.where(np.isnan(before), 0.0, np.sign(prices - before)) * volumes
    return restore(_running_total(moved, finite))


def vwap(
    high: ArrayLike,
    low: ArrayLike,
    close: ArrayLike,
    volume: ArrayLike,
    period: int | None = None,
) -> Array:
    """Return the volume-weighted mean of the typical price.

    high, low, close, volume: (n,) or (n, m). period: over the last so many bars, and the first
    period - 1 are NaN; None: since the run's first bar, afresh after a gap, and nothing is reset at
    the end of a day. Returns the unit of the prices; NaN without a volume.
    Raises ValueError if period < 1 or the shapes differ.
    """
    (highs, lows, closes, volumes), restore = as_matrices(high, low, close, volume)
    typical = (highs + lows + closes) / 3.0
    if period is None:
        return restore(vwap_of_price(typical, volumes))
    length = check_period(period)
    return restore(divide(window_sum(typical * volumes, length), window_sum(volumes, length)))


def vwap_of_price(price: ArrayLike, volume: ArrayLike) -> Array:
    """Return the volume-weighted mean of a price since the run's first bar; see `vwap`."""
    (prices, volumes), restore = as_matrices(price, volume)
    if made := over_series(kernels.average_price, [prices, volumes]):
        return restore(made[0])
    finite = np.isfinite(prices) & np.isfinite(volumes)
    value = _running_total(prices * volumes, finite)
    return restore(divide(value, _running_total(volumes, finite)))


def mfi(
    high: ArrayLike, low: ArrayLike, close: ArrayLike, volume: ArrayLike, period: int = 14
) -> Array:
    """Return the money flow index: the share of rising flow in the last `period` moves, 0 to 100.

    Flow is typical price × volume, rising or falling with the typical price; 50 where neither.
    high, low, close, volume: (n,) or (n, m). Returns the same shape; the first `period` are NaN.
    Raises ValueError if period < 1 or the shapes differ.
    """
    (highs, lows, closes, volumes), restore = as_matrices(high, low, close, volume)
    length = check_period(period)
    if made := over_series(rolling.money_flow, [highs, lows, closes, volumes], length):
        return restore(made[0])
    typical = (highs + lows + closes) / 3.0
    change = typical - earlier(typical, 1)
    flow = np.where(np.isnan(change), np.nan, typical * volumes)
    rising = window_sum(np.where(change > 0, flow, flow * 0.0), length)
    falling = window_sum(np.where(change < 0, flow, flow * 0.0), length)
    both = rising + falling
    index = 100.0 * divide(rising, both)
    return restore(np.where(both == 0, 50.0, index))


def _running_total(values: Matrix, finite: NDArray[np.bool_]) -> Matrix:
    """Return the sum since the start of each run; NaN outside runs."""
    if finite.all():
        return np.cumsum(values, axis=0)
    total = undefined(values)
    for column, first, end in runs_of(finite):
        total[first:end, column] = np.cumsum(values[first:end, column])
    return total
