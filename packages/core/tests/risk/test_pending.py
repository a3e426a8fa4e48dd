"""What resting orders can make of a position, in examples and against every order of fills."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.kernel.money import Paise
from tradertape_core.orders.order import Product
from tradertape_core.risk.margins import share_margin, share_reserve
from tradertape_core.risk.pending import NONE_PENDING, Pending, largest_value, opening

PRICE = 1_00  # paise a unit: every value is its quantity, in rupees


def pending(quantity, charges=0):
    return Pending(quantity, Paise(quantity * PRICE), Paise(charges))


def test_orders_against_a_position_open_what_is_left_of_them():
    assert opening(10, pending(5), pending(55)) == (pending(5), pending(45))
    assert opening(-10, pending(4), pending(5)) == (NONE_PENDING, pending(5))


def test_intraday_orders_need_a_fifth_of_the_larger_side_with_its_charges():
    assert share_reserve(Product.MIS, 0, 0, pending(100, 7), pending(60, 5)) == 20_00 + 7
    assert share_reserve(Product.MIS, 100, 100_00, NONE_PENDING, pending(100, 9)) == 0
    assert share_reserve(Product.MIS, 100, 100_00, NONE_PENDING, pending(300, 9)) == 20_00 + 6


def test_delivery_is_paid_in_full_and_a_sale_needs_nothing():
    assert share_reserve(Product.CNC, 10, 10_00, pending(7, 3), pending(10)) == 7_00 + 3


orders = st.lists(st.integers(-60, 60).filter(bool), max_size=4)


def walk(held, fills):
    """The positions that fills lead through."""
    reached = [held]
    for one in fills:
        reached.append(reached[-1] + one)
    return reached


@given(held=st.integers(-60, 60), resting=orders)
def test_nothing_that_can_be_reached_is_larger(held, resting):
    buys = pending(sum(one for one in resting if one > 0))
    sells = pending(-sum(one for one in resting if one < 0))
    found = largest_value(held, abs(held) * PRICE, buys, sells)
    reached = {abs(at) for order in permutations(resting) for at in walk(held, order)}
    assert found == max(reached) * PRICE
    cost = abs(held) * PRICE
    needed = share_reserve(Product.MIS, held, cost, buys, sells)
    margins = [share_margin(Product.MIS, at * PRICE) for at in reached]
    assert share_margin(Product.MIS, cost) + needed >= max(margins)


@given(st.integers(1, 1000), st.integers(0, 10_000), st.integers(0, 1000))
def test_a_part_is_never_worth_less_than_its_share(quantity, value, part):
    whole = Pending(quantity, Paise(value), Paise(value))
    found = whole.part(part)
    assert found.quantity == min(part, quantity)
    assert found.value_paise * quantity >= value * found.quantity
    assert found.value_paise <= value
