"""A broker's ledger beside the book: every difference between the two with its kind."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.wealth.executions import NIL, Execution, Kind, total
from tradertape_core.wealth.records import LedgerLine


class LineKind(StrEnum):
    """What a ledger line is about."""

    EQUITY_SETTLEMENT = "equity_settlement"
    DERIVATIVE_SETTLEMENT = "derivative_settlement"
    PAID_IN = "paid_in"
    PAID_OUT = "paid_out"
    CHARGES = "charges"  # depository, annual and call charges: outside the contract note
    INTEREST = "interest"
    DIVIDEND = "dividend"
    OTHER = "other"


class DifferenceKind(StrEnum):
    """Why the ledger's settlements and the book's trades differ."""

    ESTIMATED_CHARGES = "estimated_charges"
    UNSETTLED = "unsettled"  # traded on the ledger's last days, settled after it ends
    OUTSIDE_LEDGER = "outside_ledger"  # traded before the ledger begins or after it ends
    MISSING_TRADES = "missing_trades"  # the ledger settles a day of which no trade is on file
    MISSING_SETTLEMENT = "missing_settlement"  # trades of a day the ledger does not settle
    DAILY_SETTLEMENT = "daily_settlement"  # futures are paid every day, the book at the close
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Difference:
    """Rupees of one kind: the ledger's settlement less the book's cash. days: how many."""

    kind: DifferenceKind
    amount: Decimal
    days: int


@dataclass(frozen=True, slots=True)
class CashReport:
    """One account's ledger beside its trades. Rupees, into the account above zero.

    by_kind: sums of the ledger's lines; they lead from `opening` to `closing` by `gap`, which is
    not zero where lines are missing. The differences lead from `book` to `settled`.
    """

    broker: str
    account: str
    first: date
    last: date
    opening: Decimal
    closing: Decimal
    by_kind: dict[LineKind, Decimal]
    book: Decimal
    settled: Decimal
    differences: tuple[Difference, ...]

    @property
    def gap(self) -> Decimal:
        """What the closing balance has beyond the opening one and the lines."""
        return self.closing - self.opening - total(self.by_kind.values())


_RULES = (
    (LineKind.DIVIDEND, r"dividend"),
    (LineKind.INTEREST, r"interest|delayed payment|late payment"),
    (LineKind.CHARGES, r"\bdp\b|depository|\bamc\b|maintenance|call ?(and|&) ?trade|penalty|"
                       r"charges? (for|of|towards)|subscription|pledge"),
    (LineKind.PAID_IN, r"funds? (added|received|transfer(red)? in)|pay-?in|upi|deposit|receipt"),
    (LineKind.PAID_OUT, r"pay-?out|withdraw|funds? transferred (back|to)|quarterly settlement"),
    (LineKind.DERIVATIVE_SETTLEMENT, r"(settlement|bill|obligation).*(f&o|fo\b|futures|options|"
                                     r"derivative|currency|commodity|mcx|cds)"
                                     r"|(f&o|futures|options|derivative).*(settlement|bill)"),
    (LineKind.EQUITY_SETTLEMENT, r"settlement|obligation|\bbill\b|equity"),
)  # fmt: skip
_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _RULES)
_SETTLED = (LineKind.EQUITY_SETTLEMENT, LineKind.DERIVATIVE_SETTLEMENT)
_SETTLES_WITHIN = 3  # days of the calendar, over a week's end
_SMALLEST_SLACK = Decimal(1)  # rupees: contract notes round taxes to the rupee


def line_kind(line: LedgerLine) -> LineKind:
    """Judge a line by its particulars, and by its type of voucher where they say nothing."""
    text = line.particulars.lower()
    for kind, pattern in _PATTERNS:
        if pattern.search(text):
            return kind
    voucher = line.voucher_type.lower()
    if "receipt" in voucher:
        return LineKind.PAID_IN
    return LineKind.PAID_OUT if "payment" in voucher else LineKind.OTHER


def compare_cash(executions: Iterable[Execution], lines: Iterable[LedgerLine]) -> list[CashReport]:
    """Return one report for each account that has a ledger with dated lines.

    executions: with their charges. A day's trades of one segment are compared with what the
    ledger settled for that day; a settlement carries the day of its trades.
    """
    of_ledger: dict[tuple[str, str], list[LedgerLine]] = defaultdict(list)
    for line in lines:
        of_ledger[line.broker, line.account].append(line)
    of_book: dict[tuple[str, str], list[Execution]] = defaultdict(list)
    for one in executions:
        of_book[one.trade.broker, one.trade.account].append(one)
    return [
        _compare(account, of_book.get(account, []), found)
        for account, found in sorted(of_ledger.items())
        if any(line.posted_on for line in found)
    ]


def _compare(
    account: tuple[str, str], executions: Sequence[Execution], lines: Sequence[LedgerLine]
) -> CashReport:
    dated = [(line.posted_on, line) for line in lines if line.posted_on is not None]
    first, last = min(day for day, _ in dated), max(day for day, _ in dated)
    by_kind: dict[LineKind, Decimal] = defaultdict(Decimal)
    settled: dict[tuple[LineKind, date], Decimal] = defaultdict(Decimal)
    for day, line in dated:
        kind, amount = line_kind(line), line.credit - line.debit
        by_kind[kind] += amount
        if kind in _SETTLED:
            settled[kind, day] += amount
    book: dict[tuple[LineKind, date], list[Execution]] = defaultdict(list)
    for one in executions:
        is_derivative = one.kind is Kind.DERIVATIVE
        book[_SETTLED[1] if is_derivative else _SETTLED[0], one.day].append(one)
    found: dict[DifferenceKind, list[Decimal]] = defaultdict(list)
    for key in sorted({*settled, *book}):
        difference = settled.get(key, NIL) - _cash(book.get(key, []))
        if difference:
            kind = _explain(key, settled, book.get(key, []), difference, first, last)
            found[kind].append(difference)
    opening, closing = _balances(lines)
    return CashReport(
        *account, first, last, opening, closing, dict(by_kind),
        book=total(_cash(ones) for ones in book.values()),
        settled=total(settled.values()),
        differences=tuple(
            Difference(kind, total(amounts), len(amounts)) for kind, amounts in found.items()
        ),
    )  # fmt: skip


def _cash(executions: Iterable[Execution]) -> Decimal:
    """What trades pay into the account, their charges deducted."""
    return total((-one.value if one.is_buy else one.value) - one.charges for one in executions)


def _explain(
    key: tuple[LineKind, date],
    settled: dict[tuple[LineKind, date], Decimal],
    traded: Sequence[Execution],
    difference: Decimal,
    first: date,
    last: date,
) -> DifferenceKind:
    kind, day = key
    if not first <= day <= last:
        return DifferenceKind.OUTSIDE_LEDGER
    if key not in settled:
        is_late = (last - day).days <= _SETTLES_WITHIN
        return DifferenceKind.UNSETTLED if is_late else DifferenceKind.MISSING_SETTLEMENT
    if kind is LineKind.DERIVATIVE_SETTLEMENT and any(_is_future(one) for one in traded):
        return DifferenceKind.DAILY_SETTLEMENT
    if not traded:
        return DifferenceKind.MISSING_TRADES
    slack = max(_SMALLEST_SLACK, total(one.charges for one in traded if one.is_estimated))
    is_estimate = any(one.is_estimated for one in traded) and abs(difference) <= slack
    return DifferenceKind.ESTIMATED_CHARGES if is_estimate else DifferenceKind.UNEXPLAINED


def _is_future(one: Execution) -> bool:
    return not one.trade.symbol.endswith(("CE", "PE"))


def _balances(lines: Sequence[LedgerLine]) -> tuple[Decimal, Decimal]:
    """The opening and closing balance: stated on lines without a day, else from the dated ones."""
    undated = [line for line in lines if line.posted_on is None]
    dated = sorted(
        (line for line in lines if line.posted_on is not None),
        key=lambda line: line.posted_on or date.min,
    )
    opening = next((one.balance for one in undated if "open" in one.particulars.lower()), None)
    closing = next(
        (one.balance for one in reversed(undated) if "clos" in one.particulars.lower()), None
    )
    first, last = dated[0], dated[-1]
    if opening is None:
        opening = first.balance - first.credit + first.debit
    return opening, last.balance if closing is None else closing
