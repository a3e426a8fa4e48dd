"""Rolling windows as plain loops, in the part of Python that numba compiles; see `windows.py`.

A window is folded from the same blocks in the same order as there, so both give the same to the
last bit, but in pieces that stay in the processor's first cache, without a temporary array.

Arguments: (m, n) matrices, a series in each row, oldest first; results are written to the last.
"""

from __future__ import annotations

import numpy as np

from tradertape_indicators.arrays import Array, Matrix

SUM, HIGHEST, LOWEST = 0, 1, 2
WEIGHTED, LINE = 0, 1
FROM_LOW, FROM_HIGH = 0, 1
MOMENTS, WEIGHTS = 0, 1
_PIECE = 1024  # bars


def piece_of(period: int) -> int:
    """How many windows are folded at once: long ones are worth more of them."""
    return max(_PIECE, 4 * period)


def merge(older: Array, newer: Array, kind: int, out: Array) -> None:
    """Merge two blocks each: their sum, highest or lowest; NaN where either has one."""
    if kind == SUM:
        for i in range(len(out)):
            out[i] = older[i] + newer[i]
    elif kind == HIGHEST:
        for i in range(len(out)):
            a, b = older[i], newer[i]
            out[i] = a if (a > b) | (a != a) else b
    else:
        for i in range(len(out)):
            a, b = older[i], newer[i]
            out[i] = a if (a < b) | (a != a) else b


def fold(values: Array, period: int, kind: int, scratch: Matrix) -> Array:
    """Return windows of values; window i is that of the bars i … i + period - 1.

    scratch: three rows, of which the result is one: blocks, windows so far, and what comes next.
    """
    bars = len(values)
    covered = period & 1
    if covered:
        scratch[1, :bars] = values
    if period == 1:
        return scratch[1]
    merge(values[: bars - 1], values[1:], kind, scratch[0, : bars - 1])
    block, windows, size = 0, 1, 2
    while True:
        if period & size:
            if covered:
                ends, free = bars - covered - size + 1, 3 - block - windows
                newer = scratch[windows, size : size + ends]
                merge(scratch[block, :ends], newer, kind, scratch[free, :ends])
                windows = free
            else:
                windows = block
            covered += size
        if 2 * size > period:
            return scratch[windows]
        ends, free = bars - 2 * size + 1, free_of(block, windows)
        newer = scratch[block, size : size + ends]
        merge(scratch[block, :ends], newer, kind, scratch[free, :ends])
        block = free
        size *= 2


def free_of(block: int, windows: int) -> int:
    """The row, of three, that is neither."""
    return (block + 1) % 3 if block == windows else 3 - block - windows


def merge_moments(older: Matrix, old: int, newer: Matrix, new: int, ends: int, out: Matrix) -> None:
    """Merge means (row 0) and sums of squares about them (row 1) of `old` and `new` bars."""
    old_mean, old_square = older[0], older[1]
    new_mean, new_square = newer[0, old:], newer[1, old:]
    mean, square = out[0], out[1]
    share, both = old / (old + new), old * new / (old + new)
    for i in range(ends):
        between = old_mean[i] - new_mean[i]
        mean[i] = new_mean[i] + between * share
        square[i] = between * between * both + old_square[i] + new_square[i]


def merge_weighted(older: Matrix, old: int, newer: Matrix, ends: int, out: Matrix) -> None:
    """Merge sums (row 0) and weighted sums (row 1)."""
    old_sum, old_weighted = older[0], older[1]
    new_sum, new_weighted = newer[0, old:], newer[1, old:]
    total, weighted = out[0], out[1]
    for i in range(ends):
        weighted[i] = new_sum[i] * old + new_weighted[i] + old_weighted[i]
        total[i] = old_sum[i] + new_sum[i]


def fold_pair(scratch: Matrix, bars: int, period: int, kind: int) -> Matrix:
    """Fold pairs: those in the first two rows of scratch, of six rows; see `fold`."""
    block, windows, size, covered = 0, 1, 1, 0
    while True:
        blocks = scratch[2 * block : 2 * block + 2]
        if period & size:
            if covered:
                ends, free = bars - covered - size + 1, 3 - block - windows
                newer, out = (
                    scratch[2 * windows : 2 * windows + 2],
                    scratch[2 * free : 2 * free + 2],
                )
                if kind == WEIGHTS:
                    merge_weighted(blocks, size, newer, ends, out)
                else:
                    merge_moments(blocks, size, newer, covered, ends, out)
                windows = free
            else:
                windows = block
            covered += size
        if 2 * size > period:
            return scratch[2 * windows : 2 * windows + 2]
        ends, free = bars - 2 * size + 1, free_of(block, windows)
        out = scratch[2 * free : 2 * free + 2]
        if kind == WEIGHTS:
            merge_weighted(blocks, size, blocks, ends, out)
        else:
            merge_moments(blocks, size, blocks, size, ends, out)
        block = free
        size *= 2


