"""What a broker answered a moment ago, for all that ask at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from tradertape_core.kernel.clock import Clock

KEPT_S: Final = 7.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kept:
    at: float
    value: Any


class Cache:
    """Answers by name. Callers that ask for the same at once wait for one request."""

    def __init__(self, clock: Clock, kept_s: float = KEPT_S) -> None:
        self._clock = clock
        self._kept_s = kept_s
        self._values: dict[str, _Kept] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def get(self, name: str, read: Callable[[], T]) -> T:
        """Return what is kept, or read it; an error is not kept."""
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            kept = self._values.get(name)
            if kept is not None and self._clock.monotonic() - kept.at < self._kept_s:
                return kept.value
            value = read()
            self._values[name] = _Kept(self._clock.monotonic(), value)
            return value

    def age_s(self, name: str) -> float | None:
        """Return how old an answer is; None where there is none."""
        kept = self._values.get(name)
        return None if kept is None else self._clock.monotonic() - kept.at

    def forget(self) -> None:
        """Forget everything: an order was sent, or somebody else is signed in."""
        self._values.clear()
