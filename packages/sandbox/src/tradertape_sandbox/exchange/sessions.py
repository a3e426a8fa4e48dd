"""When the exchange trades: on the calendar's days and hours, or always."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache, partial

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import Calendar
from tradertape_core.market.hours import (
    TradingHours,
    hours_at,
    intraday_closes,
    last_session_hours,
    next_open,
    segment_of,
    session_hours,
)
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import PRE_OPEN, PhaseKind, Segment

_DAY = timedelta(days=1)


class TradingTimes:
    """The calendar's sessions with their auctions; with `always_open` one session after another."""

    def __init__(self, calendar: Calendar, *, always_open: bool = True) -> None:
        self.calendar = calendar
        self.always_open = always_open
        # Thousands of instruments ask for the hours of the same moment.
        self._hours_at = lru_cache(maxsize=8)(partial(hours_at, calendar, any_hour=always_open))

    def hours(self, moment: datetime, segment: Segment = Segment.CASH) -> TradingHours | None:
        """The session that a moment lies in; None while the market is closed."""
        return self._hours_at(moment, segment)

    def latest(self, moment: datetime, segment: Segment = Segment.CASH) -> TradingHours | None:
        """The session that a moment lies in, or the last one before it."""
        return self.hours(moment, segment) or last_session_hours(self.calendar, moment, segment)

    def phase(
        self, instrument: Instrument, moment: datetime, *, has_derivatives: bool
    ) -> PhaseKind | None:
        """What the exchange does with an instrument's orders now; None while it is closed."""
        if self.always_open:
            return PhaseKind.CONTINUOUS if self.hours(moment) is not None else None
        segment = segment_of(instrument, has_derivatives=has_derivatives)
        found = self.calendar.phase_at(moment, segment)
        if found is None or (found.kind in PRE_OPEN and instrument.is_option):
            return None
        return found.kind

    def next_open(self, instrument: Instrument, moment: datetime) -> datetime | None:
        """The open that an after-market order waits for; None: it is sent at once."""
        if self.always_open:
            return None
        return next_open(self.calendar, moment, segment_of(instrument))

    def intraday_over(self, exchange: str, moment: datetime) -> datetime | None:
        """When intraday positions of an exchange were closed today; None while they may be
        opened."""
        due = None if self.always_open else intraday_closes(day_of(moment)).get(exchange)
        return due if due is not None and due <= moment else None

    def is_trading_day(self, day: date) -> bool:
        """Whether anything is traded on a day."""
        return self.always_open or session_hours(self.calendar, day) is not None

    def day_after(self, day: date) -> date:
        """The next day of trading: when what was bought on `day` is settled."""
        found = day + _DAY
        while not self.is_trading_day(found):
            found += _DAY
        return found


def day_of(moment: datetime) -> date:
    """The Indian date of a moment."""
    return moment.astimezone(IST).date()
