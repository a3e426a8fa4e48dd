"""The last answers of brokers: one request for all who ask within half a minute.

The last good answer outlives a failure and is marked as stale: old figures with their age are
better than an error page, and never pass for new ones.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import sleep
from typing import Any, Final

from tradertape_brokers.errors import BrokerError, RateLimited, SessionExpired
from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvariantBroken
from tradertape_server.features.brokerage.accounts import BrokerAccount, Connected

FRESH_FOR_S: Final = 30.0
RETRY_AFTER_S: Final = 5.0  # a broker that fails is not asked for every click
LONGEST_PAUSE_S: Final = 2.0
MOST_ENTRIES: Final = 1_000

Read = Callable[[], Sequence[Any]]
Key = tuple[BrokerAccount, datetime, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows of one account as its broker told them. failure: why there are no newer ones."""

    rows: Sequence[Any]
    at: datetime
    age_s: float
    is_hit: bool
    failure: BrokerError | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    rows: Sequence[Any]
    at: datetime
    read_s: float


@dataclass(slots=True)
class _Entry:
    lock: threading.Lock = field(default_factory=threading.Lock)
    kept: _Kept | None = None
    failure: BrokerError | None = None
    failed_s: float = 0.0


class AnswerCache:
    """By session and kind of answer. Any thread may call it; one asks the broker, others wait.

    A new login begins anew: neither figures nor failures of an earlier session are shown in it.
    """

    def __init__(self, clock: Clock, pause: Callable[[float], object] = sleep) -> None:
        self._clock = clock
        self._pause = pause
        self._entries: dict[Key, _Entry] = {}
        self._lock = threading.Lock()

    def get(self, one: Connected, kind: str, read: Read, *, refresh: bool = False) -> Answer:
        """Return the kept answer while it is fresh, else ask.

        refresh: ask, unless somebody has just done so. Raises BrokerError where there is no answer
        to fall back on, and SessionExpired always.
        """
        asked_s = self._clock.monotonic()
        entry = self._entry((one.account, one.since, kind))
        with entry.lock:
            since_s = asked_s if refresh else self._clock.monotonic() - FRESH_FOR_S
            if entry.kept is not None and entry.failure is None and entry.kept.read_s >= since_s:
                return self._answer(entry.kept, is_hit=True)
            if not self._is_pausing(entry):
                self._read(entry, read)
            failure = entry.failure
            if failure is not None and (entry.kept is None or isinstance(failure, SessionExpired)):
                raise failure
            if entry.kept is None:
                raise InvariantBroken("an answer was neither kept nor refused")
            return self._answer(entry.kept, is_hit=failure is not None, failure=failure)

    def _entry(self, key: Key) -> _Entry:
        with self._lock:
            if len(self._entries) >= MOST_ENTRIES and key not in self._entries:
                del self._entries[next(iter(self._entries))]
            return self._entries.setdefault(key, _Entry())

    def _is_pausing(self, entry: _Entry) -> bool:
        return (
            entry.failure is not None and self._clock.monotonic() - entry.failed_s < RETRY_AFTER_S
        )

    def _read(self, entry: _Entry, read: Read) -> None:
        try:
            rows = self._when_allowed(read)
        except BrokerError as error:
            entry.failure, entry.failed_s = error, self._clock.monotonic()
            return
        entry.kept = _Kept(rows, self._clock.now(), self._clock.monotonic())
        entry.failure = None

    def _when_allowed(self, read: Read) -> Sequence[Any]:
        """Ask, and once more after the broker's pause: after a login several parts ask at once."""
        try:
            return read()
        except RateLimited as error:
            self._pause(min(error.retry_after_s or 1.0, LONGEST_PAUSE_S))
            return read()

    def _answer(self, kept: _Kept, *, is_hit: bool, failure: BrokerError | None = None) -> Answer:
        age_s = max(0.0, self._clock.monotonic() - kept.read_s)
        return Answer(kept.rows, kept.at, age_s, is_hit, failure)
