"""Stores what was read from a file: in pieces, so that no order waits for a large import.

An upload's rows count once its state is `done`, which its last piece sets: a file is imported
whole or not at all. A large file is stored by a thread; an import that ends with the server is
recorded as failed by the next one, or by another process to which the import seems lost, and its
rows are removed. Of a failed upload, `stored` above 0 says that rows remain to be removed.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.wealth.records import BookTrade
from tradertape_server.features.uploads import repository
from tradertape_server.features.uploads.models import Upload
from tradertape_server.features.uploads.reading.wire import PAUSE_S, ROWS, Answer, Rows, rows_in
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Unavailable
from tradertape_server.platform.logging import get_logger

logger = get_logger(__name__)

# Rows removed at once; a piece keeps the one writer of a SQLite file for about 20 ms.
PIECE = ROWS
LARGE_ROWS = 5000
_AT_ONCE = 100  # rows of one statement, some 3 ms
_QUEUED = 4
# An import at work says so with every piece, and so do those that wait behind it.
LOST_AFTER = timedelta(minutes=1)
_SAY_EVERY = timedelta(seconds=10)
_STOPPED = "The server stopped during the import, and nothing was imported: upload the file again."
_NOT_STORED = "The rows could not be stored, and nothing was imported: upload the file again."


def columns_of(rows: Rows) -> list[dict[str, Any]]:
    """Rows as the columns of their table."""
    if rows.trades:
        return [
            {**_columns(one), "key": key, "content": content}
            for one, key, content in zip(rows.trades, rows.keys, rows.contents, strict=True)
        ]
    records = rows.ledger or rows.funds
    return [{**asdict(one), "key": key} for one, key in zip(records, rows.keys, strict=True)]


def _columns(trade: BookTrade) -> dict[str, Any]:
    return {
        "broker": trade.broker, "account": trade.account, "exchange": trade.exchange,
        "segment": trade.segment.value, "symbol": trade.symbol, "isin": trade.isin,
        "side": trade.side.value, "quantity": trade.quantity, "price": trade.price,
        "traded_on": trade.traded_on, "at": trade.at, "trade_id": trade.trade_id,
        "order_id": trade.order_id, "series": trade.series, "expiry": trade.expiry,
        "is_auction": trade.is_auction, "charges": trade.charges,
    }  # fmt: skip


class Imports:
    """Stores uploads; large ones on one thread, one after the other.

    changed: called with the person once an import or an undo of theirs counts.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._queue: queue.Queue[tuple[int, str, int, Answer] | None] = queue.Queue(_QUEUED)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._clearing = threading.Lock()
        self._own: set[int] = set()  # imports that this process is at, or that wait here
        self._said_at = clock.now()
        self.changed: Callable[[int], None] = _unheard

    def start(self) -> None:
        """End what an earlier stop left behind; its rows are removed in the background."""
        self._recover(at_start=True)

    def stop(self) -> None:
        """Stop after the piece at work, and record its import as failed."""
        self._stopping.set()
        if self._thread is not None and self._thread.is_alive():
            try:
                self._queue.put_nowait(None)
            except queue.Full:
                logger.info("uploads wait to be imported at the stop", waiting=_QUEUED)
            self._thread.join(10)
        for upload_id in tuple(self._own):
            try:
                self._fail(upload_id, _STOPPED)
            except SQLAlchemyError:  # the next start does it
                logger.warning("stopped import not recorded", upload=upload_id, exc_info=True)

    def store(self, upload_id: int, user_id: int, kind: str, answer: Answer) -> bool:
        """Store an upload's rows; False if a thread does it. Raises Unavailable if many wait."""
        self._own.add(upload_id)
        if answer.rows <= LARGE_ROWS:
            try:
                self._store(upload_id, kind, user_id, answer)
            except SQLAlchemyError:
                self._fail_later(upload_id, kind)
                raise
            finally:
                self._own.discard(upload_id)
            return True
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._loop, name="uploads", daemon=True)
                self._thread.start()
        try:
            self._queue.put_nowait((upload_id, kind, user_id, answer))
        except queue.Full:
            self._own.discard(upload_id)
            self._fail(upload_id, "Other large files are being imported: upload it again later.")
            raise Unavailable(
                "Other large files are being imported: repeat the upload in a minute.",
                headers={"Retry-After": "60"},
            ) from None
        return False

    def remove(self, upload_id: int, kind: str) -> None:
        """Remove the rows of an upload whose state is `removing`, and the upload."""
        while self._remove_piece(upload_id, kind):
            if self._stopping.is_set():
                return
        with self._database.write() as session:
            upload = session.get(Upload, upload_id)
            if upload is not None and upload.state == "removing":
                session.delete(upload)

    def recover(self) -> None:
        """End imports and finish removals that another process left; those at work are not."""
        self._recover(at_start=False)

    def _recover(self, *, at_start: bool) -> None:
        # A SQLite file is one server's: what it finds at its start is lost.
        is_lost = at_start and self._database.is_sqlite
        before = None if is_lost else self._clock.now() - LOST_AFTER
        with self._database.read() as session:
            lost = repository.in_state(session, "importing", before=before)
        for one in lost:
            if one.id not in self._own:
                self._fail(one.id, _STOPPED)
        threading.Thread(
            target=self._clear, args=(before,), name="uploads-clearing", daemon=True
        ).start()  # fmt: skip

    def _clear(self, before: datetime | None) -> None:
        """Remove rows of failed uploads, and uploads whose removal was interrupted."""
        if not self._clearing.acquire(blocking=False):
            return
        try:
            with self._database.read() as session:
                failed = [(one.id, one.kind) for one in repository.uncleared(session)]
                leaving = [
                    (one.id, one.kind)
                    for one in repository.in_state(session, "removing", before=before)
                ]
            for upload_id, kind in failed:
                self._clear_failed(upload_id, kind)
            for upload_id, kind in leaving:
                self.remove(upload_id, kind)
        except SQLAlchemyError:  # it is done when the uploads are next listed, or at the next start
            logger.warning("rows of failed uploads not removed yet", exc_info=True)
        finally:
            self._clearing.release()

    def _clear_failed(self, upload_id: int, kind: str) -> None:
        while self._remove_piece(upload_id, kind):
            if self._stopping.is_set():
                return
        with self._database.write() as session:
            repository.set_cleared(session, upload_id)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            job = self._queue.get()
            if job is None:
                return
            upload_id, kind, user_id, answer = job
            try:
                self._store(upload_id, kind, user_id, answer)
            except Exception:  # one file must not end the imports of the others
                logger.exception("upload not imported", upload=upload_id)
                self._fail_later(upload_id, kind)
            if not self._stopping.is_set():
                self._own.discard(upload_id)

    def _store(self, upload_id: int, kind: str, user_id: int, answer: Answer) -> None:
        stored = 0
        for piece in rows_in(answer):
            if self._stopping.is_set():
                return
            values = [
                {**columns, "user_id": user_id, "upload_id": upload_id}
                for columns in columns_of(piece)
            ]
            with self._database.write() as session:
                stored += len(values)
                if not repository.set_progress(session, upload_id, stored, self._clock.now()):
                    return  # undone meanwhile
                for place in range(0, len(values), _AT_ONCE):
                    repository.insert_rows(session, kind, values[place : place + _AT_ONCE])
                    time.sleep(PAUSE_S)
                self._say_that_others_wait(session)
        with self._database.write() as session:
            if not repository.set_progress(session, upload_id, stored, self._clock.now()):
                return
            session.get_one(Upload, upload_id, populate_existing=True).state = "done"
            repository.raise_version(session, user_id)
        self.changed(user_id)

    def _remove_piece(self, upload_id: int, kind: str) -> bool:
        with self._database.write() as session:
            return repository.remove_some(session, kind, upload_id, PIECE * 2) > 0

    def _say_that_others_wait(self, session: Session) -> None:
        now = self._clock.now()
        if now - self._said_at >= _SAY_EVERY:
            self._said_at = now
            repository.touch(session, self._own, now)

    def _fail(self, upload_id: int, detail: str) -> None:
        with self._database.write() as session:
            repository.fail(session, upload_id, detail, self._clock.now())

    def _fail_later(self, upload_id: int, kind: str) -> None:
        try:
            self._fail(upload_id, _NOT_STORED)
            self._clear_failed(upload_id, kind)
        except SQLAlchemyError:
            logger.exception("failure of an upload not recorded", upload=upload_id)


def _unheard(user_id: int) -> None:
    """Tell nobody."""
