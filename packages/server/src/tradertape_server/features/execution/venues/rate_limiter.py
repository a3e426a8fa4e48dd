"""When the next request of an account may leave."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from tradertape_server.features.execution.venues.gateway import RateLimits

_MINUTE_S = 60.0


@dataclass(slots=True)
class RateLimiter:
    """Counts what was sent in the last second and minute; times are of a monotonic clock."""

    limits: RateLimits
    _sent: deque[float] = field(default_factory=deque[float])

    def delay_s(self, now_s: float, *, is_exit: bool = False) -> float:  # noqa: ARG002 - all alike
        """Seconds until one more request may leave; 0 when it may now."""
        while self._sent and now_s - self._sent[0] >= _MINUTE_S:
            self._sent.popleft()
        return max(
            self._until(now_s, self.limits.per_second, 1.0),
            self._until(now_s, self.limits.per_minute, _MINUTE_S),
            0.0,
        )

    def sent(self, now_s: float) -> None:
        """Count a request."""
        self._sent.append(now_s)

    def _until(self, now_s: float, most: int, within_s: float) -> float:
        """When the oldest of the last `most` requests is out of the window."""
        if len(self._sent) < most:
            return 0.0
        return self._sent[-most] + within_s - now_s
