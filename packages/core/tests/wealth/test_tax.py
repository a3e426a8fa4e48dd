"""Worked cases of the tax of a financial year. Charges are nil unless a case is about them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.wealth.executions import Kind
from tradertape_core.wealth.lots import Account, Match
from tradertape_core.wealth.records import Segment
from tradertape_core.wealth.tax import Term, long_term_from, tax_item, tax_year, years_of
from tradertape_core.wealth.tax_rates import (
    exemption_of,
    financial_year,
    is_long_term,
    parse_year,
    rates_on,
)

D = Decimal


def no_price(_: str) -> D | None:
    return None


def pair(
    bought: str, sold: str, cost: object, proceeds: object, *, kind: Kind = Kind.DELIVERY,
    **more: object,
) -> Match:  # fmt: skip
    given = {
        "quantity": D(1), "buy_charges": D(0), "sell_charges": D(0), "buy_stt": D(0),
        "sell_stt": D(0), "is_estimated": False,
    } | more  # fmt: skip
    return Match(
        Account("kite", "AB0001", "ALPHA"), kind, "ALPHA", date.fromisoformat(bought),
        date.fromisoformat(sold), cost=D(str(cost)), proceeds=D(str(proceeds)),
        segment=Segment.EQUITY, **given,
    )  # fmt: skip


def bucket(report, term: Term, rate: str):
    return next(b for b in report.buckets if b.term is term and b.rate == D(rate))


@pytest.mark.parametrize(
    ("bought", "sold", "is_long"),
    [
        ("2023-01-10", "2024-01-10", False),  # exactly 12 months are not more than 12
        ("2023-01-10", "2024-01-11", True),
        ("2024-02-29", "2025-02-28", False),
        ("2024-02-29", "2025-03-01", True),
        ("2023-02-28", "2024-02-29", True),
    ],
)
def test_more_than_twelve_months_are_long_term(bought, sold, is_long):
    assert is_long_term(date.fromisoformat(bought), date.fromisoformat(sold)) is is_long
    first = long_term_from(date.fromisoformat(bought))
    assert (date.fromisoformat(sold) >= first) is is_long


@pytest.mark.parametrize(
    ("day", "short", "long"),
    [
        ("2018-03-31", "0.15", "0"),
        ("2018-04-01", "0.15", "0.10"),
        ("2024-07-22", "0.15", "0.10"),
        ("2024-07-23", "0.20", "0.125"),
        ("2026-04-01", "0.20", "0.125"),
    ],
)
def test_rates_are_those_of_the_day_of_sale(day, short, long):
    rates = rates_on(date.fromisoformat(day))
    assert (rates.short, rates.long) == (D(short), D(long))


def test_the_exemption_was_raised_for_the_whole_of_2024_25():
    assert [exemption_of(year) for year in (2017, 2018, 2023, 2024, 2025)] == [
        0, 100_000, 100_000, 125_000, 125_000,
    ]  # fmt: skip


def test_a_year_with_both_sets_of_rates():
    report = tax_year(
        2024,
        [
            pair("2024-05-01", "2024-07-22", 100_000, 150_000),  # short, 15 %
            pair("2024-05-01", "2024-07-23", 100_000, 140_000),  # short, 20 %
            pair("2022-05-01", "2024-07-22", 100_000, 300_000),  # long, 10 %
            pair("2022-05-01", "2024-07-23", 100_000, 200_000),  # long, 12.5 %
            pair("2022-05-01", "2025-04-01", 100_000, 900_000),  # another year
        ],
        no_price,
    )
    assert bucket(report, Term.SHORT, "0.15").tax == 7_500
    assert bucket(report, Term.SHORT, "0.20").tax == 8_000
    # The exemption relieves the dearer rate first: 100,000 of it there, 25,000 at 10 %.
    assert bucket(report, Term.LONG, "0.125").tax == 0
    assert bucket(report, Term.LONG, "0.10").tax == 17_500
    assert report.tax == 33_000


def test_a_long_term_loss_relieves_long_term_gain_alone():
    report = tax_year(
        2025,
        [
            pair("2023-05-01", "2025-05-01", 300_000, 100_000),
            pair("2025-05-01", "2025-06-01", 100_000, 150_000),
        ],
        no_price,
    )
    assert bucket(report, Term.SHORT, "0.20").tax == 10_000
    assert report.loss_left(Term.LONG) == 200_000
    assert not report.set_offs


def test_a_short_term_loss_relieves_short_then_long_term_gain_before_the_exemption():
    report = tax_year(
        2024,
        [
            pair("2024-04-10", "2024-05-01", 100_000, 130_000),  # +30,000 at 15 %
            pair("2024-06-01", "2024-08-01", 500_000, 350_000),  # -150,000 at 20 %
            pair("2022-06-01", "2024-08-01", 100_000, 400_000),  # +300,000 at 12.5 %
        ],
        no_price,
    )
    assert [(one.gain, one.amount, one.section) for one in report.set_offs] == [
        ("short_term at 15%", 30_000, "70(2)"),
        ("long_term at 12.5%", 120_000, "70(2)"),
    ]
    assert bucket(report, Term.LONG, "0.125").taxable == 300_000 - 120_000 - 125_000
    assert report.tax == D(55_000) * D("0.125")
    assert report.loss_left(Term.SHORT) == 0


@pytest.mark.parametrize(
    ("actual", "high", "sale", "cost"),
    [
        (100, 200, 250, 200),  # the gain until January 2018 is free
        (100, 200, 150, 150),  # sold below the price of 2018: neither gain nor loss
        (100, 200, 50, 100),  # a real loss stays
        (300, 200, 250, 300),  # bought above the price of 2018
    ],
)
def test_grandfathering_of_31_january_2018(actual, high, sale, cost):
    item = tax_item(pair("2016-01-01", "2020-01-01", actual, sale), lambda _: D(high))
    assert item.cost == cost
    assert item.gain == sale - cost


def test_the_price_of_2018_follows_a_later_split():
    match = pair("2016-01-01", "2020-01-01", 100, 900, quantity=D(10), units_2018=D(10))
    assert tax_item(match, lambda _: D(500)).cost == 500  # ten of today were one of then


@pytest.mark.parametrize(
    ("bought", "sold"),
    [("2018-02-01", "2020-01-01"), ("2016-01-01", "2018-03-30"), ("2018-01-31", "2018-12-31")],
)
def test_no_grandfathering_after_january_2018_nor_before_the_tax_nor_short_term(bought, sold):
    assert tax_item(pair(bought, sold, 100, 900), lambda _: D(500)).cost == 100


def test_a_missing_price_of_2018_is_flagged():
    item = tax_item(pair("2016-01-01", "2020-01-01", 100, 900), no_price)
    assert (item.lacks_price, item.cost) == (True, 100)


def test_the_transaction_tax_is_no_expense_of_a_capital_gain_but_of_a_business():
    charges = {
        "buy_charges": D(3), "buy_stt": D(1), "sell_charges": D(5), "sell_stt": D(2),
    }  # fmt: skip
    capital = tax_item(pair("2025-01-01", "2025-05-01", 100, 200, **charges), no_price)
    assert (capital.cost, capital.expenses, capital.gain) == (102, 3, 95)
    business = tax_item(
        pair("2025-01-01", "2025-01-05", 100, 200, kind=Kind.DERIVATIVE, **charges), no_price
    )
    assert business.gain == 92


def test_intraday_and_derivatives_are_apart_from_capital_gains():
    report = tax_year(
        2025,
        [
            pair("2025-05-01", "2025-05-01", 100, 50, kind=Kind.INTRADAY),
            pair("2025-05-02", "2025-05-02", 100, 130, kind=Kind.INTRADAY),
            pair("2025-05-01", "2025-05-09", 100, 400, kind=Kind.DERIVATIVE),
        ],
        no_price,
    )
    assert report.tax == 0
    assert not report.buckets
    assert (report.speculative.turnover, report.speculative.net) == (80, -20)
    assert (report.derivatives.turnover, report.derivatives.net) == (300, 300)
    # Section 73: a speculative loss relieves nothing but speculative profit.
    assert report.loss_left(Term.SPECULATIVE) == 20
    assert report.derivatives.remaining == 300


def test_a_loss_of_derivatives_relieves_speculative_profit_of_the_year():
    report = tax_year(
        2025,
        [
            pair("2025-05-01", "2025-05-01", 100, 160, kind=Kind.INTRADAY),
            pair("2025-05-01", "2025-05-09", 400, 300, kind=Kind.DERIVATIVE),
        ],
        no_price,
    )
    assert (report.speculative.remaining, report.loss_left(Term.BUSINESS)) == (0, 40)


def test_an_exempt_loss_of_before_april_2018_relieves_nothing():
    report = tax_year(
        2017,
        [
            pair("2015-05-01", "2017-05-01", 300, 100),
            pair("2015-05-01", "2017-05-01", 100, 900),
            pair("2017-05-01", "2017-06-01", 100, 200),
        ],
        no_price,
    )
    assert bucket(report, Term.LONG, "0").tax == 0
    assert report.tax == 15


def test_financial_years_run_from_april_to_march():
    assert [financial_year(date(2025, month, 1)) for month in (3, 4)] == [2024, 2025]
    assert parse_year("2024-25") == 2024
    assert parse_year("1999-00") == 1999
    assert years_of([pair("2024-01-01", "2024-05-01", 1, 1)]) == [2024]
    for text in ("2024", "2024-26", "FY24", "2024-2025", "", "²024-25"):
        with pytest.raises(InvalidInput, match="2024-25"):
            parse_year(text)


cases = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.integers(-500_000, 500_000)), max_size=12
)


@given(cases)
def test_set_off_moves_losses_and_loses_none(drawn):
    pairs = [
        pair(
            "2022-05-01" if is_long else "2024-04-05",
            "2024-08-01" if is_late else "2024-05-01", 500_000, 500_000 + gain,
        )
        for is_long, is_late, gain in drawn
    ]  # fmt: skip
    report = tax_year(2024, pairs, no_price)
    assert sum(b.remaining for b in report.buckets) == sum(gain for _, _, gain in drawn)
    assert sum(b.exempt for b in report.buckets) <= 125_000
    short = sum(gain for is_long, _, gain in drawn if not is_long)
    long = sum(gain for is_long, _, gain in drawn if is_long)
    assert report.loss_left(Term.LONG) == max(-long, 0)
    assert report.loss_left(Term.SHORT) == max(-short - max(long, 0), 0)
