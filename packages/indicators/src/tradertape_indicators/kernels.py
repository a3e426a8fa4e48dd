"""The recursive indicators as plain loops, in the part of Python that numba compiles.

Nothing here imports numba: `accelerate.py` compiles these functions when asked, and `recursion.py`
and `flipping.py` hold the same recursions vectorised over columns for where numba is absent or not
worth its import. Both do the same operations in the same order, so their results are equal to the
last bit. A value that is not finite ends a run; the next finite one starts afresh.

Arguments: (m, n) matrices, a series in each row, oldest first; results are written to the last.
"""

from __future__ import annotations

import numpy as np

from tradertape_indicators.arrays import Matrix


def smoothed(
    value: float, seen: int, level: float, period: int, weight: float
) -> tuple[int, float]:
    """Take a value into an average: values seen, up to `period`, and their sum, then the average.

    The average is seeded with the mean of a run's first `period` values and moves by weight x
    distance; it is known once seen is `period`.
    """
    if not np.isfinite(value):
        return 0, 0.0
    if seen >= period:
        return seen, level + (value - level) * weight
    level += value
    seen += 1
    if seen == period:
        level /= period
    return seen, level


def smooth(values: Matrix, period: int, weight: float, out: Matrix) -> None:
    """Seed with the mean of a run's first `period` values, then move by weight x distance."""
    for j in range(values.shape[0]):
        seen, level = 0, 0.0
        for i in range(values.shape[1]):
            seen, level = smoothed(values[j, i], seen, level, period, weight)
            out[j, i] = level if seen >= period else np.nan


def two_averages(
    values: Matrix,
    fast: int,
    slow: int,
    signal: int,
    in_percent: int,
    out_line: Matrix,
    out_signal: Matrix,
    out_rest: Matrix,
) -> None:
    """The fast average less the slow one (in percent of it), its own average, their difference."""
    fast_weight, slow_weight, signal_weight = 2.0 / (fast + 1), 2.0 / (slow + 1), 2.0 / (signal + 1)
    for j in range(values.shape[0]):
        fast_seen, fast_level = 0, 0.0
        slow_seen, slow_level = 0, 0.0
        seen, level = 0, 0.0
        for i in range(values.shape[1]):
            value = values[j, i]
            fast_seen, fast_level = smoothed(value, fast_seen, fast_level, fast, fast_weight)
            slow_seen, slow_level = smoothed(value, slow_seen, slow_level, slow, slow_weight)
            line = np.nan
            if fast_seen >= fast and slow_seen >= slow:
                line = fast_level - slow_level
                if in_percent:
                    line = 100.0 * (line / slow_level) if slow_level != 0.0 else np.nan
            seen, level = smoothed(line, seen, level, signal, signal_weight)
            average = level if seen >= signal else np.nan
            out_line[j, i] = line
            out_signal[j, i] = average
            out_rest[j, i] = line - average


def relative_strength(values: Matrix, period: int, weight: float, out: Matrix) -> None:
    """Wilder's RSI: seeded with the mean of a run's first `period` changes; 50 where flat."""
    for j in range(values.shape[0]):
        last = np.nan
        ups, gain = 0, 0.0
        downs, loss = 0, 0.0
        for i in range(values.shape[1]):
            change = values[j, i] - last
            last = values[j, i]
            up = 0.0 if change < 0.0 else change  # NaN stays
            down = 0.0 if change > 0.0 else -change
            ups, gain = smoothed(up, ups, gain, period, weight)
            downs, loss = smoothed(down, downs, loss, period, weight)
            if ups < period or downs < period:
                out[j, i] = np.nan
            else:
                both = gain + loss
                out[j, i] = 100.0 * gain / both if both > 0.0 else 50.0


def true_range(high: float, low: float, last: float) -> float:
    """The range of a bar after the close `last`; high - low where that is NaN."""
    span = high - low
    up, down = abs(high - last), abs(low - last)
    span = up if up > span else span
    return down if down > span else span


def average_range(
    high: Matrix, low: Matrix, close: Matrix, period: int, weight: float, out: Matrix
) -> None:
    """Wilder's average of the true range; the first bar of a run has the range high - low."""
    for j in range(high.shape[0]):
        seen, level = 0, 0.0
        last = np.nan
        for i in range(high.shape[1]):
            span = true_range(high[j, i], low[j, i], last)
            is_known = np.isfinite(high[j, i] - low[j, i] + close[j, i])
            last = close[j, i] if is_known else np.nan
            seen, level = smoothed(span if is_known else np.nan, seen, level, period, weight)
            out[j, i] = level if seen >= period else np.nan


