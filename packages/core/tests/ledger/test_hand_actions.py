"""Splits and bonuses by hand: their ids say all of them, and the data set's own is the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.corporate import CorporateAction, apply_action
from tradertape_core.ledger.hand_actions import HandAction, hand_actions, is_applied
from tradertape_core.ledger.lots import Lot
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.orders.order import Product

EX = date(2026, 1, 6)
INFY = "NSE:INFY"
BONUS = HandAction("20260106T040000", EX, 2, 1)


def of_data(ex_date: date) -> CorporateAction:
    return CorporateAction(
        action_id=f"bonus:INFY:{ex_date}", instrument=INFY, ex_date=ex_date, new=2, old=1
    )


@given(st.integers(1, 1000), st.integers(1, 1000), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_an_id_says_all_of_the_action(new: int, old: int, ex_date: date) -> None:
    action = HandAction("a1", ex_date, new, old)
    assert hand_actions([f"split:X:{EX}", action.action_id]) == [action]
    assert hand_actions([action.action_id, action.taken_back_id]) == []


def test_a_name_has_no_colon() -> None:
    with pytest.raises(InvalidInput):
        HandAction("a:b", EX, 2, 1)


@pytest.mark.parametrize(("days", "is_same"), [(-11, False), (-10, True), (10, True), (11, False)])
def test_the_same_action_in_the_data_set_is_not_applied_again(days: int, *, is_same: bool) -> None:
    later = of_data(EX + timedelta(days=days))
    assert is_applied(later, [BONUS.action_id]) is is_same
    assert not is_applied(later, [BONUS.action_id, BONUS.taken_back_id])
    assert is_applied(later, [later.action_id])


def test_one_by_hand_is_applied_beside_another_and_taken_back() -> None:
    again = HandAction("20260107T040000", EX, 2, 1)
    assert not is_applied(again.action(INFY), [BONUS.action_id])
    assert not is_applied(BONUS.undoing(INFY), [BONUS.action_id])


@given(st.integers(1, 10_000), st.integers(1, 10**9), st.integers(1, 50))
def test_taken_back_the_position_is_as_before_to_the_paisa(units: int, cost: int, new: int) -> None:
    bought = datetime(2026, 1, 2, 5, tzinfo=UTC)
    lot = Lot(trade_id="1", at=bought, quantity=units, cost=Paise(cost))
    before = Position(key=PositionKey("1", None, INFY, Product.CNC), lots=(lot,))
    hand = HandAction("a", EX, new, 1)
    after = apply_action(before, hand.action(INFY))
    assert (after.quantity, after.cost_paise) == (units * new, cost)
    back = apply_action(after, hand.undoing(INFY))
    assert (back.lots, back.realised_paise) == (before.lots, before.realised_paise)
    assert back.average_price == before.average_price.quantize(Decimal("0.0001"))
