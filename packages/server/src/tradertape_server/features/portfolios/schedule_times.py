"""The hours of a trading day, and when scheduled scans are due by the exchange's calendar."""

from __future__ import annotations

from datetime import date, datetime, time

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import nse_calendar

SESSION_OPEN, SESSION_END = time(9, 15), time(15, 30)
FINAL_AT = time(16, 15)  # the day's candle is final, with the closing auction


def next_scan(now: datetime) -> datetime:
    """When the next scheduled scan is due."""
    local = now.astimezone(IST)
    calendar, today = nse_calendar(), local.date()
    is_due_today = calendar.is_session(today) and local.time() < FINAL_AT
    day = today if is_due_today else calendar.next_session(today)
    return datetime.combine(day, FINAL_AT, IST)


def final_at(day: date) -> datetime:
    """When the candle of a day is final."""
    return datetime.combine(day, FINAL_AT, IST)


def last_final_day(now: datetime, last: date) -> date:
    """The last day whose candle is final. last: of the data set, which may go beyond it."""
    local = now.astimezone(IST)
    calendar, today = nse_calendar(), local.date()
    is_over = calendar.is_session(today) and local.time() >= FINAL_AT
    return min(last, today if is_over else calendar.previous_session(today))
