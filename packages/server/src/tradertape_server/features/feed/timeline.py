"""The time of a replay: trading days one after the other, without the nights between them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import Calendar
from tradertape_core.market.hours import TradingHours, intraday_due, session_hours
from tradertape_core.market.session_times import Segment

# However fast a day goes by, orders are looked at by the second: at the open, when intraday
# positions are due, and after the close the replay stands still for so long.
PAUSE_S = 2.5
_SECOND = timedelta(seconds=1)
_SQUARED_OFF = (Segment.CASH, Segment.DERIVATIVES)


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
        self._derivatives = {
            day: session_hours(calendar, day, Segment.DERIVATIVES) for day in self.sessions
        }
        for day in self.sessions:
            self._lay(day, calendar, speed)
        self._begins = [stretch.begins for stretch in self._stretches]

    @property
    def end(self) -> datetime:
        """Where it stops."""
        return self._stretches[-1].start

    def hours(self, day: date, segment: Segment) -> TradingHours | None:
        """The session of a day that is played."""
        of_segment = self._derivatives if segment is Segment.DERIVATIVES else self.sessions
        return of_segment.get(day)

    def at(self, elapsed_s: float) -> datetime:
        """The market time so many real seconds after the start."""
        stretch = self._stretches[max(0, bisect_right(self._begins, elapsed_s) - 1)]
        return stretch.start + timedelta(seconds=(elapsed_s - stretch.begins) * stretch.speed)

    def is_over(self, elapsed_s: float) -> bool:
        """Whether the last day was played."""
        return elapsed_s >= self._length

    def _lay(self, day: date, calendar: Calendar, speed: float) -> None:
        kept = self.sessions[day], self.hours(day, Segment.DERIVATIVES) or self.sessions[day]
        begin, ends = kept[0].start, {hours.end for hours in kept}
        dues = {intraday_due(calendar, day, segment) or begin for segment in _SQUARED_OFF}
        self._add(begin, 0, PAUSE_S)
        for stop in sorted((dues | ends) - {begin}):
            self._add(begin, speed, (stop - begin).total_seconds() / speed)
            begin = stop + _SECOND if stop in ends else stop
            self._add(begin, 0, PAUSE_S)

    def _add(self, start: datetime, speed: float, seconds: float) -> None:
        self._stretches.append(_Stretch(self._length, start, speed))
        self._length += seconds
