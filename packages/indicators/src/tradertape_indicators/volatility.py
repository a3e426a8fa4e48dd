"""How widely a price moves: true range, bands and channels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tradertape_indicators.arrays import Array, as_matrices, check_period
from tradertape_indicators.recursion import average_range
from tradertape_indicators.windows import window_moments


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
