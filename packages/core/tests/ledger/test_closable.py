"""D11: what can be closed where the broker has fewer units than the books."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.closable import FRESH_S, UnitsAtBroker, most_to_close
from tradertape_core.ledger.drift import place_name
from tradertape_core.ledger.lots import Lot
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.orders.order import Product, Side

CNC, MIS = Product.CNC, Product.MIS
INFY = "NSE:INFY"
NOW = datetime(2026, 6, 1, 5, tzinfo=UTC)


def held(run_id: str, units: int, product: Product = CNC, instrument: str = INFY) -> Position:
    key = PositionKey("1", run_id, instrument, product)
    lots = (Lot("t", NOW, units, Paise(units * 100)),) if units else ()
    return Position(key=key, lots=lots)


@pytest.mark.parametrize(
    ("product", "units", "difference", "side", "most"),
    [
        (CNC, (10,), 0, Side.SELL, None),
        (CNC, (10,), 90, Side.SELL, None),  # the others are from before
        (CNC, (10,), -7, Side.SELL, 3),
        (CNC, (10,), -10, Side.SELL, 0),
        (CNC, (10,), -12, Side.SELL, 0),
        (CNC, (6, 4), -7, Side.SELL, 3),
        (CNC, (10, -7), 0, Side.SELL, 3),  # sold by another terminal
        (CNC, (6, -3), 0, Side.BUY, None),  # what was sold too much is bought back
        (MIS, (10, -10), 0, Side.SELL, None),  # runs of opposite sides
        (MIS, (10, -10), -3, Side.SELL, 7),
        (MIS, (10, -10), -3, Side.BUY, None),
        (MIS, (-10,), 4, Side.BUY, 6),
        (MIS, (-10,), -4, Side.BUY, None),
    ],
)
def test_how_much_can_be_closed(product, units, difference, side, most):
    positions = [held(str(number), one, product) for number, one in enumerate(units)]
    assert most_to_close((INFY, product), side, positions, (), difference) == most


def test_delivered_shares_are_those_of_both_exchanges():
    positions = [held("a", 5), held("b", 5, instrument="BSE:INFY")]
    assert most_to_close(("BSE:INFY", CNC), Side.SELL, positions, (), -4) == 6


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=5),
    st.integers(0, 300),
    st.randoms(use_true_random=False),
)
def test_exits_sell_all_that_is_there_and_never_more_D11(units, there, random):
    """Whatever the order of the exits, and however often each is asked for."""
    books = {str(number): one for number, one in enumerate(units)}
    at_broker, wanted, difference = there, sum(units), there - sum(units)
    for name in random.choices(list(books), k=2 * len(books)) + list(books):
        positions = [held(run_id, one) for run_id, one in books.items()]
        most = most_to_close((INFY, CNC), Side.SELL, positions, (), difference)
        sold = books[name] if most is None else min(books[name], most)
        assert sold <= at_broker, "it would be short"
        books[name], at_broker = books[name] - sold, at_broker - sold
    assert there - at_broker == min(wanted, there), "an exit was held back"


@dataclass
class Account:
    """An account at a broker, and books that learn of its fills later, by the order book."""

    there: int
    here: int
    unread: list[int] = field(default_factory=list)

    def fill(self, units: int) -> None:
        self.there += units
        self.unread.append(units)

    def read_book(self) -> None:
        self.here += sum(self.unread)
        self.unread.clear()


@given(
    st.integers(-20, 0),
    st.lists(st.one_of(st.integers(-3, -1), st.sampled_from(["read", "book"])), max_size=40),
)
@example(0, [-1, "read", "book", -1, "read"])  # two sales that are on their way one after the other
def test_what_is_known_to_be_missing_is_no_sale_on_its_way_D11(missing, steps):
    """Sales reach the broker's units before the books, and never look like missing units."""
    account, units, now_s, book_s = Account(100 + missing, 100), UnitsAtBroker(), 0.0, -1.0
    for step in steps:
        now_s += 5
        if step == "book":
            account.read_book()
            book_s = now_s
        elif step == "read":
            units.look({(INFY, CNC): account.here}, {(INFY, CNC): account.there}, now_s, book_s)
        else:
            account.fill(step)
        known = units.differences(now_s).get(place_name((INFY, CNC)))
        assert known in (None, missing)


def test_nothing_is_known_after_one_reading_or_of_an_old_one():
    units, place = UnitsAtBroker(), (INFY, CNC)
    units.look({place: 10}, {place: 3}, 0.0, -5.0)
    assert units.differences(0.0) == {}
    units.look({place: 10}, {place: 3}, 15.0, -5.0)
    assert units.differences(15.0) == {}, "the order book was not read in between"
    units.look({place: 10}, {place: 3}, 30.0, 20.0)
    assert units.differences(30.0) == {place_name(place): -7}
    assert units.differences(30.0 + FRESH_S + 1) == {}
    units.look({place: 10}, {place: 3}, 100.0, 90.0)
    assert units.differences(100.0) == {}, "after a gap it begins anew"


def test_units_that_come_back_count_at_once_and_corrected_books_begin_anew():
    units, place = UnitsAtBroker(), (INFY, CNC)
    for at_s in (0.0, 15.0):
        units.look({place: 10}, {place: 3}, at_s, at_s)
    units.look({place: 10}, {place: 8}, 30.0, 15.0)
    assert units.differences(30.0) == {place_name(place): -2}
    units.forget("BSE:INFY")
    assert units.differences(30.0) == {}


def test_an_answer_without_any_of_several_instruments_says_nothing():
    """A broker that fails shows empty lists: exits of everything are not held back by that."""
    units, books = UnitsAtBroker(), {(INFY, CNC): 10, ("NSE:TCS", CNC): 5, ("NSE:ITC", CNC): 0}
    for at_s in (0.0, 15.0, 30.0):
        units.look(books, {}, at_s, at_s)
    assert units.differences(30.0) == {}
    for at_s in (45.0, 60.0):
        units.look(books, {("NSE:TCS", CNC): 5}, at_s, at_s)
    assert units.differences(60.0)[place_name((INFY, CNC))] == -10
