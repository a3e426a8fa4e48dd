"""Election of the process that trades: it takes the lease, renews it, and runs the trader's duties.

With a database file the operating system decides who holds the lease: a lock on a file beside it,
released when the process ends and kept while it is paused. With a database server the lease lasts
some seconds and is renewed; a process that cannot renew it stops trading, and what it still tries
to write is refused.
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
RENEWALS_PER_LIFE = 4
_HOLDER_CACHE_S = 0.5

logger = get_logger(__name__)


class Superseded(Exception):
    """Another process trades now: this transaction must not be committed."""


class Duty(Protocol):
    """A service that runs only in the trading process; it may be started and stopped repeatedly."""

    def start(self) -> None:
        """Start."""
        ...

    def stop(self) -> None:
        """Complete the work in progress and stop."""
        ...


def elapsed_s() -> float:
    """Seconds on a clock that also runs while the machine sleeps, if the system has one."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def process_name() -> str:
    """A name of this process, unique among several machines."""
    return f"{socket.gethostname()}:{os.getpid()}"


class Fence:
    """The fencing check that the trader makes before it stores or sends anything."""

    def __init__(self, elapsed: Callable[[], float] = elapsed_s) -> None:
        self.number = 0
        self._elapsed = elapsed
        self._until_s = float("-inf")

    @property
    def is_held(self) -> bool:
        """Whether the lease is valid, as far as this process knows without asking the database."""
        return self._elapsed() < self._until_s

    def check(self, connection: Connection) -> None:
        """Raise Superseded if this process is no longer the trader.

        Call it with the write lock held: a process that takes over later then reads what this
        transaction commits.
        """
        if not self.is_held or current_fence(connection) != self.number:
            raise Superseded

    def check_time(self) -> None:
        """Raise Superseded by the time alone, without a transaction: before something is sent."""
        if not self.is_held:
            raise Superseded

    def hold(self, number: int, until_s: float) -> None:
        """Set the fencing number and the end of the lease that this process holds."""
        self.number, self._until_s = number, until_s

    def drop(self) -> None:
        """Record that this process no longer holds the lease."""
        self._until_s = float("-inf")


class TraderElection:
    """Competes for the lease. Call `start` with the duties; they run while the lease is held."""

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
        self._cached_holder: tuple[float, Holder | None] = (float("-inf"), None)
        self._on_duty = False
        self._is_trader = False
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def is_trader(self) -> bool:
        """Whether this process trades."""
        return self._is_trader and self.fence.is_held

    def start(self, duties: Sequence[Duty]) -> None:
        """Try for the lease at once; if it is obtained, the duties are running on return."""
        if self._threads:
            return
        self._duties = duties
        self._heartbeat()
        keeper = threading.Thread(target=self._renew_periodically, name="lease", daemon=True)
        keeper.start()
        if self._is_trader:
            self._start_or_stop_duties()
        worker = threading.Thread(target=self._run_duties, name="duties", daemon=True)
        worker.start()
        self._threads = [keeper, worker]

    def stop(self) -> None:
        """Stop the duties, then release the lease."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=30)
        self._threads = []
        if self._on_duty:
            self._stop_duties()
        if self._is_trader:
            self._is_trader = False
            self.fence.drop()
            try:
                self._table.release(self.fence.number)
            except SQLAlchemyError:
                logger.warning("the trader's lease could not be released: it will expire")
        if self._file_lock is not None:
            self._file_lock.release()

    def holder(self, *, fresh: bool = False) -> Holder | None:
        """The trading process, as of at most half a second ago; None when there is none.

        fresh: read it now. Raises SQLAlchemyError when the database is unreachable.
        """
        at_s, known = self._cached_holder
        if fresh or self._elapsed() - at_s > _HOLDER_CACHE_S:
            found = self._table.read()
            known = found if found.is_alive else None
            self._cached_holder = (self._elapsed(), known)
        return known

    # --- the thread that renews the lease -----------------------------------------------------

    def _renew_periodically(self) -> None:
        while not self._stopping.wait(self.life_s / RENEWALS_PER_LIFE):
            self._heartbeat()

    def _heartbeat(self) -> None:
        try:
            self._renew() if self._is_trader else self._try_to_take()
        except SQLAlchemyError as error:
            logger.warning("the trader's lease cannot be reached", reason=type(error).__name__)
        except Exception:
            logger.exception("renewing the trader's lease failed")
        if self._is_trader and not self.fence.is_held:
            self._step_down("it could not be renewed in time")

    def _try_to_take(self) -> None:
        if self.role == "web" or self._on_duty:
            return  # the former duties must have stopped before new ones can start
        began_s = self._elapsed()
        former = self._table.read()
        if (former.is_alive and not self._is_file) or not self._lock_file():
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
        logger.info("this process now trades", fence=number, owner=self.owner)
        self._announce(is_trader=True)

    def _renew(self) -> None:
        if self._is_file:
            return  # the file lock is the lease
        began_s = self._elapsed()
        if self._table.renew(self.fence.number, self.life_s):
            # Counted from before the statement: the database renewed the lease after that.
            self.fence.hold(self.fence.number, began_s + self.life_s)
        else:
            self._step_down("another process has taken it")

    def _step_down(self, reason: str) -> None:
        logger.warning("this process no longer trades", fence=self.fence.number, reason=reason)
        self.fence.drop()
        self._announce(is_trader=False)

    def _announce(self, *, is_trader: bool) -> None:
        with self._changed:
            self._is_trader = is_trader
            self.changes += 1
            self._cached_holder = (float("-inf"), None)
            self._changed.notify_all()

    @property
    def _lease_s(self) -> float:
        return float("inf") if self._is_file else self.life_s

    def _lock_file(self) -> bool:
        if self._file_lock is None:
            return True
        try:
            self._file_lock.acquire(blocking=False)
        except Timeout:
            return False
        return True

    # --- the thread that runs the duties ------------------------------------------------------

    def _run_duties(self) -> None:
        while not self._stopping.is_set():
            with self._changed:
                self._changed.wait_for(
                    lambda: self._stopping.is_set() or self._is_trader != self._on_duty
                )
            try:
                if not self._stopping.is_set():
                    self._start_or_stop_duties()
            except Exception:
                logger.exception("the trader's duties could not be started or stopped")

    def _start_or_stop_duties(self) -> None:
        if self._is_trader:
            self._on_duty = True
            for duty in self._duties:
                duty.start()
        else:
            self._stop_duties()

    def _stop_duties(self) -> None:
        for duty in reversed(self._duties):
            duty.stop()
        self._on_duty = False


def _lock_beside(file: Path | None) -> FileLock | None:
    """The lock beside a database file; None with a database server or an in-memory database."""
    if file is None:
        return None
    return FileLock(file.with_name(f".{file.name}.trader"), thread_local=False)
