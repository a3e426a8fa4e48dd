"""The one place that asks the operating system for the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock, as `tradertape_core.kernel.clock.Clock`."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the Clock the ban sends people to

    def monotonic(self) -> float:
        """Seconds on a clock that never steps back, for durations."""
        return time.monotonic()
