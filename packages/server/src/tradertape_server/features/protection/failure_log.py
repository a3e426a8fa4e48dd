"""Owners that could not be guarded lately because of an unexpected error; health checks read it."""

from __future__ import annotations

import threading

from tradertape_core.kernel.clock import Clock
from tradertape_server.platform.logging import get_logger

REMEMBERED_S = 60.0  # longer than the longest pause before a retry

logger = get_logger(__name__)


class FailureLog:
    """Thread-safe; an entry expires by itself once the owner succeeds again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failed_s: dict[str, float] = {}

    def record(self, what: str, error: Exception, *run_ids: str) -> None:
        """Log an error that kept these run ids from being guarded."""
        logger.error(what, run_ids=sorted(run_ids), exc_info=error)
        now_s = self._clock.monotonic()
        with self._lock:
            self._failed_s |= dict.fromkeys(run_ids, now_s)

    @property
    def run_ids(self) -> list[str]:
        """The run ids that failed within the last minute."""
        since_s = self._clock.monotonic() - REMEMBERED_S
        with self._lock:
            self._failed_s = {name: at_s for name, at_s in self._failed_s.items() if at_s > since_s}
            return sorted(self._failed_s)
