"""When a market trades: the exchange's continuous trading, and demo hours between sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import Calendar, nse_calendar
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import Phase, PhaseKind, Segment

Window = tuple[datetime, datetime]

# Brokers close intraday positions shortly before the market does (Zerodha: 15:20 to 15:25).
INTRADAY_BEFORE_CLOSE = timedelta(minutes=10)
# Intraday positions in all shares are closed at one time, whether they have derivatives or not.
SQUARED_OFF: Mapping[Segment, frozenset[str]] = {
    Segment.CASH: frozenset({"NSE", "BSE"}),
    Segment.DERIVATIVES: frozenset({"NFO", "BFO"}),
}
_DEMO_LENGTH = timedelta(hours=6, minutes=15)
_LONGEST_CLOSURE_DAYS = 15
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TradingHours:
    """One session: windows of continuous trading, start included, end not; aware, in IST.

    number: 0 for a session of the exchange, from 1 on for the demo sessions that follow its close.
    """

    day: date
    windows: tuple[Window, ...]
    number: int = 0

    @property
    def is_demo(self) -> bool:
        """Whether the exchange itself is closed during these hours."""
        return self.number > 0

    @property
    def start(self) -> datetime:
        """The beginning of the first window."""
        return self.windows[0][0]

    @property
    def end(self) -> datetime:
        """The end of the last window."""
        return self.windows[-1][1]

    @property
    def seconds(self) -> int:
        """How many seconds are traded in all windows."""
        return sum(int((end - start).total_seconds()) for start, end in self.windows)

    def window_at(self, moment: datetime) -> Window | None:
        """The window a moment lies in; None between windows and outside."""
        return next((w for w in self.windows if w[0] <= moment < w[1]), None)

    def second_of(self, moment: datetime) -> int:
        """How many whole seconds have been traded at a moment; -1 before the start."""
        if moment < self.start:
            return -1
        traded = 0
        for start, end in self.windows:
            if moment < start:
                break
            traded += int((min(moment, end) - start).total_seconds())
        return min(traded, self.seconds - 1)


def segment_of(instrument: Instrument, *, has_derivatives: bool = False) -> Segment:
    """Whose hours an instrument keeps. has_derivatives: futures or options are written on it."""
    if instrument.is_derivative:
        return Segment.DERIVATIVES
    return Segment.CASH_WITH_DERIVATIVES if has_derivatives else Segment.CASH


def trading_phase(hours: TradingHours | None, moment: datetime) -> Phase | None:
    """Continuous trading, where a moment lies in these hours: a market without auctions."""
    window = None if hours is None else hours.window_at(moment)
    return None if window is None else Phase(PhaseKind.CONTINUOUS, *window)


def session_hours(
    calendar: Calendar, day: date, segment: Segment = Segment.CASH
) -> TradingHours | None:
    """The exchange's continuous trading on a day; None when closed or of unconfirmed hours."""
    phases = calendar.session_times(day, segment)
    windows = tuple((p.start, p.end) for p in phases if p.kind is PhaseKind.CONTINUOUS)
    return TradingHours(day, windows) if windows else None


def intraday_due(calendar: Calendar, day: date, segment: Segment = Segment.CASH) -> datetime | None:
    """When intraday positions are closed for their owners; None without a session.

    Ten minutes before continuous trading ends, in the segment and among shares with derivatives,
    which stop first since August 2026: 15:20 before, 15:05 since. Futures and options go with the
    shares' market: 15:20. Brokers' own times since then are not confirmed.
    """
    apart = (
        (Segment.CASH, Segment.CASH_WITH_DERIVATIVES)
        if segment is not Segment.DERIVATIVES
        else (Segment.CASH, Segment.DERIVATIVES)
    )
    found = [hours for one in apart if (hours := session_hours(calendar, day, one)) is not None]
    if not found:
        return None
    return max(found[0].start, min(hours.end for hours in found) - INTRADAY_BEFORE_CLOSE)


@lru_cache(maxsize=32)
def intraday_closes(day: date) -> Mapping[str, datetime]:
    """`intraday_due` on NSE's calendar by exchange; empty without a session."""
    found = {
        exchange: intraday_due(nse_calendar(), day, segment)
        for segment, exchanges in SQUARED_OFF.items()
        for exchange in sorted(exchanges)
    }
    return {exchange: due for exchange, due in found.items() if due is not None}


@cache
def last_trade(expiry: date) -> datetime:
    """When a contract is traded for the last time: the derivatives' close on its expiry day.

    On a day whose hours are not known, 15:30.
    """
    hours = session_hours(nse_calendar(), expiry, Segment.DERIVATIVES)
    return hours.end if hours else datetime.combine(expiry, time(15, 30), tzinfo=IST)


def hours_at(
    calendar: Calendar,
    moment: datetime,
    segment: Segment = Segment.CASH,
    *,
    any_hour: bool = False,
) -> TradingHours | None:
    """The session an aware moment lies in; with `any_hour` a demo session outside the exchange's.

    Demo sessions follow one another from the last close on, each as long as an ordinary day; the
    last is cut off by the next open. Between the windows of a special session nothing trades.
    """
    if moment.tzinfo is None:
        raise InvalidInput("moment must carry a time zone")
    local = moment.astimezone(IST)
    today = session_hours(calendar, local.date(), segment)
    if today is not None and today.start <= local < today.end:
        return today if today.window_at(local) else None
    return _demo(calendar, local, segment) if any_hour else None


def last_session_hours(
    calendar: Calendar, moment: datetime, segment: Segment = Segment.CASH
) -> TradingHours | None:
    """The exchange's latest session that has begun at a moment; None if none is known nearby."""
    local = moment.astimezone(IST)
    for back in range(_LONGEST_CLOSURE_DAYS):
        found = session_hours(calendar, local.date() - back * _DAY, segment)
        if found is not None and found.start <= local:
            return found
    return None


def next_open(
    calendar: Calendar, moment: datetime, segment: Segment = Segment.CASH
) -> datetime | None:
    """When the exchange's continuous trading begins next, after a moment; None if none is known
    nearby."""
    local = moment.astimezone(IST)
    for ahead in range(_LONGEST_CLOSURE_DAYS):
        found = session_hours(calendar, local.date() + ahead * _DAY, segment)
        if found is not None and found.start > local:
            return found.start
    return None


def _demo(calendar: Calendar, local: datetime, segment: Segment) -> TradingHours:
    since, until = _closure(calendar, local, segment)
    number = int((local - since) / _DEMO_LENGTH)
    start = since + number * _DEMO_LENGTH
    end = start + _DEMO_LENGTH
    if until is not None:
        end = min(end, until)
    return TradingHours(start.date(), ((start, end),), number + 1)


def _closure(
    calendar: Calendar, local: datetime, segment: Segment
) -> tuple[datetime, datetime | None]:
    """The last close before and the first open after a moment without trading."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    last = last_session_hours(calendar, local, segment)
    since = last.end if last is not None else midnight
    return since, next_open(calendar, local, segment)
