"""D11: units that are written off leave a position oldest first, and return as they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvalidInput, InvariantBroken
from tradertape_core.ledger.charges import NO_CHARGES
from tradertape_core.ledger.journal import (
    Book,
    LedgerAccount,
    balances,
    post_fill,
    post_write_off,
    replay,
)
from tradertape_core.ledger.position import Position, apply_fill, key_of
from tradertape_core.ledger.write_off import apply_write_off, write_off_of
from tradertape_core.market.instrument import InstrumentType
from tradertape_core.orders.codec import from_document, to_document
from tradertape_core.orders.order import Fill, Product, Side

AT = datetime(2026, 6, 1, 4, tzinfo=UTC)
EQ = InstrumentType.EQ


def trade(number: int, side: Side, quantity: int, price: str) -> Fill:
    return Fill(
        trade_id=f"t{number}", order_id=f"o{number}", account="1", run_id="portfolio:1:1:1",
        instrument="NSE:INFY", product=Product.CNC, side=side, quantity=quantity,
        price=Decimal(price), at=AT + timedelta(minutes=number),
    )  # fmt: skip


def of(*fills: Fill) -> Position:
    position = Position(key=key_of(fills[0]))
    for one in fills:
        position = apply_fill(position, one)
    return position


BOUGHT = (trade(1, Side.BUY, 10, "100"), trade(2, Side.BUY, 10, "110"))
LATER = AT + timedelta(hours=1)


def test_the_oldest_units_leave_at_their_cost_or_for_what_they_were_sold_for():
    position = of(*BOUGHT)
    at_cost = apply_write_off(
        position, write_off_of(position, 15, None, write_off_id="c", at=LATER)
    )
    assert (at_cost.quantity, at_cost.cost_paise, at_cost.realised_paise) == (5, 55_000, 0)
    sold = write_off_of(position, 10, Decimal("120"), write_off_id="c", at=LATER)
    assert apply_write_off(position, sold).realised_paise == 20_000
    for quantity in (0, 21):
        with pytest.raises(InvalidInput, match="20 of NSE:INFY are held"):
            write_off_of(position, quantity, None, write_off_id="c", at=LATER)
    with pytest.raises(InvariantBroken):
        apply_write_off(of(BOUGHT[0]), replaced(sold, 15))


def replaced(one, units):
    position = of(*BOUGHT)
    return write_off_of(position, units, None, write_off_id=one.write_off_id, at=one.at)


@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(1, 500)), min_size=1, max_size=5),
    st.integers(1, 250),
    st.one_of(st.none(), st.integers(1, 500)),
    st.integers(0, 2),
)
def test_what_was_written_off_returns_and_every_entry_balances_D11(bought, units, price, days):
    fills = [trade(n, Side.BUY, quantity, str(at)) for n, (quantity, at) in enumerate(bought)]
    position = of(*fills)
    units = min(units, position.quantity)
    at = LATER + timedelta(days=days)
    rupees = None if price is None else Decimal(price)
    one = write_off_of(position, units, rupees, write_off_id="c", at=at)
    assert from_document(type(one), to_document(one)) == one
    key = position.key
    book, posted = Book(), []
    for fill in fills:
        posted.append(post_fill(fill, NO_CHARGES, book, kind=EQ))
        book = book.after(posted[-1])
    for move in (one, one.undoing(at)):
        posted.append(post_write_off(move, key, book, kind=EQ))
        book = book.after(posted[-1])
        held = book.position(key)
        assert held.quantity == held.bought.quantity - held.sold.quantity + held.adjusted_quantity
        found = balances(posted)
        assert sum(found.values()) == 0
        assert found.get(LedgerAccount.HOLDINGS, 0) == held.cost_paise
    back = book.position(key)
    assert (back.lots, back.realised_paise, back.adjusted_quantity) == (position.lots, 0, 0)
    assert replay(key, [*fills, one, one.undoing(at)]) == back


def test_a_sale_after_it_closes_what_is_left():
    position = of(*BOUGHT)
    one = write_off_of(position, 12, None, write_off_id="c", at=LATER)
    sale = trade(90, Side.SELL, 8, "130")
    after = apply_fill(apply_write_off(position, one), sale)
    assert (after.is_open, after.realised_paise) == (False, 16_000)
    back = apply_write_off(after, one.undoing(LATER))
    assert (back.quantity, back.cost_paise) == (12, 122_000)
