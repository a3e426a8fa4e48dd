"""The table of states, the fold of events, and what is stored of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.orders import events as ev
from tradertape_core.orders.codec import (
    event_document,
    event_from,
    event_kind,
    from_document,
    to_document,
)
from tradertape_core.orders.family import child_id, summary
from tradertape_core.orders.fields import read_order
from tradertape_core.orders.order import TERMINAL, Change, Fill, Order, OrderStatus, OrderType
from tradertape_core.orders.reports import CancelReason
from tradertape_core.orders.transitions import NEXT, evolve, fold

S = OrderStatus
DOCUMENT = {
    "exchange": "NSE",
    "tradingsymbol": "INFY",
    "transaction_type": "BUY",
    "product": "MIS",
    "order_type": "LIMIT",
    "price": 1450,
    "quantity": 10,
}


@pytest.fixture
def order(order_of: Callable[..., Order]) -> Order:
    return order_of(read_order(DOCUMENT))


@pytest.fixture
def filled(noon: datetime) -> Callable[..., ev.OrderFilled]:
    def made(trade_id: str, quantity: int, price: str = "1450", after: int = 0) -> ev.OrderFilled:
        request = read_order(DOCUMENT)
        fill = Fill(
            trade_id=trade_id,
            order_id="1001",
            account="kite:paper-a",
            run_id="run-1",
            instrument=request.instrument,
            product=request.product,
            side=request.side,
            quantity=quantity,
            price=Decimal(price),
            at=noon + timedelta(seconds=after),
        )
        return ev.OrderFilled(order_id="1001", at=fill.at, fill=fill)

    return made


def accepted(at: datetime, status: OrderStatus = S.OPEN, sequence: int = 1) -> ev.OrderAccepted:
    return ev.OrderAccepted(order_id="1001", at=at, status=status, sequence=sequence)


def cancelled(at: datetime, sequence: int = 2) -> ev.OrderCancelled:
    reason = CancelReason.REQUESTED
    return ev.OrderCancelled(order_id="1001", at=at, reason=reason, sequence=sequence)


def test_the_table_names_every_state_and_cancelled_amo_alone_is_final_for_ever() -> None:
    assert set(NEXT) == set(OrderStatus)
    assert [status for status, following in NEXT.items() if not following] == [S.CANCELLED_AMO]
    live = set(OrderStatus) - TERMINAL - {S.MODIFY_AMO_REQUESTED}
    # From a final state only a late fill, a void or a late answer leads on.
    assert S.PUT_REQUESTED not in NEXT[S.COMPLETE] | NEXT[S.CANCELLED]
    assert all(NEXT[status] & TERMINAL for status in live)


def test_partial_fills_leave_an_order_open_and_the_last_completes_it(
    order: Order, filled: Callable[..., ev.OrderFilled], noon: datetime
) -> None:
    order = evolve(evolve(order, accepted(noon)), filled("a", 4, "1449.90"))
    assert (order.status, order.filled_quantity, order.pending_quantity) == (S.OPEN, 4, 6)
    order = evolve(order, filled("b", 6, "1450.05"))
    assert (order.status, order.filled_quantity, order.pending_quantity) == (S.COMPLETE, 10, 0)
    assert order.average_price == Decimal("1449.9900")


def test_a_fill_that_overtakes_a_cancel_counts(
    order: Order, filled: Callable[..., ev.OrderFilled], noon: datetime
) -> None:
    order = evolve(evolve(order, accepted(noon)), cancelled(noon))
    assert (order.status, order.cancelled_quantity) == (S.CANCELLED, 10)
    order = evolve(order, filled("a", 4))
    assert (order.status, order.filled_quantity, order.cancelled_quantity) == (S.CANCELLED, 4, 6)
    order = evolve(order, filled("b", 6))
    assert (order.status, order.cancelled_quantity) == (S.COMPLETE, 0)


def test_a_trade_counts_once(order: Order, filled: Callable[..., ev.OrderFilled]) -> None:
    order = evolve(order, filled("a", 4))
    with pytest.raises(InvariantBroken, match="counted twice"):
        evolve(order, filled("a", 4))


def test_a_voided_trade_is_taken_back_and_does_not_rest_again(
    order: Order, filled: Callable[..., ev.OrderFilled], noon: datetime
) -> None:
    fill = filled("a", 10)
    order = evolve(order, fill)
    order = evolve(order, ev.FillVoided(order_id="1001", at=noon, fill=fill.fill))
    assert (order.status, order.filled_quantity) == (S.CANCELLED, 0)
    assert (order.pending_quantity, order.cancelled_quantity) == (0, 10)


def test_a_change_and_its_answer_pass_through_modify_pending(order: Order, noon: datetime) -> None:
    order = evolve(order, accepted(noon, S.TRIGGER_PENDING))
    change = Change(quantity=12)
    order = evolve(order, ev.ModifyRequested(order_id="1001", at=noon, ask=1, change=change))
    assert order.status is S.MODIFY_PENDING
    refused = ev.ModifyRefused(order_id="1001", at=noon, ask=1, message="no")
    assert evolve(order, refused).status is S.TRIGGER_PENDING
    done = ev.OrderModified(order_id="1001", at=noon, change=change, sequence=2, ask=1)
    after = evolve(order, done)
    assert (after.status, after.request.quantity, after.modifications) == (S.TRIGGER_PENDING, 12, 1)


def test_an_order_full_by_its_old_quantity_waits_for_the_answer_about_more(
    order: Order, filled: Callable[..., ev.OrderFilled], noon: datetime
) -> None:
    change = Change(quantity=12)
    asked = ev.ModifyRequested(order_id="1001", at=noon, ask=1, change=change)
    order = evolve(evolve(order, asked), filled("a", 10))
    assert order.status is S.MODIFY_PENDING
    refused = ev.ModifyRefused(order_id="1001", at=noon, ask=1, message="too late")
    assert evolve(order, refused).status is S.COMPLETE
    done = ev.OrderModified(order_id="1001", at=noon, change=change, sequence=2, ask=1)
    assert evolve(order, done).pending_quantity == 2


def test_an_after_market_order_is_released_or_cancelled(
    order_of: Callable[..., Order], noon: datetime
) -> None:
    order = order_of(read_order(DOCUMENT | {"variety": "amo"}))
    assert order.status is S.AMO_REQUESTED
    released = evolve(order, accepted(noon, S.PUT_REQUESTED))
    assert evolve(released, accepted(noon, S.OPEN, 2)).status is S.OPEN
    reason = CancelReason.REQUESTED
    gone = ev.OrderCancelled(order_id="1001", at=noon, reason=reason, sequence=1, amo=True)
    assert evolve(order, gone).status is S.CANCELLED_AMO


def test_an_order_in_doubt_is_open_and_found_again_by_any_word_of_the_venue(
    order: Order, filled: Callable[..., ev.OrderFilled], noon: datetime
) -> None:
    order = evolve(order, ev.OrderInDoubt(order_id="1001", at=noon, message="timeout"))
    assert (order.status, order.is_open, order.is_resting) == (S.IN_DOUBT, True, False)
    assert evolve(order, accepted(noon)).status is S.OPEN
    assert evolve(order, filled("a", 10)).status is S.COMPLETE
    rejected = ev.OrderRejected(order_id="1001", at=noon, message="never there", sequence=0)
    order = evolve(order, rejected)
    assert order.status is S.REJECTED
    assert evolve(order, accepted(noon)).status is S.OPEN, "not found is not: not placed"


def test_what_the_table_forbids_stops_at_once(order: Order, noon: datetime) -> None:
    dead = evolve(order, cancelled(noon))
    with pytest.raises(InvariantBroken, match="OrderAccepted cannot follow CANCELLED"):
        evolve(dead, accepted(noon, S.VALIDATION_PENDING, 3))
    with pytest.raises(InvariantBroken, match="begins with OrderAccepted"):
        fold([accepted(noon)])
    with pytest.raises(InvariantBroken, match="without events"):
        fold([])
    other = ev.OrderAccepted(order_id="2", at=noon, status=S.OPEN, sequence=1)
    with pytest.raises(InvariantBroken):
        evolve(order, other)


def test_a_sliced_parent_has_the_figures_of_its_children(
    order_of: Callable[..., Order], filled: Callable[..., ev.OrderFilled], noon: datetime
) -> None:
    request = read_order(DOCUMENT | {"quantity": 20, "autoslice": True})
    parent = order_of(request, slices=2)
    assert child_id(parent.order_id, 2) == "100102"
    first = evolve(order_of(read_order(DOCUMENT)), filled("a", 10, "1449"))
    second = evolve(order_of(read_order(DOCUMENT)), accepted(noon))
    whole = summary(parent, [first, second])
    assert (whole.status, whole.filled_quantity, whole.pending_quantity) == (S.OPEN, 10, 10)
    whole = summary(parent, [first, evolve(second, filled("b", 10, "1451"))])
    assert (whole.status, whole.average_price) == (S.COMPLETE, 1450)
    rejected = ev.OrderRejected(order_id="1001", at=noon, message="margin", sequence=2)
    whole = summary(parent, [first, evolve(second, rejected)])
    assert (whole.status, whole.cancelled_quantity) == (S.CANCELLED, 10)
    assert whole.status_message == "margin"


def test_events_survive_their_storage_to_the_last_field(
    order: Order, filled: Callable[..., ev.OrderFilled], noon: datetime
) -> None:
    change = Change(quantity=12, price=Decimal("1450.05"), order_type=OrderType.LIMIT)
    later = [
        accepted(noon),
        ev.OrderTriggered(order_id="1001", at=noon, sequence=2, exchange_order_id="X1"),
        ev.ModifyRequested(order_id="1001", at=noon, ask=1, change=change),
        ev.OrderModified(order_id="1001", at=noon, change=change, sequence=3, ask=1),
        ev.ModifyRequested(order_id="1001", at=noon, ask=2, change=Change(quantity=14)),
        ev.ModifyRefused(order_id="1001", at=noon, ask=2, message="no"),
        filled("a", 4),
        ev.VoidNoticed(order_id="1001", at=noon, trade_id="b"),
        ev.FillVoided(order_id="1001", at=noon, fill=filled("a", 4).fill),
        ev.CancelRequested(order_id="1001", at=noon, ask=3),
        ev.CancelRefused(order_id="1001", at=noon, ask=3, message="no"),
        cancelled(noon, 4),
    ]
    first = ev.OrderPlaced(
        order_id="1001",
        at=noon,
        account=order.account,
        run_id=order.run_id,
        request=order.request,
        venue=order.venue,
        tag=order.tag,
    )
    events = [first, *later]
    stored = [(event_kind(one), json.dumps(event_document(one))) for one in events]
    read = [event_from(kind, json.loads(text)) for kind, text in stored]
    assert read == events
    row = fold(read)
    assert row == fold(events)
    assert from_document(Order, json.loads(json.dumps(to_document(row)))) == row


def test_an_unknown_kind_of_event_stops_the_reading() -> None:
    with pytest.raises(InvariantBroken, match="OrderVanished"):
        event_from("OrderVanished", {})


# --- dry runs -------------------------------------------------------------------------------------


def test_a_recorded_order_of_a_dry_run_is_complete_with_nothing_filled(
    order: Order, noon: datetime
) -> None:
    event = ev.DryRunCompleted(order_id="1001", at=noon)
    assert event_from(event_kind(event), event_document(event)) == event
    done = evolve(replace(order, venue="dry_run"), event)
    assert (done.status, done.status_message) == (S.COMPLETE, "dry run: recorded, not sent")
    figures = (done.filled_quantity, done.pending_quantity, done.cancelled_quantity)
    assert figures == (0, 0, 0)
    assert from_document(Order, to_document(done)) == done


def test_an_order_that_was_sent_is_never_complete_by_being_recorded(
    order: Order, noon: datetime
) -> None:
    with pytest.raises(InvariantBroken, match="no dry run"):
        evolve(order, ev.DryRunCompleted(order_id="1001", at=noon))


def test_nothing_is_filled_after_a_dry_run(
    order: Order, filled: Callable[..., ev.OrderFilled], noon: datetime
) -> None:
    done = evolve(replace(order, venue="dry_run"), ev.DryRunCompleted(order_id="1001", at=noon))
    with pytest.raises(InvariantBroken, match="dry run"):
        evolve(done, filled("a", 4))
