"""The recursions that flip sides, supertrend and SAR: compiled, or numpy a row at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tradertape_indicators import kernels, panels
from tradertape_indicators.accelerate import over_series
from tradertape_indicators.arrays import Array, Matrix, undefined


def supertrend_of(upper: Matrix, lower: Matrix, close: Matrix) -> tuple[Matrix, Matrix]:
    """Return (line, direction ±1) from the unratcheted bands."""
    inputs, of_panel = [upper, lower, close], panels.supertrend
    if made := over_series(kernels.supertrend, inputs, outputs=2, of_panel=of_panel):
        return made[0], made[1]
    line, direction = undefined(close), undefined(close)
    known = np.isfinite(upper + lower + close)
    side = np.zeros(close.shape[1])
    above = np.full(close.shape[1], np.nan)
    below = above.copy()
    for i in range(len(close)):
        up = (side == 0.0) | (close[i] > above)
        turned = np.where(up, 1.0, np.where(close[i] < below, -1.0, side))
        stays = turned == side
        low = np.where(stays & (side > 0), np.maximum(lower[i], below), lower[i])
        high = np.where(stays & (side < 0), np.minimum(upper[i], above), upper[i])
        side = np.where(known[i], turned, side)
        above = np.where(known[i], high, above)
        below = np.where(known[i], low, below)
        direction[i] = np.where(side != 0.0, side, np.nan)
        line[i] = np.where(side >= 0.0, below, above)
    return line, direction


def parabolic_of(high: Matrix, low: Matrix, step: float, maximum: float) -> tuple[Matrix, Matrix]:
    """Return (level, trend ±1) of Wilder's stop and reverse."""
    if made := over_series(kernels.parabolic, [high, low], step, maximum, outputs=2):
        return made[0], made[1]
    level, trend = undefined(high), undefined(high)
    known = np.isfinite(high + low)
    high = np.where(known, high, np.nan)
    low = np.where(known, low, np.nan)
    nothing = np.full(high.shape[1], np.nan)
    state = _Parabola(nothing, nothing, nothing, nothing)
    for i in range(len(high)):
        if i:
            first = max(i - 2, 0)
            state = _moved(state, high[first : i + 1], low[first : i + 1], step, maximum)
        begins = known[i] & np.isnan(state.trend)
        if begins.any():
            state = _Parabola(
                trend=np.where(begins, 1.0, state.trend),
                level=np.where(begins, low[i], state.level),
                extreme=np.where(begins, high[i], state.extreme),
                factor=np.where(begins, step, state.factor),
            )
        level[i] = state.level * state.trend
        trend[i] = state.trend
    return level, trend


class _Parabola(NamedTuple):
    """State of every column: trend ±1, level, extreme and factor.

    Prices are mirrored (× -1) where the trend falls, so that the level always lies below and the
    extreme above.
    """

    trend: Array
    level: Array
    extreme: Array
    factor: Array


def _moved(state: _Parabola, high: Matrix, low: Matrix, step: float, maximum: float) -> _Parabola:
    """Return the state after the last bar of high and low; the bars before it give the clamp."""
    rises = state.trend > 0
    new_high: Array = high[-1]
    new_low: Array = low[-1]
    top = np.where(rises, new_high, -new_low)
    bottom = np.where(rises, new_low, -new_high)
    clamp = np.fmin.reduce(np.where(rises, low[:-1], -high[:-1]))
    level = state.level + state.factor * (state.extreme - state.level)
    flips = bottom <= level
    higher = ~flips & (top > state.extreme)
    faster = np.where(higher, np.minimum(state.factor + step, maximum), state.factor)
    trend = np.where(flips, -state.trend, state.trend)
    return _Parabola(
        trend=np.where(np.isnan(top), np.nan, trend),
        level=np.where(flips, -state.extreme, np.fmin(level, clamp)),
        extreme=np.where(flips, -bottom, np.where(higher, top, state.extreme)),
        factor=np.where(flips, step, faster),
    )
