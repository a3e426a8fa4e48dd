"""Own round trips as the journal reads them: with who traded, and marks of their orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from tradertape_core.journal.trips import RoundTrip
from tradertape_server.features.trade_journal.own.origins import Origin
from tradertape_server.features.wealth.lines import Column, column
from tradertape_server.features.wealth.trips import Trips, made

WRITTEN_OFF = "correction:"  # the names of write-offs begin so, and no number of a trade does


@dataclass(frozen=True, slots=True)
class Found:
    """A trip. position: the number of the position that it is of, 0 of one by candles. also: of
    each of its trades, the mark of another number of its order; 0 of none."""

    trip: RoundTrip
    position: int = 0
    also: Sequence[int] = ()


def kept(found: Sequence[Found], *, has_marks: bool, origins: Sequence[Origin] = ()) -> Trips:
    """Keep trips. has_marks: whether they can be uploaded too. origins: of each, where it is known
    now; of others see `with_origins`."""
    if not found:
        return Trips()
    trips = [one.trip for one in found]
    rows = [one.row for one in origins] or [{}] * len(trips)
    more = [{**row, **_written_off(one)} for row, one in zip(rows, trips, strict=True)]
    made_of = made(trips, more, has_marks=has_marks)
    numbers = {"position": column([one.position for one in found], "<i4")}
    also = [mark for one in found for mark in one.also or (0,) * one.trip.trades]
    trades = {"also": column(also, "<u8")} if has_marks else {}
    names: dict[str, list[str]] = {}
    if origins:
        names, of_origins = _columns(origins, range(len(origins)))
        numbers |= of_origins
    return msgspec.structs.replace(
        made_of,
        numbers=made_of.numbers | numbers,
        names=made_of.names | names,
        trades=made_of.trades | trades,
    )


def _written_off(trip: RoundTrip) -> dict[str, str]:
    """How many units of it were written off, if any."""
    units = sum(one.quantity for one in trip.made_of if one.trade_id.startswith(WRITTEN_OFF))
    return {"written_off": f"{units:f}"} if units else {}


def with_origins(trips: Trips, origins: Sequence[Origin]) -> Trips:
    """The trips with who traded, by the number of their position."""
    if not trips.total:
        return trips
    names, numbers = _columns(origins, trips.of("position"))
    return msgspec.structs.replace(
        trips, names=trips.names | names, numbers=trips.numbers | numbers
    )


def _columns(
    origins: Sequence[Origin], places: Sequence[int] | np.ndarray
) -> tuple[dict[str, list[str]], dict[str, Column]]:
    """The names of setups, and the columns of the origins at these places."""
    names = sorted({one.name for one in origins})
    place = {name: at for at, name in enumerate(names)}
    setups = np.array([place[one.name] for one in origins])
    stops = np.array([float(one.stop or 0) for one in origins])
    wanted = np.asarray(places)
    return {"setup": names}, {
        "setup": column(setups[wanted], "<i4"), "stop": column(stops[wanted], "<f8"),
    }  # fmt: skip
