"""Which trips of uploads are the same trades as trips that were traded here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradertape_server.features.wealth.trips import Trips

Array = NDArray[Any]
_Units = dict[int, list[tuple[int, float]]]  # of a trip's trades: mark and units


@dataclass(frozen=True, slots=True)
class Same:
    """What is not shown. uploaded, own: which trips are shown. behind: of each that is not, the
    place of the one it is hidden behind in the other book."""

    uploaded: Array
    own: Array
    uploaded_behind: dict[int, int]
    own_behind: dict[int, int]


def same_trades(uploaded: Trips, own: Trips) -> Same:
    """Find the trips that share trades, and choose of each group the book that knows more of it.

    A trade is the same by its number at the exchange, else by its order's, else by account, symbol,
    day, side, quantity and price. Trips that share trades, directly or through another, are one
    group, since the books may divide the same trades differently. Of a group the trips of one book
    are shown: those of more units traded, and at a tie what was traded here.
    """
    groups, pairs = _Groups(), list(_pairs(uploaded, own))
    for mine, theirs in pairs:
        groups.join(("own", mine), ("uploaded", theirs))
    shown = Same(np.ones(uploaded.total, bool), np.ones(own.total, bool), {}, {})
    mine_of = _units(own, [mine for mine, _ in pairs])
    theirs_of = _units(uploaded, [theirs for _, theirs in pairs])
    for members in groups.all():
        mine = _by_day(own, [place for book, place in members if book == "own"])
        theirs = _by_day(uploaded, [place for book, place in members if book == "uploaded"])
        if _known(mine_of, mine) >= _known(theirs_of, theirs):
            shown.uploaded[theirs] = False
            shown.uploaded_behind.update(dict.fromkeys(theirs, mine[0]))
        else:
            shown.own[mine] = False
            shown.own_behind.update(dict.fromkeys(mine, theirs[0]))
    return shown


def _pairs(uploaded: Trips, own: Trips) -> Iterator[tuple[int, int]]:
    """Places of an own and an uploaded trip that share a trade."""
    if not uploaded.trades or not own.trades:
        return
    theirs, mine = uploaded.trades["trip"].values, own.trades["trip"].values
    is_open = np.ones(len(mine), bool)  # own trades that were not found yet
    is_free = np.ones(len(theirs), bool)
    for one, other in (("number", "number"), ("order", "order"), ("also", "order"), ("like",) * 2):
        marks, wanted = uploaded.trades[other].values, own.trades[one].values
        by_mark: dict[int, list[int]] = defaultdict(list)
        for at in np.flatnonzero(is_free & np.isin(marks, wanted[wanted != 0])).tolist():
            by_mark[int(marks[at])].append(at)
        for at in np.flatnonzero(is_open & (wanted != 0)).tolist():
            found = by_mark.get(int(wanted[at]), ())
            for place in found:
                yield int(mine[at]), int(theirs[place])
                is_free[place] = False
            is_open[at] = is_open[at] and not found


def _by_day(trips: Trips, places: list[int]) -> list[int]:
    """These places by the day of their trips, whatever the order in which trips were found."""
    days, keys = trips.of("opened"), trips.keys.values
    return sorted(places, key=lambda at: (days[at], keys[at]))


def _known(units: _Units, places: list[int]) -> float:
    """Units traded in these trips; a trade that is in several counts once."""
    return sum({mark: many for place in places for mark, many in units[place]}.values())


def _units(trips: Trips, of: Sequence[int]) -> _Units:
    """The trades of some trips."""
    found: _Units = defaultdict(list)
    if not of:
        return found
    wanted = np.isin(trips.trades["trip"].values, of)
    places, units_of, numbers, likes = (
        trips.trades[name].values[wanted] for name in ("trip", "units", "number", "like")
    )
    marks = np.where(numbers != 0, numbers, likes)
    for place, mark, units in zip(places.tolist(), marks.tolist(), units_of.tolist(), strict=True):
        found[place].append((mark, units))
    return found


@dataclass(slots=True)
class _Groups:
    """Disjoint sets of trips."""

    parent: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)

    def join(self, one: tuple[str, int], other: tuple[str, int]) -> None:
        """Put two trips into one group."""
        self.parent[self._root(one)] = self._root(other)

    def all(self) -> list[list[tuple[str, int]]]:
        """Every group's members."""
        found: dict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
        for one in self.parent:
            found[self._root(one)].append(one)
        return list(found.values())

    def _root(self, one: tuple[str, int]) -> tuple[str, int]:
        self.parent.setdefault(one, one)
        while self.parent[one] != one:
            self.parent[one] = self.parent[self.parent[one]]
            one = self.parent[one]
        return one
