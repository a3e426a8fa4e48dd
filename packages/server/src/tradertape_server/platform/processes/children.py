"""Work of seconds in a process of its own: one process for each task, and it ends with its server.

The server's side is `Children`; the process itself calls `take_task`, and `answer` for each message
that it has.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import IO

resource: ModuleType | None
try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None

MEMORY = 6 * 1024**3
_MOST_ANSWER = 1024**3
_NICE = 10


class ChildrenStopped(Exception):
    """The server is stopping: nothing is begun any more."""


class Children:
    """Processes that run one module of ours. Any thread may call any method."""

    def __init__(self, module: str, *, within_s: float) -> None:
        self._module = module
        self._within_s = within_s
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_stopped = False

    @contextmanager
    def given(self, task: bytes) -> Iterator[IO[bytes]]:
        """Start a process with a task; what it answers. It is ended with the context, and at the
        latest after `within_s`, when its answers end. Raises ChildrenStopped or OSError."""
        process = self._start()
        timer = threading.Timer(self._within_s, process.kill)
        timer.start()
        try:
            assert process.stdin is not None  # noqa: S101 - it is a pipe
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            process.stdin.write(framed(task))
            process.stdin.flush()
            yield process.stdout
        finally:
            timer.cancel()
            self._end(process)

    def stop(self) -> None:
        """End what is running."""
        with self._lock:
            self._is_stopped = True
            for process in self._running:
                process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._is_stopped:
                raise ChildrenStopped
            process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-I", "-m", self._module],
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


def framed(content: bytes) -> bytes:
    """A message behind its length in four bytes."""
    return len(content).to_bytes(4) + content


def messages(source: IO[bytes]) -> Iterator[bytes]:
    """The messages of a process until its end; one that is cut off or endless ends them."""
    while len(header := source.read(4)) == 4:
        size = int.from_bytes(header)
        if size > _MOST_ANSWER:
            return
        content = source.read(size)
        if len(content) < size:
            return
        yield content


def take_task() -> bytes:
    """In the process: be modest, end with the server, and read the task.

    It yields to the server wherever both want the processor, and has a limit of memory.
    """
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    if hasattr(os, "nice"):
        with suppress(OSError):
            os.nice(_NICE)
    with suppress(OSError):  # Linux: where memory runs out, this process ends and not the server
        Path("/proc/self/oom_score_adj").write_text("1000")
    source = sys.stdin.buffer
    task = source.read(int.from_bytes(source.read(4)))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return task


def answer(content: bytes) -> None:
    """In the process: send a message."""
    sys.stdout.buffer.write(framed(content))
    sys.stdout.buffer.flush()


def _end_with_parent() -> None:
    # The server keeps the pipe open until it stops, or no longer wants the answer.
    sys.stdin.buffer.read()
    os._exit(1)


def _environment() -> dict[str, str]:
    """No settings and no secrets of the server; what Windows needs to start a process."""
    kept = ("SYSTEMROOT", "TEMP", "TMP", "PGPASSFILE", "PGSSLROOTCERT", "HOME")
    return {
        "PATH": os.defpath, "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1",
        **{name: os.environ[name] for name in kept if name in os.environ},
    }  # fmt: skip
