"""The books of all people in memory, up to a number of bytes, and who waits for a reckoning.

A small book is reckoned by the request that asks for it. A large one is reckoned by a process of
its own, one after the other, as soon as its import ends; meanwhile its pages show the book of
before, or how far the reckoning is.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from tradertape_core.kernel.clock import IST, Clock
from tradertape_server.features.wealth.child_process import Reckoner, ReckoningFailed
from tradertape_server.features.wealth.finished import FinishedBook, finish
from tradertape_server.features.wealth.ports import Records
from tradertape_server.features.wealth.prices import MarketPrices
from tradertape_server.features.wealth.reckoning import reckon
from tradertape_server.platform.errors import Unavailable
from tradertape_server.platform.logging import get_logger

logger = get_logger(__name__)

# Rows that a request reckons itself, in some 0.15 s; more are reckoned by a process of its own.
SMALL_ROWS = 1000
MOST_BYTES = 128 * 1024**2
_AT_ONCE = 2
_RETRY_S = 300
Version = tuple[int, str, date]


@dataclass(frozen=True, slots=True)
class Kept:
    """A book and what it was made from."""

    book: FinishedBook
    version: Version
    at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reckoning that is queued, at work or failed. percent: None while it is queued."""

    version: Version
    at: datetime
    percent: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A person's book as far as there is one, and its reckoning as far as it is not of now."""

    kept: Kept | None
    waiting: Waiting | None


