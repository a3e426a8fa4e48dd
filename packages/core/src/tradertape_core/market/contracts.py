"""Which index derivatives there are: lots, freeze quantities, strikes and expiry days.

Lots and freeze quantities: NSE/FAOP/70616 (2025-10-03) and NSE/FAOP/75521 (2026-07-31); expiries on
Tuesdays at NSE and Thursdays at BSE since 2025-09-01, weekly ones on one index of each exchange.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import Literal

from tradertape_core.market.calendar import Calendar


class Weekday(IntEnum):
    """As `date.weekday` counts."""

    TUESDAY = 1
    THURSDAY = 3


@dataclass(frozen=True, slots=True)
class IndexContract:
    """The derivatives of one index. Quantities are units; `lots` by the first expiry they hold for.

    number: tells the underlyings apart within a token. index: tradingsymbol of the index itself.
    """

    number: int
    underlying: str
    exchange: str  # of the derivatives
    index: str
    index_exchange: str
    weekday: Weekday
    cycle: Literal["weekly", "monthly"]
    strike_step: int
    freeze_quantity: int
    lots: tuple[tuple[date, int], ...]

    def lot_on(self, expiry: date) -> int:
        """Units in a lot of the contract that expires then."""
        return next(lot for since, lot in reversed(self.lots) if expiry >= since)


_ALWAYS = date.min
_LAST_MONTHLY_OF_OLD_LOTS = date(2026, 1, 1)

INDEX_CONTRACTS: Mapping[str, IndexContract] = {
    contract.underlying: contract
    for contract in (
        IndexContract(
            1, "NIFTY", "NFO", "NIFTY 50", "NSE", Weekday.TUESDAY, "weekly", 50, 1800,
            ((_ALWAYS, 75), (date(2026, 1, 6), 65)),
        ),
        IndexContract(
            2, "BANKNIFTY", "NFO", "NIFTY BANK", "NSE", Weekday.TUESDAY, "monthly", 100, 600,
            ((_ALWAYS, 35), (_LAST_MONTHLY_OF_OLD_LOTS, 30)),
        ),
        IndexContract(
            3, "FINNIFTY", "NFO", "NIFTY FIN SERVICE", "NSE", Weekday.TUESDAY, "monthly", 50, 1800,
            ((_ALWAYS, 65), (_LAST_MONTHLY_OF_OLD_LOTS, 60)),
        ),
        IndexContract(
            4, "MIDCPNIFTY", "NFO", "NIFTY MID SELECT", "NSE", Weekday.TUESDAY, "monthly", 25, 2800,
            ((_ALWAYS, 140), (_LAST_MONTHLY_OF_OLD_LOTS, 120)),
        ),
        IndexContract(
            5, "SENSEX", "BFO", "SENSEX", "BSE", Weekday.THURSDAY, "weekly", 100, 1000,
            ((_ALWAYS, 20),),
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Expiry:
    """The day a contract ends. rule_day: the weekday of the rule, before any holiday."""

    day: date
    rule_day: date
    is_monthly: bool


def expiries(
    contract: IndexContract, today: date, calendar: Calendar, *, weeks: int = 5, months: int = 3
) -> list[Expiry]:
    """Expiries from `today` on, oldest first: the next weekly and the next monthly ones.

    Days the calendar does not know yet count as open. The last of a month is the monthly one.
    """
    monthly = list(_monthly(contract.weekday, today, calendar, months))
    if contract.cycle == "monthly":
        return monthly
    weekly: list[Expiry] = []
    rule_day = _next(contract.weekday, today - timedelta(days=7))
    while len(weekly) < weeks:
        expiry = _expiry(rule_day, calendar, is_monthly=_is_last(rule_day))
        if expiry.day >= today:
            weekly.append(expiry)
        rule_day += timedelta(days=7)
    return sorted({*weekly, *monthly})


def monthly_expiries(
    today: date, calendar: Calendar, *, weekday: Weekday = Weekday.TUESDAY, months: int = 3
) -> list[Expiry]:
    """The next monthly expiries, by default NSE's: those of stock futures."""
    return list(_monthly(weekday, today, calendar, months))


def strikes_around(spot: float, step: int, *, each_way: int) -> list[Decimal]:
    """Strikes on the step around the spot, lowest first; none at or below zero."""
    middle = round(spot / step)
    numbers = range(max(1, middle - each_way), middle + each_way + 1)
    return [Decimal(number * step) for number in numbers]


def _monthly(weekday: Weekday, today: date, calendar: Calendar, months: int) -> Iterator[Expiry]:
    first = today.replace(day=1)
    made = 0
    while made < months:
        expiry = _expiry(_last_of_month(first, weekday), calendar, is_monthly=True)
        if expiry.day >= today:
            made += 1
            yield expiry
        first = (first + timedelta(days=32)).replace(day=1)


def _expiry(rule_day: date, calendar: Calendar, *, is_monthly: bool) -> Expiry:
    """A holiday brings the expiry forward to the session before it."""
    day = rule_day
    if calendar.knows(day) and not calendar.is_session(day):
        day = calendar.previous_session(day)
    return Expiry(day, rule_day, is_monthly)


def _next(weekday: Weekday, day: date) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _last_of_month(first: date, weekday: Weekday) -> date:
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7)


def _is_last(rule_day: date) -> bool:
    return (rule_day + timedelta(days=7)).month != rule_day.month
