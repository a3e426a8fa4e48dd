"""Where a price stands within its recent range."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tradertape_indicators import rolling
from tradertape_indicators.accelerate import over_series
from tradertape_indicators.arrays import Array, Matrix, as_matrices, check_period
from tradertape_indicators.windows import (
    window_deviation,
    window_max,
    window_mean,
    window_min,
    window_moments,
)


def stochastic(
    high: ArrayLike, low: ArrayLike, close: ArrayLike, k_period: int = 14, d_period: int = 3
) -> dict[str, Array]:
    """Return the fast stochastic: close within the range of k_period bars, and its simple average.

    high, low, close: (n,) or (n, m), one unit. Returns stoch_k and stoch_d, 0 to 100; 0 where the
    range is zero. K starts at bar k_period - 1, D d_period - 1 bars later.
    Raises ValueError if a period < 1 or the shapes differ.
    """
    (highs, lows, closes), restore = as_matrices(high, low, close)
    length = check_period(k_period, name="k_period")
    inputs = [highs, lows, closes]
    if made := over_series(rolling.place_in_range, inputs, length, rolling.FROM_LOW):
        k = made[0]
    else:
        top, bottom = window_max(highs, length), window_min(lows, length)
        k = 100.0 * _ratio(closes - bottom, top - bottom)
    d = window_mean(k, check_period(d_period, name="d_period"))
    return {"stoch_k": restore(k), "stoch_d": restore(d)}


def williamsr(high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14) -> Array:
    """Return Williams %R: how far the close is below the highest high, -100 to 0.

    high, low, close: (n,) or (n, m), one unit. Returns the same shape; 0 where the range is zero;
    the first period - 1 are NaN.
    Raises ValueError if period < 1 or the shapes differ.
    """
    (highs, lows, closes), restore = as_matrices(high, low, close)
    length = check_period(period)
    inputs = [highs, lows, closes]
    if made := over_series(rolling.place_in_range, inputs, length, rolling.FROM_HIGH):
        return restore(made[0])
    top, bottom = window_max(highs, length), window_min(lows, length)
    return restore(100.0 * _ratio(closes - top, top - bottom))


def cci(high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 20) -> Array:
    """Return the commodity channel index: distance from the mean in mean deviations × 0.015.

    high, low, close: (n,) or (n, m), one unit; their mean is the typical price. Returns the same
    shape, without unit; 0 where nothing deviates; the first period - 1 are NaN.
    Raises ValueError if period < 1 or the shapes differ.
    Source: D. Lambert, Commodity Channel Index, Commodities, October 1980.
    """
    (highs, lows, closes), restore = as_matrices(high, low, close)
    length = check_period(period)
    if made := over_series(rolling.channel, [highs, lows, closes], length):
        return restore(made[0])
    typical = (highs + lows + closes) / 3.0
    mean = window_moments(typical, length)[0]  # exact where flat, so that nothing deviates there
    deviation = window_deviation(typical, mean, length)
    return restore(_ratio(typical - mean, 0.015 * deviation))


def _ratio(numerator: Matrix, denominator: Matrix) -> Matrix:
    """Return the quotient: 0 where the denominator is zero, NaN where it is NaN."""
    quotient = np.where(np.isnan(numerator) | np.isnan(denominator), np.nan, 0.0)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient + 0.0  # no -0.0
