"""How many calls a broker takes in a stretch of time; one more is answered 429."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from tradertape_core.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` in any stretch of `window_s` seconds."""

    calls: int
    window_s: float


class RateLimits:
    """Counts calls by caller and class of call. A refused call counts for nothing."""

    def __init__(self, clock: Clock, limits: Mapping[str, Sequence[Limit]]) -> None:
        self._clock = clock
        self._limits = limits
        self._longest = {
            name: max((limit.window_s for limit in kinds), default=0.0)
            for name, kinds in limits.items()
        }
        self._calls: dict[tuple[Hashable, str], deque[float]] = {}

    def admit(self, caller: Hashable, kind: str) -> Limit | None:
        """Count a call of a class; return the limit it breaks, and count nothing, if it does.

        Raises KeyError for a class that has no limits.
        """
        now = self._clock.monotonic()
        limits = self._limits[kind]
        calls = self._calls.setdefault((caller, kind), deque())
        while calls and calls[0] <= now - self._longest[kind]:
            calls.popleft()
        for limit in limits:
            if len(calls) >= limit.calls and calls[-limit.calls] > now - limit.window_s:
                return limit
        calls.append(now)
        return None
