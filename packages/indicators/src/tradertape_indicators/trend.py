"""Averages and the indicators that follow a trend."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tradertape_indicators import kernels, rolling
from tradertape_indicators.accelerate import over_series
from tradertape_indicators.arrays import (
    Array,
    as_matrices,
    check_period,
    check_positive,
    divide,
    earlier,
)
from tradertape_indicators.flipping import parabolic_of, supertrend_of
from tradertape_indicators.recursion import (
    average_range,
    exponential_average,
    range_of,
    wilder_average,
)
from tradertape_indicators.windows import (
    window_age_of_max,
    window_mean,
    window_sum,
    window_weighted_mean,
)


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


def linreg(values: ArrayLike, period: int = 14) -> Array:
    """Return the end of the least-squares line through the last `period` values.

    values: (n,) or (n, m), any unit. Returns the same shape and unit; the first period - 1 are NaN.
    Raises ValueError if period < 1.
    """
    (series,), restore = as_matrices(values)
    length = check_period(period)
    if made := over_series(rolling.weighted, [series], length, rolling.LINE):
        return restore(made[0])
    mean = window_mean(series, length)
    # The line through n points ends at 3 × weighted mean - 2 × mean; written so that it is exact
    # where both are equal.
    return restore(mean + 3.0 * (window_weighted_mean(series, length) - mean))


def supertrend(
    high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 10, multiplier: float = 3.0
) -> dict[str, Array]:
    """Return the supertrend: the band that a trend has not closed through, and its direction.

    The bands are (high + low) / 2 ± multiplier × ATR. It starts up, at the first ATR; turns up on a
    close above the upper band of the bar before, down on one below the lower. Between turns the
    lower band never falls while up, the upper never rises while down. A bar without prices, or
    whose ATR starts afresh, carries the state of the bar before.

    high, low, close: (n,) or (n, m), one unit.
    Returns supertrend (that unit), direction (±1), long and short (the line while up, while down).
    Raises ValueError if period < 1 or multiplier <= 0.
    """
    (highs, lows, closes), restore = as_matrices(high, low, close)
    factor = check_positive(multiplier, name="multiplier")
    reach = factor * average_range(highs, lows, closes, check_period(period))
    middle = (highs + lows) / 2.0
    line, direction = supertrend_of(middle + reach, middle - reach, closes)
    return {
        "supertrend": restore(line),
        "direction": restore(direction),
        "long": restore(np.where(direction > 0, line, np.nan)),
        "short": restore(np.where(direction < 0, line, np.nan)),
    }


def sar(
    high: ArrayLike, low: ArrayLike, acceleration: float = 0.02, maximum: float = 0.2
) -> dict[str, Array]:
    """Return Wilder's parabolic stop and reverse, and the trend (±1).

    It starts up at the first low, its extreme the first high. Each bar it moves towards the extreme
    by a factor that grows by `acceleration` with each new extreme, up to `maximum`. A bar that
    touches it reverses it to the old extreme; else it stays outside the two bars before.

    high, low: (n,) or (n, m), one unit. Returns sar (that unit) and trend, from the first bar on;
    it starts afresh after a gap.
    Raises ValueError if acceleration <= 0 or acceleration > maximum.
    Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978.
    """
    (highs, lows), restore = as_matrices(high, low)
    step = check_positive(acceleration, name="acceleration")
    check_acceleration(step, maximum)
    level, trend = parabolic_of(highs, lows, step, float(maximum))
    return {"sar": restore(level), "trend": restore(trend)}


def check_acceleration(acceleration: float, maximum: float) -> None:
    """Raise ValueError unless acceleration is at most maximum."""
    if acceleration > maximum:
        raise ValueError(
            f"acceleration must be at most maximum, was {acceleration} against {maximum}"
        )


def adx(high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14) -> dict[str, Array]:
    """Return Wilder's directional movement: plus_di, minus_di and adx, each 0 to 100.

    The first bar of a run has the range high - low and no movement, and counts in the averages. The
    index is undefined where both DI are 0, and ADX starts afresh after that.

    high, low, close: (n,) or (n, m), one unit. Returns DI from bar period - 1 of a run, ADX from
    bar 2 × period - 2.
    Raises ValueError if period < 1 or the shapes differ.
    Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978.
    """
    (highs, lows, closes), restore = as_matrices(high, low, close)
    length = check_period(period)
    inputs, weight = [highs, lows, closes], 1.0 / length
    if made := over_series(kernels.directional, inputs, length, weight, outputs=3):
        return dict(zip(("plus_di", "minus_di", "adx"), map(restore, made)))
    spans = range_of(highs, lows, closes)
    bad = np.isnan(spans)
    up = np.where(bad, np.nan, highs - earlier(np.where(bad, np.nan, highs), 1))
    down = np.where(bad, np.nan, earlier(np.where(bad, np.nan, lows), 1) - lows)
    average = wilder_average(spans, length)
    plus, minus = (
        100.0 * divide(wilder_average(np.where(bad, np.nan, moved), length), average)
        for moved in (
            np.where((up > down) & (up > 0), up, 0.0),
            np.where((down > up) & (down > 0), down, 0.0),
        )
    )
    index = 100.0 * divide(np.abs(plus - minus), plus + minus)
    return {
        "plus_di": restore(plus),
        "minus_di": restore(minus),
        "adx": restore(wilder_average(index, length)),
    }


def aroon(high: ArrayLike, low: ArrayLike, period: int = 14) -> dict[str, Array]:
    """Return how lately the high and the low of period + 1 bars were: 100 this bar, 0 the oldest.

    Of equal extremes the oldest counts.
    high, low: (n,) or (n, m). Returns aroon_up and aroon_down, 0 to 100; the first `period` NaN.
    Raises ValueError if period < 1 or the shapes differ.
    """
    (highs, lows), restore = as_matrices(high, low)
    length = check_period(period)
    if made := over_series(rolling.latest_extremes, [highs, lows], length, outputs=2):
        return dict(zip(("aroon_up", "aroon_down"), map(restore, made)))
    up, down = (
        100.0 * (length - window_age_of_max(series, length + 1)) / length
        for series in (highs, -lows)
    )
    return {"aroon_up": restore(up), "aroon_down": restore(down)}
