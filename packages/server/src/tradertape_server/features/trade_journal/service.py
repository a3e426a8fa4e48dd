"""Use cases of the trade journal."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.trade_journal import analysis, repository, schemas
from tradertape_server.features.trade_journal.books import JournalBooks
from tradertape_server.features.trade_journal.choosing import (
    Filters,
    Mask,
    Sort,
    chosen,
    ordered,
)
from tradertape_server.features.trade_journal.entries import Written, shown_counts
from tradertape_server.features.trade_journal.models import JournalEntry, JournalScreenshot
from tradertape_server.features.trade_journal.pictures import read_picture
from tradertape_server.features.trade_journal.ports import BeingRead, Own, Uploaded
from tradertape_server.features.trade_journal.trips import JournalTrips
from tradertape_server.features.wealth.export import neutral
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict, NotFound

MOST_ENTRIES = 20_000
MOST_OF_TRIP = 10
MOST_STORED = 200 * 1024 * 1024
COLUMNS = (
    "key", "broker", "account", "symbol", "segment", "kind", "side", "opened_on", "closed_on",
    "quantity", "entry_price", "exit_price", "gross", "charges", "net", "return_pct", "days",
    "r_multiple", "origin", "planned_stop", "setup", "tags", "mistakes", "rating", "note",
)  # fmt: skip
_AT_ONCE = 200  # rows of one piece of an export
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class TradeJournal:
    """A person's journal: trips of uploads and of what was traded here, what was written about
    them, and their figures."""

    def __init__(self, database: Database, uploaded: Uploaded, own: Own, clock: Clock) -> None:
        self._database = database
        self._uploaded = uploaded
        self._own = own
        self._books = JournalBooks(uploaded, own)
        self._clock = clock

    def close(self) -> None:
        """End what is being read."""
        self._own.close()

    def status(self, user_id: int) -> schemas.JournalStatusOut:
        """What there is to see."""
        book = self._uploaded.status(user_id)
        state = "reckoning" if book.reckoned_at is None else "ready"
        if book.reckoned_at is None and book.state == "failed":
            state = "failed"
        live = paper = JournalTrips()
        traded_here: Literal["ready", "reading"] = "ready"
        try:
            paper = self._books.trips(user_id, "paper")
            live = self._books.trips(user_id, "live") if state == "ready" else live
        except BeingRead:
            traded_here = "reading"
        return schemas.JournalStatusOut(
            version=self._books.version(user_id),
            live=live.total,
            paper=paper.total,
            scaled=self._own.is_scaled(user_id),
            hidden=len(live.hidden),
            uploads=state,
            percent=book.percent,
            detail=book.detail,
            traded_here=traded_here,
        )

    def page(
        self, session: Session, user_id: int, filters: Filters, sort: Sort, *,
        is_descending: bool, limit: int, offset: int,
    ) -> tuple[int, list[schemas.TripOut]]:  # fmt: skip
        """A page of the chosen trips and how many there are."""
        trips, written, mask = self._chosen(session, user_id, filters)
        places = ordered(trips, mask, sort, is_descending=is_descending)
        wanted = places[offset : offset + limit].tolist()
        entries = written.of([key.decode() for key in trips.keys[wanted].tolist()])
        pictures = shown_counts(trips, repository.counts(session, user_id))
        return len(places), [_out(row, entries, pictures) for row in trips.rows(wanted)]

    def trip(self, session: Session, user_id: int, key: str) -> schemas.TripDetailOut:
        """One trip with its pictures. Raises NotFound."""
        trips, shown = self._found(user_id, key)
        entries = Written(session, user_id, trips).of([shown])
        keys = [shown, *trips.hidden_behind(shown)]
        pictures = repository.screenshots(session, user_id, keys)
        return schemas.TripDetailOut(
            trip=_out(_row(trips, shown), entries, {shown: len(pictures)}),
            pictures=[schemas.ScreenshotOut.model_validate(one) for one in pictures],
        )

    def write(
        self, session: Session, user_id: int, key: str, body: schemas.EntryIn
    ) -> schemas.EntryOut:
        """Replace what is written about a trip; nothing written leaves no entry."""
        trips, shown = self._found(user_id, key)
        trip = schemas.TripOut.model_validate_json(_row(trips, shown))
        entry = self._entry(session, user_id, trips, shown)
        if body == schemas.EntryIn():
            if entry is not None:
                session.delete(entry)
            return schemas.EntryOut()
        if entry is None:
            if repository.count_entries(session, user_id) >= MOST_ENTRIES:
                raise Conflict(f"A journal has at most {MOST_ENTRIES:,} entries: empty old ones")
            entry = JournalEntry(user_id=user_id, trip_key=shown)
            session.add(entry)
        entry.symbol, entry.opened_on = trip.symbol, trip.opened_on
        entry.setup, entry.rating, entry.note = body.setup, body.rating, body.note
        entry.tags = list(dict.fromkeys(body.tags))
        entry.mistakes = list(dict.fromkeys(body.mistakes))
        entry.stop_price = body.stop_price
        entry.updated_at = self._clock.now()
        session.flush()
        return schemas.EntryOut.model_validate(entry)

    def add_picture(self, user_id: int, key: str, content: bytes) -> schemas.ScreenshotOut:
        """Keep a picture of a trip, encoded anew. Raises BadRequest, TooLarge or Conflict."""
        trips, shown = self._found(user_id, key)
        keys = [shown, *trips.hidden_behind(shown)]
        picture = read_picture(content)
        with self._database.write() as session:
            if len(repository.screenshots(session, user_id, keys)) >= MOST_OF_TRIP:
                raise Conflict(f"A trade has at most {MOST_OF_TRIP} screenshots: delete one")
            if repository.used_bytes(session, user_id) + len(picture.content) > MOST_STORED:
                raise Conflict("Your screenshots take 200 MB, the most there is: delete some")
            made = JournalScreenshot(
                user_id=user_id, trip_key=shown, width=picture.width, height=picture.height,
                size_bytes=len(picture.content), content=picture.content,
                created_at=self._clock.now(),
            )  # fmt: skip
            session.add(made)
            session.flush()
            return schemas.ScreenshotOut.model_validate(made)

    def picture(self, session: Session, user_id: int, screenshot_id: int) -> bytes:
        """A picture's content. Raises NotFound, also for another person's."""
        found = repository.screenshot(session, user_id, screenshot_id)
        if found is None:
            raise NotFound("Screenshot")
        return found.content

    def delete_picture(self, session: Session, user_id: int, screenshot_id: int) -> None:
        """Delete a picture. Raises NotFound."""
        found = repository.screenshot(session, user_id, screenshot_id)
        if found is None:
            raise NotFound("Screenshot")
        session.delete(found)

    def lost(self, session: Session, user_id: int) -> list[schemas.LostEntryOut]:
        """What was written about trips that there are no longer, newest first."""
        every = self._books.every(user_id)
        entries = repository.entries(session, user_id)
        keys = [one.trip_key for one in entries]
        held = {key for trips in every for key in trips.places(keys)}
        held |= {key for trips in every for key in trips.hidden}
        pictures = repository.counts(session, user_id)
        found = [one for one in entries if one.trip_key not in held]
        found.sort(key=lambda one: one.opened_on, reverse=True)
        return [
            schemas.LostEntryOut(
                trip_key=one.trip_key, symbol=one.symbol, opened_on=one.opened_on,
                entry=schemas.EntryOut.model_validate(one),
                screenshots=pictures.get(one.trip_key, 0),
            )
            for one in found
        ]  # fmt: skip

    def delete_lost(self, session: Session, user_id: int, key: str) -> None:
        """Delete what was written about a trip that is gone, with its pictures."""
        entry = repository.entry(session, user_id, key, lock=True)
        if entry is None:
            raise NotFound("Entry")
        self._books.every(user_id)  # while uploads are being reckoned, nothing is known to be gone
        if self._books.with_key(user_id, key) is not None:
            raise Conflict("The trade is in your journal: empty its entry", code="trip_known")
        for one in repository.screenshots(session, user_id, [key]):
            session.delete(one)
        session.delete(entry)

    def words(self, session: Session, user_id: int) -> schemas.WordsOut:
        """Setups, tags and mistakes to choose from."""
        entries = repository.entries(session, user_id)
        names = {
            one for trips in self._books.every(user_id) for one in trips.names.get("setup", ())
        }
        used = {word for one in entries for word in one.mistakes}
        return schemas.WordsOut(
            setups=sorted(({one.setup for one in entries} | names) - {""}),
            tags=sorted({word for one in entries for word in one.tags}),
            mistakes=[*schemas.MISTAKES, *sorted(used - set(schemas.MISTAKES))],
        )

    def statistics(
        self, session: Session, user_id: int, filters: Filters, by: schemas.Dimension
    ) -> schemas.StatisticsOut:
        """Figures of the chosen trips, whole and in groups."""
        trips, written, mask = self._chosen(session, user_id, filters)
        return analysis.statistics(trips, written, mask, by)

    def heat_map(
        self, session: Session, user_id: int, filters: Filters
    ) -> list[schemas.CellOut]:  # fmt: skip
        """The chosen trips by weekday and hour."""
        trips, _, mask = self._chosen(session, user_id, filters)
        return analysis.heat_map(trips, mask)

    def calendar(
        self, session: Session, user_id: int, filters: Filters, year: int
    ) -> list[schemas.DayOut]:
        """What the chosen trips earned on each day of a year."""
        trips, _, mask = self._chosen(session, user_id, filters)
        return analysis.calendar(trips, mask, year)

    def discovery(self, session: Session, user_id: int, filters: Filters) -> schemas.DiscoveryOut:
        """What stands out of the chosen trips."""
        trips, written, mask = self._chosen(session, user_id, filters)
        return analysis.discovery(trips, written, mask)

    def export(self, session: Session, user_id: int, filters: Filters) -> Iterator[bytes]:
        """The chosen trips as CSV, a piece at a time; no cell is a formula."""
        trips, written, mask = self._chosen(session, user_id, filters)
        entries = written.all()
        session.expunge_all()
        return _csv(trips, entries, mask)

    def _chosen(
        self, session: Session, user_id: int, filters: Filters
    ) -> tuple[JournalTrips, Written, Mask]:
        trips = self._books.trips(user_id, filters.money)
        written = Written(session, user_id, trips)
        return trips, written, chosen(trips, written, filters)

    def _found(self, user_id: int, key: str) -> tuple[JournalTrips, str]:
        """The trips among which a key is, and the key under which its trip is shown."""
        trips = self._books.with_key(user_id, key)
        if trips is None:
            raise NotFound("Trade")
        return trips, trips.shown(key)

    def _entry(
        self, session: Session, user_id: int, trips: JournalTrips, shown: str
    ) -> JournalEntry | None:
        """What is written about a trip, or about one that is hidden behind it; locked."""
        keys = [shown, *trips.hidden_behind(shown)]
        found = {
            one.trip_key: one for one in repository.entries_of(session, user_id, keys, lock=True)
        }
        return next((found[key] for key in keys if key in found), None)


def _row(trips: JournalTrips, key: str) -> bytes:
    return next(trips.rows([trips.places([key])[key]]))


def _out(
    row: bytes, entries: Mapping[str, JournalEntry], pictures: dict[str, int]
) -> schemas.TripOut:
    trip = schemas.TripOut.model_validate_json(row)
    entry = entries.get(trip.key)
    if entry is not None:
        trip.entry = schemas.EntryOut.model_validate(entry)
        trip.setup = entry.setup or trip.setup
        if entry.stop_price is not None:
            trip.planned_stop = f"{entry.stop_price:f}"
    trip.r_multiple = _r_multiple(trip)
    trip.screenshots = pictures.get(trip.key, 0)
    return trip


def _r_multiple(trip: schemas.TripOut) -> float | None:
    stop = trip.planned_stop
    if stop is None or trip.net is None or trip.entry_price is None:
        return None
    away = float(trip.entry_price) - float(stop)
    risk = (-away if trip.is_short else away) * float(trip.quantity)
    return round(float(trip.net) / risk, 2) if risk > 0 else None


def _csv(trips: JournalTrips, entries: Mapping[str, JournalEntry], mask: Mask) -> Iterator[bytes]:
    places = np.flatnonzero(mask)
    yield _lines([COLUMNS])
    for first in range(0, len(places), _AT_ONCE):
        rows = trips.rows(places[first : first + _AT_ONCE].tolist())
        yield _lines([_cells(_out(row, entries, {})) for row in rows])


def _cells(one: schemas.TripOut) -> list[str]:
    told = one.model_dump(mode="json")
    told |= {
        "side": "short" if one.is_short else "long",
        "tags": "; ".join(one.entry.tags), "mistakes": "; ".join(one.entry.mistakes),
        "rating": one.entry.rating, "note": one.entry.note,
    }  # fmt: skip
    return [_cell(told[name]) for name in COLUMNS]


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text if _NUMBER.fullmatch(text) else neutral(text)


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    made = io.StringIO()
    csv.writer(made).writerows(rows)
    return made.getvalue().encode()
