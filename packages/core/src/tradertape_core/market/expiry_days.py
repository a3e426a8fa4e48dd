"""On which days contracts on indices and shares end, by the exchange that lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import Calendar

_WEEK = timedelta(days=7)


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
    return brought_forward(rule_day_in_week(exchange, of), sessions)


def rule_day_in_week(exchange: str, of: date) -> date:
    """The weekday of the rule in the week around `of`, before any holiday."""
    monday = of - timedelta(days=of.weekday())
    return monday + timedelta(days=expiry_weekday(exchange, monday + timedelta(days=4)))


def rule_day_of_month(exchange: str, of: date) -> date:
    """The last weekday of the rule in the month of `of`, before any holiday."""
    last = (of.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - expiry_weekday(exchange, last)) % 7)


def brought_forward(rule_day: date, sessions: Calendar) -> date:
    """A holiday brings an expiry forward; a day the calendar does not know is open."""
    if sessions.knows(rule_day) and not sessions.is_session(rule_day):
        return sessions.previous_session(rule_day)
    return rule_day


def is_monthly(exchange: str, expiry: date) -> bool:
    """Whether an expiry, perhaps brought forward by a holiday, is the last of its month."""
    ruled = expiry + timedelta(days=(expiry_weekday(exchange, expiry) - expiry.weekday()) % 7)
    return is_last_of_month(ruled)


def is_last_of_month(rule_day: date) -> bool:
    """Whether no later rule day of its weekday falls into its month."""
    return (rule_day + _WEEK).month != rule_day.month
