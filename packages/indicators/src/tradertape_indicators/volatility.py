"""How widely a price moves: true range, bands and channels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tradertape_indicators import rolling
from tradertape_indicators.accelerate import over_series
from tradertape_indicators.arrays import (
    Array,
    Matrix,
    Restore,
    as_matrices,
    check_period,
    check_positive,
    divide,
)
from tradertape_indicators.recursion import average_range, exponential_average, range_of
from tradertape_indicators.windows import window_mean, window_moments


def atr(high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14) -> Array:
    """Return Wilder's average true range; the first bar's range is high - low.

    high, low, close: (n,) or (n, m), one unit. Returns the same shape and unit; the first
    period - 1 bars of a run are NaN, and it starts afresh after a gap.
    Raises ValueError if period < 1 or the shapes differ.
    Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978.
    """
    (highs, lows, closes), restore = as_matrices(high, low, close)
    return restore(average_range(highs, lows, closes, check_period(period)))


def stdev(values: ArrayLike, period: int = 20) -> Array:
    """Return the population standard deviation (ddof 0) of the last `period` values.

    values: (n,) or (n, m), any unit. Returns the same shape and unit; the first period - 1 are NaN.
    Raises ValueError if period < 1.
    """
    (series,), restore = as_matrices(values)
    return restore(np.sqrt(window_moments(series, check_period(period))[1]))


def true_range(high: ArrayLike, low: ArrayLike, close: ArrayLike) -> Array:
    """Return the greatest of high - low, |high - last close| and |low - last close|.

    high, low, close: (n,) or (n, m), one unit. Returns the same shape and unit; the first bar of a
    run has high - low.
    Raises ValueError if the shapes differ.
    """
    (highs, lows, closes), restore = as_matrices(high, low, close)
    return restore(range_of(highs, lows, closes))


def atr_pct(high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14) -> Array:
    """Return the average true range in percent of the close; see `atr`."""
    (highs, lows, closes), restore = as_matrices(high, low, close)
    average = average_range(highs, lows, closes, check_period(period))
    return restore(100.0 * divide(average, closes))


def bbands(values: ArrayLike, period: int = 20, multiplier: float = 2.0) -> dict[str, Array]:
    """Return Bollinger's bands: simple average ± multiplier × population standard deviation.

    values: (n,) or (n, m), any unit. Returns upper, middle and lower in that unit; the first
    period - 1 are NaN.
    Raises ValueError if period < 1 or multiplier <= 0.
    """
    (series,), restore = as_matrices(values)
    length = check_period(period)
    factor = check_positive(multiplier, name="multiplier")
    if made := over_series(rolling.bands, [series], length, factor, outputs=3):
        return dict(zip(("upper", "middle", "lower"), map(restore, made)))
    reach = factor * np.sqrt(window_moments(series, length)[1])
    return _bands(window_mean(series, length), reach, restore)


def keltner(
    high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 20, multiplier: float = 2.0
) -> dict[str, Array]:
    """Return Keltner's channel: EMA of the close ± multiplier × ATR of the same period.

    high, low, close: (n,) or (n, m), one unit. Returns upper, middle and lower in that unit; the
    first period - 1 of a run are NaN.
    Raises ValueError if period < 1, multiplier <= 0 or the shapes differ.
    """
    (highs, lows, closes), restore = as_matrices(high, low, close)
    length = check_period(period)
    factor = check_positive(multiplier, name="multiplier")
    reach = factor * average_range(highs, lows, closes, length)
    return _bands(exponential_average(closes, length), reach, restore)


def _bands(middle: Matrix, reach: Matrix, restore: Restore) -> dict[str, Array]:
    return {
        "upper": restore(middle + reach),
        "middle": restore(middle),
        "lower": restore(middle - reach),
    }
