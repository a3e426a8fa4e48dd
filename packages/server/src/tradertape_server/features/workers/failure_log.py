"""Runs that could not be looked after lately: an error nobody foresaw, said where people look."""

from __future__ import annotations

import threading

from tradertape_core.kernel.clock import Clock
from tradertape_server.platform.logging import get_logger

REMEMBERED_S = 60.0  # longer than anything waits before it is tried again

logger = get_logger(__name__)


class Troubles:
    """Used from any thread. What goes well again is forgotten by itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._met: dict[str, float] = {}

    def met(self, what: str, error: Exception, *run_ids: str) -> None:
        """Note an error that kept these runs from being looked after."""
        logger.error(what, run_ids=sorted(run_ids), exc_info=error)
        now_s = self._clock.monotonic()
        with self._lock:
            self._met |= dict.fromkeys(run_ids, now_s)

    @property
    def run_ids(self) -> list[str]:
        """The runs it is about."""
        since_s = self._clock.monotonic() - REMEMBERED_S
        with self._lock:
            self._met = {name: at_s for name, at_s in self._met.items() if at_s > since_s}
            return sorted(self._met)
