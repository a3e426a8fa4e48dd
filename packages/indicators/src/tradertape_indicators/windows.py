"""Rolling windows in O(log period) passes, each value a function of its own window alone.

A window is folded from blocks of 1, 2, 4, 8 … bars in a fixed order, newest block first. Unlike a
running sum nothing is carried from bar to bar: no drift, a NaN spoils exactly the windows that hold
it, and a value is the same to the last bit wherever the history starts. So a backtest over ten
years and a live scan over ten months agree. `rolling.py` is the same, compiled.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tradertape_indicators import rolling
from tradertape_indicators.accelerate import over_series
from tradertape_indicators.arrays import Array, Matrix, undefined

State = tuple[Array, ...]
# (older part, its bars, newer part, its bars) -> the two parts as one
Merge = Callable[[State, int, State, int], State]

_BLOCK_CELLS = 24_000  # rows are handled in blocks that stay in the processor's second cache


def _fold(block: State, period: int, merge: Merge) -> State:
    """Merge single bars into windows; row t of the result is the window of rows t … t+period-1."""
    size = 1
    total: State = ()
    covered = 0
    while True:
        if period & size:
            if covered:
                older = tuple(part[: len(part) - covered] for part in block)
                total = merge(older, size, tuple(part[size:] for part in total), covered)
            else:
                total = block
            covered += size
        if 2 * size > period:
            return total
        older = tuple(part[: len(part) - size] for part in block)
        block = merge(older, size, tuple(part[size:] for part in block), size)
        size *= 2


def _roll(
    values: Matrix,
    period: int,
    start: Callable[[Matrix], State],
    merge: Merge,
    finish: Callable[[State], tuple[Matrix, ...]],
    outputs: int = 1,
) -> tuple[Matrix, ...]:
    rows, columns = values.shape
    results = tuple(undefined(values) for _ in range(outputs))
    step = max(4 * period, _BLOCK_CELLS // max(columns, 1))
    for first in range(period - 1, rows, step):
        last = min(first + step, rows)
        folded = _fold(start(values[first - period + 1 : last]), period, merge)
        for result, part in zip(results, finish(folded)):
            result[first:last] = part
    return results


def _alone(values: Matrix) -> State:
    return (values,)


def _same(state: State) -> State:
    return state


def _folded(values: Matrix, period: int, divisor: float, kind: int) -> Matrix | None:
    """A window of one series, compiled; numpy is quicker with a panel, as it lies in memory."""
    if values.shape[1] != 1:
        return None
    made = over_series(rolling.folded, [values], period, divisor, kind)
    return made[0] if made else None


def window_sum(values: Matrix, period: int) -> Matrix:
    """Return the sum over the last `period` bars; NaN in warm-up and where the window holds NaN."""
    if (made := _folded(values, period, 1.0, rolling.SUM)) is not None:
        return made

    def merge(older: State, _o: int, newer: State, _n: int) -> State:
        return (older[0] + newer[0],)

    return _roll(values, period, _alone, merge, _same)[0]


def window_mean(values: Matrix, period: int) -> Matrix:
    """Return the mean over the last `period` bars."""
    if (made := _folded(values, period, float(period), rolling.SUM)) is not None:
        return made
    mean = window_sum(values, period)
    mean /= period
    return mean


def window_max(values: Matrix, period: int) -> Matrix:
    """Return the highest value of the last `period` bars."""
    if (made := _folded(values, period, 1.0, rolling.HIGHEST)) is not None:
        return made

    def merge(older: State, _o: int, newer: State, _n: int) -> State:
        return (np.maximum(older[0], newer[0]),)

    return _roll(values, period, _alone, merge, _same)[0]


def window_min(values: Matrix, period: int) -> Matrix:
    """Return the lowest value of the last `period` bars."""
    if (made := _folded(values, period, 1.0, rolling.LOWEST)) is not None:
        return made

    def merge(older: State, _o: int, newer: State, _n: int) -> State:
        return (np.minimum(older[0], newer[0]),)

    return _roll(values, period, _alone, merge, _same)[0]


def window_moments(values: Matrix, period: int) -> tuple[Matrix, Matrix]:
    """Return mean and population variance over the last `period` bars.

    Source: Chan, Golub and LeVeque, Updating Formulae and a Pairwise Algorithm for Computing
    Sample Variances, 1979. It does not cancel, and a flat window has a variance of exactly 0.
    """
    if made := over_series(rolling.moments, [values], period, outputs=2):
        return made[0], made[1]

    def start(block: Matrix) -> State:
        return block, block * 0.0  # keeps NaN

    def merge(older: State, old: int, newer: State, new: int) -> State:
        between = older[0] - newer[0]
        mean = newer[0] + between * (old / (old + new))
        between *= between
        between *= old * new / (old + new)
        between += older[1]
        between += newer[1]
        return mean, between

    def finish(state: State) -> State:
        return state[0], state[1] / period

    mean, variance = _roll(values, period, start, merge, finish, outputs=2)
    return mean, variance


def window_weighted_mean(values: Matrix, period: int) -> Matrix:
    """Return the mean over the last `period` bars with weights 1 (oldest) … period (newest)."""
    if made := over_series(rolling.weighted, [values], period, rolling.WEIGHTED):
        return made[0]

    def start(block: Matrix) -> State:
        return block, block

    def merge(older: State, old: int, newer: State, _n: int) -> State:
        weighted = newer[0] * old  # every newer bar weighs `old` more than inside its own block
        weighted += newer[1]
        weighted += older[1]
        return older[0] + newer[0], weighted

    def finish(state: State) -> State:
        return (state[1] / (period * (period + 1) / 2),)

    return _roll(values, period, start, merge, finish)[0]


def window_age_of_max(values: Matrix, period: int) -> Matrix:
    """Return how many bars ago the window's highest value was; of equal ones the oldest."""

    def start(block: Matrix) -> State:
        return block, np.zeros(block.shape)

    def merge(older: State, _o: int, newer: State, new: int) -> State:
        age = np.where(older[0] >= newer[0], older[1] + new, newer[1])
        return np.maximum(older[0], newer[0]), age

    def finish(state: State) -> State:
        return (np.where(np.isnan(state[0]), np.nan, state[1]),)

    return _roll(values, period, start, merge, finish)[0]


def window_deviation(values: Matrix, centre: Matrix, period: int) -> Matrix:
    """Return the mean of |value - centre of this bar| over the last `period` bars."""
    rows, columns = values.shape
    result = undefined(values)
    step = max(4 * period, _BLOCK_CELLS // max(columns, 1))
    for first in range(period - 1, rows, step):
        last = min(first + step, rows)
        total = np.zeros((last - first, columns))
        for age in range(period):
            apart = values[first - age : last - age] - centre[first:last]
            total += np.abs(apart, out=apart)
        result[first:last] = total / period
    return result
