"""Drawdowns of an equity curve: how far below its highest value it fell, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Drawdown:
    """One fall below a peak. Rows index the curve; `end` is None while it lasts.

    start: day of the peak (the first day of the curve when the starting capital was never
    reached). depth: percent, negative. days: calendar days from start to end, or to the curve's
    last day. recovery_days: calendar days from trough to end, None while it lasts.
    """

    start: int
    trough: int
    end: int | None
    depth: float
    days: int
    recovery_days: int | None


def underwater_pct(equity: Floats, starting_capital: float) -> Floats:
    """Percent below the highest value so far, the starting capital included; (D,), 0 or less."""
    if equity.size == 0:
        return equity
    peaks = np.maximum(np.maximum.accumulate(equity), starting_capital)
    return (equity / peaks - 1) * 100


def deepest(dates: Days, underwater: Floats, limit: int = 10) -> list[Drawdown]:
    """The `limit` deepest drawdowns, the deepest first and of equals the earlier.

    dates, underwater: (D,) as from `underwater_pct`.
    """
    below = underwater < 0
    edges = np.flatnonzero(np.diff(np.concatenate(([0], below.view(np.int8), [0]))))
    firsts, afters = edges[::2], edges[1::2]
    if firsts.size == 0:
        return []
    # reduceat folds from each first to the next; the days between are at 0, above every depth.
    depths = np.minimum.reduceat(underwater, firsts)
    worst = np.argsort(depths, kind="stable")[:limit]
    return [
        _drawdown(dates, underwater, int(first), int(after))
        for first, after in zip(firsts[worst], afters[worst], strict=True)
    ]


def _drawdown(dates: Days, underwater: Floats, first: int, after: int) -> Drawdown:
    trough = first + int(np.argmin(underwater[first:after]))
    start = max(first - 1, 0)
    end = after if after < underwater.size else None
    return Drawdown(
        start=start,
        trough=trough,
        end=end,
        depth=float(underwater[trough]),
        days=_days_between(dates, start, underwater.size - 1 if end is None else end),
        recovery_days=None if end is None else _days_between(dates, trough, end),
    )


def _days_between(dates: Days, first: int, last: int) -> int:
    return int((dates[last] - dates[first]).astype(np.int64))


def figures(dates: Days, underwater: Floats) -> dict[str, Any]:
    """The drawdown figures of a summary: depths in percent, dates as text, spans in days."""
    worst = deepest(dates, underwater, limit=1)
    size = underwater.size
    shared = {
        "max_drawdown": 0.0 if size else None,
        "max_drawdown_start": None,
        "max_drawdown_end": None,
        "max_drawdown_days": 0 if size else None,
        "recovery_days": None,
        "time_under_water_pct": float((underwater < 0).mean() * 100) if size else None,
        "ulcer_index": float(np.sqrt(np.mean(underwater**2))) if size else None,
    }
    if worst:
        fall = worst[0]
        shared |= {
            "max_drawdown": fall.depth,
            "max_drawdown_start": str(dates[fall.start]),
            "max_drawdown_end": None if fall.end is None else str(dates[fall.end]),
            "max_drawdown_days": fall.days,
            "recovery_days": fall.recovery_days,
        }
    return shared
