"""XIRR beside pyxirr and closed forms; time-weighted return beside closed forms."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
import pyxirr
from hypothesis import assume, given
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.wealth.returns import twr, twr_steps, xirr, yearly

START = date(2020, 1, 1)
D = Decimal


def after(days: int) -> date:
    return START + timedelta(days=days)


@pytest.mark.parametrize("rate", [-0.9999, -0.5, -0.01, 0.0, 0.07, 1.0, 50.0, 1e6])
@pytest.mark.parametrize("days", [1, 30, 365, 3650])
def test_two_flows_have_the_rate_of_compound_interest(rate, days):
    grown = 1000 * (1 + rate) ** (days / 365)
    assert xirr([(START, -1000.0), (after(days), grown)]) == pytest.approx(rate, rel=1e-6, abs=1e-9)


def test_the_spreadsheet_example_of_microsoft():
    flows = [
        (date(2008, 1, 1), -10_000), (date(2008, 3, 1), 2_750), (date(2008, 10, 30), 4_250),
        (date(2009, 2, 15), 3_250), (date(2009, 4, 1), 2_750),
    ]  # fmt: skip
    assert xirr(flows) == pytest.approx(0.373362535, abs=1e-8)


@pytest.mark.parametrize(
    "flows",
    [
        [],
        [(START, -100.0)],
        [(START, -100.0), (after(10), -5.0)],
        [(START, 100.0), (after(10), 5.0)],
        [(START, -100.0), (START, 110.0)],
        [(START, 1.0), (after(365), -2.0), (after(730), 1.5)],  # its worth is never zero
    ],
)
def test_no_rate_is_none(flows):
    assert xirr(flows) is None


def test_of_two_rates_the_one_nearer_to_zero_is_returned():
    # -1 + 2.3 / x - 1.32 / x² is zero at x = 1.1 and x = 1.2
    flows = [(START, -1.0), (after(365), 2.3), (after(730), -1.32)]
    assert xirr(flows) == pytest.approx(0.1, abs=1e-9)


def test_an_amount_that_is_not_finite_is_refused():
    with pytest.raises(InvalidInput, match="finite"):
        xirr([(START, float("nan")), (after(3), 1.0)])


@given(
    st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 10**6)), min_size=1, max_size=30),
    st.integers(1, 10**8),
)
def test_investments_and_a_last_value_are_as_pyxirr_has_them(invested, value):
    flows = [(after(day), -D(amount)) for day, amount in invested] + [(after(4001), D(value))]
    peer = pyxirr.xirr(flows)
    mine = xirr(flows)
    if mine is None:  # one change of sign is exactly one rate: this one is no number
        assert peer is None or peer > 1e300
    elif peer is not None and abs(peer) < 1e6:
        assert mine == pytest.approx(peer, rel=1e-6, abs=1e-7)


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(-(10**6), 10**6)), max_size=20))
def test_a_rate_makes_the_flows_worth_nothing(drawn):
    flows = [(after(day), float(amount)) for day, amount in drawn]
    rate = xirr(flows)
    # Of a loss of nearly all within days, a float has too few digits left of what remains.
    assume(rate is not None and rate > -1 + 1e-8)
    first = min(day for day, amount in flows if amount)
    terms = [amount * np.exp(-np.log1p(rate) * (day - first).days / 365) for day, amount in flows]
    assume(np.isfinite(terms).all())
    assert abs(sum(terms)) <= 1e-6 * max(map(abs, terms))


def test_a_time_weighted_return_ignores_when_money_came():
    # Doubled, then 100 more are paid in, then halved: nothing gained by time.
    assert twr([100, 200, 150], [100, 0, 100], [0, 0, 0]) == pytest.approx(0.0)


def test_a_sale_counts_until_the_end_of_its_day():
    assert twr([100, 0], [100, 0], [0, 110]) == pytest.approx(0.10)
    assert twr_steps([100, 0, 0], [100, 0, 0], [0, 110, 0])[2] is None


@given(st.lists(st.floats(0.5, 2.0), min_size=1, max_size=50), st.data())
def test_units_of_an_index_return_what_the_index_returns(steps, data):
    """Whatever is paid in at each day's start, the return is the index's own."""
    level, units, values, into = 100.0, 1.0, [], []
    paid = 100.0
    for step in steps:
        values.append(units * level * step)
        into.append(paid)
        level *= step
        paid = data.draw(st.floats(0.0, 1000.0))
        units += paid / level
    expected = np.prod(steps) - 1
    assert twr(values, into, [0.0] * len(values)) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_nothing_invested_has_no_return():
    assert twr([0, 0], [0, 0], [0, 0]) is None
    with pytest.raises(InvalidInput, match="same days"):
        twr([1], [], [])


def test_a_yearly_rate_is_given_from_a_year_on():
    assert yearly(0.21, 730) == pytest.approx(0.1)
    assert yearly(0.21, 364) is None
