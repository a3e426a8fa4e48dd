"""What a venue says of an order moves its signal, once: the rows of the state machine (SG-07)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.orders import gtt as g
from tradertape_core.orders.gtt import Gtt, GttRequest, GttResult, GttType
from tradertape_core.orders.order import OrderRequest, OrderType, Product, Side
from tradertape_core.portfolio.orders import VALIDITY, Executed, observed
from tradertape_core.portfolio.signals import (
    ACTIVE,
    PARTIAL,
    PLACING,
    TRIGGERED,
    UNKNOWN,
    Event,
    GttStatus,
    State,
    Status,
    after,
)

NOW = datetime(2026, 1, 5, 5, tzinfo=UTC)
ORDER = OrderRequest(
    exchange="NSE", tradingsymbol="INFY", side=Side.BUY, quantity=10, product=Product.CNC,
    order_type=OrderType.LIMIT, price=Decimal(101),
)  # fmt: skip
REQUEST = GttRequest(
    type=GttType.SINGLE, exchange="NSE", tradingsymbol="INFY", trigger_values=(Decimal(100),),
    last_price=Decimal(99), orders=(ORDER,),
)  # fmt: skip
WAITING = g.create(1, "1", REQUEST, last_price=Decimal(99), now=NOW, run_id="portfolio:1:1:1")
PLACED = g.with_result(g.fire(WAITING, 0, NOW), GttResult(leg=0, at=NOW, order_id="o1"))
REFUSED = g.with_result(g.fire(WAITING, 0, NOW), GttResult(leg=0, at=NOW, reason="no funds"))
OPEN = Executed(wanted=10)
PART = Executed(wanted=10, filled=4, value=Decimal(400))
WHOLE = Executed(wanted=10, filled=10, value=Decimal(1000), is_open=False)


def ended(status: g.GttStatus) -> Gtt:
    return g.end(WAITING, status, NOW)


ROWS = {
    "approved/active → trigger seen": (ACTIVE, PLACED, OPEN, None, TRIGGERED),
    "triggered → partial fill": (TRIGGERED, PLACED, PART, None, PARTIAL),
    "triggered → full fill": (
        TRIGGERED, PLACED, WHOLE, None, State(Status.EXECUTED, GttStatus.FILLED),
    ),
    "partially filled → full fill": (
        PARTIAL, PLACED, WHOLE, None, State(Status.EXECUTED, GttStatus.FILLED),
    ),
    "partially filled → day-end": (
        PARTIAL, PLACED, replace(PART, is_open=False), None,
        State(Status.EXECUTED, GttStatus.FILLED),
    ),
    "triggered → order rejected": (
        TRIGGERED, PLACED, replace(OPEN, is_open=False, is_rejected=True), None,
        State(Status.FAILED, GttStatus.REJECTED),
    ),
    "triggered → day-end unfilled limit": (
        TRIGGERED, PLACED, replace(OPEN, is_open=False), None,
        State(Status.FAILED, GttStatus.REJECTED),
    ),
    "active → triggered, order refused": (
        ACTIVE, REFUSED, None, None, State(Status.FAILED, GttStatus.REJECTED),
    ),
    "approved/active → valid_days over": (
        ACTIVE, ended(g.GttStatus.DELETED), None, VALIDITY,
        State(Status.EXPIRED, GttStatus.EXPIRED),
    ),
    "approved/active → a year over": (
        ACTIVE, ended(g.GttStatus.EXPIRED), None, None, State(Status.EXPIRED, GttStatus.EXPIRED),
    ),
    "approved/active → disabled": (
        ACTIVE, ended(g.GttStatus.DISABLED), None, None,
        State(Status.CANCELLED, GttStatus.DISABLED),
    ),
    "approved/active → cancelled by the broker": (
        ACTIVE, ended(g.GttStatus.CANCELLED), None, None,
        State(Status.CANCELLED, GttStatus.CANCELLED),
    ),
    "approved/active → deleted by the user elsewhere": (
        ACTIVE, ended(g.GttStatus.DELETED), None, None,
        State(Status.CANCELLED, GttStatus.DELETED),
    ),
    "approved/active → user cancels": (
        ACTIVE, ended(g.GttStatus.DELETED), None, "cancelled by me",
        State(Status.CANCELLED, GttStatus.CANCELLED),
    ),
    "approved/active → still waiting": (ACTIVE, WAITING, None, None, ACTIVE),
    "approved/placing → nothing is known": (PLACING, WAITING, None, None, PLACING),
    "approved/unknown → nothing is known": (UNKNOWN, PLACED, WHOLE, None, UNKNOWN),
    "an order without a trigger rests": (ACTIVE, None, OPEN, None, ACTIVE),
    "an order without a trigger fills": (
        ACTIVE, None, WHOLE, None, State(Status.EXECUTED, GttStatus.FILLED),
    ),
}  # fmt: skip


def follow(state: State, gtt, order, reason) -> State:
    filled = 0
    for event in observed(state, gtt, order, filled=filled, withdraw_reason=reason):
        state = after(state, event, signal_id=1)
    return state


@pytest.mark.parametrize("row", ROWS)
def test_sg_07_each_row_of_the_table(row: str) -> None:
    state, gtt, order, reason, wanted = ROWS[row]
    assert follow(state, gtt, order, reason) == wanted


@pytest.mark.parametrize("row", ROWS)
def test_what_was_followed_is_not_followed_again(row: str) -> None:
    state, gtt, order, reason, _ = ROWS[row]
    moved = follow(state, gtt, order, reason)
    filled = 0 if order is None else order.filled
    assert observed(moved, gtt, order, filled=filled, withdraw_reason=reason) == ()


@pytest.mark.parametrize("row", [r for r in ROWS if ROWS[r][0] is TRIGGERED])
def test_a_server_that_was_down_finds_what_it_missed(row: str) -> None:
    """The trigger, and what became of its order, are found together at the start."""
    _, gtt, order, reason, wanted = ROWS[row]
    assert follow(ACTIVE, gtt, order, reason) == wanted


VENUE = st.lists(st.sampled_from(["part", "whole", "end", "reject", "look"]), max_size=8)


@given(VENUE, st.booleans())
def test_looking_often_or_once_comes_to_the_same(steps: list[str], fires: bool) -> None:
    """Whenever one looks, and how often, an order has one story: nothing is lost or doubled."""
    gtt, order = (PLACED, OPEN) if fires else (WAITING, None)
    often, filled = ACTIVE, 0
    for step in steps:
        if order is not None and order.is_open:
            if step == "part" and order.filled < 9:
                order = replace(order, filled=order.filled + 1, value=order.value + 100)
            elif step == "whole":
                order = replace(order, filled=10, value=Decimal(1000), is_open=False)
            elif step == "end":
                order = replace(order, is_open=False)
            elif step == "reject" and not order.filled:
                order = replace(order, is_open=False, is_rejected=True)
        if step == "look":
            for event in observed(often, gtt, order, filled=filled):
                often = after(often, event, signal_id=1)
            filled = 0 if order is None else order.filled
    for event in observed(often, gtt, order, filled=filled):
        often = after(often, event, signal_id=1)
    once = ACTIVE
    for event in observed(once, gtt, order):
        once = after(once, event, signal_id=1)
    assert often == once
    assert (often.status is Status.EXECUTED) == bool(order and order.filled and not order.is_open)


def test_an_average_price_is_that_of_all_fills() -> None:
    assert PART.average_price == Decimal(100)
    assert OPEN.average_price is None
    assert Event.FILL in observed(TRIGGERED, PLACED, WHOLE)
