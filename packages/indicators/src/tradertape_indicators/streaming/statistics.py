"""Streaming extremes, directions and crossings; see `tradertape_indicators.statistics`."""

from __future__ import annotations

from tradertape_indicators.arrays import check_period
from tradertape_indicators.streaming.parts import NAN, Parts, window_max, window_min


class Highest(Parts):
    """Highest of one series."""

    def __init__(self, period: int = 20) -> None:
        self._window = window_max(check_period(period))
        super().__init__(self._window)

    def look(self, value: float) -> float:
        """Return the highest of the last `period` values."""
        return self._window.look(value)


class Lowest(Parts):
    """Lowest of one series."""

    def __init__(self, period: int = 20) -> None:
        self._window = window_min(check_period(period))
        super().__init__(self._window)

    def look(self, value: float) -> float:
        """Return the lowest of the last `period` values."""
        return self._window.look(value)


class Rising(Parts):
    """Whether one series is above every one of the `period` values before."""

    def __init__(self, period: int = 1) -> None:
        self._window = window_max(check_period(period))
        self._now = self._next = NAN  # the highest up to the bar before
        super().__init__(self._window)

    def look(self, value: float) -> bool:
        """Say whether it is; no in warm-up and next to a NaN."""
        self._next = self._window.look(value)
        return value > self._now

    def keep(self) -> None:
        """Take the value looked at last for good."""
        super().keep()
        self._now = self._next


class Falling(Parts):
    """Whether one series is below every one of the `period` values before."""

    def __init__(self, period: int = 1) -> None:
        self._window = window_min(check_period(period))
        self._now = self._next = NAN  # the lowest up to the bar before
        super().__init__(self._window)

    def look(self, value: float) -> bool:
        """Say whether it is; no in warm-up and next to a NaN."""
        self._next = self._window.look(value)
        return value < self._now

    def keep(self) -> None:
        """Take the value looked at last for good."""
        super().keep()
        self._now = self._next


class Crossover:
    """Whether the left series goes above the right one."""

    def __init__(self) -> None:
        self._now = self._next = NAN  # left - right of the bar before

    def look(self, left: float, right: float) -> bool:
        """Say whether left is above right and was not on the bar before."""
        self._next = left - right
        return self._next > 0.0 and self._now <= 0.0

    def keep(self) -> None:
        """Take the bar looked at last for good."""
        self._now = self._next


class Crossunder(Crossover):
    """Whether the left series goes below the right one."""

    def look(self, left: float, right: float) -> bool:
        """Say whether left is below right and was not on the bar before."""
        return super().look(right, left)
