"""Trading days and hours of the exchange. Pure: made from dates, asks no clock.

Up to `published_until` the days are those of the exchange's own lists. For some years after it they
follow a rule, which closes weekends, national holidays and Good Friday; the lunar holidays of those
years count as sessions until their list is typed. A day outside the range is closed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar_facts import (
    FIRST_DAY,
    FIXED_HOLIDAYS,
    HOLIDAYS,
    LAST_DAY,
    LATE_HOLIDAYS,
    PUBLISHED_UNTIL,
    SPECIAL_SESSIONS,
    SpecialSession,
)
from tradertape_core.market.session_times import (
    Phase,
    PhaseKind,
    Segment,
    regular_phases,
    special_phases,
)

_SPECIAL: Mapping[date, SpecialSession] = {s.day: s for s in SPECIAL_SESSIONS}


@dataclass(frozen=True, slots=True)
class Calendar:
    """Sessions of the exchange within [first_day, last_day].

    sessions: trading days, oldest first. Days outside the range are unknown, hence closed.
    published_until: the last day from the exchange's own lists; later ones follow a rule.
    """

    sessions: tuple[date, ...]
    first_day: date
    last_day: date
    published_until: date

    @classmethod
    def from_sessions(
        cls,
        sessions: Iterable[date],
        *,
        first_day: date | None = None,
        last_day: date | None = None,
        published_until: date | None = None,
    ) -> Calendar:
        """Build from trading days in any order; the range defaults to the first and last of them.

        published_until: the last day of the range when None.
        Raises InvalidInput when there is no session or one lies outside the range.
        """
        days = tuple(sorted(set(sessions)))
        if not days:
            raise InvalidInput("a calendar needs at least one session")
        start, end = first_day or days[0], last_day or days[-1]
        if days[0] < start or days[-1] > end:
            raise InvalidInput(
                f"sessions reach from {days[0]} to {days[-1]}, beyond {start}..{end}"
            )
        return cls(days, start, end, min(published_until or end, end))

    @property
    def days(self) -> NDArray[np.datetime64]:
        """The sessions as (T,) datetime64[D]."""
        return np.array(self.sessions, dtype="datetime64[D]")

    def knows(self, day: date) -> bool:
        """Whether the calendar can tell if `day` trades, from a list or by the rule."""
        return self.first_day <= day <= self.last_day

    def is_published(self, day: date) -> bool:
        """Whether the exchange's own list says if `day` trades; False where only the rule does."""
        return self.first_day <= day <= self.published_until

    def is_session(self, day: date) -> bool:
        """Whether the exchange trades on `day`; False where that is not known."""
        i = bisect_left(self.sessions, day)
        return i < len(self.sessions) and self.sessions[i] == day

    def sessions_between(self, start: date, end: date) -> tuple[date, ...]:
        """Sessions from `start` to `end`, both included."""
        return self.sessions[bisect_left(self.sessions, start) : bisect_right(self.sessions, end)]

    def next_session(self, day: date) -> date:
        """First session after `day`. Raises InvalidInput beyond the known range."""
        i = bisect_right(self.sessions, day)
        if i == len(self.sessions) or day < self.first_day - timedelta(days=1):
            raise InvalidInput(f"no session is known after {day}: {self._range}")
        return self.sessions[i]

    def previous_session(self, day: date) -> date:
        """Last session before `day`. Raises InvalidInput beyond the known range."""
        i = bisect_left(self.sessions, day)
        if i == 0 or day > self.last_day + timedelta(days=1):
            raise InvalidInput(f"no session is known before {day}: {self._range}")
        return self.sessions[i - 1]

    def session_times(self, day: date, segment: Segment = Segment.CASH) -> tuple[Phase, ...]:
        """Phases of `day` in IST, in order; empty when closed, unknown or of unconfirmed hours."""
        return _phases(day, segment) if self.is_session(day) else ()

    def phase_at(self, moment: datetime, segment: Segment = Segment.CASH) -> Phase | None:
        """The phase in force at an aware `moment`; None between phases and when closed."""
        if moment.tzinfo is None:
            raise InvalidInput("moment must carry a time zone")
        local = moment.astimezone(IST)
        phases = self.session_times(local.date(), segment)
        return next((p for p in phases if p.start <= local < p.end), None)

    def last_finished_session(self, moment: datetime) -> date:
        """Latest session whose continuous trading in cash has ended at an aware `moment`.

        A session of unconfirmed hours counts as finished once its day is over.
        Raises InvalidInput beyond the known range.
        """
        if moment.tzinfo is None:
            raise InvalidInput("moment must carry a time zone")
        local = moment.astimezone(IST)
        traded = [p for p in self.session_times(local.date()) if p.kind is PhaseKind.CONTINUOUS]
        if traded and local >= traded[-1].end:
            return local.date()
        return self.previous_session(local.date())

    @property
    def _range(self) -> str:
        return f"the calendar covers {self.first_day} to {self.last_day}"


