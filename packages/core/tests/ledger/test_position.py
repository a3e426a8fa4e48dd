"""Positions as a fold of fills."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.ledger.charges import Charges
from tradertape_core.ledger.position import (
    Position,
    apply_fill,
    exits_of,
    joined,
    key_of,
    roll,
)
from tradertape_core.orders.codec import from_document, to_document
from tradertape_core.orders.order import Fill, Product, Side


def hold(*fills):
    position = Position(key=key_of(fills[0]))
    for one in fills:
        position = apply_fill(position, one)
    return position


def test_totals_average_and_profit_follow_the_fills(fill):
    position = hold(fill("B 10 100"), fill("B 10 110"), fill("S 5 120"))
    assert (position.quantity, position.side) == (15, Side.BUY)
    assert position.average_price == Decimal("106.6667")  # 5 at 100 and 10 at 110
    assert (position.bought.quantity, position.bought.average_price) == (20, 105)
    assert (position.sold.paise, position.realised_paise) == (60_000, 10_000)


def test_a_short_position_earns_when_the_price_falls(fill):
    position = hold(fill("S 10 100"), fill("B 4 90"))
    assert (position.quantity, position.side, position.average_price) == (-6, Side.SELL, 100)
    assert position.realised_paise == 4_000


def test_a_new_day_starts_with_what_was_held_overnight(fill):
    position = hold(
        fill("B 10 100", product=Product.CNC), fill("S 4 110", product=Product.CNC, days=1)
    )
    today = position.today
    assert (today.day, today.overnight_quantity) == (date(2026, 6, 2), 10)
    assert (today.bought.quantity, today.sold.quantity, today.realised_paise) == (0, 4, 4_000)
    assert position.settled_quantity == 6
    assert roll(position, date(2026, 6, 1)) is position
    assert roll(position, date(2026, 6, 3)).today.overnight_quantity == 6


def test_shares_bought_today_are_not_debited_by_the_depository(fill):
    assert hold(fill("B 10 100", product=Product.CNC)).settled_quantity == 0


def test_charges_add_up_over_fills(fill):
    one = fill("B 10 100")
    position = apply_fill(Position(key=key_of(one)), one, Charges(stt=3))
    position = apply_fill(position, fill("S 10 100"), Charges(stt=4, gst=1))
    assert (position.charges.total, position.today.charges.stt) == (8, 7)


@pytest.mark.parametrize("text", ["B 0 100", "B 1 0", "B 1 -5", "B 1 NaN", "B 1 Infinity"])
def test_a_fill_without_quantity_or_price_stops_everything(fill, text):
    one = fill(text)
    with pytest.raises(InvariantBroken, match="no quantity or no price"):
        apply_fill(Position(key=key_of(one)), one)


def test_a_fill_of_another_position_stops_everything(fill):
    with pytest.raises(InvariantBroken, match="is not of"):
        apply_fill(Position(key=key_of(fill("B 1 1"))), fill("B 1 1", run_id="run-2"))


def test_square_off_buys_shorts_first_and_leaves_other_products_alone(fill):
    positions = [
        hold(fill("B 5 100", instrument="NSE:A")),
        hold(fill("S 7 100", instrument="NSE:B")),
        hold(fill("B 9 100", instrument="NSE:C", product=Product.CNC)),
        hold(fill("B 1 100", instrument="NSE:D"), fill("S 1 100", instrument="NSE:D")),
    ]
    exits = exits_of(positions, product=Product.MIS)
    found = [(one.key.instrument, one.side, one.quantity) for one in exits]
    assert found == [("NSE:B", Side.BUY, 7), ("NSE:A", Side.SELL, 5)]
    assert len(exits_of(positions)) == 3


def test_two_positions_join_into_one(fill):
    one, other = hold(fill("B 5 100")), hold(fill("B 7 200", instrument="NSE:B"))
    both = joined(one, other)
    assert (both.key, both.quantity, both.cost_paise) == (one.key, 12, 190_000)
    assert both.today.bought.quantity == 12


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(1, 200), st.integers(5, 10**6)),
        min_size=1,
        max_size=25,
    )
)
def test_units_and_money_are_conserved(steps):
    fills = [
        Fill(
            trade_id=str(n), order_id=str(n), account="a", run_id=None, instrument="NSE:A",
            product=Product.MIS, side=Side.BUY if buying else Side.SELL, quantity=quantity,
            price=Decimal(paise) / 100, at=datetime(2026, 6, 1 + n // 5, 4, tzinfo=UTC),
        )
        for n, (buying, quantity, paise) in enumerate(steps)
    ]  # fmt: skip
    position = hold(*fills)
    assert position.quantity == position.bought.quantity - position.sold.quantity
    flow = position.sold.paise - position.bought.paise
    assert flow == position.realised_paise - position.cost_paise
    today = position.today
    assert (
        today.overnight_quantity + today.bought.quantity - today.sold.quantity == position.quantity
    )


def test_a_position_is_stored_and_read_back_whole(fill):
    cnc = {"product": Product.CNC}
    position = hold(fill("B 10 100.05", **cnc), fill("S 4 110", days=1, **cnc))
    stored = json.loads(json.dumps(to_document(position)))
    assert from_document(Position, stored) == position
