"""The schedule of a replay: trading days in succession, without the nights between them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import cycle, islice

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import Calendar, extended_by_weekdays
from tradertape_core.market.hours import TradingHours, intraday_due, session_hours
from tradertape_core.market.session_times import Segment

# At any speed orders are processed in real time: at the open, when intraday positions are squared
# off, and after the close the replay pauses for so long.
PAUSE_S = 2.5
_ORDINARY_S = 22_500
_SECOND = timedelta(seconds=1)
_SQUARED_OFF = (Segment.CASH, Segment.DERIVATIVES)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Maps real seconds, from `begins` to the next stretch, to market time from `start` on."""

    begins: float
    start: datetime
    speed: float  # market seconds per real second; 0 during a pause


_LOOP_DAYS = 5_000  # about twenty years of sessions


@dataclass(frozen=True, slots=True)
class Looped:
    """A looped replay: the recorded day that is played on each day of its calendar."""

    calendar: Calendar
    recorded: dict[date, date]


def looped(days: Iterable[date], calendar: Calendar) -> Looped:
    """Repeat recorded days: first on their own dates, then on the sessions that follow.

    Only days of ordinary length are repeated, and only on days of ordinary length. Beyond the end
    of the calendar every weekday is a session. Raises InvalidInput without a trading day.
    """
    recorded = sorted(day for day in set(days) if calendar.is_session(day))
    if not recorded:
        raise InvalidInput("the replay has no trading day between its first and last date")
    first_round = {day: day for day in recorded}
    again = [day for day in recorded if _is_ordinary(day, calendar)]
    if not again:
        return Looped(calendar, first_round)
    known = extended_by_weekdays(calendar, calendar.last_day + timedelta(days=2 * _LOOP_DAYS))
    later = known.sessions[bisect_right(known.sessions, recorded[-1]) :]
    free = islice((day for day in later if _is_ordinary(day, known)), _LOOP_DAYS)
    return Looped(known, first_round | dict(zip(free, cycle(again), strict=False)))


def _is_ordinary(day: date, calendar: Calendar) -> bool:
    hours = session_hours(calendar, day)
    return hours is not None and hours.seconds == _ORDINARY_S


class ReplaySchedule:
    """Maps real time since the start to market time, which stops after the last day."""

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
            self._add_day(day, calendar, speed)
        self._begins = [stretch.begins for stretch in self._stretches]

    @property
    def end(self) -> datetime:
        """The market time at which the replay stops."""
        return self._stretches[-1].start

    def hours(self, day: date, segment: Segment) -> TradingHours | None:
        """The session of a played day, None for other days."""
        of_segment = self._derivatives if segment is Segment.DERIVATIVES else self.sessions
        return of_segment.get(day)

    def at(self, elapsed_s: float) -> datetime:
        """The market time `elapsed_s` real seconds after the start."""
        stretch = self._stretches[max(0, bisect_right(self._begins, elapsed_s) - 1)]
        return stretch.start + timedelta(seconds=(elapsed_s - stretch.begins) * stretch.speed)

    def is_over(self, elapsed_s: float) -> bool:
        """Whether the last day has been played."""
        return elapsed_s >= self._length

    def _add_day(self, day: date, calendar: Calendar, speed: float) -> None:
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
