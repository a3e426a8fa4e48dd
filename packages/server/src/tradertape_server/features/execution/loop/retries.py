"""When a trader that is paused tries again."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

FIRST_S = 0.05
MOST_S = 1.0


class Retries:
    """Counts failures in a row: the first is followed by an attempt at once, later ones by longer
    and longer waits. Whatever arrives meanwhile waits too."""

    def __init__(self, seconds: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._failures = 0
        self._not_before_s = 0.0
        self._last: tuple[type[Exception], str] | None = None

    @property
    def wait_s(self) -> float:
        """How long to wait for the next attempt; 0: it is due."""
        return max(0.0, self._not_before_s - self._seconds())

    def failed(self) -> None:
        """Note a pause, or a recovery that failed."""
        self._failures += 1
        if self._failures > 1:
            delay_s = min(MOST_S, FIRST_S * 2.0 ** min(self._failures - 2, 10))
            self._not_before_s = self._seconds() + delay_s

    def succeeded(self) -> None:
        """Note that trading works."""
        if self._failures:
            self._failures, self._not_before_s, self._last = 0, 0.0, None

    def is_new(self, error: Exception) -> bool:
        """Whether an error is another than the last one since trading worked."""
        before, self._last = self._last, (type(error), str(error))
        return self._last != before
