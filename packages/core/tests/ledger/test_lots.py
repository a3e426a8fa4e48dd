"""First in, first out, long and short."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.lots import Lot, add_trade, cost_of, quantity_of, take

AT = datetime(2026, 6, 1, 4, tzinfo=UTC)


def lot(quantity: int, cost: int, trade_id: str = "t") -> Lot:
    return Lot(trade_id, AT, quantity, Paise(cost))


def test_a_sale_closes_the_oldest_purchase_first():
    lots = (lot(10, 10_000, "old"), lot(10, 12_000, "new"))
    change = add_trade(lots, lot(-15, -19_500))
    assert change.lots == (lot(5, 6_000, "new"),)
    assert (change.closed_quantity, change.relieved, change.realised) == (15, 16_000, 3_500)


def test_a_short_sale_is_closed_by_buying():
    change = add_trade((lot(-10, -10_000),), lot(10, 9_000))
    assert (change.lots, change.relieved, change.realised) == ((), -10_000, 1_000)


def test_a_trade_beyond_what_is_held_turns_the_position_over():
    change = add_trade((lot(10, 10_000),), lot(-30, -33_000))
    assert change.lots == (lot(-20, -22_000),)
    assert (change.closed_quantity, change.realised) == (10, 1_000)


def test_an_odd_paisa_stays_with_the_rest_of_the_lot():
    taken, rest = take((lot(3, 100),), 1)
    assert (taken[0].cost, rest[0].cost) == (33, 67)


def test_more_than_is_held_cannot_be_taken():
    with pytest.raises(InvariantBroken, match="2 units more"):
        take((lot(3, 100),), 5)


def test_a_trade_without_a_quantity_is_a_bug():
    with pytest.raises(InvariantBroken):
        add_trade((), lot(0, 0))


trades = st.lists(
    st.tuples(st.integers(1, 500), st.integers(1, 10**7), st.booleans()), min_size=1, max_size=40
)


@settings(max_examples=150)
@given(trades)
def test_cost_profit_and_cash_always_add_up(steps):
    """What was paid is in the lots or was realised; units likewise; lots have one sign."""
    lots: tuple[Lot, ...] = ()
    paid = realised = units = 0
    for quantity, value, buying in steps:
        sign = 1 if buying else -1
        change = add_trade(lots, lot(sign * quantity, sign * value))
        lots = change.lots
        paid, units, realised = (
            paid + sign * value,
            units + sign * quantity,
            realised + change.realised,
        )
        assert quantity_of(lots) == units
        assert cost_of(lots) == paid + realised
        assert len({one.quantity > 0 for one in lots}) <= 1
        assert all(one.quantity for one in lots)
