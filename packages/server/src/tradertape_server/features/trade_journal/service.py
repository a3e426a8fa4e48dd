"""Use cases of the trade journal."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.trade_journal import analysis, repository, schemas
from tradertape_server.features.trade_journal.choosing import (
    Entries,
    Filters,
    Mask,
    Sort,
    chosen,
    ordered,
)
from tradertape_server.features.trade_journal.models import JournalEntry, JournalScreenshot
from tradertape_server.features.trade_journal.pictures import read_picture
from tradertape_server.features.wealth.export import neutral
from tradertape_server.features.wealth.trips import Trips
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict, NotFound

MOST_ENTRIES = 20_000
MOST_OF_TRIP = 10
MOST_STORED = 200 * 1024 * 1024
COLUMNS = (
    "key", "broker", "account", "symbol", "segment", "kind", "side", "opened_on", "closed_on",
    "quantity", "entry_price", "exit_price", "gross", "charges", "net", "return_pct", "days",
    "r_multiple", "setup", "tags", "mistakes", "rating", "note",
)  # fmt: skip
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class Books(Protocol):
    """Where the round trips are reckoned."""

    def trips(self, user_id: int) -> Trips:
        """A person's round trips. Raises Unavailable while they are being reckoned."""
        ...


class TradeJournal:
    """A person's journal: trips from the book, what was written about them, and their figures."""

    def __init__(self, database: Database, books: Books, clock: Clock) -> None:
        self._database = database
        self._books = books
        self._clock = clock

    def page(
        self, session: Session, user_id: int, filters: Filters, sort: Sort, *,
        is_descending: bool, limit: int, offset: int,
    ) -> tuple[int, list[schemas.TripOut]]:  # fmt: skip
        """A page of the chosen trips and how many there are."""
        trips, entries, mask = self._chosen(session, user_id, filters)
        places = ordered(trips, mask, sort, is_descending=is_descending)
        wanted = places[offset : offset + limit].tolist()
        pictures = repository.counts(session, user_id)
        return len(places), [_out(row, entries, pictures) for row in trips.rows.at(wanted)]

    def trip(self, session: Session, user_id: int, key: str) -> schemas.TripDetailOut:
        """One trip with its pictures. Raises NotFound."""
        row = self._row(user_id, key)
        entry = repository.entry(session, user_id, key)
        pictures = repository.screenshots(session, user_id, key)
        entries = {key: entry} if entry else {}
        return schemas.TripDetailOut(
            trip=_out(row, entries, {key: len(pictures)}),
            pictures=[schemas.ScreenshotOut.model_validate(one) for one in pictures],
        )

    def write(
        self, session: Session, user_id: int, key: str, body: schemas.EntryIn
    ) -> schemas.EntryOut:
        """Replace what is written about a trip; nothing written leaves no entry."""
        trip = schemas.TripOut.model_validate_json(self._row(user_id, key))
        entry = repository.entry(session, user_id, key, lock=True)
        if body == schemas.EntryIn():
            if entry is not None:
                session.delete(entry)
            return schemas.EntryOut()
        if entry is None:
            if repository.count_entries(session, user_id) >= MOST_ENTRIES:
                raise Conflict(f"A journal has at most {MOST_ENTRIES:,} entries: empty old ones")
            entry = JournalEntry(user_id=user_id, trip_key=key)
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
        self._row(user_id, key)
        picture = read_picture(content)
        with self._database.write() as session:
            if len(repository.screenshots(session, user_id, key)) >= MOST_OF_TRIP:
                raise Conflict(f"A trade has at most {MOST_OF_TRIP} screenshots: delete one")
            if repository.used_bytes(session, user_id) + len(picture.content) > MOST_STORED:
                raise Conflict("Your screenshots take 200 MB, the most there is: delete some")
            made = JournalScreenshot(
                user_id=user_id, trip_key=key, width=picture.width, height=picture.height,
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
        """What was written about trips that the files no longer have, newest first."""
        trips = self._books.trips(user_id)
        entries = repository.entries(session, user_id)
        held = {key.decode() for key in trips.keys.values.tolist()} if entries else set()
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
        if self._books.trips(user_id).places([key]):
            raise Conflict("The trade is in your files: empty its entry instead", code="trip_known")
        for one in repository.screenshots(session, user_id, key):
            session.delete(one)
        session.delete(entry)

    def words(self, session: Session, user_id: int) -> schemas.WordsOut:
        """Setups, tags and mistakes to choose from."""
        entries = repository.entries(session, user_id)
        used = {word for one in entries for word in one.mistakes}
        return schemas.WordsOut(
            setups=sorted({one.setup for one in entries if one.setup}),
            tags=sorted({word for one in entries for word in one.tags}),
            mistakes=[*schemas.MISTAKES, *sorted(used - set(schemas.MISTAKES))],
        )

    def statistics(
        self, session: Session, user_id: int, filters: Filters, by: schemas.Dimension
    ) -> schemas.StatisticsOut:
        """Figures of the chosen trips, whole and in groups."""
        trips, entries, mask = self._chosen(session, user_id, filters)
        return analysis.statistics(trips, entries, mask, by)

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
        trips, entries, mask = self._chosen(session, user_id, filters)
        return analysis.discovery(trips, entries, mask)

    def export(self, session: Session, user_id: int, filters: Filters) -> Iterator[bytes]:
        """The chosen trips as CSV, a piece at a time; no cell is a formula."""
        trips, entries, mask = self._chosen(session, user_id, filters)
        session.expunge_all()
        return _csv(trips, entries, mask)

    def _chosen(
        self, session: Session, user_id: int, filters: Filters
    ) -> tuple[Trips, Entries, Mask]:
        trips = self._books.trips(user_id)
        entries = {one.trip_key: one for one in repository.entries(session, user_id)}
        return trips, entries, chosen(trips, entries, filters)

    def _row(self, user_id: int, key: str) -> bytes:
        trips = self._books.trips(user_id)
        places = trips.places([key])
        if key not in places:
            raise NotFound("Trade")
        return next(trips.rows.at([places[key]]))


def _out(row: bytes, entries: Entries, pictures: dict[str, int]) -> schemas.TripOut:
    trip = schemas.TripOut.model_validate_json(row)
    entry = entries.get(trip.key)
    if entry is not None:
        trip.entry = schemas.EntryOut.model_validate(entry)
        trip.r_multiple = _r_multiple(trip)
    trip.screenshots = pictures.get(trip.key, 0)
    return trip


def _r_multiple(trip: schemas.TripOut) -> float | None:
    stop = trip.entry.stop_price
    if stop is None or trip.net is None or trip.entry_price is None:
        return None
    away = float(trip.entry_price) - float(stop)
    risk = (-away if trip.is_short else away) * float(trip.quantity)
    return round(float(trip.net) / risk, 2) if risk > 0 else None


def _csv(trips: Trips, entries: Entries, mask: Mask) -> Iterator[bytes]:
    yield _line(COLUMNS)
    for row in trips.rows.at(np.flatnonzero(mask).tolist()):
        one = _out(row, entries, {})
        told = one.model_dump(mode="json")
        told |= {
            "side": "short" if one.is_short else "long", "setup": one.entry.setup,
            "tags": "; ".join(one.entry.tags), "mistakes": "; ".join(one.entry.mistakes),
            "rating": one.entry.rating, "note": one.entry.note,
        }  # fmt: skip
        yield _line([_cell(told[name]) for name in COLUMNS])


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text if _NUMBER.fullmatch(text) else neutral(text)


def _line(cells: Sequence[str]) -> bytes:
    made = io.StringIO()
    csv.writer(made).writerow(cells)
    return made.getvalue().encode()
