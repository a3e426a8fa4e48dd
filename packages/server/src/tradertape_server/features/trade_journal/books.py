"""Everybody's trips in memory, made anew when an upload or a trade here has changed them."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
import numpy as np

from tradertape_server.features.trade_journal.ports import Money, Own, OwnBook, Uploaded
from tradertape_server.features.trade_journal.same_trades import same_trades
from tradertape_server.features.trade_journal.trips import JournalTrips, joined
from tradertape_server.features.wealth.trips import Trips

MOST_KEPT = 16  # people
# A book that takes long to read is read again after so many times that: a busy day has a fill a
# second, and each changes it.
_REST = 20
_LONG_S = 0.3


@dataclass(slots=True)
class _Kept:
    """A person's trips, and what they were made from."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    version: object = None
    own: OwnBook = field(default_factory=OwnBook)
    read_at: float = 0.0
    took_s: float = 0.0
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
            own = self._read(kept, user_id)
            if money == "paper":
                if kept.paper_of is not own.paper:
                    kept.paper = joined((own.paper,), (np.ones(own.paper.total, bool),))
                    kept.paper_of = own.paper
                    kept.changes += 1
                return kept.paper
            uploaded = self._uploaded.trips(user_id)
            if kept.made_of is None or not _is_same(kept.made_of, (uploaded, own.live)):
                kept.live = together(uploaded, own.live)
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
            kept = self._kept.setdefault(user_id, _Kept())
            self._kept.move_to_end(user_id)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return kept

    def _read(self, kept: _Kept, user_id: int) -> OwnBook:
        now = time.monotonic()
        is_resting = kept.took_s > _LONG_S and now - kept.read_at < _REST * kept.took_s
        if is_resting:
            return kept.own
        version = self._own.version(user_id)  # before the trades: a fill meanwhile is a newer one
        if kept.version is None or kept.version != version:
            kept.own = self._own.read(user_id)
            kept.version, kept.read_at = version, time.monotonic()
            kept.took_s = kept.read_at - now
        return kept.own


def together(uploaded: Trips, own: Trips) -> JournalTrips:
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
    made = joined(parts, (same.uploaded, same.own), hidden)
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
    rows = {at: msgspec.json.decode(row) for at, row in _rows_of(own, behind)}
    setups = trips.numbers["setup"].copy()
    stops = trips.numbers["stop"].copy()
    inherited = dict(trips.inherited)
    for theirs, mine in wanted.items():
        place = places[keys[theirs].decode()]
        told = {(rows[at]["setup"], rows[at]["planned_stop"]) for at in mine}
        if len(told) == 1:  # of several strategies, none
            setup, stop = told.pop()
            setups[place] = trips.names["setup"].index(setup)
            stops[place] = float(stop or 0)
            inherited[place] = {"setup": setup, "planned_stop": stop}
    numbers = {**trips.numbers, "setup": setups, "stop": stops}
    return JournalTrips(
        trips.parts, trips.part, trips.place, trips.keys, numbers, trips.names, trips.hidden,
        inherited,
    )  # fmt: skip


def _rows_of(trips: Trips, places: Mapping[int, int]) -> list[tuple[int, bytes]]:
    wanted = sorted(places)
    return list(zip(wanted, trips.rows.at(wanted), strict=True))


def _is_same(one: tuple[Trips, Trips], other: tuple[Trips, Trips]) -> bool:
    return all(mine is theirs for mine, theirs in zip(one, other, strict=True))
