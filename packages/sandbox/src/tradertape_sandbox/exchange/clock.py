"""The clock that the exchange goes by: another clock, set to another time, faster or stopped."""

from __future__ import annotations

from datetime import datetime

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput

FASTEST = 3_600


class MarketClock:
    """Runs with `base`, ahead of it or behind it, at `rate` times its speed; 0 stands still."""

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._since = self._at = base.now()
        self._rate = 1.0

    def now(self) -> datetime:
        """The exchange's time, aware."""
        return self._at + (self._base.now() - self._since) * self._rate

    def monotonic(self) -> float:
        """Seconds on the base's clock that never steps back."""
        return self._base.monotonic()

    @property
    def rate(self) -> float:
        """How many seconds pass here in one of the base's."""
        return self._rate

    def set(self, moment: datetime) -> None:
        """Have it be another time, aware; it goes on from there."""
        if moment.tzinfo is None:
            raise InvalidInput("the time must carry a time zone", pointer="/at")
        self._at, self._since = moment, self._base.now()

    def run(self, rate: float = 1.0) -> None:
        """Have time pass at another speed, from where it stands."""
        if not 0 <= rate <= FASTEST:
            raise InvalidInput(f"rate must be from 0 to {FASTEST}", pointer="/rate")
        self.set(self.now())
        self._rate = rate

    def reset(self) -> None:
        """Return to the base's time and speed."""
        self._since = self._at = self._base.now()
        self._rate = 1.0
