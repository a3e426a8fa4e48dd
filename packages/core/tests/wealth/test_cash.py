"""The ledger beside the book: each difference has its kind, and together they are all of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tradertape_core.wealth.cash import DifferenceKind, LineKind, compare_cash, line_kind
from tradertape_core.wealth.charging import with_charges
from tradertape_core.wealth.executions import split_by_kind
from tradertape_core.wealth.records import LedgerLine, Segment

D = Decimal
SETTLED = "Net settlement for Equity with settlement number: 2024001"


def line(day: str | None, text: str, debit: str = "0", credit: str = "0", balance: str = "0"):
    on = None if day is None else date.fromisoformat(day)
    return LedgerLine("kite", "AB0001", on, text, "Book Voucher", D(debit), D(credit), D(balance))


def report(trades, lines):
    (found,) = compare_cash(with_charges(split_by_kind(trades)), lines)
    assert found.settled - found.book == sum(one.amount for one in found.differences)
    return found


def kinds(found):
    return {one.kind: (one.amount, one.days) for one in found.differences}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (SETTLED, LineKind.EQUITY_SETTLEMENT),
        ("Net obligation for Equity F&O on 03/01/2024", LineKind.DERIVATIVE_SETTLEMENT),
        ("Net settlement for F&O", LineKind.DERIVATIVE_SETTLEMENT),
        ("Funds added using UPI from XX1234", LineKind.PAID_IN),
        ("Funds transferred back as part of quarterly settlement", LineKind.PAID_OUT),
        ("Payout of 5000", LineKind.PAID_OUT),
        ("DP Charges for Sale of ALPHA on 03/01/2024", LineKind.CHARGES),
        ("AMC for Demat Account for Q4", LineKind.CHARGES),
        ("Delayed payment charges for 2024-01", LineKind.INTEREST),
        ("Something new", LineKind.OTHER),
    ],
)
def test_a_line_is_judged_by_its_particulars(text, kind):
    assert line_kind(line("2024-01-03", text)) is kind


def test_a_book_that_agrees_has_no_difference(trade):
    found = report(
        [trade("BUY", 10, 100, "2024-01-03")],
        [
            line(None, "Opening Balance", balance="50"),
            line("2024-01-01", "Funds added using UPI", credit="2000", balance="2050"),
            line("2024-01-03", SETTLED, debit="1000", balance="1050"),
            line(None, "Closing Balance", balance="1050"),
        ],
    )
    assert found.differences == ()
    assert (found.opening, found.closing, found.gap) == (50, 1050, 0)
    assert found.by_kind == {LineKind.PAID_IN: 2000, LineKind.EQUITY_SETTLEMENT: -1000}


def test_a_small_difference_of_estimated_charges_is_named_so(trade):
    found = report(
        [trade("BUY", 10, 100, "2024-01-03", charges=None)],
        [line("2024-01-03", SETTLED, debit="1001.00")],
    )
    assert list(kinds(found)) == [DifferenceKind.ESTIMATED_CHARGES]


def test_a_large_difference_stays_unexplained(trade):
    found = report(
        [trade("BUY", 10, 100, "2024-01-03", charges=None)],
        [line("2024-01-03", SETTLED, debit="1500.00")],
    )
    assert list(kinds(found)) == [DifferenceKind.UNEXPLAINED]


def test_days_of_one_side_alone_are_told_apart(trade):
    found = report(
        [
            trade("BUY", 1, 10, "2023-12-01"),  # before the ledger
            trade("BUY", 1, 20, "2024-01-05"),  # never settled
            trade("BUY", 1, 40, "2024-01-31"),  # not yet settled
        ],
        [
            line("2024-01-01", "Funds added", credit="100", balance="100"),
            line("2024-01-10", SETTLED, debit="80", balance="20"),  # without a trade
            line("2024-02-01", "Payout", debit="5", balance="15"),
        ],
    )
    assert kinds(found) == {
        DifferenceKind.OUTSIDE_LEDGER: (10, 1),
        DifferenceKind.MISSING_SETTLEMENT: (20, 1),
        DifferenceKind.MISSING_TRADES: (-80, 1),
        DifferenceKind.UNSETTLED: (40, 1),
    }


def test_a_future_that_is_paid_daily_is_no_error(trade):
    found = report(
        [
            trade("BUY", 50, 21000, "2024-01-03", symbol="NIFTY24JANFUT", isin="",
                  segment=Segment.DERIVATIVES, exchange="NFO")
        ],
        [line("2024-01-03", "Net settlement for F&O", credit="750")],
    )  # fmt: skip
    assert list(kinds(found)) == [DifferenceKind.DAILY_SETTLEMENT]


def test_an_account_without_a_ledger_has_no_report(trade):
    trades = with_charges(split_by_kind([trade("BUY", 10, 100, "2024-01-03")]))
    assert compare_cash(trades, []) == []
    assert compare_cash(trades, [line(None, "Opening Balance")]) == []