def folded(values: Matrix, period: int, divisor: float, kind: int, out: Matrix) -> None:
    """The sum, highest or lowest of each window, over a divisor."""
    bars = values.shape[1]
    step = piece_of(period)
    scratch = np.empty((3, step + period - 1))
    for j in range(values.shape[0]):
        out[j, : period - 1] = np.nan
        for first in range(period - 1, bars, step):
            last = min(first + step, bars)
            windows = fold(values[j, first - period + 1 : last], period, kind, scratch)
            result = out[j, first:last]
            if divisor == 1.0:
                result[:] = windows[: len(result)]
            else:
                for i in range(len(result)):
                    result[i] = windows[i] / divisor


def weighted(values: Matrix, period: int, kind: int, out: Matrix) -> None:
    """The weighted mean of each window, or the end of the line through it."""
    bars = values.shape[1]
    step = piece_of(period)
    scratch = np.empty((6, step + period - 1))
    weights = period * (period + 1) / 2
    for j in range(values.shape[0]):
        out[j, : period - 1] = np.nan
        for first in range(period - 1, bars, step):
            last = min(first + step, bars)
            piece = values[j, first - period + 1 : last]
            scratch[0, : len(piece)] = piece
            scratch[1, : len(piece)] = piece
            windows = fold_pair(scratch, len(piece), period, WEIGHTS)
            sums, sums_weighted = windows[0], windows[1]
            result = out[j, first:last]
            if kind == WEIGHTED:
                for i in range(len(result)):
                    result[i] = sums_weighted[i] / weights
            else:
                for i in range(len(result)):
                    mean = sums[i] / period
                    result[i] = mean + 3.0 * (sums_weighted[i] / weights - mean)


def moments(values: Matrix, period: int, out_mean: Matrix, out_variance: Matrix) -> None:
    """The mean and the population variance of each window."""
    bars = values.shape[1]
    step = piece_of(period)
    scratch = np.empty((6, step + period - 1))
    for j in range(values.shape[0]):
        out_mean[j, : period - 1] = np.nan
        out_variance[j, : period - 1] = np.nan
        for first in range(period - 1, bars, step):
            last = min(first + step, bars)
            piece = values[j, first - period + 1 : last]
            for i in range(len(piece)):
                scratch[0, i] = piece[i]
                scratch[1, i] = piece[i] * 0.0  # keeps NaN
            windows = fold_pair(scratch, len(piece), period, MOMENTS)
            means, squares = windows[0], windows[1]
            mean, variance = out_mean[j, first:last], out_variance[j, first:last]
            for i in range(len(mean)):
                mean[i] = means[i]
                variance[i] = squares[i] / period


def bands(
    values: Matrix, period: int, factor: float, upper: Matrix, middle: Matrix, lower: Matrix
) -> None:
    """The mean of each window, and so many standard deviations above and below it."""
    bars = values.shape[1]
    step = piece_of(period)
    scratch = np.empty((9, step + period - 1))
    for j in range(values.shape[0]):
        upper[j, : period - 1] = np.nan
        middle[j, : period - 1] = np.nan
        lower[j, : period - 1] = np.nan
        for first in range(period - 1, bars, step):
            last = min(first + step, bars)
            piece = values[j, first - period + 1 : last]
            for i in range(len(piece)):
                scratch[0, i] = piece[i]
                scratch[1, i] = piece[i] * 0.0  # keeps NaN
            squares = fold_pair(scratch[:6], len(piece), period, MOMENTS)[1]
            sums = fold(piece, period, SUM, scratch[6:])
            top, mean, bottom = upper[j, first:last], middle[j, first:last], lower[j, first:last]
            for i in range(len(mean)):
                centre = sums[i] / period
                reach = factor * np.sqrt(squares[i] / period)
                top[i] = centre + reach
                mean[i] = centre
                bottom[i] = centre - reach


def ratio(numerator: float, denominator: float) -> float:
    """The quotient: 0 where the denominator is zero, NaN where either is NaN."""
    if denominator == 0.0:
        return 0.0 if numerator == numerator else np.nan
    return numerator / denominator + 0.0


