"""Averages and the indicators that follow a trend."""

from __future__ import annotations

from numpy.typing import ArrayLike

from tradertape_indicators.arrays import Array, as_matrices, check_period, divide
from tradertape_indicators.recursion import exponential_average
from tradertape_indicators.windows import window_mean, window_sum, window_weighted_mean


def sma(values: ArrayLike, period: int = 20) -> Array:
    """Return the simple moving average of the last `period` values.

    values: (n,) or (n, m), any unit. Returns the same shape and unit; the first period - 1 are NaN.
    Raises ValueError if period < 1.
    """
    (series,), restore = as_matrices(values)
    return restore(window_mean(series, check_period(period)))


def ema(values: ArrayLike, period: int = 20) -> Array:
    """Return the exponential average, weight 2 / (period + 1), seeded with the first simple mean.

    values: (n,) or (n, m), any unit. Returns the same shape and unit; the first period - 1 of a run
    of finite values are NaN, and it starts afresh after a gap.
    Raises ValueError if period < 1.
    """
    (series,), restore = as_matrices(values)
    return restore(exponential_average(series, check_period(period)))


def wma(values: ArrayLike, period: int = 20) -> Array:
    """Return the weighted average with weights 1 (oldest) to period (newest).

    values: (n,) or (n, m), any unit. Returns the same shape and unit; the first period - 1 are NaN.
    Raises ValueError if period < 1.
    """
    (series,), restore = as_matrices(values)
    return restore(window_weighted_mean(series, check_period(period)))


def vwma(values: ArrayLike, volume: ArrayLike, period: int = 14) -> Array:
    """Return the average weighted by volume; NaN where the window's volume is zero.

    values, volume: (n,) or (n, m). Returns the shape and unit of values; the first period - 1 NaN.
    Raises ValueError if period < 1 or the shapes differ.
    """
    (series, weights), restore = as_matrices(values, volume)
    length = check_period(period)
    weighted = window_sum(series * weights, length)
    return restore(divide(weighted, window_sum(weights, length)))