def directional(
    high: Matrix,
    low: Matrix,
    close: Matrix,
    period: int,
    weight: float,
    out_plus: Matrix,
    out_minus: Matrix,
    out_index: Matrix,
) -> None:
    """Wilder's directional movement; see `trend.adx`."""
    for j in range(high.shape[0]):
        seen, level = 0, 0.0  # of the true range
        ups, risen = 0, 0.0
        downs, fallen = 0, 0.0
        directed, index = 0, 0.0
        last_high = last_low = last_close = np.nan
        for i in range(high.shape[1]):
            top, bottom = high[j, i], low[j, i]
            span = true_range(top, bottom, last_close)
            up, down = top - last_high, last_low - bottom
            plus = up if up > down and up > 0.0 else 0.0
            minus = down if down > up and down > 0.0 else 0.0
            last_high, last_low, last_close = top, bottom, close[j, i]
            if not np.isfinite(top - bottom + last_close):
                span = plus = minus = last_high = last_low = last_close = np.nan
            seen, level = smoothed(span, seen, level, period, weight)
            ups, risen = smoothed(plus, ups, risen, period, weight)
            downs, fallen = smoothed(minus, downs, fallen, period, weight)
            is_known = seen >= period and level != 0.0
            plus = 100.0 * (risen / level) if is_known else np.nan
            minus = 100.0 * (fallen / level) if is_known else np.nan
            both = plus + minus
            apart = 100.0 * (abs(plus - minus) / both) if both != 0.0 else np.nan
            directed, index = smoothed(apart, directed, index, period, weight)
            out_plus[j, i] = plus
            out_minus[j, i] = minus
            out_index[j, i] = index if directed >= period else np.nan


def supertrend(
    upper: Matrix, lower: Matrix, close: Matrix, out_line: Matrix, out_direction: Matrix
) -> None:
    """Follow the lower band while up and the upper band while down; see `trend.supertrend`."""
    for j in range(close.shape[0]):
        direction = 0.0  # before the first band
        above = below = np.nan  # the upper and lower band of the bar before
        for i in range(close.shape[1]):
            high, low, price = upper[j, i], lower[j, i], close[j, i]
            if np.isfinite(high + low + price):
                before = direction
                if before == 0.0 or price > above:
                    direction = 1.0
                elif price < below:
                    direction = -1.0
                if before > 0.0 and direction > 0.0:
                    low = max(low, below)
                elif before < 0.0 and direction < 0.0:
                    high = min(high, above)
                above, below = high, low
            out_direction[j, i] = direction if direction != 0.0 else np.nan
            out_line[j, i] = below if direction >= 0.0 else above


def parabolic(
    high: Matrix, low: Matrix, step: float, maximum: float, out_level: Matrix, out_trend: Matrix
) -> None:
    """Wilder's stop and reverse; see `trend.sar`.

    A falling trend is kept as a rising one of mirrored prices (-high as low, -low as high), so one
    set of rules serves both: the level lies below, the extreme above.
    """
    for j in range(high.shape[0]):
        side = 0.0  # before a run's first bar
        level = extreme = factor = 0.0
        for i in range(high.shape[1]):
            top, bottom = high[j, i], low[j, i]
            if not np.isfinite(top + bottom):
                side = 0.0
            elif side == 0.0:
                side, level, extreme, factor = 1.0, bottom, top, step
            else:
                if side < 0.0:
                    top, bottom = -bottom, -top
                moved = level + factor * (extreme - level)
                if bottom <= moved:
                    side, level, extreme, factor = -side, -extreme, -bottom, step
                else:
                    prices = low if side > 0.0 else high
                    for k in range(max(i - 2, 0), i):
                        before = prices[j, k] * side
                        if before < moved and np.isfinite(high[j, k] + low[j, k]):
                            moved = before
                    level = moved
                    if top > extreme:
                        extreme, factor = top, min(factor + step, maximum)
            out_level[j, i] = level * side if side != 0.0 else np.nan
            out_trend[j, i] = side if side != 0.0 else np.nan


def balance(price: Matrix, volume: Matrix, out: Matrix) -> None:
    """On-balance volume: from 0, volume added on a rise, taken off on a fall."""
    for j in range(price.shape[0]):
        total = 0.0
        last = np.nan
        for i in range(price.shape[1]):
            now, traded = price[j, i], volume[j, i]
            if np.isfinite(now) and np.isfinite(traded):
                total += (int(now > last) - int(now < last)) * traded
                out[j, i], last = total, now
            else:
                out[j, i] = last = np.nan
                total = 0.0


def average_price(price: Matrix, volume: Matrix, out: Matrix) -> None:
    """The mean price by volume since a run's first bar; NaN until the first volume."""
    for j in range(price.shape[0]):
        value = total = 0.0
        for i in range(price.shape[1]):
            now, traded = price[j, i], volume[j, i]
            if np.isfinite(now) and np.isfinite(traded):
                value += now * traded
                total += traded
                out[j, i] = value / total if total != 0.0 else np.nan
            else:
                out[j, i] = np.nan
                value = total = 0.0
