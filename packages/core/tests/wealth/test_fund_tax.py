"""Worked cases of the tax on funds that are not equity funds. Charges are nil."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from packages.core.tests.wealth.test_tax import no_price, pair

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.wealth.executions import Kind
from tradertape_core.wealth.fund_rates import (
    COST_INFLATION,
    FUND_RATES,
    fund_rates_on,
    has_rate,
    indexed,
)
from tradertape_core.wealth.funds import FundClass
from tradertape_core.wealth.lots import Match
from tradertape_core.wealth.tax import TaxItem, TaxYear, Term, tax_item, tax_year

D = Decimal
DEBT, HYBRID = FundClass.DEBT, FundClass.HYBRID


def unit(bought: str, sold: str, cost: object = 1000, proceeds: object = 1500) -> Match:
    return pair(bought, sold, cost, proceeds, kind=Kind.FUND)


def item(fund: FundClass, match: Match) -> TaxItem:
    return tax_item(match, no_price, lambda _: fund)


def year(first: int, fund: FundClass, *matches: Match) -> TaxYear:
    return tax_year(first, matches, no_price, lambda _: fund)


@pytest.mark.parametrize(
    ("fund", "bought", "sold", "term", "rate", "section", "gain"),
    [
        # Section 50AA: bought from April 2023, short term however long it was held.
        (DEBT, "2023-04-01", "2026-11-02", Term.SHORT, None, "50AA", "500"),
        (DEBT, "2023-04-01", "2024-05-02", Term.SHORT, None, "50AA", "500"),
        # The day before: 24 months from 23 July 2024, and 12.5% of the gain as it is.
        (DEBT, "2023-03-31", "2026-11-02", Term.LONG, "0.125", "112", "500"),
        (DEBT, "2022-07-23", "2024-07-23", Term.SHORT, None, "", "500"),  # 24 months, no more
        (DEBT, "2022-07-22", "2024-07-23", Term.LONG, "0.125", "112", "500"),
        # The day before that: 36 months, and 20% after indexation: 1000 × 363 / 289.
        (DEBT, "2019-07-21", "2024-07-22", Term.LONG, "0.20", "112", "243.944637"),
        (DEBT, "2021-07-22", "2024-07-22", Term.SHORT, None, "", "500"),  # 36 months, no more
        (DEBT, "2021-07-21", "2024-07-22", Term.LONG, "0.20", "112", "354.889590"),  # × 363 / 317
        (HYBRID, "2023-04-01", "2025-04-01", Term.SHORT, None, "", "500"),
        (HYBRID, "2023-04-01", "2025-04-02", Term.LONG, "0.125", "112", "500"),
        (HYBRID, "2019-07-21", "2024-07-22", Term.LONG, "0.20", "112", "243.944637"),
        (HYBRID, "2024-02-29", "2026-02-28", Term.SHORT, None, "", "500"),
        (HYBRID, "2024-02-29", "2026-03-01", Term.LONG, "0.125", "112", "500"),
    ],
)  # fmt: skip
def test_up_the_term_and_the_rate_follow_from_the_class_and_the_days(
    fund: FundClass, bought: str, sold: str, term: Term, rate: str | None, section: str, gain: str
) -> None:
    found = item(fund, unit(bought, sold))
    assert (found.term, found.section) == (term, section)
    assert found.rate == (None if rate is None else D(rate))
    assert found.gain.quantize(D("0.000001")) == D(gain)
    assert found.is_indexed is (rate == "0.20")
    assert not found.is_grandfathered


def test_an_indexed_cost_can_make_a_gain_a_loss() -> None:
    found = item(DEBT, unit("2011-05-02", "2024-05-02", 1000, 1500))
    assert found.cost == D(1000) * 363 / 184
    assert found.gain < 0


def test_the_index_of_a_year_is_the_notified_one() -> None:
    assert len(COST_INFLATION) == 24  # 2001-02 to 2024-25
    for bought, index in (("2001-04-01", 100), ("1999-05-01", 100), ("2013-03-31", 200)):
        assert indexed(D(index), date.fromisoformat(bought), date(2024, 5, 2)) == 363
    assert indexed(D(348), date(2024, 3, 31), date(2024, 4, 1)) == 363


def test_of_other_funds_and_of_old_sales_no_rate_is_known() -> None:
    assert has_rate(FundClass.EQUITY, date(2009, 1, 1))
    assert has_rate(DEBT, date(2014, 7, 11))
    assert not has_rate(DEBT, date(2014, 7, 10))
    assert not has_rate(FundClass.OTHER, date(2026, 1, 1))
    assert not has_rate(FundClass.UNKNOWN, date(2026, 1, 1))
    assert fund_rates_on(date(2014, 7, 10)) is None
    with pytest.raises(InvariantBroken):
        item(DEBT, unit("2012-01-02", "2014-07-10"))
    assert all(row.source for row in FUND_RATES)


def test_slab_gains_are_a_bucket_without_a_tax() -> None:
    report = year(2025, DEBT, unit("2024-01-02", "2025-05-02", 1000, 1600))
    (one,) = report.buckets
    assert (one.rate, one.section, one.taxable, one.tax) == (None, "50AA", 600, 0)
    assert report.tax == 0


def test_the_exemption_of_112a_is_not_for_a_fund_of_section_112() -> None:
    report = year(2025, HYBRID, unit("2020-01-02", "2025-05-02", 0, 100_000))
    (one,) = report.buckets
    assert (one.exempt, one.tax) == (0, D("12500.00"))


def test_a_loss_relieves_what_has_a_rate_before_what_is_at_the_slab() -> None:
    """A short term loss of shares: the slab, then long term at 12.5%, section 112 first."""
    shares = pair("2025-05-02", "2025-06-02", 900, 0)
    share_gain = pair("2020-05-04", "2025-06-02", 0, 200)
    debt = unit("2024-01-02", "2025-05-02", 0, 300)
    older = unit("2020-01-02", "2025-05-02", 0, 500)
    report = year(2025, DEBT, shares, share_gain, debt, older)
    assert [(one.gain, one.amount) for one in report.set_offs] == [
        ("short_term at the slab, section 50AA", 300),
        ("long_term at 12.5%, section 112", 500),
        ("long_term at 12.5%", 100),
    ]
    assert report.loss_left(Term.SHORT) == 0
    assert (report.tax, sum(one.exempt for one in report.buckets)) == (0, 100)


def test_a_long_term_loss_of_a_debt_fund_relieves_a_long_term_gain_on_shares() -> None:
    share = pair("2020-05-04", "2025-06-02", 0, 400_000)
    loss = unit("2020-01-02", "2025-05-02", 100_000, 0)
    slab = unit("2024-01-02", "2025-05-02", 0, 300)
    report = year(2025, DEBT, share, loss, slab)
    assert report.tax == D("21875.00")  # 12.5% of (400,000 - 100,000 - 125,000)
    (off,) = report.set_offs
    assert (off.loss, off.gain, off.section) == (
        "long_term at 12.5%, section 112", "long_term at 12.5%", "70(3)",
    )  # fmt: skip
    assert next(one for one in report.buckets if one.rate is None).remaining == 300


def test_a_slab_loss_relieves_a_short_term_gain_on_shares() -> None:
    share = pair("2025-05-02", "2025-06-02", 0, 1000)
    report = year(2025, DEBT, share, unit("2024-01-02", "2025-05-02", 400, 0))
    assert report.tax == D("120.00")  # 20% of 600
    assert [one.loss for one in report.set_offs] == ["short_term at the slab, section 50AA"]
