"""Recursive averages: compiled where numba is in use, else numpy, one row of all columns a step."""

from __future__ import annotations

import numpy as np

from tradertape_indicators import kernels, panels
from tradertape_indicators.accelerate import over_series
from tradertape_indicators.arrays import Matrix, earlier, runs_of, undefined


def exponential_average(values: Matrix, period: int) -> Matrix:
    """Return the EMA, weight 2 / (period + 1), seeded with the mean of a run's first values."""
    return _smooth(values, period, 2.0 / (period + 1))


def wilder_average(values: Matrix, period: int) -> Matrix:
    """Return Wilder's average, weight 1 / period, seeded with the mean of a run's first values."""
    return _smooth(values, period, 1.0 / period)


def relative_strength(values: Matrix, period: int) -> Matrix:
    """Return Wilder's RSI of each column, 0 to 100."""
    kernel, of_panel = kernels.relative_strength, panels.relative_strength
    if made := over_series(kernel, [values], period, 1.0 / period, of_panel=of_panel):
        return made[0]
    with np.errstate(invalid="ignore"):
        change = np.diff(values, axis=0)
    change[~np.isfinite(change)] = np.nan
    both = wilder_average(np.hstack([np.maximum(change, 0.0), np.maximum(-change, 0.0)]), period)
    gain, loss = np.hsplit(both, 2)
    total = gain + loss
    strength = undefined(values)
    strength[1:] = 100.0 * gain / np.where(total == 0.0, 1.0, total)
    strength[1:][total == 0.0] = 50.0
    return strength


def average_range(high: Matrix, low: Matrix, close: Matrix, period: int) -> Matrix:
    """Return Wilder's average true range of each column."""
    inputs, kernel, of_panel = [high, low, close], kernels.average_range, panels.average_range
    if made := over_series(kernel, inputs, period, 1.0 / period, of_panel=of_panel):
        return made[0]
    return wilder_average(range_of(high, low, close), period)


def range_of(high: Matrix, low: Matrix, close: Matrix) -> Matrix:
    """Return the true range; high - low on the first bar of a run; NaN if the bar has a gap."""
    with np.errstate(invalid="ignore"):
        span = high - low
        bad = ~np.isfinite(span + close)
    span[bad] = np.nan
    last = earlier(np.where(bad, np.nan, close), 1)
    span = np.fmax(span, np.abs(high - last)) if len(span) else span
    span = np.fmax(span, np.abs(low - last))
    span[bad] = np.nan
    return span


def _smooth(values: Matrix, period: int, weight: float) -> Matrix:
    made = over_series(kernels.smooth, [values], period, weight, of_panel=panels.smooth)
    return made[0] if made else _smooth_rows(values, period, weight)


def _smooth_rows(values: Matrix, period: int, weight: float) -> Matrix:
    """Step through time with all columns at once; NaN carries itself until a run's seed ends it."""
    out = undefined(values)
    finite = np.isfinite(values)
    if not finite.all():
        values = np.where(finite, values, np.nan)
    seeds = _seeds(values, finite, period)
    if not seeds:
        return out
    step = np.empty(values.shape[1])
    level = out[min(seeds)]
    for i in range(min(seeds), len(values)):
        row = out[i]
        np.subtract(values[i], level, out=step)
        np.multiply(step, weight, out=step)
        np.add(level, step, out=row)
        seed = seeds.get(i)
        if seed is not None:
            row[seed[0]] = seed[1]
        level = row
    return out


def _seeds(
    values: Matrix, finite: np.ndarray[tuple[int, int], np.dtype[np.bool_]], period: int
) -> dict[int, tuple[np.ndarray[tuple[int], np.dtype[np.int64]], Matrix]]:
    """Return row -> (columns seeded there, their seeds): the mean of a run's first values."""
    if finite.all():
        columns_of = {period - 1: list(range(values.shape[1]))} if period <= len(values) else {}
    else:
        columns_of = dict[int, list[int]]()
        for column, first, end in runs_of(finite):
            if end - first >= period:
                columns_of.setdefault(first + period - 1, []).append(column)
    seeds: dict[int, tuple[np.ndarray[tuple[int], np.dtype[np.int64]], Matrix]] = {}
    for row, chosen in columns_of.items():
        columns = np.array(chosen, dtype=np.int64)
        # cumsum adds strictly in order, as the compiled kernel does; sum would pair values up
        total = np.cumsum(values[row - period + 1 : row + 1, columns], axis=0)[-1]
        seeds[row] = columns, total / period
    return seeds
