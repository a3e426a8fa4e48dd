"""Reserved space beside the database file that is released when its disk is full.

Writes that must not wait for an operator (exits, cancellations, the kill switch, signing in) then
use the released space. Until it is reserved again all other writes are refused, so that the space
lasts. It is reserved again once twice as much is free.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from tradertape_server.platform.database.disk_errors import FULL, disk_error_of
from tradertape_server.platform.logging import get_logger

LOW_BYTES = 1024**2  # below this the reserve is released, before a transaction fails
CHECK_INTERVAL_S = 2.0

logger = get_logger(__name__)


class DiskReserve:
    """A file that reserves space. With a size of 0 nothing is reserved and no write is refused.

    on_space: called when the space has been reserved.
    """

    def __init__(
        self, database_file: Path | None, size_bytes: int, *, on_space: Callable[[], None]
    ) -> None:
        self._on_space = on_space
        self._file = database_file and database_file.with_name(f"{database_file.name}.reserve")
        self._size = size_bytes if database_file is not None else 0
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_released = False

    @property
    def is_released(self) -> bool:
        """Whether the space was released, or could not be reserved."""
        return self._is_released

    def start(self) -> None:
        """Reserve the space and check it periodically; a second call does nothing."""
        if self._file is not None and not self._size:
            self._file.unlink(missing_ok=True)
        if not self._size or self._thread is not None:
            return
        self._is_over.clear()
        self.check()
        self._thread = threading.Thread(target=self._run, name="disk-reserve", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop checking; the file remains for the next start."""
        self._is_over.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def release_if_full(self, error: BaseException | None) -> None:
        """Release the space if a database error says that the disk is full."""
        if disk_error_of(error) is FULL:
            with self._lock:
                self._release()

    def allows_retry(self, error: BaseException) -> bool:
        """Whether a write that failed with `error` may be retried in the released space."""
        return self._is_released and disk_error_of(error) is FULL

    def check(self) -> None:
        """Release the space if hardly any is free; reserve it again once there is enough."""
        if self._file is None or not self._size:
            return
        with self._lock:
            free = shutil.disk_usage(self._file.parent).free
            is_there = self._file.exists() and self._file.stat().st_size == self._size
            if is_there and free < LOW_BYTES:
                self._release()
            elif is_there:
                self._is_released = False
            elif free < 2 * self._size or not self._reserve(self._file):
                self._release()

    def _run(self) -> None:
        while not self._is_over.wait(CHECK_INTERVAL_S):
            try:
                self.check()
            except OSError:
                logger.exception("the free space of the database's disk cannot be read")

    def _release(self) -> None:
        if self._file is None or not self._size:
            return
        self._file.unlink(missing_ok=True)
        if not self._is_released:
            logger.error("the disk of the database is full: its reserved space is released")
        self._is_released = True

    def _reserve(self, file: Path) -> bool:
        try:
            with file.open("wb") as out:
                file.chmod(0o600)
                _fill(out, self._size)
        except OSError:
            return False
        if self._is_released:
            logger.info("the disk of the database has free space again")
        self._is_released = False
        self._on_space()
        return True


def _fill(out: BinaryIO, size: int) -> None:
    """Fill a file with allocated blocks: a sparse file would reserve nothing."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(out.fileno(), 0, size)
        return
    for begin in range(0, size, LOW_BYTES):
        out.write(bytes(min(LOW_BYTES, size - begin)))
