"""Figures of a set of closed round trips, with how far each can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
_Z95 = 1.959963984540054  # of the normal distribution, two-sided 95 %


@dataclass(frozen=True, slots=True)
class Figures:
    """Of closed round trips in the order they ended. Money in rupees, rates from 0 to 1.

    win_rate_low, win_rate_high: Wilson's 95 % interval. average_low, average_high: the 95 %
    interval of the average profit, None below two trips. profit_factor: gains by losses, None
    without losses. drawdown: the largest fall of the summed profit, 0 or below.
    """

    count: int
    wins: int
    net: float
    win_rate: float | None
    win_rate_low: float | None
    win_rate_high: float | None
    average: float | None
    average_low: float | None
    average_high: float | None
    average_win: float | None
    average_loss: float | None
    profit_factor: float | None
    best: float | None
    worst: float | None
    losing_streak: int
    drawdown: float


def figures(net: Values) -> Figures:
    """The figures of trips' net profits in rupees, in the order they ended."""
    count = len(net)
    gains, losses = net[net > 0], net[net < 0]
    low, high = wilson(len(gains), count)
    average = float(net.mean()) if count else None
    room = _Z95 * float(net.std(ddof=1)) / sqrt(count) if count > 1 else None
    return Figures(
        count=count, wins=len(gains), net=float(net.sum()),
        win_rate=len(gains) / count if count else None, win_rate_low=low, win_rate_high=high,
        average=average,
        average_low=None if average is None or room is None else average - room,
        average_high=None if average is None or room is None else average + room,
        average_win=float(gains.mean()) if len(gains) else None,
        average_loss=float(losses.mean()) if len(losses) else None,
        profit_factor=float(gains.sum() / -losses.sum()) if len(losses) else None,
        best=float(net.max()) if count else None, worst=float(net.min()) if count else None,
        losing_streak=_longest(net < 0), drawdown=_drawdown(net),
    )  # fmt: skip


def wilson(wins: int, count: int) -> tuple[float | None, float | None]:
    """Wilson's 95 % interval of a rate; (None, None) of nothing. Source: E. B. Wilson, 1927."""
    if not count:
        return None, None
    rate, square = wins / count, _Z95**2
    middle = rate + square / (2 * count)
    room = _Z95 * sqrt(rate * (1 - rate) / count + square / (4 * count * count))
    below = 1 + square / count
    return max(0.0, (middle - room) / below), min(1.0, (middle + room) / below)


def _longest(hits: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], hits.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


def _drawdown(net: Values) -> float:
    if not len(net):
        return 0.0
    summed = np.concatenate(([0.0], np.cumsum(net)))
    return float((summed - np.maximum.accumulate(summed)).min())
