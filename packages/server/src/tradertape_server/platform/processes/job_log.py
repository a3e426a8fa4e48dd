"""When the jobs of this process ran last, how long they took, and how they failed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from tradertape_core.kernel.clock import Clock
from tradertape_server.platform.errors import ApiError


@dataclass(frozen=True, slots=True)
class JobRun:
    """A job since the process began. error: of its last failure, in words for people."""

    began_at: datetime
    is_running: bool = True
    took_ms: float | None = None
    runs: int = 0
    failures: int = 0
    failed_at: datetime | None = None
    error: str = ""

    @property
    def has_failed(self) -> bool:
        """Whether the last run that ended failed."""
        return (
            self.failed_at is not None and not self.is_running and self.failed_at >= self.began_at
        )


class JobLog:
    """Kept in memory. Without a clock nothing is kept: of a part that stands alone."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock
        self._runs: dict[str, JobRun] = {}
        self._lock = threading.Lock()

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """Around one run of a job; what it raises is noted and goes on."""
        if self._clock is None:
            yield
            return
        began, began_s = self._clock.now(), self._clock.monotonic()
        self._note(name, began_at=began, is_running=True)
        error: Exception | None = None
        try:
            yield
        except Exception as raised:
            error = raised
            raise
        finally:
            self._ended(name, began_s, error, self._clock)

    def runs(self) -> Mapping[str, JobRun]:
        """Every job that ran, by name."""
        with self._lock:
            return dict(self._runs)

    def _ended(self, name: str, began_s: float, error: Exception | None, clock: Clock) -> None:
        before = self._runs[name]
        changes: dict[str, object] = {"runs": before.runs + 1, "is_running": False}
        changes["took_ms"] = round((clock.monotonic() - began_s) * 1000, 1)
        if error is not None:
            changes |= {"failures": before.failures + 1, "failed_at": clock.now()}
            # Other errors may hold what is not for everybody's eyes: the log has them.
            changes["error"] = error.detail if isinstance(error, ApiError) else type(error).__name__
        self._note(name, **changes)

    def _note(self, name: str, **changes: object) -> None:
        with self._lock:
            before = self._runs.get(name)
            if before is None:
                before = JobRun(changes["began_at"])  # type: ignore[arg-type]
            self._runs[name] = replace(before, **changes)  # type: ignore[arg-type]
