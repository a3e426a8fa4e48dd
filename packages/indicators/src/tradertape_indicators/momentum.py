"""How fast a price moves: RSI, MACD and their kin."""

from __future__ import annotations

from numpy.typing import ArrayLike

from tradertape_indicators.arrays import Array, as_matrices, check_period
from tradertape_indicators.recursion import relative_strength


def rsi(values: ArrayLike, period: int = 14) -> Array:
    """Return Wilder's relative strength index, 0 to 100; 50 where nothing moved.

    values: (n,) or (n, m), any unit. Returns the same shape; the first `period` of a run of finite
    values are NaN, and it starts afresh after a gap.
    Raises ValueError if period < 1.
    Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978.
    """
    (series,), restore = as_matrices(values)
    return restore(relative_strength(series, check_period(period)))
