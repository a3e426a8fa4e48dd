"""Stores what was read from a file: in pieces, so that no order waits for a large import.

An upload's rows count once its state is `done`, which its last piece sets: a file is imported
whole or not at all. A large file is stored by a thread; an import that ends with the server is
recorded as failed, and its rows are removed.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from tradertape_core.kernel.clock import Clock
from tradertape_core.wealth.records import BookTrade
from tradertape_server.features.uploads import repository
from tradertape_server.features.uploads.models import Upload
from tradertape_server.features.uploads.reading.wire import ROWS, Answer, Rows, rows_in
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Unavailable
from tradertape_server.platform.logging import get_logger

logger = get_logger(__name__)

# Rows removed at once; a piece keeps the one writer of a SQLite file for about 20 ms.
PIECE = ROWS
LARGE_ROWS = 5000
_QUEUED = 4
# An import that is at work says so with every piece.
_LOST_AFTER = timedelta(minutes=3)


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
        self.changed: Callable[[int], None] = _unheard

    def start(self) -> None:
        """Clear what an earlier stop left behind."""
        self.recover()

    def stop(self) -> None:
        """Stop after the piece at work; the import is recorded as failed later."""
        self._stopping.set()
        if self._thread is not None and self._thread.is_alive():
            try:
                self._queue.put_nowait(None)
            except queue.Full:
                logger.info("uploads wait to be imported at the stop", waiting=_QUEUED)
            self._thread.join(10)

    def store(self, upload_id: int, user_id: int, kind: str, answer: Answer) -> bool:
        """Store an upload's rows; False if a thread does it. Raises Unavailable if many wait."""
        if answer.rows <= LARGE_ROWS:
            self._store(upload_id, kind, user_id, answer)
            return True
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._loop, name="uploads", daemon=True)
                self._thread.start()
        try:
            self._queue.put_nowait((upload_id, kind, user_id, answer))
        except queue.Full:
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
        """Finish removals and end imports that a stopped server left; others' are left alone."""
        before = self._clock.now() - _LOST_AFTER
        with self._database.read() as session:
            lost = [
                (one.id, one.kind)
                for one in repository.in_state(session, "importing", before=before)
            ]
            leaving = [
                (one.id, one.kind)
                for one in repository.in_state(session, "removing", before=before)
            ]
        for upload_id, kind in lost:
            self._fail(upload_id, "The server stopped during the import: upload the file again.")
            while self._remove_piece(upload_id, kind):
                pass
        for upload_id, kind in leaving:
            self.remove(upload_id, kind)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            job = self._queue.get()
            if job is None:
                return
            upload_id, kind, user_id, answer = job
            try:
                self._store(upload_id, kind, user_id, answer)
            except SQLAlchemyError:
                logger.warning("upload not imported", upload=upload_id, exc_info=True)
                self._fail_later(upload_id)

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
                repository.insert_rows(session, kind, values)
        with self._database.write() as session:
            if not repository.set_progress(session, upload_id, stored, self._clock.now()):
                return
            session.get_one(Upload, upload_id, populate_existing=True).state = "done"
            repository.raise_version(session, user_id)
        self.changed(user_id)

    def _remove_piece(self, upload_id: int, kind: str) -> bool:
        with self._database.write() as session:
            return repository.remove_some(session, kind, upload_id, PIECE * 2) > 0

    def _fail(self, upload_id: int, detail: str) -> None:
        with self._database.write() as session:
            upload = session.get(Upload, upload_id)
            if upload is not None and upload.state == "importing":
                upload.state, upload.detail, upload.to_store = "failed", detail, 0
                upload.imported = upload.duplicates = 0

    def _fail_later(self, upload_id: int) -> None:
        try:
            self._fail(upload_id, "The database did not take the rows: upload the file again.")
        except SQLAlchemyError:
            logger.exception("failure of an upload not recorded", upload=upload_id)


def _unheard(user_id: int) -> None:
    """Tell nobody."""
