"""Conviction: how many points of 0 to 100 a signal scores, and for what."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradertape_core.strategy.evaluation.evaluate import Evaluation
from tradertape_core.strategy.language import rules

Cells = tuple[NDArray[np.intp], NDArray[np.intp]]  # rows and columns of a panel
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scored:
    """One line of a breakdown: what was looked at, what it was, what it earned."""

    name: str
    input: float | bool | None
    points: float


def score(strategy: rules.Strategy, evaluation: Evaluation, cells: Cells) -> Points:
    """Conviction of K cells: base plus points, clamped to 0…100, not rounded. (K,)"""
    total = np.full(cells[0].shape, strategy.config.conviction_base)
    for each in strategy.conviction_scoring:
        total += _points(each, evaluation, cells)
    return np.clip(total, 0.0, 100.0)


def breakdown(
    strategy: rules.Strategy, evaluation: Evaluation, row: int, column: int
) -> tuple[Scored, ...]:
    """What each score saw and gave on one date for one symbol; a null input gives no points."""
    (found,) = breakdowns(strategy, evaluation, (np.array([row]), np.array([column])))
    return found


def breakdowns(
    strategy: rules.Strategy, evaluation: Evaluation, cells: Cells
) -> list[tuple[Scored, ...]]:
    """The breakdown of each of K cells; every score is evaluated once for all of them."""
    lines = [_lines(each, evaluation, cells) for each in strategy.conviction_scoring]
    return list(zip(*lines, strict=True)) if lines else [()] * cells[0].size


def _lines(each: rules.Score, evaluation: Evaluation, cells: Cells) -> list[Scored]:
    seen, points = _seen(each, evaluation, cells), _points(each, evaluation, cells).tolist()
    return [Scored(each.name, *line) for line in zip(seen, points, strict=True)]


def _seen(each: rules.Score, evaluation: Evaluation, cells: Cells) -> list[float | bool | None]:
    if isinstance(each, rules.ScoreCondition):
        verdicts: list[int] = evaluation.truth(each.condition)[cells].tolist()
        return [None if verdict < 0 else bool(verdict) for verdict in verdicts]
    values: list[float] = evaluation.value(each.input)[cells].tolist()
    return [None if math.isnan(value) else value for value in values]


def _points(each: rules.Score, evaluation: Evaluation, cells: Cells) -> Points:
    if isinstance(each, rules.ScoreCondition):
        return np.where(evaluation.holds(each.condition).yes[cells], each.points, 0.0)
    values = evaluation.value(each.input)[cells]
    if isinstance(each, rules.ScoreLinear):
        way = np.clip((values - each.start) / (each.end - each.start), 0.0, 1.0)
        return np.where(np.isnan(way), 0.0, way * each.points)
    return _banded(values, each.bands)


def _banded(values: Points, bands: tuple[rules.Band, ...]) -> Points:
    """Points of the first band that holds the value."""
    inside = [
        (values >= (-np.inf if band.gte is None else band.gte))
        & (values < (np.inf if band.lt is None else band.lt))
        for band in bands
    ]
    return np.select(inside, [np.float64(band.points) for band in bands], default=0.0)
