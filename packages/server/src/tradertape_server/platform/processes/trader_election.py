"""One process of several trades: takes the lease, keeps it, and does the trader's duties with it.

On a database file the operating system says who holds the lease: a lock on a file beside it goes
with the process, and a process that is stopped keeps it. On a server the lease lasts some seconds
and is renewed; who cannot renew it stops trading, and what it still tries to write is refused.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, Protocol

from filelock import FileLock, Timeout
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.trader_lease import (
    TRADER,
    Holder,
    LeaseTable,
    current_fence,
)

Role = Literal["all", "trader", "web"]
BEATS_A_LIFE = 4
_NEWS_S = 0.5  # for so long it is not asked again who trades

logger = get_logger(__name__)


class Superseded(Exception):
    """Another process trades now: nothing of this transaction may be stored."""


class Duty(Protocol):
    """Something only the trading process does. Both may be called again and again."""

    def start(self) -> None:
        """Begin."""
        ...

    def stop(self) -> None:
        """Finish what was begun and end."""
        ...


def elapsed_s() -> float:
    """Seconds on a clock that also runs while the machine sleeps, where there is one."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def process_name() -> str:
    """Which process this is, among those on several machines."""
    return f"{socket.gethostname()}:{os.getpid()}"


class Fence:
    """What the trader asks before it stores or sends anything."""

    def __init__(self, elapsed: Callable[[], float] = elapsed_s) -> None:
        self.number = 0
        self._elapsed = elapsed
        self._until_s = float("-inf")

    @property
    def is_held(self) -> bool:
        """Whether the lease still runs, as far as this process can know by itself."""
        return self._elapsed() < self._until_s

    def check(self, connection: Connection) -> None:
        """Refuse a transaction of somebody who is not the trader any more.

        Asked by the only writer of the moment: whoever takes over later reads what this commits.
        """
        if not self.is_held or current_fence(connection) != self.number:
            raise Superseded

    def check_time(self) -> None:
        """The same where no transaction is at hand: before something is sent out."""
        if not self.is_held:
            raise Superseded

    def hold(self, number: int, until_s: float) -> None:
        """The lease is ours until then."""
        self.number, self._until_s = number, until_s

    def drop(self) -> None:
        """It is not."""
        self._until_s = float("-inf")


