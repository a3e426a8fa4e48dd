"""Units of mutual funds: first in first out by folio, reversals taken out, classes by name."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tradertape_core.wealth.executions import Kind
from tradertape_core.wealth.funds import FundClass, fund_class, fund_executions, fund_payouts
from tradertape_core.wealth.lots import build_book
from tradertape_core.wealth.records import FundTransaction

D = Decimal


def moved(day: str, units: str, amount: str, kind: str = "PURCHASE", folio: str = "1/2"):
    return FundTransaction(
        folio, "INF001K01AA1", "Alpha Flexi Cap Fund", date.fromisoformat(day), kind, D(units),
        D(amount) / D(units) if D(units) else D(0), D(amount),
    )  # fmt: skip


def test_units_are_sold_first_in_first_out_at_the_amounts_stated():
    book = build_book(
        fund_executions(
            [
                moved("2022-01-03", "33.333", "999.95", "PURCHASE_SIP"),
                moved("2022-02-03", "30.000", "999.95", "PURCHASE_SIP"),
                moved("2023-05-03", "-40.000", "-1600.00", "REDEMPTION"),
                moved("2023-05-03", "0", "5.00", "STT_TAX"),
            ]
        )
    )
    first, second = book.matches
    assert (first.kind, first.quantity, first.cost) == (Kind.FUND, D("33.333"), D("999.95"))
    assert second.quantity == D("6.667")
    assert first.proceeds + second.proceeds == 1600
    assert second.cost + book.lots[0].value == D("999.95")


def test_folios_do_not_share_units():
    book = build_book(
        fund_executions(
            [
                moved("2022-01-03", "10", "100", folio="A"),
                moved("2022-02-03", "-5", "-60", folio="B"),
            ]
        )
    )
    assert not book.matches
    assert [lot.account.account for lot in book.unmatched] == ["B"]


def test_a_reversed_purchase_leaves_no_trace():
    found = fund_executions(
        [
            moved("2022-01-03", "10", "100"),
            moved("2022-02-03", "12", "120"),
            moved("2022-02-05", "-12", "-120", "REVERSAL"),
        ]
    )
    assert [one.quantity for one in found] == [10]


def test_payouts_are_money_and_no_units():
    payout = moved("2022-03-01", "0", "55", "DIVIDEND_PAYOUT")
    assert fund_payouts([payout, moved("2022-01-03", "10", "100")]) == [payout]
    assert fund_executions([payout]) == []


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ("Parag Parikh Flexi Cap Fund - Direct Plan Growth", FundClass.EQUITY),
        ("UTI Nifty 50 Index Fund - Growth", FundClass.EQUITY),
        ("Quant ELSS Tax Saver Fund", FundClass.EQUITY),
        ("HDFC Liquid Fund", FundClass.OTHER),
        ("ICICI Prudential Corporate Bond Fund", FundClass.OTHER),
        ("Motilal Oswal Nasdaq 100 Fund of Fund", FundClass.OTHER),
        ("Nippon India Gold Savings Fund", FundClass.OTHER),
        ("Some Dynamic Plan", FundClass.UNKNOWN),
    ],
)
def test_a_fund_is_classed_by_its_name(scheme, expected):
    assert fund_class(scheme) is expected
