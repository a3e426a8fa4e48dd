"""Has a book reckoned by a process of its own: a reckoning of seconds never holds up a request."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Protocol

import msgspec

from tradertape_server.features.wealth.finished import FinishedBook
from tradertape_server.features.wealth.wire import Message, Task, decode_message, encode, framed
from tradertape_server.platform.logging import get_logger

logger = get_logger(__name__)

WITHIN_S = 900.0
_MOST_ANSWER = 1024**3
_MODULE = "tradertape_server.features.wealth.reckoning_process"
_FAILED = "The book cannot be reckoned: see the server's log."


class ReckoningFailed(Exception):
    """No book; the text says why."""


class Reckoner(Protocol):
    """Reckons a large book away from the requests."""

    def reckon(self, user_id: int, today: date, progress: Callable[[int], None]) -> FinishedBook:
        """The finished book. Raises ReckoningFailed."""
        ...

    def stop(self) -> None:
        """End what is being reckoned."""
        ...


@dataclass(frozen=True, slots=True)
class Places:
    """Where the process finds the records and the market."""

    database_url: str
    home: Path
    data_set: str
    is_real: bool


class ChildReckoner:
    """One process for each book."""

    def __init__(self, places: Places, *, within_s: float = WITHIN_S) -> None:
        self._places = places
        self._within_s = within_s
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_stopped = False

    def reckon(self, user_id: int, today: date, progress: Callable[[int], None]) -> FinishedBook:
        """The finished book. Raises ReckoningFailed."""
        places = self._places
        task = Task(
            user_id, places.database_url, str(places.home), places.data_set, places.is_real, today
        )
        process = self._start()
        timer = threading.Timer(self._within_s, process.kill)
        timer.start()
        try:
            assert process.stdin is not None  # noqa: S101 - it is a pipe
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            process.stdin.write(framed(encode(task)))
            process.stdin.flush()
            message = _last(process.stdout, progress)
        except OSError:
            message = None
        finally:
            timer.cancel()
            self._end(process)
        if message is None or message.book is None:
            logger.warning("no book was reckoned", user=user_id, code=process.returncode)
            raise ReckoningFailed(message.error if message and message.error else _FAILED)
        return message.book

    def stop(self) -> None:
        """End what is being reckoned."""
        with self._lock:
            self._is_stopped = True
            for process in self._running:
                process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._is_stopped:
                raise ReckoningFailed("The server is stopping.")
            process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-I", "-m", _MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,
            )
            self._running.add(process)
            return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue
        with self._lock:
            self._running.discard(process)


def _last(source: IO[bytes], progress: Callable[[int], None]) -> Message | None:
    """Report progress until the message with the book or an error; None if there is none."""
    while header := source.read(4):
        size = int.from_bytes(header)
        if size > _MOST_ANSWER:
            return None
        try:
            message = decode_message(source.read(size))
        except msgspec.MsgspecError:
            return None
        if message.book is not None or message.error:
            return message
        progress(message.percent)
    return None


def _environment() -> dict[str, str]:
    """No settings and no secrets of the server; what Windows needs to start a process."""
    kept = ("SYSTEMROOT", "TEMP", "TMP", "PGPASSFILE", "PGSSLROOTCERT", "HOME")
    return {
        "PATH": os.defpath, "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1",
        **{name: os.environ[name] for name in kept if name in os.environ},
    }  # fmt: skip
