"""Indicators of the strategy language: returns, drawdowns, liquidity, rank and regime.

Percentages are in percent: 5.0 is 5 %.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tradertape_indicators.arrays import (
    Array,
    Matrix,
    Truth,
    as_matrices,
    check_period,
    divide,
    earlier,
)
from tradertape_indicators.momentum import check_order
from tradertape_indicators.windows import window_max, window_mean, window_moments

TREND_PERIODS = (20, 50, 200)  # bars of the three averages that trend_alignment compares


def return_pct(values: ArrayLike, period: int = 20) -> Array:
    """Return the change against `period` bars ago, in percent.

    values: (n,) or (n, m), any unit. Returns the same shape; the first `period` are NaN.
    Raises ValueError if period < 1.
    """
    (series,), restore = as_matrices(values)
    return restore(_return_of(series, check_period(period)))


def drawdown_pct(high: ArrayLike, close: ArrayLike, period: int = 20) -> Array:
    """Return how far the close is below the highest high of the last `period` bars, in percent.

    high, close: (n,) or (n, m), one unit. Returns the same shape, 0 or positive: 5.0 is 5 % below;
    the first period - 1 are NaN.
    Raises ValueError if period < 1 or the shapes differ.
    """
    (highs, closes), restore = as_matrices(high, close)
    top = window_max(highs, check_period(period))
    return restore(100.0 * divide(top - closes, top))


def volume_ratio(volume: ArrayLike, period: int = 20) -> Array:
    """Return the volume against its simple average over the last `period` bars, this one included.

    volume: (n,) or (n, m). Returns the same shape, 1.0 is average; NaN where nothing was traded;
    the first period - 1 are NaN.
    Raises ValueError if period < 1.
    """
    (volumes,), restore = as_matrices(volume)
    return restore(divide(volumes, window_mean(volumes, check_period(period))))


def turnover(close: ArrayLike, volume: ArrayLike, period: int = 20) -> Array:
    """Return the simple average of close × volume over the last `period` bars, in rupees.

    close: (n,) or (n, m), rupees; volume: shares. The first period - 1 are NaN.
    Raises ValueError if period < 1 or the shapes differ.
    """
    (closes, volumes), restore = as_matrices(close, volume)
    return restore(window_mean(closes * volumes, check_period(period)))


def gap_pct(open: ArrayLike, close: ArrayLike) -> Array:  # noqa: A002 - the candle's own word
    """Return the open against the close of the bar before, in percent; the first bar is NaN.

    open, close: (n,) or (n, m), one unit. Raises ValueError if the shapes differ.
    """
    (opens, closes), restore = as_matrices(open, close)
    before = earlier(closes, 1)
    return restore(100.0 * divide(opens - before, before))


def percentile_rank(values: ArrayLike, member: Truth | None = None) -> Array:
    """Return where each value stands among the members of its row: 0 lowest, 100 highest.

    The share of the other members that are lower, in percent; equal ones count half. It is NaN for
    who is no member or has no value, and where there is nobody else to compare with.

    values: (n, m), any unit. member: (n, m); everyone if None.
    Raises ValueError if the shapes differ.
    """
    (series,), restore = as_matrices(values)
    taking_part = ~np.isnan(series)
    if member is not None:
        if member.shape != np.shape(values):
            raise ValueError(f"member must have shape {np.shape(values)}, was {member.shape}")
        taking_part &= member.reshape(series.shape)
    ranked = np.where(taking_part, series, np.nan)  # NaN sorts last
    order = np.argsort(ranked, axis=1, kind="stable")
    ordered = np.take_along_axis(ranked, order, axis=1)
    others = taking_part.sum(axis=1, keepdims=True) - 1.0
    rank = np.empty_like(series)
    np.put_along_axis(rank, order, _mean_positions(ordered), axis=1)
    rank = 100.0 * divide(rank, np.broadcast_to(others, rank.shape))
    return restore(np.where(taking_part, rank, np.nan))


def rs_rank(close: ArrayLike, period: int = 60, *, member: Truth | None = None) -> Array:
    """Return the relative strength: the percentile rank of the return over `period` bars.

    close: (n, m), rupees, a row per date. Where symbols miss dates, take `return_pct` of each
    symbol's own bars first, align it on the dates and call `percentile_rank`.
    Returns 0 (weakest) to 100 (strongest); the first `period` are NaN.
    Raises ValueError if period < 1 or the shapes differ.
    """
    return percentile_rank(return_pct(close, period), member)


def vol_regime(close: ArrayLike, fast_period: int = 20, slow_period: int = 252) -> Array:
    """Return the volatility of late against the usual, in percent: 100 is as usual.

    Volatility is the population standard deviation of one-bar returns; fast over slow.
    close: (n,) or (n, m), rupees. NaN where the price never moved; the first slow_period are NaN.
    Raises ValueError if a period < 1 or fast_period is not below slow_period.
    """
    (closes,), restore = as_matrices(close)
    check_order(fast_period, slow_period)
    returns = _return_of(closes, 1)
    late = window_moments(returns, check_period(fast_period, name="fast_period"))[1]
    usual = window_moments(returns, check_period(slow_period, name="slow_period"))[1]
    return restore(100.0 * np.sqrt(divide(late, usual)))


def trend_alignment(close: ArrayLike) -> Array:
    """Return how many of four signs of an uptrend hold, in percent: 0, 25, 50, 75 or 100.

    The signs: close above its 20-bar average, that above the 50-bar, that above the 200-bar, and
    close above the 200-bar average.
    close: (n,) or (n, m), rupees. The first 199 are NaN.
    """
    (closes,), restore = as_matrices(close)
    short, middle, long = (window_mean(closes, period) for period in TREND_PERIODS)
    pairs = ((closes, short), (short, middle), (middle, long), (closes, long))
    holding = sum((above > below).astype(np.float64) for above, below in pairs)
    return restore(np.where(np.isnan(short + middle + long), np.nan, 25.0 * holding))


def _return_of(series: Matrix, period: int) -> Matrix:
    before = earlier(series, period)
    return 100.0 * divide(series - before, before)


def _mean_positions(ordered: Matrix) -> Matrix:
    """Return each value's position in its sorted row, the mean one where values are equal."""
    columns = ordered.shape[1]
    places: Matrix = np.tile(np.arange(columns, dtype=np.float64), (len(ordered), 1))
    begins = np.ones(ordered.shape, dtype=np.bool_)
    begins[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    ends = np.ones(ordered.shape, dtype=np.bool_)
    ends[:, :-1] = begins[:, 1:]
    first = np.maximum.accumulate(np.where(begins, places, 0.0), axis=1)
    beyond = np.where(ends, places, float(columns))
    last = np.minimum.accumulate(beyond[:, ::-1], axis=1)[:, ::-1]
    return (first + last) / 2.0
