"""The words for expiries; the days behind them are `market.expiry_days`.

nearest        the first expiry that has not passed
current_week   the same, of an underlying that has weekly expiries; next_week the one after it
current_month  the first expiry that has not passed and is the last of its month; next_month the
               one after it
YYYY-MM-DD     that day, which must be listed
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.market.expiry_days import is_monthly
from tradertape_core.market.hours import last_trade
from tradertape_core.options.greeks import DAYS_A_YEAR

_SECONDS_A_DAY = 86_400.0
_SHOWN = 8


class ExpiryWord(StrEnum):
    """The words for expiries; see the module's text."""

    NEAREST = "nearest"
    CURRENT_WEEK = "current_week"
    NEXT_WEEK = "next_week"
    CURRENT_MONTH = "current_month"
    NEXT_MONTH = "next_month"


def live_expiries(expiries: Sequence[date], now: datetime) -> list[date]:
    """Those whose trading has not ended at an aware moment, each once, oldest first."""
    return sorted({day for day in expiries if expires_at(day) > now})


def expires_at(expiry: date) -> datetime:
    """When trading of a contract ends, aware: 15:40 since August 2026, else 15:30."""
    return last_trade(expiry)


def years_left(expiry: date, now: datetime) -> float:
    """Years of 365 days until a contract ends, counted in seconds; never below zero."""
    seconds = (expires_at(expiry) - now).total_seconds()
    return max(seconds, 0.0) / _SECONDS_A_DAY / DAYS_A_YEAR


def resolve_expiry(
    text: str, expiries: Sequence[date], now: datetime, *, exchange: str, pointer: str = "/expiry"
) -> date:
    """The listed expiry a word or a date means at an aware moment.

    pointer: the place of the word. Raises InvalidInput that names what is listed when nothing fits.
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
