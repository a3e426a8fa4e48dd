"""Has one file read by a process of its own, with limits; never on the event loop.

The process gets the file and the password through its standard input: neither is on a disk or in
a command line. It is started anew for each file, so no file sees another.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tradertape_core.wealth.statements.layouts import Kind, Layout
from tradertape_server.features.uploads.archives import BadArchive, check_directory
from tradertape_server.features.uploads.reading.wire import Answer, Task, answer_from, encode
from tradertape_server.platform.errors import TooMany, Unavailable
from tradertape_server.platform.logging import get_logger

logger = get_logger(__name__)

# By the clock: a busy machine takes longer than the 20 s of processor time that a process has.
WITHIN_S = 45.0
MOST_ANSWER = 256 * 1024 * 1024
AT_ONCE = 2
_WAIT_S = 30.0
_MODULE = "tradertape_server.features.uploads.reading.main"


class Readers:
    """The reading processes of this server: two at once, one of each person."""

    def __init__(self, *, at_once: int = AT_ONCE, within_s: float = WITHIN_S) -> None:
        self._room = threading.BoundedSemaphore(at_once)
        self._within_s = within_s
        self._lock = threading.Lock()
        self._busy: set[int] = set()

    @contextmanager
    def of_person(self, user_id: int) -> Iterator[None]:
        """The one upload of a person at a time. Raises TooMany while another is read."""
        with self._lock:
            if user_id in self._busy:
                raise TooMany(
                    "Another upload of yours is being read: repeat this one in a moment.",
                    retry_after_s=3,
                )
            self._busy.add(user_id)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(user_id)

    def read(
        self, name: str, content: bytes, *, kinds: Sequence[Kind], own: Sequence[Layout] = (),
        password: str = "", account: str = "", is_table: bool = False,
    ) -> Answer:  # fmt: skip
        """Read a file; one that cannot be read gives an answer with the reason.

        Raises Unavailable if the other files take too long.
        """
        if content.startswith(b"PK\x03\x04"):
            try:
                check_directory(content)
            except BadArchive as error:
                return Answer(error=str(error), code="unreadable_file")
        task = encode(Task(name[:200], [*kinds], [*own], password, account, is_table))
        if not self._room.acquire(timeout=_WAIT_S):
            raise Unavailable(
                "Other files are being read: repeat the upload in a moment.",
                headers={"Retry-After": "10"},
            )
        try:
            return self._run(len(task).to_bytes(4) + task, content)
        finally:
            self._room.release()

    def _run(self, task: bytes, content: bytes) -> Answer:
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-I", "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(sys.executable).anchor or "/",
            env=_environment(),
            start_new_session=True,
        )
        is_late = threading.Event()
        timer = threading.Timer(self._within_s, _end, (process, is_late))
        writer = threading.Thread(target=_feed, args=(process, task, content), daemon=True)
        timer.start()
        writer.start()
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            answer = process.stdout.read(MOST_ANSWER + 1)
            if len(answer) > MOST_ANSWER:
                process.kill()
            code = process.wait()
        finally:
            timer.cancel()
            process.kill()
            writer.join()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    _close(pipe)
            process.wait()
        return _answer(answer, code, is_late=is_late.is_set(), within_s=self._within_s)


def _answer(answer: bytes, code: int, *, is_late: bool, within_s: float) -> Answer:
    if code == 0:
        try:
            return answer_from(answer)
        except msgspec.MsgspecError:
            logger.warning("a reading process gave no answer", size=len(answer))
    if is_late:
        return Answer(
            error=f"The file took over {within_s:g} seconds to read, as on a busy server: "
            "repeat the upload in a moment, or split the file.",
            code="file_too_complex",
        )
    return Answer(
        error="The file cannot be read: it is damaged, or needs too much time or memory.",
        code="file_too_complex",
    )


def _environment() -> dict[str, str]:
    """No settings and no secrets of the server; what Windows needs to start a process."""
    kept = ("SYSTEMROOT", "TEMP", "TMP")
    return {
        "PATH": os.defpath, "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1",
        **{name: os.environ[name] for name in kept if name in os.environ},
    }  # fmt: skip


def _feed(process: subprocess.Popen[bytes], task: bytes, content: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    try:
        process.stdin.write(task)
        process.stdin.write(content)
        process.stdin.close()
    except OSError:
        return  # it ended before it had read everything


def _close(pipe: object) -> None:
    try:
        pipe.close()  # type: ignore[attr-defined]
    except OSError:
        return


def _end(process: subprocess.Popen[bytes], is_late: threading.Event) -> None:
    is_late.set()
    process.kill()
