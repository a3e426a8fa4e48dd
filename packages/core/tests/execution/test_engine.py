"""What the engine decides: placing, changing, taking back, and lost answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from tradertape_core.execution import engine
from tradertape_core.execution.decision import Alter, Facts, Submit, Withdraw, tag_for
from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.commands import CancelOrder, ModifyOrder, PlaceOrder
from tradertape_core.orders.denials import DenialReason, denial
from tradertape_core.orders.events import (
    ModifyRefused,
    OrderCancelled,
    OrderInDoubt,
    OrderPlaced,
    OrderRejected,
)
from tradertape_core.orders.order import Change, Order, OrderStatus
from tradertape_core.orders.reports import CancelReason, ExecutionReport, Trade
from tradertape_core.orders.transitions import evolve

S = OrderStatus
FUTURE = {
    "exchange": "NFO",
    "tradingsymbol": "NIFTY26AUGFUT",
    "product": "NRML",
    "order_type": "LIMIT",
    "price": 24500,
}
LIMIT = {"order_type": "LIMIT", "price": 1450}


def after(order: Order, decision: engine.Decision) -> Order:
    for event in decision.events:
        order = evolve(order, event)
    return order


def told(order: Order, report: ExecutionReport, now: datetime) -> Order:
    for event in engine.apply(report, order, now):
        order = evolve(order, event)
    return order


@pytest.fixture
def resting(placed: Callable[..., Order], noon: datetime) -> Order:
    return told(placed(**LIMIT), report(noon, 1, status=S.OPEN), noon)


def report(at: datetime, sequence: int, **more: object) -> ExecutionReport:
    return ExecutionReport(order_id="1001", at=at, sequence=sequence, **more)


def trade(at: datetime, trade_id: str, quantity: int, price: str = "1450") -> Trade:
    return Trade(trade_id=trade_id, quantity=quantity, price=Decimal(price), at=at)


# --- placing --------------------------------------------------------------------------------------


def test_an_order_is_recorded_before_it_is_sent(
    command: Callable[..., PlaceOrder], infy: Instrument, noon: datetime
) -> None:
    decision = engine.place(command(), Facts(instrument=infy), noon)
    (event,) = decision.events
    assert isinstance(event, OrderPlaced)
    assert decision.requests == (Submit("1001"),)
    assert evolve(None, event).status is S.PUT_REQUESTED


def test_a_dry_run_sends_nothing(
    command: Callable[..., PlaceOrder], infy: Instrument, noon: datetime
) -> None:
    decision = engine.place(command(venue="dry_run"), Facts(instrument=infy), noon)
    assert decision.events
    assert decision.requests == ()


def test_a_denial_has_every_reason_and_no_event(
    command: Callable[..., PlaceOrder], infy: Instrument, noon: datetime
) -> None:
    gate = denial(DenialReason.NO_PRICE, instrument="NSE:INFY")
    facts = Facts(instrument=infy, phase=None, denials=(gate,))
    decision = engine.place(command(order_type="LIMIT", price=1450.02), facts, noon)
    assert [str(one.reason) for one in decision.denials] == [
        "not_a_tick",
        "market_closed_use_amo",
        "no_price",
    ]
    assert decision.events == decision.requests == ()


def test_an_order_above_the_freeze_quantity_becomes_a_parent_and_its_slices(
    command: Callable[..., PlaceOrder], nifty: Instrument, noon: datetime
) -> None:
    asked = command(quantity=3900, autoslice=True, **FUTURE)
    decision = engine.place(asked, Facts(instrument=nifty), noon)
    parent, *children = (evolve(None, event) for event in decision.events)
    assert (parent.order_id, parent.slices, parent.request.quantity) == ("1001", 3, 3900)
    assert [child.request.quantity for child in children] == [1755, 1755, 390]
    assert [child.parent_order_id for child in children] == ["1001"] * 3
    assert decision.requests == (Submit("100101"), Submit("100102"), Submit("100103"))
    tags = {parent.tag, *(child.tag for child in children)}
    assert len(tags) == 4, "each is found by its own tag"


def test_a_tag_is_twenty_letters_and_digits_and_the_intent_decides_it() -> None:
    tag = tag_for("kite:paper-a", "run-1", "key")
    assert len(tag) == 20
    assert tag.isalnum()
    assert tag.isascii()
    assert tag == tag_for("kite:paper-a", "run-1", "key")
    others = {
        tag_for("kite:paper-b", "run-1", "key"),
        tag_for("kite:paper-a", "run-2", "key"),
        tag_for("kite:paper-a", "run-1", "kez"),
        tag_for("kite:paper-a", None, "run-1key"),
        tag_for("kite:paper-a", "run-1", "key", leg=1),
        tag_for("kite:paper-a", "run-1", "key", part=1),
    }
    assert len(others | {tag}) == 7


# --- changing and taking back ---------------------------------------------------------------------


def test_a_change_is_asked_once_and_its_answer_ends_it(
    resting: Order, infy: Instrument, noon: datetime
) -> None:
    change = Change(quantity=12)
    asked = ModifyOrder(order_id="1001", change=change)
    decision = engine.modify(asked, resting, Facts(instrument=infy), noon)
    assert decision.requests == (Alter("1001", 1, change),)
    order = after(resting, decision)
    again = engine.modify(asked, order, Facts(instrument=infy), noon)
    assert [str(one.reason) for one in again.denials] == ["modify_pending"]
    order = told(order, report(noon, 2, answers=1), noon)
    assert (order.status, order.request.quantity) == (S.OPEN, 12)


@pytest.mark.parametrize(
    ("facts", "change", "reason"),
    [
        ({}, Change(), "nothing_to_change"),
        ({}, Change(quantity=10), "nothing_to_change"),
        ({}, Change(price=Decimal("1450.01")), "not_a_tick"),
        ({"modifications": 25}, Change(quantity=12), "modification_cap"),
        ({"status": S.COMPLETE}, Change(quantity=12), "order_closed"),
        ({"in_doubt": True}, Change(quantity=12), "order_in_doubt"),
        ({"cancel_ask": 1}, Change(quantity=12), "cancel_pending"),
        ({"slices": 2}, Change(quantity=12), "sliced_parent"),
        ({"filled_quantity": 4}, Change(quantity=4), "below_filled"),
    ],
)
def test_a_change_is_denied(
    resting: Order,
    infy: Instrument,
    noon: datetime,
    facts: dict[str, object],
    change: Change,
    reason: str,
) -> None:
    asked = ModifyOrder(order_id="1001", change=change)
    decision = engine.modify(asked, replace(resting, **facts), Facts(instrument=infy), noon)
    assert [str(one.reason) for one in decision.denials] == [reason]
    assert decision.events == ()


def test_taking_back_twice_asks_once(resting: Order, noon: datetime) -> None:
    cancel = CancelOrder(order_id="1001")
    decision = engine.cancel(cancel, resting, noon)
    assert decision.requests == (Withdraw("1001", 1),)
    order = after(resting, decision)
    assert engine.cancel(cancel, order, noon) == engine.Decision()
    gone = told(order, report(noon, 2, status=S.CANCELLED, answers=1), noon)
    denied = engine.cancel(cancel, gone, noon).denials
    assert [str(one.reason) for one in denied] == ["order_closed"]


def test_a_refused_cancel_leaves_the_order_where_it_was(resting: Order, noon: datetime) -> None:
    order = after(resting, engine.cancel(CancelOrder(order_id="1001"), resting, noon))
    order = told(order, report(noon, 2, answers=1, refused=True, message="frozen"), noon)
    assert (order.status, order.status_message) == (S.OPEN, "frozen")


def test_a_parent_is_taken_back_by_its_open_children(
    command: Callable[..., PlaceOrder], nifty: Instrument, noon: datetime
) -> None:
    asked = command(quantity=3510, autoslice=True, **FUTURE)
    events = engine.place(asked, Facts(instrument=nifty), noon).events
    parent, one, two = (evolve(None, event) for event in events)
    gone = OrderCancelled(order_id=one.order_id, at=noon, reason=CancelReason.DAY, sequence=1)
    decision = engine.cancel(
        CancelOrder(order_id="1001"), parent, noon, children=[evolve(one, gone), two]
    )
    assert decision.requests == (Withdraw("100102", 1),)


# --- reports --------------------------------------------------------------------------------------


def test_old_news_changes_nothing(resting: Order, noon: datetime) -> None:
    triggered = report(noon, 1, status=S.TRIGGER_PENDING)
    assert engine.apply(triggered, resting, noon) == ()
    filled = told(resting, report(noon, 5, trades=(trade(noon, "a", 10),)), noon)
    assert filled.status is S.COMPLETE
    stale = report(noon, 3, status=S.OPEN, filled_quantity=0)
    assert told(filled, stale, noon).status is S.COMPLETE, "a snapshot cannot undo a fill"


def test_a_complete_order_waits_for_its_trades(resting: Order, noon: datetime) -> None:
    done = report(noon, 2, status=S.COMPLETE, filled_quantity=10)
    order = told(resting, done, noon)
    assert (order.status, order.filled_quantity) == (S.OPEN, 0)
    assert engine.missing_quantity(done, order) == 10
    order = told(order, report(noon, 2, trades=(trade(noon, "a", 10),)), noon)
    assert order.status is S.COMPLETE
    assert engine.missing_quantity(done, order) == 0


def test_a_report_of_another_order_or_a_changed_trade_stops_at_once(
    resting: Order, noon: datetime
) -> None:
    with pytest.raises(InvariantBroken, match="reached order 1001"):
        engine.apply(replace(report(noon, 2), order_id="1002"), resting, noon)
    order = told(resting, report(noon, 2, trades=(trade(noon, "a", 4),)), noon)
    with pytest.raises(InvariantBroken, match="other figures"):
        engine.apply(report(noon, 3, trades=(trade(noon, "a", 5),)), order, noon)
    with pytest.raises(InvariantBroken, match="at NaN"):
        engine.apply(report(noon, 3, trades=(trade(noon, "b", 5, "NaN"),)), order, noon)


# --- lost answers ---------------------------------------------------------------------------------


@pytest.fixture
def lost(placed: Callable[..., Order], noon: datetime) -> Order:
    order = placed(**LIMIT)
    (event,) = engine.in_doubt(order, "read timeout", noon)
    assert isinstance(event, OrderInDoubt)
    return evolve(order, event)


def test_a_lost_order_found_in_the_book_goes_on(lost: Order, noon: datetime) -> None:
    found = report(noon, 4, status=S.OPEN, trades=(trade(noon, "a", 4),))
    for event in engine.settle_in_doubt(lost, found, noon, looks=1):
        lost = evolve(lost, event)
    assert (lost.status, lost.filled_quantity) == (S.OPEN, 4)


def test_not_found_is_not_not_placed(
    lost: Order, noon: datetime, later: Callable[[float], datetime]
) -> None:
    assert engine.settle_in_doubt(lost, None, later(120), looks=2) == ()
    assert engine.settle_in_doubt(lost, None, later(59), looks=9) == ()
    (event,) = engine.settle_in_doubt(lost, None, later(60), looks=3)
    assert isinstance(event, OrderRejected)
    assert lost.tag in event.message
    assert evolve(lost, event).status is S.REJECTED


def test_an_order_in_doubt_is_neither_changed_nor_taken_back(lost: Order, noon: datetime) -> None:
    denied = engine.cancel(CancelOrder(order_id="1001"), lost, noon).denials
    assert [str(one.reason) for one in denied] == ["order_in_doubt"]


def test_the_lost_answer_to_a_change_is_read_from_the_terms(
    resting: Order, infy: Instrument, noon: datetime, later: Callable[[float], datetime]
) -> None:
    asked = ModifyOrder(order_id="1001", change=Change(quantity=12))
    order = after(resting, engine.modify(asked, resting, Facts(instrument=infy), noon))
    done = report(noon, 3, status=S.OPEN, terms=Change(quantity=12))
    seen = order
    for event in engine.settle_in_doubt(seen, done, noon, looks=1):
        seen = evolve(seen, event)
    assert (seen.status, seen.request.quantity) == (S.OPEN, 12)
    undone = report(noon, 3, status=S.OPEN, terms=Change(quantity=10))
    early = engine.settle_in_doubt(order, undone, later(120), looks=2)
    assert not any(isinstance(event, ModifyRefused) for event in early)
    for event in engine.settle_in_doubt(order, undone, later(120), looks=3):
        order = evolve(order, event)
    assert (order.status, order.request.quantity) == (S.OPEN, 10)


def test_the_lost_answer_to_a_cancel_is_read_from_the_state(
    resting: Order, noon: datetime, later: Callable[[float], datetime]
) -> None:
    order = after(resting, engine.cancel(CancelOrder(order_id="1001"), resting, noon))
    gone = report(noon, 3, status=S.CANCELLED)
    seen = order
    for event in engine.settle_in_doubt(seen, gone, noon, looks=1):
        seen = evolve(seen, event)
    assert seen.status is S.CANCELLED
    still = report(noon, 3, status=S.OPEN)
    for event in engine.settle_in_doubt(order, still, later(90), looks=3):
        order = evolve(order, event)
    assert order.status is S.OPEN
