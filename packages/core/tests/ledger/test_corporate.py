"""Splits and bonuses change units, never value."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput, InvariantBroken
from tradertape_core.ledger.charges import NO_CHARGES
from tradertape_core.ledger.corporate import CashDividend, CorporateAction, apply_action
from tradertape_core.ledger.journal import (
    Book,
    LedgerAccount,
    balances,
    post_action,
    post_dividend,
    post_fill,
)
from tradertape_core.ledger.lots import Lot
from tradertape_core.ledger.position import Position, PositionKey, apply_fill, key_of
from tradertape_core.market.instrument import InstrumentType
from tradertape_core.orders.order import Product

EX = date(2026, 6, 5)
CNC = {"product": Product.CNC}


def action(new, old, **more):
    return CorporateAction(
        action_id="split-1", instrument="NSE:INFY", ex_date=EX, new=new, old=old, **more
    )


def held(*fills):
    position = Position(key=key_of(fills[0]))
    for one in fills:
        position = apply_fill(position, one)
    return position


def test_a_split_multiplies_units_and_keeps_the_cost(fill):
    before = held(fill("B 7 1000", **CNC), fill("B 3 1100", **CNC))
    after = apply_action(before, action(10, 1))
    assert [(lot.quantity, lot.cost) for lot in after.lots] == [(70, 700_000), (30, 330_000)]
    assert (after.realised_paise, after.adjusted_quantity) == (0, 90)
    assert after.quantity == after.bought.quantity - after.sold.quantity + after.adjusted_quantity
    assert (after.today.day, after.today.overnight_quantity) == (EX, 100)


def test_an_action_is_applied_once(fill):
    once = apply_action(held(fill("B 7 1000", **CNC)), action(2, 1))
    assert apply_action(once, action(2, 1)) is once


def test_shares_bought_on_the_ex_date_are_on_the_new_basis_already(fill):
    before = held(fill("B 10 1000", **CNC), fill("B 10 100", days=4, **CNC))
    after = apply_action(before, action(10, 1))
    assert [lot.quantity for lot in after.lots] == [100, 10]


def test_a_fraction_is_paid_in_cash_and_realised(fill):
    one = fill("B 7 100", **CNC)
    posted = post_fill(one, NO_CHARGES, Book(), kind=InstrumentType.EQ)
    book = Book().after(posted)
    # 3 for 2: 10.5 units, of which half a unit is paid out at 70 rupees a unit.
    settled = post_action(
        action(3, 2, in_lieu_price=Decimal(70)), key_of(one), book, at=one.at + timedelta(days=4)
    )
    position = settled.position
    assert (position.quantity, position.cost_paise, position.realised_paise) == (10, 66_667, 167)
    found = balances([posted, settled])
    assert found[LedgerAccount.CASH] == -70_000 + 3_500


def test_odd_lots_lose_one_fraction_together(fill):
    after = apply_action(held(*(fill("B 1 100", **CNC) for _ in range(4))), action(1, 2))
    assert [(lot.quantity, lot.cost) for lot in after.lots] == [(1, 20_000), (1, 20_000)]


def test_a_holding_smaller_than_one_unit_is_paid_out_whole(fill):
    after = apply_action(held(fill("B 1 100", **CNC)), action(1, 10, in_lieu_price=Decimal(900)))
    assert (after.lots, after.realised_paise) == ((), 9_000 - 10_000)


def test_another_instruments_action_stops_everything(fill):
    with pytest.raises(InvariantBroken):
        apply_action(held(fill("B 1 100", instrument="NSE:TCS", **CNC)), action(2, 1))


def test_an_action_must_leave_something():
    with pytest.raises(InvalidInput):
        action(0, 1)


@settings(max_examples=150)
@given(
    lots=st.lists(st.tuples(st.integers(1, 50), st.integers(1, 10**8)), min_size=1, max_size=6),
    short=st.booleans(),
    new=st.integers(1, 12),
    old=st.integers(1, 12),
)
def test_cost_and_profit_are_conserved_to_the_paisa(lots, short, new, old):
    """Without cash in lieu the cost goes nowhere but into the realised loss of a fraction."""
    sign = -1 if short else 1
    at = datetime(2026, 6, 1, 4, tzinfo=UTC)
    before = Position(
        key=PositionKey("a", None, "NSE:INFY", Product.CNC),
        lots=tuple(Lot(str(n), at, sign * q, sign * cost) for n, (q, cost) in enumerate(lots)),
    )
    after = apply_action(before, action(new, old))
    assert after.quantity == sign * (abs(before.quantity) * new // old)
    assert after.cost_paise - after.realised_paise == before.cost_paise
    assert all(lot.quantity * sign > 0 and lot.cost * sign >= 0 for lot in after.lots)
    if abs(before.quantity) * new % old == 0:
        assert after.realised_paise == 0


def test_a_dividend_pays_what_was_held_before_its_day_once(fill):
    held = [fill("B 10 100", product=Product.CNC), fill("B 5 100", product=Product.CNC, days=2)]
    book = Book()
    for one in held:
        book = book.after(post_fill(one, NO_CHARGES, book, kind=InstrumentType.EQ))
    key, day = key_of(held[0]), held[1].at.astimezone(IST).date()
    paid = CashDividend(action_id="d1", instrument="NSE:INFY", ex_date=day, amount=Decimal("2.55"))
    posted = post_dividend(paid, key, book, at=held[1].at)
    assert balances([posted]) == {LedgerAccount.CASH: 2_550, LedgerAccount.REALISED: -2_550}
    after = posted.position
    assert (after.quantity, after.cost_paise) == (15, 150_000)
    assert after.realised_paise == 2_550
    assert post_dividend(paid, key, book.after(posted), at=held[1].at) is None