class TraderElection:
    """The lease of this process. Call `start` with the duties; they run while it is held."""

    def __init__(
        self, database: Database, *, role: Role, address: str, life_s: float,
        elapsed: Callable[[], float] = elapsed_s,
    ) -> None:  # fmt: skip
        self.role: Role = role
        self.owner = f"{process_name()}:{secrets.token_hex(4)}"
        self.connections = f"{TRADER}{self.owner.rpartition(':')[2]}"
        self.address = address
        self.life_s = life_s
        self.fence = Fence(elapsed)
        self.changes = 0
        self._elapsed = elapsed
        self._table = LeaseTable(database)
        self._file_lock = _lock_beside(database.sqlite_file)
        self._is_file = database.is_sqlite
        self._duties: Sequence[Duty] = ()
        self._news: tuple[float, Holder | None] = (float("-inf"), None)
        self._on_duty = False
        self._is_trader = False
        self._bell = threading.Condition()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def is_trader(self) -> bool:
        """Whether this process trades."""
        return self._is_trader and self.fence.is_held

    def start(self, duties: Sequence[Duty]) -> None:
        """Try for the lease at once; where it is had, the duties are under way on return."""
        if self._threads:
            return
        self._duties = duties
        self._beat()
        keeper = threading.Thread(target=self._keep, name="lease", daemon=True)
        keeper.start()
        if self._is_trader:
            self._change_duties()
        worker = threading.Thread(target=self._attend, name="duties", daemon=True)
        worker.start()
        self._threads = [keeper, worker]

    def stop(self) -> None:
        """End the duties, then give the lease up."""
        self._stopping.set()
        with self._bell:
            self._bell.notify_all()
        for thread in self._threads:
            thread.join(timeout=30)
        self._threads = []
        if self._on_duty:
            self._end_duties()
        if self._is_trader:
            self._is_trader = False
            self.fence.drop()
            try:
                self._table.release(self.fence.number)
            except SQLAlchemyError:
                logger.warning("the lease could not be given up: it runs out by itself")
        if self._file_lock is not None:
            self._file_lock.release()

    def holder(self, *, fresh: bool = False) -> Holder | None:
        """Who trades now, seen at most half a second ago; None when nobody does.

        fresh: look again. Raises SQLAlchemyError when the database is away.
        """
        at_s, known = self._news
        if fresh or self._elapsed() - at_s > _NEWS_S:
            found = self._table.read()
            known = found if found.is_alive else None
            self._news = (self._elapsed(), known)
        return known

    # --- the thread that keeps the lease ------------------------------------------------------

    def _keep(self) -> None:
        while not self._stopping.wait(self.life_s / BEATS_A_LIFE):
            self._beat()

    def _beat(self) -> None:
        try:
            self._renew() if self._is_trader else self._try()
        except SQLAlchemyError as error:
            logger.warning("the trader's lease cannot be reached", reason=type(error).__name__)
        except Exception:
            logger.exception("a beat of the trader's lease failed")
        if self._is_trader and not self.fence.is_held:
            self._lose("it could not be renewed in time")

    def _try(self) -> None:
        if self.role == "web" or self._on_duty:
            return  # former duties must have ended before new ones can begin
        began_s = self._elapsed()
        former = self._table.read()
        if (former.is_alive and not self._is_file) or not self._take_file():
            return
        number = self._table.take(
            owner=self.owner, address=self.address, life_s=self._lease_s, by_force=self._is_file
        )
        if number is None:
            return
        self.fence.hold(number, began_s + self._lease_s)
        self._table.end_former(
            self.connections, former=former.owner.rpartition(":")[0], own=process_name()
        )
        logger.info("this process trades", fence=number, owner=self.owner)
        self._announce(is_trader=True)

    def _renew(self) -> None:
        if self._is_file:
            return  # the file's lock says it
        began_s = self._elapsed()
        if self._table.renew(self.fence.number, self.life_s):
            # From before the question: the database's clock cannot have started earlier.
            self.fence.hold(self.fence.number, began_s + self.life_s)
        else:
            self._lose("another process has taken it")

    def _lose(self, why: str) -> None:
        logger.warning("this process trades no longer", fence=self.fence.number, reason=why)
        self.fence.drop()
        self._announce(is_trader=False)

    def _announce(self, *, is_trader: bool) -> None:
        with self._bell:
            self._is_trader = is_trader
            self.changes += 1
            self._news = (float("-inf"), None)
            self._bell.notify_all()

    @property
    def _lease_s(self) -> float:
        return float("inf") if self._is_file else self.life_s

    def _take_file(self) -> bool:
        if self._file_lock is None:
            return True
        try:
            self._file_lock.acquire(blocking=False)
        except Timeout:
            return False
        return True

    # --- the thread that does the duties ------------------------------------------------------

    def _attend(self) -> None:
        while not self._stopping.is_set():
            with self._bell:
                self._bell.wait_for(
                    lambda: self._stopping.is_set() or self._is_trader != self._on_duty
                )
            try:
                if not self._stopping.is_set():
                    self._change_duties()
            except Exception:
                logger.exception("the trader's duties could not be changed")

    def _change_duties(self) -> None:
        if self._is_trader:
            self._on_duty = True
            for duty in self._duties:
                duty.start()
        else:
            self._end_duties()

    def _end_duties(self) -> None:
        for duty in reversed(self._duties):
            duty.stop()
        self._on_duty = False


def _lock_beside(file: Path | None) -> FileLock | None:
    """The lock of a database file; None on a server, and for a database in memory."""
    if file is None:
        return None
    return FileLock(file.with_name(f".{file.name}.trader"), thread_local=False)
