"""How fast a price moves: RSI, MACD and their kin."""

from __future__ import annotations

from numpy.typing import ArrayLike

from tradertape_indicators import kernels
from tradertape_indicators.accelerate import over_series
from tradertape_indicators.arrays import (
    Array,
    Matrix,
    as_matrices,
    check_period,
    divide,
    earlier,
)
from tradertape_indicators.recursion import exponential_average, relative_strength
from tradertape_indicators.windows import window_mean


def rsi(values: ArrayLike, period: int = 14) -> Array:
    """Return Wilder's relative strength index, 0 to 100; 50 where nothing moved.

    values: (n,) or (n, m), any unit. Returns the same shape; the first `period` of a run of finite
    values are NaN, and it starts afresh after a gap.
    Raises ValueError if period < 1.
    Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978.
    """
    (series,), restore = as_matrices(values)
    return restore(relative_strength(series, check_period(period)))


def macd(
    values: ArrayLike, fast_period: int = 12, slow_period: int = 26, signal_period: int = 9
) -> dict[str, Array]:
    """Return the fast EMA less the slow one (macd), its own EMA (signal) and their difference.

    values: (n,) or (n, m), any unit. Returns macd, signal and histogram in that unit; signal and
    histogram start signal_period - 1 bars after macd.
    Raises ValueError if a period < 1.
    """
    return _two_averages("macd", values, fast_period, slow_period, signal_period)


def ppo(
    values: ArrayLike, fast_period: int = 12, slow_period: int = 26, signal_period: int = 9
) -> dict[str, Array]:
    """Return the MACD as percent of the slow EMA (ppo), its EMA (signal) and their difference.

    values: (n,) or (n, m), any unit. Returns ppo, signal and histogram in percent.
    Raises ValueError if a period < 1 or fast_period is not below slow_period.
    """
    check_order(fast_period, slow_period)
    return _two_averages("ppo", values, fast_period, slow_period, signal_period)


def check_order(fast_period: float, slow_period: float) -> None:
    """Raise ValueError unless fast_period is below slow_period."""
    if fast_period >= slow_period:
        raise ValueError(
            f"fast_period must be below slow_period, was {fast_period} against {slow_period}"
        )


def dpo(values: ArrayLike, period: int = 21) -> Array:
    """Return the value less the simple average of period // 2 + 1 bars ago: no later bar is read.

    values: (n,) or (n, m), any unit. Returns the same shape and unit; the first
    period - 1 + period // 2 + 1 are NaN.
    Raises ValueError if period < 1.
    """
    (series,), restore = as_matrices(values)
    length = check_period(period)
    return restore(series - earlier(window_mean(series, length), length // 2 + 1))


def _two_averages(
    name: str, values: ArrayLike, fast_period: int, slow_period: int, signal_period: int
) -> dict[str, Array]:
    (series,), restore = as_matrices(values)
    fast = check_period(fast_period, name="fast_period")
    slow = check_period(slow_period, name="slow_period")
    signal = check_period(signal_period, name="signal_period")
    periods = (fast, slow, signal, int(name == "ppo"))
    made = over_series(kernels.two_averages, [series], *periods, outputs=3)
    lines = made or _three_lines(series, *periods)
    return dict(zip((name, "signal", "histogram"), map(restore, lines)))


def _three_lines(
    series: Matrix, fast: int, slow: int, signal: int, in_percent: int
) -> tuple[Matrix, Matrix, Matrix]:
    slower = exponential_average(series, slow)
    line = exponential_average(series, fast) - slower
    if in_percent:
        line = 100.0 * divide(line, slower)
    average = exponential_average(line, signal)
    return line, average, line - average