def place_in_range(
    high: Matrix, low: Matrix, close: Matrix, period: int, kind: int, out: Matrix
) -> None:
    """Where the close is in the range of each window, in percent from its low or its high."""
    bars = close.shape[1]
    step = piece_of(period)
    scratch = np.empty((6, step + period - 1))
    for j in range(close.shape[0]):
        out[j, : period - 1] = np.nan
        for first in range(period - 1, bars, step):
            last = min(first + step, bars)
            top = fold(high[j, first - period + 1 : last], period, HIGHEST, scratch[:3])
            bottom = fold(low[j, first - period + 1 : last], period, LOWEST, scratch[3:])
            base = bottom if kind == FROM_LOW else top
            result, price = out[j, first:last], close[j, first:last]
            for i in range(len(result)):
                result[i] = 100.0 * ratio(price[i] - base[i], top[i] - bottom[i])


def channel(high: Matrix, low: Matrix, close: Matrix, period: int, out: Matrix) -> None:
    """The commodity channel index; see `oscillators.cci`."""
    bars = close.shape[1]
    step = piece_of(period)
    scratch = np.empty((8, step + period - 1))
    typical, apart = scratch[6], scratch[7]
    for j in range(close.shape[0]):
        out[j, : period - 1] = np.nan
        for first in range(period - 1, bars, step):
            last = min(first + step, bars)
            start = first - period + 1
            highs, lows, closes = high[j, start:last], low[j, start:last], close[j, start:last]
            for i in range(len(closes)):
                typical[i] = (highs[i] + lows[i] + closes[i]) / 3.0
                scratch[0, i] = typical[i]
                scratch[1, i] = typical[i] * 0.0  # keeps NaN
            mean = fold_pair(scratch[:6], len(closes), period, MOMENTS)[0]
            result = out[j, first:last]
            apart[: len(result)] = 0.0
            for age in range(period):
                past = typical[period - 1 - age :]
                for i in range(len(result)):
                    apart[i] += abs(past[i] - mean[i])
            now = typical[period - 1 :]
            for i in range(len(result)):
                result[i] = ratio(now[i] - mean[i], 0.015 * (apart[i] / period))


def money_flow(
    high: Matrix, low: Matrix, close: Matrix, volume: Matrix, period: int, out: Matrix
) -> None:
    """The share of rising flow in each window; see `volume.mfi`."""
    bars = close.shape[1]
    step = piece_of(period)
    scratch = np.empty((9, step + period))
    typical, ups, downs = scratch[6], scratch[7], scratch[8]
    for j in range(close.shape[0]):
        out[j, : period - 1] = np.nan
        for first in range(period - 1, bars, step):
            last = min(first + step, bars)
            start = first - period + 1
            highs, lows, closes = high[j, start:last], low[j, start:last], close[j, start:last]
            traded = volume[j, start:last]
            before = start - 1
            typical[0] = (high[j, before] + low[j, before] + close[j, before]) / 3.0
            typical[0] = typical[0] if start else np.nan
            for i in range(len(closes)):
                typical[i + 1] = (highs[i] + lows[i] + closes[i]) / 3.0
            for i in range(len(closes)):
                now, then = typical[i + 1], typical[i]
                change = now - then
                flow = now * traded[i] if change == change else np.nan
                ups[i] = flow if change > 0 else flow * 0.0
                downs[i] = flow if change < 0 else flow * 0.0
            rising = fold(ups[: len(closes)], period, SUM, scratch[:3])
            falling = fold(downs[: len(closes)], period, SUM, scratch[3:6])
            result = out[j, first:last]
            for i in range(len(result)):
                both = rising[i] + falling[i]
                result[i] = 100.0 * (rising[i] / both) if both != 0.0 else 50.0


def lateness(values: Array, sign: float, period: int, out: Array) -> None:
    """How lately the highest of period + 1 values (times sign) was, of equal ones the oldest."""
    begin = best = 0  # the first bar since a NaN; the bar of the highest
    for i in range(len(values)):
        value = values[i] * sign
        if value != value:
            begin = i + 1
        elif i == begin:
            best = i
        elif best < i - period:
            best = i - period
            for k in range(i - period + 1, i + 1):
                if values[k] * sign > values[best] * sign:
                    best = k
        elif value > values[best] * sign:
            best = i
        is_known = i - begin >= period
        out[i] = 100.0 * (period - (i - best)) / period if is_known else np.nan


def latest_extremes(
    high: Matrix, low: Matrix, period: int, out_up: Matrix, out_down: Matrix
) -> None:
    """How lately the high and the low of each window were; see `trend.aroon`."""
    for j in range(high.shape[0]):
        lateness(high[j], 1.0, period, out_up[j])
        lateness(low[j], -1.0, period, out_down[j])
