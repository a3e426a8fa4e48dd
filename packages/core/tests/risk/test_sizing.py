"""Whole lots, never more than asked for."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.risk.sizing import affordable_quantity, quantity_for_risk, quantity_for_value


def test_a_value_buys_whole_lots():
    assert quantity_for_value(1_000_000, Decimal("101.5")) == 98
    assert quantity_for_value(1_000_000, Decimal("101.5"), lot_size=65) == 65
    assert quantity_for_value(-5, Decimal(1)) == 0


def test_a_risk_is_lost_between_entry_and_stop():
    # one percent of a lakh is 1,000 rupees; 4 a share are lost at the stop
    assert quantity_for_risk(10_000_000, Decimal(1), Decimal(100), Decimal(96)) == 250
    assert quantity_for_risk(10_000_000, Decimal(1), Decimal(96), Decimal(100), 65) == 195


def test_a_stop_at_the_entry_has_no_size():
    with pytest.raises(InvalidInput, match="differ"):
        quantity_for_risk(1, Decimal(1), Decimal(5), Decimal(5))


@pytest.mark.parametrize(("price", "lot"), [(Decimal(0), 1), (Decimal(-1), 1), (Decimal(1), 0)])
def test_prices_and_lots_are_above_zero(price, lot):
    with pytest.raises(InvalidInput):
        quantity_for_value(1, price, lot)


@settings(max_examples=100)
@given(
    free=st.integers(-100, 10**9),
    price=st.integers(1, 10**6),
    fee=st.integers(0, 10_000),
    most=st.integers(0, 10**6),
    lot=st.integers(1, 100),
)
def test_what_is_affordable_is_the_most_that_is(free, price, fee, most, lot):
    def cost(quantity):
        return quantity * price + (fee if quantity else 0)

    found = affordable_quantity(free, cost, most, lot)
    assert found % lot == 0
    assert 0 <= found <= most
    assert found == 0 or cost(found) <= free
    assert found + lot > most or cost(found + lot) > free
