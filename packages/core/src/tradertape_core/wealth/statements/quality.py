"""What is missing between the files of one person: days that no file has, sales of shares that no
file says were bought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tradertape_core.orders.order import Side
from tradertape_core.wealth.records import BookTrade, Segment

# A weekend with a holiday on each side is no gap: exchanges were closed.
_CLOSED_DAYS = 5


@dataclass(frozen=True, slots=True)
class Period:
    """The days one file is about, both ends included."""

    broker: str
    account: str
    segment: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class StatedTotal:
    """A total that a file states, and the same of its rows. Rupees."""

    name: str
    stated: Decimal
    parsed: Decimal
    difference: Decimal
    is_off: bool


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """An imported file, the days it is about, and its totals. segment: "" of ledgers and funds.

    factor_id: the label of the secret factor that its quantities and amounts were multiplied by.
    """

    upload_id: int
    name: str
    kind: str
    broker: str
    account: str
    segment: str
    first: date | None
    last: date | None
    totals: tuple[StatedTotal, ...] = ()
    factor_id: str | None = None


@dataclass(frozen=True, slots=True)
class SoldUnbought:
    """More shares were sold than the files say were bought. on: the first such day."""

    symbol: str
    isin: str
    on: date
    missing: Decimal


def gaps_between(periods: Iterable[Period]) -> list[Period]:
    """The days between the files of one account and segment that no file is about."""
    by_book: defaultdict[tuple[str, str, str], list[Period]] = defaultdict(list)
    for one in periods:
        by_book[one.broker, one.account, one.segment].append(one)
    gaps: list[Period] = []
    for (broker, account, segment), files in by_book.items():
        files.sort(key=lambda one: one.first)
        covered = files[0].last
        for one in files[1:]:
            if (one.first - covered).days > _CLOSED_DAYS:
                day = timedelta(days=1)
                gaps.append(Period(broker, account, segment, covered + day, one.first - day))
            covered = max(covered, one.last)
    return sorted(gaps, key=lambda one: (one.broker, one.account, one.segment, one.first))


def sold_unbought(trades: Iterable[BookTrade]) -> list[SoldUnbought]:
    """Shares whose sales exceed their purchases at the end of a day, with the largest excess.

    A broker's account is its own; within a day the order of trades does not matter. Corporate
    actions are not known here: a bonus or a split shows up too.
    """
    days: defaultdict[tuple[str, str, str], defaultdict[date, Decimal]] = defaultdict(
        lambda: defaultdict(Decimal)
    )
    symbols: dict[tuple[str, str, str], tuple[str, str]] = {}
    for one in trades:
        if one.segment is Segment.EQUITY:
            share = (one.broker, one.account, one.isin or one.symbol)
            symbols[share] = (one.symbol, one.isin)
            moved = one.quantity if one.side is Side.BUY else -one.quantity
            days[share][one.traded_on] += moved
    found: list[SoldUnbought] = []
    for share, by_day in days.items():
        held = lowest = Decimal(0)
        first: date | None = None
        for day in sorted(by_day):
            held += by_day[day]
            if held < 0:
                first = first or day
                lowest = min(lowest, held)
        if first is not None:
            found.append(SoldUnbought(*symbols[share], first, -lowest))
    return sorted(found, key=lambda one: (one.on, one.symbol))
