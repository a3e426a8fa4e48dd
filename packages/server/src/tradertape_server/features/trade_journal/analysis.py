"""Groups of trips: their figures, hours and days, and what stands out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date

import numpy as np

from tradertape_core.journal.discovery import MOST_FALSE, Bucket, Finding, discover
from tradertape_core.journal.statistics import Figures, figures
from tradertape_server.features.trade_journal import schemas
from tradertape_server.features.trade_journal.choosing import (
    Mask,
    returns,
    setups,
)
from tradertape_server.features.trade_journal.entries import Written
from tradertape_server.features.trade_journal.trips import JournalTrips

MOST_GROUPS = 200
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Calendar days that a trip was held, both included.
HELD = (
    ("within a day", 0, 0), ("1 to 3 days", 1, 3), ("4 to 10 days", 4, 10),
    ("11 to 30 days", 11, 30), ("31 to 90 days", 31, 90), ("more than 90 days", 91, 10**6),
)  # fmt: skip
# What is known before a trade is made; how long it was held or what went wrong is known after.
_TESTED: tuple[schemas.Dimension, ...] = (
    "setup", "tag", "symbol", "weekday", "hour", "side", "kind",
)  # fmt: skip
_LABELS = {
    "setup": "the setup “{}”", "tag": "the tag “{}”", "symbol": "{}",
    "weekday": "entries on a {}", "hour": "entries from {}", "side": "{} trades",
    "kind": "{} trades",
}  # fmt: skip
Group = tuple[str, Mask]


def statistics(
    trips: JournalTrips, written: Written, mask: Mask, by: schemas.Dimension
) -> schemas.StatisticsOut:
    """The figures of all chosen trips that are closed, and of each group of them."""
    closed = mask & (trips.of("closed") > 0) if trips.total else mask
    found = [
        schemas.GroupOut(name=name, figures=_figures(trips, closed & members))
        for name, members in groups(trips, written, by)
    ]
    found = [one for one in found if one.figures.count]
    found.sort(key=lambda one: -one.figures.count if by != "month" else 0)
    return schemas.StatisticsOut(
        total=_figures(trips, closed), by=by, groups=found[:MOST_GROUPS],
        open_trips=int(mask.sum() - closed.sum()),
    )  # fmt: skip


def groups(trips: JournalTrips, written: Written, by: schemas.Dimension) -> Iterator[Group]:
    """The groups of a dimension. A trip can be in several, or with nothing written in none."""
    if not trips.total:
        return
    if by == "setup":
        names, setup = setups(trips, written)
        for at in sorted(range(len(names)), key=names.__getitem__):
            if names[at]:
                yield names[at], np.asarray(setup == at)
    elif by in ("tag", "mistake"):
        yield from _written_groups(trips, written, by)
    elif by in ("symbol", "kind", "account"):
        column = trips.of(by)
        for at, name in enumerate(trips.names[by]):
            yield name, np.asarray(column == at)
    else:
        yield from _GROUPS[by](trips)


def _written_groups(trips: JournalTrips, written: Written, by: str) -> Iterator[Group]:
    places: dict[str, list[int]] = {}
    found = written.words("tags" if by == "tag" else "mistakes")
    for key, place in trips.places(found).items():
        for word in found[key]:
            places.setdefault(word, []).append(place)
    for word in sorted(places):
        mask = np.zeros(trips.total, dtype=bool)
        mask[places[word]] = True
        yield word, mask


def _weekdays(trips: JournalTrips) -> Iterator[Group]:
    for at, name in enumerate(WEEKDAYS):
        yield name, np.asarray(trips.of("weekday") == at)


def _hours(trips: JournalTrips) -> Iterator[Group]:
    for hour in range(24):
        yield f"{hour:02d}:00", np.asarray(trips.of("hour") == hour)


def _sides(trips: JournalTrips) -> Iterator[Group]:
    yield "long", np.asarray(trips.of("short") == 0)
    yield "short", np.asarray(trips.of("short") == 1)


def _held(trips: JournalTrips) -> Iterator[Group]:
    days = trips.of("days")
    for name, least, most in HELD:
        yield name, np.asarray((days >= least) & (days <= most) & (trips.of("closed") > 0))


def _months(trips: JournalTrips) -> Iterator[Group]:
    days, place = np.unique(trips.of("closed"), return_inverse=True)
    named = [date.fromordinal(int(one)).strftime("%Y-%m") if one > 0 else "" for one in days]
    months = sorted(set(named) - {""}, reverse=True)
    number = {month: at for at, month in enumerate(months)}
    of_trip = np.array([number.get(month, -1) for month in named])[place]
    for at, month in enumerate(months[:MOST_GROUPS]):
        yield month, np.asarray(of_trip == at)


_GROUPS: dict[str, Callable[[JournalTrips], Iterator[Group]]] = {
    "weekday": _weekdays, "hour": _hours, "side": _sides, "held": _held, "month": _months,
}  # fmt: skip


def heat_map(trips: JournalTrips, mask: Mask) -> list[schemas.CellOut]:
    """Closed trips by weekday and hour of their opening."""
    if not trips.total:
        return []
    closed = mask & (trips.of("closed") > 0)
    cell = trips.of("weekday")[closed].astype(int) * 25 + trips.of("hour")[closed] + 1
    net = trips.of("net")[closed]
    counts = np.bincount(cell, minlength=175)
    sums = np.bincount(cell, weights=net, minlength=175)
    wins = np.bincount(cell[net > 0], minlength=175)
    return [
        schemas.CellOut(
            weekday=at // 25, hour=at % 25 - 1 if at % 25 else None, count=int(counts[at]),
            net=round(float(sums[at]), 2), wins=int(wins[at]),
        )
        for at in np.flatnonzero(counts).tolist()
    ]  # fmt: skip


def calendar(trips: JournalTrips, mask: Mask, year: int) -> list[schemas.DayOut]:
    """What was closed on each day of a calendar year."""
    if not trips.total:
        return []
    closed = trips.of("closed")
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    of_year = mask & (closed >= first) & (closed <= last)
    days, place, many = np.unique(closed[of_year], return_inverse=True, return_counts=True)
    sums = np.bincount(place, weights=trips.of("net")[of_year], minlength=len(days))
    return [
        schemas.DayOut(day=date.fromordinal(int(day)), count=int(count), net=round(float(net), 2))
        for day, count, net in zip(days, many, sums, strict=True)
    ]


def discovery(trips: JournalTrips, written: Written, mask: Mask) -> schemas.DiscoveryOut:
    """What stands out of the closed trips, by what is known when a trade is made."""
    closed = mask & (trips.of("closed") > 0) if trips.total else mask
    places = np.flatnonzero(closed)
    is_whole = len(places) == trips.total
    buckets = [
        Bucket(by, name, members if is_whole else members[closed])
        for by in _TESTED
        for name, members in groups(trips, written, by)
    ]
    found, small = discover(returns(trips)[places], buckets)
    shown = [_finding(one) for one in found[:MOST_GROUPS]]
    return schemas.DiscoveryOut(
        trips=len(places), tested=len(found), too_small=small, most_false=MOST_FALSE,
        text=_summary(len(places), found), findings=shown,
    )  # fmt: skip


def _finding(one: Finding) -> schemas.FindingOut:
    what = _LABELS[one.dimension].format(one.name)
    better = "better" if one.is_better else "worse"
    verdict = (
        f"{what[0].upper()}{what[1:]} ranked {better} than your other trades: {one.average:+.2%} "
        f"against {one.average_others:+.2%} on average, over {one.count} trades."
        if one.stands_out
        else f"{what[0].upper()}{what[1:]}: not distinguishable from chance."
    )
    return schemas.FindingOut(
        dimension=one.dimension,  # type: ignore[arg-type]
        name=one.name, count=one.count, average_pct=round(one.average * 100, 4),
        others_pct=round(one.average_others * 100, 4), is_better=one.is_better,
        chance=one.chance, adjusted=one.adjusted, stands_out=one.stands_out, text=verdict,
    )  # fmt: skip


def _summary(count: int, found: list[Finding]) -> str:
    if not found:
        return (
            f"{count} closed trades are too few to compare: a group needs 20 trades, and 20 "
            "outside it."
        )
    standing = sum(one.stands_out for one in found)
    tried = f"{len(found)} groups of {count} closed trades were compared."
    if not standing:
        return f"{tried} Nothing stands out: all differences are what chance brings."
    share = f"about one in {round(1 / MOST_FALSE)}"
    what = "1 group stands out" if standing == 1 else f"{standing} groups stand out"
    return (
        f"{tried} {what}. Of what stands out, {share} is chance all the same; a rule made of it "
        "should be tried on paper first."
    )


def _figures(trips: JournalTrips, mask: Mask) -> schemas.FiguresOut:
    places = np.flatnonzero(mask)
    if len(places):
        places = places[np.argsort(trips.of("closed")[places], kind="stable")]
    net = trips.of("net")[places] if trips.total else np.zeros(0)
    return _rounded(figures(net))


def _rounded(found: Figures) -> schemas.FiguresOut:
    values = {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in asdict(found).items()
    }
    return schemas.FiguresOut.model_validate(values)
