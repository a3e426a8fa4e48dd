"""Highest and lowest, rising and falling, crossings."""

from __future__ import annotations

from numpy.typing import ArrayLike

from tradertape_indicators.arrays import Array, as_matrices, check_period
from tradertape_indicators.windows import window_max, window_min


def highest(values: ArrayLike, period: int = 20) -> Array:
    """Return the highest of the last `period` values, this bar's included.

    values: (n,) or (n, m), any unit. Returns the same shape and unit; the first period - 1 are NaN.
    Raises ValueError if period < 1.
    """
    (series,), restore = as_matrices(values)
    return restore(window_max(series, check_period(period)))


def lowest(values: ArrayLike, period: int = 20) -> Array:
    """Return the lowest of the last `period` values, this bar's included.

    values: (n,) or (n, m), any unit. Returns the same shape and unit; the first period - 1 are NaN.
    Raises ValueError if period < 1.
    """
    (series,), restore = as_matrices(values)
    return restore(window_min(series, check_period(period)))