@dataclass(slots=True)
class _Turns:
    """One lock for each person whose small book is being reckoned. users: who holds or waits."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0


class Books:
    """Every person's book, kept by the person."""

    def __init__(
        self,
        records: Records,
        prices: MarketPrices,
        clock: Clock,
        reckoner: Reckoner | None = None,
        *,
        small_rows: int = SMALL_ROWS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.records = records
        self.prices = prices
        self._clock = clock
        self._reckoner = reckoner
        self._small_rows = small_rows
        self._most_bytes = most_bytes
        self._lock = threading.Condition()
        self._kept: OrderedDict[int, Kept] = OrderedDict()
        self._waiting: OrderedDict[int, Waiting] = OrderedDict()
        self._turns: dict[int, _Turns] = {}
        self._threads: list[threading.Thread] = []
        self._stopping = False

    def find(self, user_id: int) -> Found:
        """A person's book of now, or the one of before while a new one is reckoned."""
        version = self._version(user_id)
        found = self._look(user_id, version)
        if found is not None:
            return found
        if self._reckoner is None or self.records.size(user_id) <= self._small_rows:
            return Found(self._reckon_here(user_id, version), None)
        with self._lock:
            waiting = self._queue(user_id, version)
            return Found(self._kept.get(user_id), waiting)

    def get(self, user_id: int) -> FinishedBook:
        """The book to read a page from. Raises Unavailable while there is none yet."""
        found = self.find(user_id)
        if found.kept is not None:
            return found.kept.book
        waiting = found.waiting
        if waiting is not None and waiting.error:
            raise Unavailable(waiting.error, code="book_failed", headers={"Retry-After": "60"})
        percent = waiting.percent if waiting and waiting.percent is not None else 0
        raise Unavailable(
            f"Your book is being reckoned, {percent} %: repeat the request in a few seconds.",
            code="book_being_reckoned",
            headers={"Retry-After": "3"},
        )

    def refresh(self, user_id: int) -> None:
        """Reckon a large book anew now that its files have changed; a small one when it is read."""
        if self._reckoner is None or self.records.size(user_id) <= self._small_rows:
            return
        version = self._version(user_id)
        with self._lock:
            self._queue(user_id, version)

    @property
    def kept_bytes(self) -> int:
        """Bytes of all books in memory."""
        with self._lock:
            return sum(one.book.size for one in self._kept.values())

    def stop(self) -> None:
        """End what is being reckoned."""
        with self._lock:
            self._stopping = True
            self._lock.notify_all()
        if self._reckoner is not None:
            self._reckoner.stop()
        for thread in self._threads:
            thread.join(10)

    def _version(self, user_id: int) -> Version:
        today = self._clock.now().astimezone(IST).date()
        # Read before the records: an upload that ends meanwhile makes a newer version.
        return self.records.version(user_id), self.prices.version, today

    def _look(self, user_id: int, version: Version) -> Found | None:
        with self._lock:
            kept = self._kept.get(user_id)
            if kept is None or kept.version != version:
                return None
            self._kept.move_to_end(user_id)
            return Found(kept, None)

    def _queue(self, user_id: int, version: Version) -> Waiting:
        """Have a book reckoned by a thread of this; under the lock."""
        known = self._waiting.get(user_id)
        if known is not None:
            age_s = (self._clock.now() - known.at).total_seconds()
            if not known.error or (known.version == version and age_s < _RETRY_S):
                return known
        self._waiting[user_id] = Waiting(version, self._clock.now())
        self._waiting.move_to_end(user_id)
        if len(self._threads) < _AT_ONCE:
            name = f"wealth-{len(self._threads)}"
            thread = threading.Thread(target=self._loop, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()
        self._lock.notify()
        return self._waiting[user_id]

    def _loop(self) -> None:
        while (user_id := self._take()) is not None:
            try:
                self._reckon_away(user_id)
            except Exception as error:  # this loop serves everybody
                logger.warning("book not reckoned", user=user_id, exc_info=True)
                text = str(error) if isinstance(error, ReckoningFailed) else ""
                self._fail(user_id, text or "The book cannot be reckoned: see the server's log.")

    def _take(self) -> int | None:
        """The person who has waited longest; None at the stop."""
        with self._lock:
            while not self._stopping:
                for user_id, one in self._waiting.items():
                    if one.percent is None and not one.error:
                        self._waiting[user_id] = replace(one, percent=0)
                        return user_id
                self._lock.wait()
            return None

    def _reckon_away(self, user_id: int) -> None:
        assert self._reckoner is not None  # noqa: S101 - without one, nothing is queued
        version = self._version(user_id)

        def progress(percent: int) -> None:
            with self._lock:
                self._waiting[user_id] = replace(self._waiting[user_id], percent=percent)

        book = self._reckoner.reckon(user_id, version[2], progress)
        self._keep(user_id, Kept(book, version, self._clock.now()))
        now = self._version(user_id)
        with self._lock:
            self._waiting.pop(user_id, None)
            if now != version:  # changed meanwhile: at the end of the queue
                self._queue(user_id, now)

    def _fail(self, user_id: int, error: str) -> None:
        with self._lock:
            known = self._waiting.get(user_id)
            if known is not None:
                now = self._clock.now()
                self._waiting[user_id] = replace(known, error=error, percent=None, at=now)

    def _reckon_here(self, user_id: int, version: Version) -> Kept:
        with self._turn(user_id):
            found = self._look(user_id, version)
            if found is not None and found.kept is not None:
                return found.kept
            book = finish(reckon(self.records, user_id, self.prices, version[2]))
            kept = Kept(book, version, self._clock.now())
            self._keep(user_id, kept)
            return kept

    @contextmanager
    def _turn(self, user_id: int) -> Iterator[None]:
        with self._lock:
            turns = self._turns.setdefault(user_id, _Turns())
            turns.users += 1
        try:
            with turns.lock:
                yield
        finally:
            with self._lock:
                turns.users -= 1
                if not turns.users:
                    del self._turns[user_id]

    def _keep(self, user_id: int, kept: Kept) -> None:
        """Keep a book; forget those that were not read for longest. The newest always stays."""
        with self._lock:
            self._kept[user_id] = kept
            self._kept.move_to_end(user_id)
            held = sum(one.book.size for one in self._kept.values())
            while held > self._most_bytes and len(self._kept) > 1:
                held -= self._kept.popitem(last=False)[1].book.size
