"""Highest and lowest, rising and falling, crossings."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tradertape_indicators.arrays import Array, Matrix, Truth, as_matrices, check_period, earlier
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


def rising(values: ArrayLike, period: int = 1) -> Truth:
    """Say where the value is above every one of the `period` values before it.

    values: (n,) or (n, m). Returns booleans of that shape, False in warm-up and next to a NaN.
    Raises ValueError if period < 1.
    """
    return rising_truth(values, period) == 1.0


def falling(values: ArrayLike, period: int = 1) -> Truth:
    """Say where the value is below every one of the `period` values before it; see `rising`."""
    return falling_truth(values, period) == 1.0


def crossover(left: ArrayLike, right: ArrayLike) -> Truth:
    """Say where left is above right and was not on the bar before.

    left, right: (n,) or (n, m). Returns booleans, False on the first bar and next to a NaN.
    Raises ValueError if the shapes differ.
    """
    return crossover_truth(left, right) == 1.0


def crossunder(left: ArrayLike, right: ArrayLike) -> Truth:
    """Say where left is below right and was not on the bar before; see `crossover`."""
    return crossover_truth(right, left) == 1.0


# The same answers for rules, where a bar that cannot tell is unknown rather than false: else
# `not rising` would hold for every share with a short history. 1.0, 0.0, or NaN for unknown.


def rising_truth(values: ArrayLike, period: int = 1) -> Array:
    """Return 1.0 where `rising`, 0.0 where not, NaN where a value is missing."""
    (series,), restore = as_matrices(values)
    before = earlier(window_max(series, check_period(period)), 1)
    return restore(_truth(series > before, series + before))


def falling_truth(values: ArrayLike, period: int = 1) -> Array:
    """Return 1.0 where `falling`, 0.0 where not, NaN where a value is missing."""
    (series,), restore = as_matrices(values)
    before = earlier(window_min(series, check_period(period)), 1)
    return restore(_truth(series < before, series + before))


def crossover_truth(left: ArrayLike, right: ArrayLike) -> Array:
    """Return 1.0 where `crossover`, 0.0 where not, NaN where a value is missing."""
    (lefts, rights), restore = as_matrices(left, right)
    apart = lefts - rights
    before = earlier(apart, 1)
    return restore(_truth((apart > 0) & (before <= 0), apart + before))


def crossunder_truth(left: ArrayLike, right: ArrayLike) -> Array:
    """Return 1.0 where `crossunder`, 0.0 where not, NaN where a value is missing."""
    return crossover_truth(right, left)


def _truth(holds: Truth, known: Matrix) -> Matrix:
    return np.where(np.isnan(known), np.nan, holds.astype(np.float64))
