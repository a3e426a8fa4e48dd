"""The round trips that a person sees in the journal: of uploads and of what was traded here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tradertape_server.features.wealth.trips import Trips

Array = NDArray[Any]
NAMES = ("symbol", "kind", "account", "setup")
NUMBERS = {
    "net": "f8", "gross": "f8", "charges": "f8", "value": "f8", "stop": "f8", "opened": "i4",
    "closed": "i4", "days": "i4", "weekday": "i1", "hour": "i1", "short": "i1", "position": "i4",
}  # fmt: skip


@dataclass(frozen=True)
class JournalTrips:
    """Round trips by the day of their first trade, read by columns and by rows.

    parts: where rows come from; part, place: which part each trip is of, and where it is there.
    setup: the strategy or portfolio that traded, "" of uploads; stop: the planned one, 0 without.
    hidden: keys of trips that are the same trades as a shown one, with the shown one's key.
    besides: what rows say besides, by the trip's `position`. inherited: the same, by its place.
    """

    parts: Sequence[Trips] = ()
    part: Array = field(default_factory=lambda: np.zeros(0, "i1"))
    place: Array = field(default_factory=lambda: np.zeros(0, "i4"))
    keys: Array = field(default_factory=lambda: np.zeros(0, "S32"))
    numbers: Mapping[str, Array] = field(default_factory=dict)
    names: Mapping[str, list[str]] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    besides: Sequence[Mapping[str, Any]] = ({},)
    inherited: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many trips there are."""
        return len(self.keys)

    def of(self, name: str) -> Array:
        """A column's numbers."""
        return self.numbers.get(name, np.zeros(0))

    def places(self, keys: Iterable[str]) -> dict[str, int]:
        """Where the trips of these keys are; unknown keys are left out."""
        wanted = sorted(set(keys))
        if not wanted or not self.total:
            return {}
        order, sorted_keys = self._index
        asked = np.array([key.encode() for key in wanted], dtype="S32")
        found = np.searchsorted(sorted_keys, asked).clip(max=self.total - 1)
        is_there = sorted_keys[found] == asked
        return {
            key: int(order[at])
            for key, at, known in zip(wanted, found, is_there, strict=True)
            if known
        }

    def rows(self, places: Iterable[int]) -> Iterator[bytes]:
        """The rows at these places, in their order."""
        wanted = np.fromiter(places, dtype=np.intp)
        by_part = [
            part.rows.at(self.place[wanted[self.part[wanted] == at]].tolist())
            for at, part in enumerate(self.parts)
        ]
        positions = self.of("position")
        for place in wanted.tolist():
            row = next(by_part[self.part[place]])
            more = {**self.besides[int(positions[place])], **self.inherited.get(place, {})}
            yield msgspec.json.encode(msgspec.json.decode(row) | more) if more else row

    def shown(self, key: str) -> str:
        """The key under which a trip is shown: its own, or that of the trip it is hidden behind."""
        return self.hidden.get(key, key)

    def hidden_behind(self, key: str) -> list[str]:
        """Keys of the trips that are hidden behind one."""
        return self._behind.get(key, [])

    @cached_property
    def _behind(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for key in sorted(self.hidden):
            found.setdefault(self.hidden[key], []).append(key)
        return found

    @cached_property
    def _index(self) -> tuple[Array, Array]:
        order = np.argsort(self.keys)
        return order, self.keys[order]


def joined(
    parts: Sequence[Trips],
    masks: Sequence[Array],
    besides: Sequence[Mapping[str, Any]],
    hidden: Mapping[str, str] | None = None,
) -> JournalTrips:
    """The trips of several books that are chosen by `masks`, by day."""
    part = np.concatenate([np.full(int(m.sum()), at, "i1") for at, m in enumerate(masks)])
    place = np.concatenate([np.flatnonzero(mask).astype("i4") for mask in masks])
    keys = np.concatenate([one.keys.values[mask] for one, mask in zip(parts, masks, strict=True)])
    numbers = {
        name: np.concatenate(
            [_column(one, name, kind)[mask] for one, mask in zip(parts, masks, strict=True)]
        )
        for name, kind in NUMBERS.items()
    }
    names: dict[str, list[str]] = {}
    for name in NAMES:
        names[name] = sorted({word for one in parts for word in _words(one, name)})
        numbers[name] = np.concatenate(
            [
                _renumbered(one, name, names[name])[mask]
                for one, mask in zip(parts, masks, strict=True)
            ]
        )
    # As each book has them: by day, those without a time first, then by key.
    order = np.lexsort((keys, numbers["hour"] >= 0, numbers["opened"]))
    return JournalTrips(
        parts, part[order], place[order], keys[order],
        {name: values[order] for name, values in numbers.items()}, names, hidden or {},
        besides,
    )  # fmt: skip


def _column(trips: Trips, name: str, kind: str) -> Array:
    """A column; zeros of one that a book does not have."""
    kept = trips.of(name)
    return kept.astype(kind) if len(kept) == trips.total else np.zeros(trips.total, kind)


def _words(trips: Trips, name: str) -> list[str]:
    return trips.names.get(name) or [""]


def _renumbered(trips: Trips, name: str, names: Sequence[str]) -> Array:
    place = {word: at for at, word in enumerate(names)}
    table = np.array([place[word] for word in _words(trips, name)], "i4")
    return table[_column(trips, name, "i4")]
