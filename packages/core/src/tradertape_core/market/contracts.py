"""Which index derivatives there are: lots, freeze quantities, strikes and expiries.

Lots and freeze quantities: NSE/FAOP/70616 (2025-10-03) and NSE/FAOP/75521 (2026-07-31); weekly
expiries on one index of each exchange. The days of expiries: `expiry_days`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from tradertape_core.market.calendar import Calendar
from tradertape_core.market.expiry_days import (
    WEEKDAY_RULES,
    brought_forward,
    is_last_of_month,
    rule_day_in_week,
    rule_day_of_month,
)


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
            1, "NIFTY", "NFO", "NIFTY 50", "NSE", "weekly", 50, 1800,
            ((_ALWAYS, 75), (date(2026, 1, 6), 65)),
        ),
        IndexContract(
            2, "BANKNIFTY", "NFO", "NIFTY BANK", "NSE", "monthly", 100, 600,
            ((_ALWAYS, 35), (_LAST_MONTHLY_OF_OLD_LOTS, 30)),
        ),
        IndexContract(
            3, "FINNIFTY", "NFO", "NIFTY FIN SERVICE", "NSE", "monthly", 50, 1800,
            ((_ALWAYS, 65), (_LAST_MONTHLY_OF_OLD_LOTS, 60)),
        ),
        IndexContract(
            4, "MIDCPNIFTY", "NFO", "NIFTY MID SELECT", "NSE", "monthly", 25, 2800,
            ((_ALWAYS, 140), (_LAST_MONTHLY_OF_OLD_LOTS, 120)),
        ),
        IndexContract(
            5, "SENSEX", "BFO", "SENSEX", "BSE", "weekly", 100, 1000,
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
    if today < WEEKDAY_RULES[contract.exchange][0].since:
        return []  # there were none yet
    monthly = list(_monthly(contract.exchange, today, calendar, months))
    if contract.cycle == "monthly":
        return monthly
    weekly: list[Expiry] = []
    week = today - timedelta(days=7)
    while len(weekly) < weeks:
        expiry = _expiry(rule_day_in_week(contract.exchange, week), calendar)
        if expiry.day >= today:
            weekly.append(expiry)
        week += timedelta(days=7)
    return sorted({*weekly, *monthly})


def monthly_expiries(
    today: date, calendar: Calendar, *, exchange: str = "NFO", months: int = 3
) -> list[Expiry]:
    """The next monthly expiries, by default NSE's: those of stock futures."""
    return list(_monthly(exchange, today, calendar, months))


def strikes_around(spot: float, step: int, *, each_way: int) -> list[Decimal]:
    """Strikes on the step around the spot, lowest first; none at or below zero."""
    middle = round(spot / step)
    numbers = range(max(1, middle - each_way), middle + each_way + 1)
    return [Decimal(number * step) for number in numbers]


def _monthly(exchange: str, today: date, calendar: Calendar, months: int) -> Iterator[Expiry]:
    first = today.replace(day=1)
    made = 0
    while made < months:
        expiry = _expiry(rule_day_of_month(exchange, first), calendar)
        if expiry.day >= today:
            made += 1
            yield expiry
        first = (first + timedelta(days=32)).replace(day=1)


def _expiry(rule_day: date, calendar: Calendar) -> Expiry:
    return Expiry(brought_forward(rule_day, calendar), rule_day, is_last_of_month(rule_day))
