"""Locks that running servers hold in their home folder.

With a database file only one server may run. With a database server several share a home folder,
each with a lock of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

LOCK_FILE = "server.lock"
MAX_SERVERS = 64


class ServerLock:
    """Held by a running server; the operating system releases it when the process ends."""

    def __init__(self, home: Path, *, servers: int = 1) -> None:
        self._home = home
        self._servers = servers
        self._held: FileLock | None = None

    def take(self) -> bool:
        """Take a free lock; False when the maximum number of servers is running."""
        for path in self._paths(self._servers):
            lock = FileLock(path, thread_local=False)
            try:
                lock.acquire(blocking=False)
            except Timeout:
                continue
            # In a file of its own: where locks are mandatory, others cannot read the locked file.
            path.with_suffix(".pid").write_text(str(os.getpid()))
            self._held = lock
            return True
        return False

    def release(self) -> None:
        """Release the lock, if it is held."""
        if self._held is not None:
            self._held.release()
            self._held = None

    def holder(self) -> int | None:
        """The process id of a running server, 0 if it is not known; None if no server runs."""
        for path in self._paths(MAX_SERVERS):
            if not path.exists():
                continue
            lock = FileLock(path, thread_local=False)
            try:
                lock.acquire(blocking=False)
            except Timeout:
                return _number_in(path.with_suffix(".pid"))
            lock.release()
        return None

    def _paths(self, count: int) -> Iterator[Path]:
        first = self._home / LOCK_FILE
        for number in range(1, count + 1):
            yield first if number == 1 else first.with_stem(f"{first.stem}-{number}")


def _number_in(file: Path) -> int:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return 0
