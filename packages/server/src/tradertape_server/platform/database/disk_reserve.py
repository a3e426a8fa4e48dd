"""Space beside the database file that is given up when its disk is full.

What must not wait for an operator (exits, cancellations, the kill switch, signing in) is stored in
it. While it is given up the database takes nothing else, so that the space lasts; it is set aside
again once there is twice as much room.
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

LOW_BYTES = 1024**2  # given up before a transaction meets the end of the disk
CHECK_INTERVAL_S = 2.0

logger = get_logger(__name__)


class DiskReserve:
    """A file of some size. A size of 0 sets nothing aside, and nothing is ever refused for it.

    on_room: told when the space could be set aside.
    """

    def __init__(
        self, database_file: Path | None, size_bytes: int, *, on_room: Callable[[], None]
    ) -> None:
        self._on_room = on_room
        self._file = database_file and database_file.with_name(f"{database_file.name}.reserve")
        self._size = size_bytes if database_file is not None else 0
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_released = False

    @property
    def is_released(self) -> bool:
        """Whether the space was given up, or could not be set aside."""
        return self._is_released

    def start(self) -> None:
        """Set the space aside and look after it."""
        if self._file is not None and not self._size:
            self._file.unlink(missing_ok=True)
        if not self._size or self._thread is not None:
            return
        self._is_over.clear()
        self.check()
        self._thread = threading.Thread(target=self._watch, name="reserve", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look after it no more; the file stays for the next start."""
        self._is_over.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def release_if_full(self, error: BaseException | None) -> None:
        """Give the space up if that is what an error of the database asks for."""
        if disk_error_of(error) is FULL:
            with self._lock:
                self._give_up()

    def allows_retry(self, error: BaseException) -> bool:
        """Whether what failed so may be tried again from the reserve."""
        return self._is_released and disk_error_of(error) is FULL

    def check(self) -> None:
        """Give the space up where hardly any is left; set it aside where there is room again."""
        if self._file is None or not self._size:
            return
        with self._lock:
            free = shutil.disk_usage(self._file.parent).free
            is_there = self._file.exists() and self._file.stat().st_size == self._size
            if is_there and free < LOW_BYTES:
                self._give_up()
            elif is_there:
                self._is_released = False
            elif free < 2 * self._size or not self._set_aside(self._file):
                self._give_up()

    def _watch(self) -> None:
        while not self._is_over.wait(CHECK_INTERVAL_S):
            try:
                self.check()
            except OSError:
                logger.exception("the disk of the database cannot be looked at")

    def _give_up(self) -> None:
        if self._file is None or not self._size:
            return
        self._file.unlink(missing_ok=True)
        if not self._is_released:
            logger.error("the disk of the database is full: its reserve is given up")
        self._is_released = True

    def _set_aside(self, file: Path) -> bool:
        try:
            with file.open("wb") as out:
                file.chmod(0o600)
                _fill(out, self._size)
        except OSError:
            return False
        if self._is_released:
            logger.info("there is room on the disk of the database again")
        self._is_released = False
        self._on_room()
        return True


def _fill(out: BinaryIO, size: int) -> None:
    """Make a file of real blocks: a hole would reserve nothing."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(out.fileno(), 0, size)
        return
    for begin in range(0, size, LOW_BYTES):
        out.write(bytes(min(LOW_BYTES, size - begin)))
