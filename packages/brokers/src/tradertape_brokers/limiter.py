"""One limiter per account at a broker: every caller waits here, the most urgent first."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from time import monotonic
from typing import Final

from tradertape_brokers.errors import RateLimited

TRANSIT_S: Final = 0.25  # what one request may take longer than another to its broker


class Kind(Enum):
    """What a broker counts separately."""

    ORDERS = "orders"
    QUOTES = "quotes"
    HISTORY = "history"
    OTHER = "other"


class Urgency(IntEnum):
    """Who goes first where several wait."""

    EXIT = 0  # cancellations too
    ENTRY = 1
    DATA = 2


@dataclass(frozen=True, slots=True)
class Window:
    """At most `requests` within `seconds`, the last `kept_for_exits` of them for exits alone."""

    requests: int
    seconds: float
    kept_for_exits: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.kept_for_exits < self.requests or self.seconds <= 0:
            raise ValueError("a window wants seconds, and more requests than it keeps for exits")

    def most(self, urgency: Urgency) -> int:
        """How many requests there may be before one of this urgency."""
        return self.requests - (0 if urgency is Urgency.EXIT else self.kept_for_exits)


@dataclass(slots=True)
class _Line:
    """The requests of one kind: when the last ones left, and who waits."""

    windows: tuple[Window, ...]
    transit_s: float
    sent: deque[float] = field(default_factory=deque[float])
    waiting: list[tuple[Urgency, int]] = field(default_factory=list[tuple[Urgency, int]])
    not_before: float = 0.0

    def delay(self, urgency: Urgency, now: float) -> float:
        """Seconds until the windows let a request of this urgency leave."""
        longest = max(window.seconds for window in self.windows) + self.transit_s
        while self.sent and now - self.sent[0] >= longest:
            self.sent.popleft()
        delay = self.not_before - now
        for window in self.windows:
            most = window.most(urgency)
            if len(self.sent) >= most:
                delay = max(delay, self.sent[-most] + window.seconds + self.transit_s - now)
        return max(delay, 0.0)


class Limiter:
    """Lets requests leave within the broker's limits. Any thread may call any method.

    limits: the windows of each kind; a kind without any is not limited. monotonic: seconds of a
    clock that never goes back. transit_s: the broker counts when requests arrive, not when they
    leave; one that is this much slower on its way is still in no window with too many others.
    """

    def __init__(
        self,
        limits: Mapping[Kind, Iterable[Window]],
        monotonic: Callable[[], float] = monotonic,
        *,
        transit_s: float = TRANSIT_S,
    ) -> None:
        self._lines = {kind: _Line(tuple(windows), transit_s) for kind, windows in limits.items()}
        self._monotonic = monotonic
        self._bell = threading.Condition()
        self._numbers = 0

    def acquire(self, kind: Kind, urgency: Urgency, patience_s: float) -> float:
        """Wait for a request's turn and count it; returns the seconds waited.

        Raises RateLimited, without counting it, when its turn does not come within patience_s.
        """
        line = self._lines.get(kind)
        if line is None or not line.windows:
            return 0.0
        start = self._monotonic()
        with self._bell:
            self._numbers += 1
            place = (urgency, self._numbers)
            line.waiting.append(place)
            try:
                self._wait(line, place, start + patience_s)
                now = self._monotonic()
                line.sent.append(now)
                return now - start
            finally:
                line.waiting.remove(place)
                self._bell.notify_all()

    def delay_s(self, kind: Kind, urgency: Urgency) -> float:
        """Return the seconds until a request of this urgency could leave; nothing is counted.

        For a caller with requests of several urgencies, who can let an exit go first meanwhile.
        """
        line = self._lines.get(kind)
        if line is None or not line.windows:
            return 0.0
        with self._bell:
            return line.delay(urgency, self._monotonic())

    def pause(self, kind: Kind, seconds: float) -> None:
        """Let nothing of this kind leave for a while: the broker answered that it was too much."""
        line = self._lines.get(kind)
        if line is not None:
            with self._bell:
                line.not_before = max(line.not_before, self._monotonic() + seconds)

    def _wait(self, line: _Line, place: tuple[Urgency, int], deadline: float) -> None:
        while True:
            now = self._monotonic()
            delay = line.delay(place[0], now)
            is_next = place == min(line.waiting)
            if delay == 0.0 and (is_next or not self._may_leave(line, place, now)):
                return
            left = deadline - now
            if left <= 0.0 or (is_next and delay > left):
                raise RateLimited("the account's limit of requests is used up", max(delay, 0.0))
            self._bell.wait(min(left, delay) if delay > 0.0 else left)

    @staticmethod
    def _may_leave(line: _Line, place: tuple[Urgency, int], now: float) -> bool:
        """Whether somebody before this one could leave at once: then it is their turn."""
        return any(one < place and line.delay(one[0], now) == 0.0 for one in line.waiting)