@lru_cache(maxsize=4096)
def _phases(day: date, segment: Segment) -> tuple[Phase, ...]:
    special = _SPECIAL.get(day)
    return special_phases(special, segment) if special else regular_phases(day, segment)


@cache
def nse_calendar() -> Calendar:
    """Build the exchange's calendar: the typed years, and the rule up to LAST_DAY; cached."""
    typed = apply_special_sessions(weekday_sessions(FIRST_DAY, PUBLISHED_UNTIL))
    ruled = ruled_sessions(PUBLISHED_UNTIL + timedelta(days=1), LAST_DAY)
    return Calendar.from_sessions(
        (*typed, *ruled),
        first_day=FIRST_DAY,
        last_day=LAST_DAY,
        published_until=PUBLISHED_UNTIL,
    )


def ruled_sessions(start: date, end: date) -> tuple[date, ...]:
    """Sessions from `start` to `end` by the rule alone: no list of holidays is asked.

    Weekends, the holidays of fixed date and Good Friday are closed. Holidays that follow the moon
    are announced a year at a time and count as sessions here.
    """
    span = (start + timedelta(days=i) for i in range((end - start).days + 1))
    return tuple(day for day in span if day.weekday() < 5 and not is_ruled_holiday(day))


def is_ruled_holiday(day: date) -> bool:
    """Whether the exchange keeps `day` every year, by date or as Good Friday."""
    return (day.month, day.day) in FIXED_HOLIDAYS or day == _good_friday(day.year)


@cache
def _good_friday(year: int) -> date:
    """Two days before the Gregorian Easter, from the year's place in the lunar cycle of 19 years.

    The epact gives the first full moon after the equinox; Easter is the Sunday that follows it.
    """
    century = year // 100
    golden = year % 19
    epact = (19 * golden + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    # The two corrections keep the full moon within 29 days and off one date twice in a cycle.
    epact -= (epact // 28) * (1 - (epact // 28) * (29 // (epact + 1)) * ((21 - golden) // 11))
    full_moon = date(year, 3, 21) + timedelta(days=epact)
    to_sunday = 6 - full_moon.weekday() or 7
    return full_moon + timedelta(days=to_sunday - 2)


def extended_by_weekdays(calendar: Calendar, until: date) -> Calendar:
    """Return the calendar with every weekday after it until a day, for invented trading days."""
    last = calendar.last_day
    after = (last + timedelta(days=i) for i in range(1, (until - last).days + 1))
    weekdays = (day for day in after if day.weekday() < 5)
    return Calendar.from_sessions(
        (*calendar.sessions, *weekdays),
        first_day=calendar.first_day,
        last_day=max(until, last),
        published_until=calendar.published_until,
    )


def weekday_sessions(start: date, end: date) -> tuple[date, ...]:
    """Weekdays that are no holidays, what exchange_calendars calls the sessions of XBOM.

    Raises InvalidInput outside the years whose holidays are typed.
    """
    if start < FIRST_DAY or end > PUBLISHED_UNTIL:
        raise InvalidInput(f"holidays are known from {FIRST_DAY} to {PUBLISHED_UNTIL}")
    span = (start + timedelta(days=i) for i in range((end - start).days + 1))
    return tuple(day for day in span if day.weekday() < 5 and day not in HOLIDAYS)


def apply_special_sessions(xbom_sessions: Iterable[date]) -> tuple[date, ...]:
    """Correct plain weekday sessions: late holidays out, Muhurat and weekend sessions in.

    xbom_sessions: sessions of exchange_calendars' XBOM, any order. Corrections are made
    only between the first and the last of them.
    Returns the sessions, oldest first.
    """
    base = set(xbom_sessions)
    if not base:
        return ()
    first, last = min(base), max(base)
    late = {holiday.day for holiday in LATE_HOLIDAYS}
    extra = {s.day for s in SPECIAL_SESSIONS if s.is_extra and first <= s.day <= last}
    return tuple(sorted((base - late) | extra))
