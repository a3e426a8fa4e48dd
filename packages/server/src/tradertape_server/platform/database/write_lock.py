"""The order of writing transactions on a SQLite file, which takes one at a time.

SQLite itself lets a waiting connection try again after longer and longer pauses, so that whoever
comes by at the right moment is next. Here transactions of one process are next in the order they
came, except that urgent ones (the trader's) are before all others.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque

from sqlalchemy.exc import OperationalError

WAIT_S = 10.0


class WriteLock:
    """The lock of one SQLite file within this process; used from any thread."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_held = False
        self._urgent: deque[threading.Lock] = deque()
        self._others: deque[threading.Lock] = deque()

    @property
    def waiting(self) -> int:
        """How many transactions wait."""
        return len(self._urgent) + len(self._others)

    @property
    def urgent(self) -> int:
        """How many of them go before the others."""
        return len(self._urgent)

    def acquire(self, *, is_urgent: bool = False, wait_s: float = WAIT_S) -> bool:
        """Wait for the lock; False if it was not free in time. Any thread may release it."""
        queue = self._urgent if is_urgent else self._others
        with self._guard:
            if not self._is_held:
                self._is_held = True
                return True
            if wait_s <= 0:
                return False
            turn = threading.Lock()
            turn.acquire()
            queue.append(turn)
        if turn.acquire(timeout=wait_s):
            return True
        with self._guard:
            try:
                queue.remove(turn)
            except ValueError:
                return True  # handed over at the last moment
        return False

    def release(self) -> None:
        """Hand the lock to the next one that waits."""
        with self._guard:
            queue = self._urgent or self._others
            if queue:
                queue.popleft().release()
            else:
                self._is_held = False


class Turn:
    """One transaction's use of the lock: taken when it begins, released when it has ended.

    lock: None on a database server, which orders its writers itself.
    """

    def __init__(
        self, lock: WriteLock | None, *, is_urgent: bool = False, wait_s: float = WAIT_S
    ) -> None:
        self._lock = lock
        self._is_urgent = is_urgent
        self._is_held = False
        self.wait_s = wait_s

    def begin(self) -> None:
        """Take the lock. Raises OperationalError, as SQLite does, if it is not free in time."""
        if self._lock is None or self._is_held:
            return
        if not self._lock.acquire(is_urgent=self._is_urgent, wait_s=self.wait_s):
            raise OperationalError("BEGIN IMMEDIATE", {}, database_locked_error())
        self._is_held = True

    def end(self) -> None:
        """Release the lock, if it is held."""
        if self._lock is not None and self._is_held:
            self._is_held = False
            self._lock.release()


def database_locked_error() -> sqlite3.OperationalError:
    """Build the error that SQLite raises when another connection writes for too long."""
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return error
