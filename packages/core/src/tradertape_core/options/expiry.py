"""The words for expiries, and the weekdays behind them.

nearest        the first expiry that has not passed
current_week   the same, of an underlying that has weekly expiries; next_week the one after it
current_month  the first expiry that has not passed and is the last of its month; next_month the
               one after it
YYYY-MM-DD     that day, which must be listed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import IntEnum, StrEnum

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import Calendar
from tradertape_core.options.greeks import DAYS_A_YEAR

EXPIRES_AT = time(15, 30)  # IST; the last moment the exchange trades the contract
_SECONDS_A_DAY = 86_400.0
_WEEK = timedelta(days=7)
_SHOWN = 8


class ExpiryWord(StrEnum):
    """The words for expiries; see the module's text."""

    NEAREST = "nearest"
    CURRENT_WEEK = "current_week"
    NEXT_WEEK = "next_week"
    CURRENT_MONTH = "current_month"
    NEXT_MONTH = "next_month"


class Day(IntEnum):
    """As `date.weekday` counts."""

    TUESDAY = 1
    THURSDAY = 3
    FRIDAY = 4


@dataclass(frozen=True, slots=True)
class WeekdayRule:
    """From this day on, contracts of an exchange's indices expire on this weekday."""

    since: date
    weekday: Day


# Options on NIFTY and SENSEX, by the exchange that lists them. Sources: NSE/FAOP and BSE notices on
# the revision of expiry days effective 2025-01-01 (SENSEX) and 2025-09-01 (both, SEBI's circular of
# 2025-05-26: Tuesday or Thursday only). Contracts on other indices had other weekdays before that.
WEEKDAY_RULES: Mapping[str, tuple[WeekdayRule, ...]] = {
    "NFO": (
        WeekdayRule(date(2000, 6, 12), Day.THURSDAY),
        WeekdayRule(date(2025, 9, 1), Day.TUESDAY),
    ),
    "BFO": (
        WeekdayRule(date(2023, 5, 15), Day.FRIDAY),
        WeekdayRule(date(2025, 1, 1), Day.TUESDAY),
        WeekdayRule(date(2025, 9, 1), Day.THURSDAY),
    ),
}


def expiry_weekday(exchange: str, on: date) -> Day:
    """The weekday on which an exchange's contracts expire around a date.

    Raises InvalidInput for an exchange or a time without index options.
    """
    rules = WEEKDAY_RULES.get(exchange)
    if rules is None:
        known = " and ".join(WEEKDAY_RULES)
        raise InvalidInput(f"{exchange} lists no index options; {known} do")
    for rule in reversed(rules):
        if on >= rule.since:
            return rule.weekday
    raise InvalidInput(f"{exchange} had no index options on {on}; the first came {rules[0].since}")


def expiry_in_week(exchange: str, of: date, sessions: Calendar) -> date:
    """The day on which the contract of the week around `of` (Monday to Sunday) expires.

    A holiday brings it forward to the session before; a day the calendar does not know is open.
    """
    monday = of - timedelta(days=of.weekday())
    day = monday + timedelta(days=expiry_weekday(exchange, monday + timedelta(days=4)))
    if sessions.knows(day) and not sessions.is_session(day):
        return sessions.previous_session(day)
    return day


def is_monthly(exchange: str, expiry: date) -> bool:
    """Whether an expiry, perhaps brought forward by a holiday, is the last of its month."""
    ruled = expiry + timedelta(days=(expiry_weekday(exchange, expiry) - expiry.weekday()) % 7)
    return (ruled + _WEEK).month != ruled.month


def live_expiries(expiries: Sequence[date], now: datetime) -> list[date]:
    """Those whose trading has not ended at an aware moment, each once, oldest first."""
    return sorted({day for day in expiries if expires_at(day) > now})


def expires_at(expiry: date) -> datetime:
    """The moment at which trading of a contract ends, aware."""
    return datetime.combine(expiry, EXPIRES_AT, tzinfo=IST)


def years_left(expiry: date, now: datetime) -> float:
    """Years of 365 days until a contract ends, counted in seconds; never below zero."""
    seconds = (expires_at(expiry) - now).total_seconds()
    return max(seconds, 0.0) / _SECONDS_A_DAY / DAYS_A_YEAR


def resolve_expiry(
    text: str, expiries: Sequence[date], now: datetime, *, exchange: str, pointer: str = "/expiry"
) -> date:
    """The listed expiry a word or a date means at an aware moment.

    pointer: where the word stands. Raises InvalidInput that names what is listed when nothing fits.
    """
    try:
        return _resolved(text, expiries, now, exchange)
    except InvalidInput as refused:
        raise InvalidInput(refused.message, pointer=pointer) from None


def _resolved(text: str, expiries: Sequence[date], now: datetime, exchange: str) -> date:
    live = live_expiries(expiries, now)
    if not live:
        raise InvalidInput("no expiry is listed that has not passed")
    wanted = text.strip().lower()
    if wanted not in set(ExpiryWord):
        return _dated(wanted, text, live)
    word = ExpiryWord(wanted)
    if word is ExpiryWord.NEAREST:
        return live[0]
    monthly = [day for day in live if is_monthly(exchange, day)]
    if word in (ExpiryWord.CURRENT_MONTH, ExpiryWord.NEXT_MONTH):
        return _nth(monthly, word is ExpiryWord.NEXT_MONTH, word, live)
    if len(monthly) == len(live):
        raise _nothing(f"there are no weekly expiries; ask for {ExpiryWord.CURRENT_MONTH}", live)
    return _nth(live, word is ExpiryWord.NEXT_WEEK, word, live)


def _dated(wanted: str, text: str, live: list[date]) -> date:
    try:
        day = date.fromisoformat(wanted)
    except ValueError:
        words = ", ".join(ExpiryWord)
        raise _nothing(f"expiry must be {words} or YYYY-MM-DD, was {text!r}", live) from None
    if day not in live:
        raise _nothing(f"no expiry on {day}", live)
    return day


def _nth(days: list[date], is_second: bool, word: ExpiryWord, live: list[date]) -> date:
    if len(days) <= is_second:
        raise _nothing(f"no expiry is listed for {word}", live)
    return days[is_second]


def _nothing(message: str, live: list[date]) -> InvalidInput:
    shown = ", ".join(day.isoformat() for day in live[:_SHOWN])
    more = f" and {len(live) - _SHOWN} more" if len(live) > _SHOWN else ""
    return InvalidInput(f"{message}; listed: {shown}{more}")
