"""The commonest recursions over a whole panel, in the part of Python that numba compiles.

As those of `kernels.py`, to the last bit, but a row of all series at a time, which the processor
does several of at once.

Arguments: (n, m) matrices, a series in each column, oldest first; results are written to the last.
"""

from __future__ import annotations

import numpy as np

from tradertape_indicators.arrays import Matrix


def smooth(values: Matrix, period: int, weight: float, out: Matrix) -> None:
    """Seed with the mean of a run's first `period` values, then move by weight x distance."""
    rows, columns = values.shape
    seen = np.zeros(columns, np.int64)
    level = np.zeros(columns, np.float64)
    for i in range(rows):
        for j in range(columns):
            value = values[i, j]
            if not np.isfinite(value):
                seen[j] = 0
                level[j] = 0.0
                out[i, j] = np.nan
                continue
            if seen[j] >= period:
                level[j] += (value - level[j]) * weight
            else:
                level[j] += value
                seen[j] += 1
                if seen[j] < period:
                    out[i, j] = np.nan
                    continue
                level[j] /= period
            out[i, j] = level[j]


def relative_strength(values: Matrix, period: int, weight: float, out: Matrix) -> None:
    """Wilder's RSI: seeded with the mean of a run's first `period` changes; 50 where flat."""
    rows, columns = values.shape
    seen = np.zeros(columns, np.int64)
    last = np.full(columns, np.nan)
    gain = np.zeros(columns, np.float64)
    loss = np.zeros(columns, np.float64)
    for i in range(rows):
        for j in range(columns):
            change = values[i, j] - last[j]
            last[j] = values[i, j]
            if not np.isfinite(change):
                seen[j] = 0
                gain[j] = 0.0
                loss[j] = 0.0
                out[i, j] = np.nan
                continue
            up = change if change > 0.0 else 0.0
            down = -change if change < 0.0 else 0.0
            if seen[j] >= period:
                gain[j] += (up - gain[j]) * weight
                loss[j] += (down - loss[j]) * weight
            else:
                gain[j] += up
                loss[j] += down
                seen[j] += 1
                if seen[j] < period:
                    out[i, j] = np.nan
                    continue
                gain[j] /= period
                loss[j] /= period
            both = gain[j] + loss[j]
            out[i, j] = 100.0 * gain[j] / both if both > 0.0 else 50.0


def average_range(
    high: Matrix, low: Matrix, close: Matrix, period: int, weight: float, out: Matrix
) -> None:
    """Wilder's average of the true range; the first bar of a run has the range high - low."""
    rows, columns = high.shape
    seen = np.zeros(columns, np.int64)
    last = np.full(columns, np.nan)
    level = np.zeros(columns, np.float64)
    for i in range(rows):
        for j in range(columns):
            span = high[i, j] - low[i, j]
            if not np.isfinite(span + close[i, j]):
                seen[j] = 0
                level[j] = 0.0
                last[j] = np.nan
                out[i, j] = np.nan
                continue
            span = max(span, abs(high[i, j] - last[j])) if last[j] == last[j] else span
            span = max(span, abs(low[i, j] - last[j])) if last[j] == last[j] else span
            last[j] = close[i, j]
            if seen[j] >= period:
                level[j] += (span - level[j]) * weight
            else:
                level[j] += span
                seen[j] += 1
                if seen[j] < period:
                    out[i, j] = np.nan
                    continue
                level[j] /= period
            out[i, j] = level[j]


def supertrend(
    upper: Matrix, lower: Matrix, close: Matrix, out_line: Matrix, out_direction: Matrix
) -> None:
    """Follow the lower band while up and the upper band while down; see `trend.supertrend`."""
    rows, columns = close.shape
    direction = np.zeros(columns, np.float64)  # 0 before the first band
    above = np.full(columns, np.nan)  # the upper and lower band of the bar before
    below = np.full(columns, np.nan)
    for i in range(rows):
        for j in range(columns):
            if np.isfinite(upper[i, j] + lower[i, j] + close[i, j]):
                high = upper[i, j]
                low = lower[i, j]
                before = direction[j]
                if before == 0.0 or close[i, j] > above[j]:
                    direction[j] = 1.0
                elif close[i, j] < below[j]:
                    direction[j] = -1.0
                if before > 0.0 and direction[j] > 0.0:
                    low = max(low, below[j])
                elif before < 0.0 and direction[j] < 0.0:
                    high = min(high, above[j])
                above[j] = high
                below[j] = low
            out_direction[i, j] = direction[j] if direction[j] != 0.0 else np.nan
            out_line[i, j] = below[j] if direction[j] >= 0.0 else above[j]
