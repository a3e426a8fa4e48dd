"""Rows of a data set's reference tables: corporate actions, dividends, membership, instruments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from math import prod

import numpy as np

from tradertape_server.features.market.data_sets.candles import Dense, Floats

RAW, SPLIT = "raw", "split"  # price bases


@dataclass(frozen=True, slots=True, order=True)
class Action:
    """A split, bonus or consolidation. ratio: new shares per old one (2 for a 1:1 bonus)."""

    symbol: str
    ex_date: date
    kind: str  # split | bonus | consolidation
    ratio: float


@dataclass(frozen=True, slots=True, order=True)
class Dividend:
    """A cash dividend. amount: rupees per share; adjusted: already divided by later splits."""

    symbol: str
    ex_date: date
    amount: float
    adjusted: bool


@dataclass(frozen=True, slots=True, order=True)
class Spell:
    """A period of membership, from `valid_from` to the day before `valid_to`, if it ended."""

    universe: str
    symbol: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, order=True)
class PriceBand:
    """A daily price band from a day on. percent: either way of the previous close; 0: no band."""

    symbol: str
    valid_from: date
    percent: float


@dataclass(frozen=True, slots=True, order=True)
class InstrumentRow:
    """Company data of a symbol, if the data set has more than the product's built-in data."""

    symbol: str
    name: str
    isin: str
    sector: str


def spells_from_lists(universe: str, lists: Iterable[tuple[date, str]]) -> list[Spell]:
    """Convert complete lists, each valid from its date until the next, to spells."""
    dated = sorted(set(lists))
    days = sorted({day for day, _ in dated})
    following = dict(pairwise(days))
    spells: list[Spell] = []
    for symbol, rows in groupby(sorted(dated, key=lambda row: (row[1], row[0])), lambda r: r[1]):
        present = [day for day, _ in rows]
        start = present[0]
        for this, after in zip(present, [*present[1:], None], strict=True):
            ends = following.get(this)
            if ends != after or ends is None:
                spells.append(Spell(universe, symbol, start, ends))
                start = after or start
    return spells


def served_dividends(
    dividends: Iterable[Dividend], actions: Iterable[Action], basis: str
) -> list[tuple[str, date, float]]:
    """(symbol, ex-date, rupees) per share of the basis that is served; none where the prices are
    adjusted for dividends, or in a way that is not known."""
    if basis not in {RAW, SPLIT}:
        return []
    later: dict[str, list[Action]] = {}
    for action in actions:
        later.setdefault(action.symbol, []).append(action)
    found: list[tuple[str, date, float]] = []
    for one in dividends:
        ratios = [a.ratio for a in later.get(one.symbol, ()) if a.ex_date > one.ex_date]
        factor = prod(ratios)
        amount = one.amount
        if basis == SPLIT and not one.adjusted:
            amount /= factor
        elif basis == RAW and one.adjusted:
            amount *= factor
        if amount > 0:
            found.append((one.symbol, one.ex_date, amount))
    return found


def adjust(dense: Dense, actions: Sequence[Action]) -> None:
    """Adjust raw prices and volumes before each ex-date for splits and bonuses, in place."""
    column = {symbol: i for i, symbol in enumerate(dense.symbols)}
    for action in actions:
        place = column.get(action.symbol)
        if place is None:
            continue
        before = int(dense.dates.searchsorted(np.datetime64(action.ex_date, "D")))
        for name, values in dense.values.items():
            _scale(values, before, place, action.ratio if name == "volume" else 1 / action.ratio)


def _scale(values: Floats, before: int, column: int, factor: float) -> None:
    values[:before, column] *= factor
