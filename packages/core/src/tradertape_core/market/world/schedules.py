"""What is fixed for a company beforehand: results, splits, bonuses, dividends, suspensions.

Drawn by calendar date for decades ahead, so a schedule never depends on where the world ends.
Splits and bonuses end with SPLITS_UNTIL: prices are stored adjusted for all of them, and a later
one would rescale the past of a world that grows by the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.market.world.names import Start
from tradertape_core.market.world.streams import stream

ORIGIN = date(2015, 1, 1)
SPLITS_UNTIL = date(2026, 6, 30)
_YEARS = range(2015, 2050)
_EXPECTED_GROWTH = 0.10  # of prices a year, to judge which shares will become dear

# Yearly dividend yield that a sector's companies centre on; 0.9 % elsewhere.
_YIELDS = {"IT": 0.018, "Oil & Gas": 0.03, "Power": 0.02, "FMCG": 0.014, "Metals": 0.022}


class ActionKind(StrEnum):
    """What a company does to its shares."""

    SPLIT = "split"
    BONUS = "bonus"
    DIVIDEND = "dividend"


@dataclass(frozen=True, slots=True)
class ScheduledAction:
    """An action on its ex-date. factor: shares after for one before; part: of the price, paid."""

    ex_date: date
    kind: ActionKind
    factor: float = 1.0
    part: float = 0.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """All that is fixed beforehand for one company; suspensions as (first day, sessions)."""

    results: tuple[date, ...]
    actions: tuple[ScheduledAction, ...]
    suspensions: tuple[tuple[date, int], ...]

    @property
    def split_factor(self) -> float:
        """Shares at the end for one at the beginning."""
        return float(np.prod([action.factor for action in self.actions]))


def schedule_of(start: Start, seed: int) -> Schedule:
    """Draw the schedule of one company."""
    actions = (*_splits(start, seed), *_dividends(start, seed))
    first, last = start.listed or ORIGIN, start.delisted or date.max
    return Schedule(
        _results(start, seed),
        tuple(sorted((a for a in actions if first < a.ex_date < last), key=lambda a: a.ex_date)),
        _suspensions(start, seed),
    )


def rows_of(days: NDArray[np.datetime64], dates: Sequence[date]) -> NDArray[np.int64]:
    """Row of the first session on or after each date; dates beyond the last are left out."""
    if not dates:
        return np.empty(0, dtype=np.int64)
    wanted = np.array(dates, dtype="datetime64[D]")
    rows = np.searchsorted(days, wanted[wanted >= days[0]])
    return rows[rows < len(days)].astype(np.int64)


def _results(start: Start, seed: int) -> tuple[date, ...]:
    """One day a quarter, two to six weeks after its end, at the company's usual time."""
    rng = stream(seed, "results", start.symbol)
    usual = 12 + 30 * rng.random()
    late = rng.integers(-3, 4, size=4 * len(_YEARS)).tolist()
    ends = [date(year, month, 1) for year in _YEARS for month in (1, 4, 7, 10)]
    return tuple(
        end + timedelta(days=int(usual) + shift) for end, shift in zip(ends, late, strict=True)
    )


def _splits(start: Start, seed: int) -> list[ScheduledAction]:
    rng = stream(seed, "splits", start.symbol)
    draws = rng.random((len(_YEARS), 3))
    never_splits = rng.random() < 0.25
    found: list[ScheduledAction] = []
    price = start.price
    for year, (chance, choice, day) in zip(_YEARS, draws.tolist(), strict=True):
        price *= 1 + _EXPECTED_GROWTH
        ex_date = date(year, 1, 1) + timedelta(days=int(day * 365))
        listed_for = (ex_date - (start.listed or ORIGIN)).days
        if never_splits or listed_for < 400 or ex_date > SPLITS_UNTIL:
            continue
        if chance < _split_chance(price):
            kind, factor = _ratio(price, choice)
            found.append(ScheduledAction(ex_date, kind, factor=factor))
            price /= factor
    return found


def _split_chance(price: float) -> float:
    if price > 3000:
        return 0.20
    return 0.09 if price > 1000 else 0.03 if price > 150 else 0.0


def _ratio(price: float, choice: float) -> tuple[ActionKind, float]:
    if price > 3000:
        return ActionKind.SPLIT, (10.0 if choice < 0.3 else 5.0 if choice < 0.7 else 2.0)
    if choice < 0.35:
        return ActionKind.BONUS, 2.0
    if choice < 0.5:
        return ActionKind.BONUS, 1.5
    return ActionKind.SPLIT, (5.0 if choice > 0.85 and price > 1000 else 2.0)


def _dividends(start: Start, seed: int) -> list[ScheduledAction]:
    """A final dividend in summer and, for half of the companies, an interim one in winter."""
    rng = stream(seed, "dividends", start.symbol)
    central = _YIELDS.get(start.fact.sector, 0.009)
    usual = float(np.clip(central * np.exp(0.5 * rng.standard_normal()), 0.002, 0.05))
    has_interim = rng.random() < 0.5
    draws = rng.random((len(_YEARS), 4))
    found: list[ScheduledAction] = []
    for year, (summer, winter, size, other) in zip(_YEARS, draws.tolist(), strict=True):
        share = 0.6 if has_interim else 1.0
        final = date(year, 6, 5) + timedelta(days=int(summer * 85))
        part = round(usual * share * (0.7 + 0.6 * size), 5)
        found.append(ScheduledAction(final, ActionKind.DIVIDEND, part=part))
        if has_interim:
            interim = date(year, 11, 1) + timedelta(days=int(winter * 100))
            part = round(usual * 0.4 * (0.7 + 0.6 * other), 5)
            found.append(ScheduledAction(interim, ActionKind.DIVIDEND, part=part))
    return found


def _suspensions(start: Start, seed: int) -> tuple[tuple[date, int], ...]:
    """Rarely a company is not traded for some sessions; once in thirty-odd years each."""
    draws = stream(seed, "suspensions", start.symbol).random((len(_YEARS), 3)).tolist()
    return tuple(
        (date(year, 1, 1) + timedelta(days=int(day * 365)), 1 + int(length * 10))
        for year, (chance, day, length) in zip(_YEARS, draws, strict=True)
        if chance < 0.03
    )
