"""The system clock: the only module that reads the operating system's time."""

from __future__ import annotations

import time
from datetime import datetime, timezone


class SystemClock:
    """The machine's clock, as `tradertape_core.kernel.clock.Clock`."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        return datetime.now(timezone.utc)  # noqa: TID251 - the Clock that the ban points to

    def monotonic(self) -> float:
        """Seconds on a clock that never steps back, for durations."""
        return time.monotonic()
