"""One running agent for each configuration: the second one is told who has it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType

from tradertape_agent.errors import AgentError

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class RunLock:
    """Held by the process that runs; the operating system frees it however the process ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def __enter__(self) -> RunLock:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _take(descriptor):
            os.close(descriptor)
            raise AgentError(
                "an agent with this configuration is already running: stop it first, or use "
                "another configuration (TRADERTAPE_AGENT_CONFIG)"
            )
        self._descriptor = descriptor
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_held(path: Path) -> bool:
    """Return whether an agent runs with the configuration of this lock."""
    if not path.exists():
        return False
    try:
        with RunLock(path):
            return False
    except AgentError:
        return True
