"""Which trips a person wants to see: filters over the columns, and the order of a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tradertape_server.features.trade_journal.entries import Written
from tradertape_server.features.trade_journal.ports import Money
from tradertape_server.features.trade_journal.trips import JournalTrips

Mask = NDArray[np.bool_]
State = Literal["all", "open", "closed"]
Sort = Literal["opened_on", "closed_on", "net", "return_pct", "days", "value"]


@dataclass(frozen=True, slots=True)
class Filters:
    """What to show. since, until: days of the opening, both included.

    money: of trips with real money, uploads among them, or of all others: never of both.
    """

    money: Money = "live"
    state: State = "all"
    symbol: str | None = None
    setup: str | None = None
    tag: str | None = None
    mistake: str | None = None
    side: Literal["long", "short"] | None = None
    kind: Literal["intraday", "delivery", "derivative"] | None = None
    since: date | None = None
    until: date | None = None


def chosen(trips: JournalTrips, written: Written, filters: Filters) -> Mask:
    """Which trips pass all filters."""
    mask = np.ones(trips.total, dtype=bool)
    if not trips.total:
        return mask
    if filters.state != "all":
        mask &= (trips.of("closed") > 0) == (filters.state == "closed")
    if filters.symbol:
        wanted = filters.symbol.strip().upper()
        names = [at for at, name in enumerate(trips.names["symbol"]) if wanted in name.upper()]
        mask &= np.isin(trips.of("symbol"), names)
    if filters.kind:
        mask &= named(trips, "kind", filters.kind)
    if filters.side:
        mask &= (trips.of("short") == 1) == (filters.side == "short")
    if filters.since:
        mask &= trips.of("opened") >= filters.since.toordinal()
    if filters.until:
        mask &= trips.of("opened") <= filters.until.toordinal()
    if filters.setup:
        names, column = setups(trips, written)
        mask &= column == (names.index(filters.setup) if filters.setup in names else -1)
    for word, kind in ((filters.tag, "tags"), (filters.mistake, "mistakes")):
        if word:
            found = written.words("tags" if kind == "tags" else "mistakes")
            mask &= with_keys(trips, [key for key, words in found.items() if word in words])
    return mask


def setups(trips: JournalTrips, written: Written) -> tuple[list[str], NDArray[Any]]:
    """Names, and the place of each trip's setup among them: what a person wrote, else the strategy
    or portfolio that traded."""
    names = list(trips.names.get("setup", ()))
    column = trips.of("setup")
    own = written.setups()
    if not own:
        return names, column
    place = {name: at for at, name in enumerate(names)}
    column = column.copy()
    for key, at in trips.places(own).items():
        column[at] = place.setdefault(own[key], len(place))
    return list(place), column


def named(trips: JournalTrips, column: str, name: str) -> Mask:
    """Which trips have a name in a column of names."""
    names = trips.names.get(column, [])
    at = names.index(name) if name in names else -1
    return np.asarray(trips.of(column) == at)


def with_keys(trips: JournalTrips, keys: list[str]) -> Mask:
    """Which trips are among these keys."""
    mask = np.zeros(trips.total, dtype=bool)
    mask[list(trips.places(keys).values())] = True
    return mask


def ordered(
    trips: JournalTrips, mask: Mask, sort: Sort, *, is_descending: bool
) -> NDArray[np.intp]:  # fmt: skip
    """The places of the chosen trips in the wanted order; open ones without a result come last."""
    places = np.flatnonzero(mask)
    if sort == "opened_on":
        return places[::-1] if is_descending else places
    values = _values(trips, sort)[places]
    has_result = (trips.of("closed")[places] > 0) | (sort == "value")
    order = np.argsort(-values if is_descending else values, kind="stable")
    order = order[np.argsort(~has_result[order], kind="stable")]
    return places[order]


def returns(trips: JournalTrips) -> NDArray[np.float64]:
    """Net by what each trip was opened for."""
    value = trips.of("value")
    return np.divide(trips.of("net"), value, out=np.zeros(len(value)), where=value > 0)


def _values(trips: JournalTrips, sort: Sort) -> NDArray[Any]:
    if sort == "return_pct":
        return returns(trips)
    return trips.of({"closed_on": "closed"}.get(sort, sort)).astype(np.float64)
