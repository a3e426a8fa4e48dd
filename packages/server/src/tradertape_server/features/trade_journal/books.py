"""Everybody's trips in memory, made anew when an upload or a trade here has changed them."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tradertape_server.features.trade_journal.ports import Money, Own, OwnOfPerson, Uploaded
from tradertape_server.features.trade_journal.same_trades import same_trades
from tradertape_server.features.trade_journal.trips import JournalTrips, joined
from tradertape_server.features.wealth.trips import Trips

MOST_KEPT = 16  # people


@dataclass(slots=True)
class _Kept:
    """A person's trips, and what they were made from."""

    own: OwnOfPerson
    lock: threading.Lock = field(default_factory=threading.Lock)
    made_of: tuple[Trips, Trips] | None = None
    live: JournalTrips = field(default_factory=JournalTrips)
    paper_of: Trips | None = None
    paper: JournalTrips = field(default_factory=JournalTrips)
    changes: int = 0


class JournalBooks:
    """Puts uploads and own trades together, by the person. Any thread may call any method."""

    def __init__(self, uploaded: Uploaded, own: Own) -> None:
        self._uploaded = uploaded
        self._own = own
        self._started = secrets.token_hex(4)
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, _Kept] = OrderedDict()

    def trips(self, user_id: int, money: Money) -> JournalTrips:
        """A person's trips with real money, uploads among them, or those without.

        Raises Unavailable while uploads are being reckoned.
        """
        kept = self._of(user_id)
        with kept.lock:
            own = kept.own.read()
            if money == "paper":
                if kept.paper_of is not own.paper:
                    every = np.ones(own.paper.total, bool)
                    kept.paper = joined((own.paper,), (every,), own.rows)
                    kept.paper_of = own.paper
                    kept.changes += 1
                return kept.paper
            uploaded = self._uploaded.trips(user_id)
            if kept.made_of is None or not _is_same(kept.made_of, (uploaded, own.live)):
                kept.live = together(uploaded, own.live, own.rows)
                kept.made_of = (uploaded, own.live)
                kept.changes += 1
            return kept.live

    def every(self, user_id: int) -> tuple[JournalTrips, JournalTrips]:
        """Both: a key is of one of them. Raises Unavailable likewise."""
        return self.trips(user_id, "paper"), self.trips(user_id, "live")

    def with_key(self, user_id: int, key: str) -> JournalTrips | None:
        """The trips among which a key is, also a hidden one."""
        paper = self.trips(user_id, "paper")
        if paper.places([key]):
            return paper
        live = self.trips(user_id, "live")
        return live if live.places([live.shown(key)]) else None

    def version(self, user_id: int) -> str:
        """Changes with a person's trips, also over a restart."""
        return f"{self._started}-{self._of(user_id).changes}"

    def _of(self, user_id: int) -> _Kept:
        with self._lock:
            kept = self._kept.get(user_id)
            if kept is None:
                kept = self._kept[user_id] = _Kept(self._own.of_person(user_id))
            self._kept.move_to_end(user_id)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return kept


def together(uploaded: Trips, own: Trips, besides: Sequence[Mapping[str, Any]]) -> JournalTrips:
    """Both books' trips, each trade once. One that is hidden gives its notes to the one shown; own
    trips that are hidden give their setup and stop besides."""
    same = same_trades(uploaded, own)
    parts = (uploaded, own)
    hidden: dict[str, str] = {}
    for books, behind in (
        ((uploaded, own), same.uploaded_behind),
        ((own, uploaded), same.own_behind),
    ):
        keys, others = books[0].keys.values, books[1].keys.values
        for place, other in behind.items():
            hidden[keys[place].decode()] = others[other].decode()
    hidden = {key: shown for key, shown in hidden.items() if key != shown}
    made = joined(parts, (same.uploaded, same.own), besides, hidden)
    return _with_inherited(made, uploaded, own, same.own_behind)


def _with_inherited(
    trips: JournalTrips, uploaded: Trips, own: Trips, behind: Mapping[int, int]
) -> JournalTrips:
    """Give uploaded trips the setup and the stop of those that are hidden behind them."""
    if not behind:
        return trips
    keys = uploaded.keys.values
    wanted: dict[int, list[int]] = defaultdict(list)
    for mine, theirs in behind.items():
        wanted[theirs].append(mine)
    places = trips.places(keys[theirs].decode() for theirs in wanted)
    positions = own.of("position")
    setups = trips.numbers["setup"].copy()
    stops = trips.numbers["stop"].copy()
    inherited = dict(trips.inherited)
    for theirs, mine in wanted.items():
        place = places[keys[theirs].decode()]
        rows = [trips.besides[int(positions[at])] for at in mine]
        told = {(one["setup"], one["planned_stop"]) for one in rows}
        if len(told) == 1:  # of several strategies, none
            setup, stop = told.pop()
            setups[place] = trips.names["setup"].index(setup)
            stops[place] = float(stop or 0)
            inherited[place] = {"setup": setup, "planned_stop": stop}
    numbers = {**trips.numbers, "setup": setups, "stop": stops}
    return replace(trips, numbers=numbers, inherited=inherited)


def _is_same(one: tuple[Trips, Trips], other: tuple[Trips, Trips]) -> bool:
    return all(mine is theirs for mine, theirs in zip(one, other, strict=True))
