"""The clock that the exchange goes by: another clock, set to another time or stopped."""

from __future__ import annotations

from datetime import datetime, timedelta

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput


class MarketClock:
    """Runs with `base`, ahead of it or behind it, and may be stopped."""

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._offset = timedelta()
        self._stopped_at: datetime | None = None

    def now(self) -> datetime:
        """The exchange's time, aware."""
        return self._stopped_at or self._base.now() + self._offset

    def monotonic(self) -> float:
        """Seconds on the base's clock that never steps back."""
        return self._base.monotonic()

    @property
    def is_stopped(self) -> bool:
        """Whether time stands still."""
        return self._stopped_at is not None

    def set(self, moment: datetime) -> None:
        """Have it be another time, aware; a running clock runs on from there."""
        if moment.tzinfo is None:
            raise InvalidInput("moment must carry a time zone", pointer="/at")
        self._offset = moment - self._base.now()
        if self._stopped_at is not None:
            self._stopped_at = moment

    def stop(self) -> None:
        """Have time stand still."""
        self._stopped_at = self.now()

    def run(self) -> None:
        """Have time pass again, from where it stands."""
        if self._stopped_at is not None:
            self._offset = self._stopped_at - self._base.now()
            self._stopped_at = None

    def reset(self) -> None:
        """Return to the base's time."""
        self._offset, self._stopped_at = timedelta(), None
