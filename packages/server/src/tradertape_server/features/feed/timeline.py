"""The time of a replay: trading days one after the other, without the nights between them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import Calendar
from tradertape_core.market.hours import TradingHours, session_hours
from tradertape_core.market.session_times import Segment

# However fast a day goes by, orders are looked at by the second: at the open, when intraday
# positions are due, and after the close the replay stands still for so long.
PAUSE_S = 2.5
BEFORE_CLOSE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Real seconds `begins` to the next stretch's, as market time from `start` on."""

    begins: float
    start: datetime
    speed: float  # market seconds a real one; 0: it stands still


class Timeline:
    """Maps real time since the start to market time. After the last day it stands still."""

    def __init__(self, days: Iterable[date], calendar: Calendar, speed: float) -> None:
        found = ((day, session_hours(calendar, day)) for day in sorted(set(days)))
        self.sessions = {day: hours for day, hours in found if hours is not None}
        if not self.sessions:
            raise InvalidInput("the replay has no trading day between its first and last date")
        self._stretches: list[_Stretch] = []
        self._length = 0.0
        for day, hours in self.sessions.items():
            self._lay(hours, session_hours(calendar, day, Segment.DERIVATIVES) or hours, speed)
        self._begins = [stretch.begins for stretch in self._stretches]

    @property
    def end(self) -> datetime:
        """Where it stops."""
        return self._stretches[-1].start

    def at(self, elapsed_s: float) -> datetime:
        """The market time so many real seconds after the start."""
        stretch = self._stretches[max(0, bisect_right(self._begins, elapsed_s) - 1)]
        return stretch.start + timedelta(seconds=(elapsed_s - stretch.begins) * stretch.speed)

    def is_over(self, elapsed_s: float) -> bool:
        """Whether the last day was played."""
        return elapsed_s >= self._length

    def _lay(self, hours: TradingHours, derivatives: TradingHours, speed: float) -> None:
        due = max(hours.start, hours.end - BEFORE_CLOSE)
        over = max(hours.end, derivatives.end) + timedelta(seconds=1)
        self._add(hours.start, 0, PAUSE_S)
        self._add(hours.start, speed, (due - hours.start).total_seconds() / speed)
        self._add(due, 0, PAUSE_S)
        self._add(due, speed, (hours.end - due).total_seconds() / speed)
        self._add(over, 0, PAUSE_S)

    def _add(self, start: datetime, speed: float, seconds: float) -> None:
        self._stretches.append(_Stretch(self._length, start, speed))
        self._length += seconds
