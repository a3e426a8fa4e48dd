"""The one engine: it decides on orders; the caller stores the decision, then acts on it.

A refusal is a result (`Decision.denials`), never an exception. Reports of any venue, late,
duplicated or out of order, become events here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tradertape_core.execution.applying import (
    applied,
    apply,
    in_doubt,
    missing_quantity,
    settle_in_doubt,
)
from tradertape_core.execution.decision import (
    NOTHING,
    Alter,
    Decision,
    Facts,
    Submit,
    VenueRequest,
    Withdraw,
    tag_for,
)
from tradertape_core.orders import events as ev
from tradertape_core.orders.checks import check_against, needs_slices, slices_of
from tradertape_core.orders.commands import CancelOrder, ModifyOrder, PlaceOrder
from tradertape_core.orders.denials import Denial, DenialReason, denial
from tradertape_core.orders.family import child_id
from tradertape_core.orders.fields import AUTOMATIC_PROTECTION
from tradertape_core.orders.order import (
    DRY_RUN,
    NIL,
    Change,
    Order,
    OrderRequest,
    OrderType,
    Variety,
)
from tradertape_core.orders.reports import CancelReason

__all__ = [
    "applied",
    "apply",
    "ask_change",
    "cancel",
    "in_doubt",
    "is_cover_exit",
    "missing_quantity",
    "modify",
    "place",
    "settle_in_doubt",
]

MOST_MODIFICATIONS = 25  # of one order: Kite Connect, "Orders", modification limit
_R = DenialReason


def place(command: PlaceOrder, facts: Facts, now: datetime) -> Decision:
    """Decide on a new order: denied with every reason, or placed and to be submitted.

    Above the freeze quantity an autosliced order becomes a parent, which no venue ever sees, and
    children with ids of `orders.family.child_id`.
    """
    checked = check_against(
        command.request,
        facts.instrument,
        now=now,
        tick=facts.tick,
        phase=facts.phase,
        held=facts.held,
    )
    denials = checked.denials + facts.denials
    if denials:
        return Decision(denials=denials, warnings=checked.warnings)
    if needs_slices(command.request, facts.instrument):
        events, requests = _sliced(command, facts, now)
    else:
        events = (_placed(command, command.request, now),)
        requests = (Submit(command.order_id),)
    return Decision(
        events=events,
        requests=() if command.venue == DRY_RUN else requests,
        warnings=checked.warnings,
    )


def modify(command: ModifyOrder, order: Order, facts: Facts, now: datetime) -> Decision:
    """Decide on a change of an open order."""
    denials = _against_change(command, order)
    if denials:
        return Decision(denials=denials)
    checked = check_against(
        command.change.applied_to(order.request),
        facts.instrument,
        now=now,
        tick=facts.tick,
        phase=facts.phase,
        held=facts.held,
        is_change=True,
    )
    if checked.denials + facts.denials:
        return Decision(denials=checked.denials + facts.denials, warnings=checked.warnings)
    return replace(ask_change(order, command.change, now), warnings=checked.warnings)


def ask_change(order: Order, change: Change, now: datetime) -> Decision:
    """The request to change an order, unchecked: for what the engine itself decided."""
    ask = order.asks + 1
    event = ev.ModifyRequested(order_id=order.order_id, at=now, ask=ask, change=change)
    return Decision(events=(event,), requests=(Alter(order.order_id, ask, change),))


def cancel(
    command: CancelOrder, order: Order, now: datetime, *, children: Sequence[Order] = ()
) -> Decision:
    """Decide on cancelling an order; a second request changes nothing.

    children: of a sliced parent, whose open ones are cancelled. Cancelling an exit of a cover
    order turns it into a market order, so that no position is without its stop.
    """
    if order.slices:
        return _cancel_all(command, children, now)
    if not order.is_open:
        facts = {"order_id": order.order_id, "status": order.status}
        return Decision(denials=(denial(_R.ORDER_CLOSED, **facts),))
    if order.in_doubt:
        return Decision(denials=(denial(_R.ORDER_IN_DOUBT, order_id=order.order_id),))
    if order.cancel_ask is not None:
        return NOTHING
    if is_cover_exit(order) and command.reason is CancelReason.REQUESTED:
        return _leave_by(order, now)
    ask = order.asks + 1
    event = ev.CancelRequested(order_id=order.order_id, at=now, ask=ask, reason=command.reason)
    return Decision(events=(event,), requests=(Withdraw(order.order_id, ask),))


def is_cover_exit(order: Order) -> bool:
    """Whether the order is the exit of a cover order."""
    return order.request.variety is Variety.CO and order.parent_order_id is not None


def _placed(command: PlaceOrder, request: OrderRequest, now: datetime) -> ev.OrderPlaced:
    return ev.OrderPlaced(
        order_id=command.order_id,
        at=now,
        account=command.account,
        run_id=command.run_id,
        request=request,
        venue=command.venue,
        tag=tag_for(command.account, command.run_id, command.key, leg=command.leg),
        parent_order_id=command.parent_order_id,
    )


def _sliced(
    command: PlaceOrder, facts: Facts, now: datetime
) -> tuple[tuple[ev.OrderEvent, ...], tuple[VenueRequest, ...]]:
    request, instrument = command.request, facts.instrument
    freeze = instrument.freeze_quantity or request.quantity
    parts = slices_of(request.quantity, freeze, instrument.lot_size)
    parent = replace(_placed(command, request, now), slices=len(parts))
    children = [_slice(command, number, part, now) for number, part in enumerate(parts, 1)]
    return (parent, *children), tuple(Submit(child.order_id) for child in children)


def _slice(command: PlaceOrder, number: int, quantity: int, now: datetime) -> ev.OrderPlaced:
    whole = command.request
    request = replace(
        whole,
        quantity=quantity,
        disclosed_quantity=min(whole.disclosed_quantity, quantity),
        autoslice=False,
    )
    return replace(
        _placed(command, request, now),
        order_id=child_id(command.order_id, number),
        parent_order_id=command.order_id,
        tag=tag_for(command.account, command.run_id, command.key, leg=command.leg, part=number),
    )


def _against_change(command: ModifyOrder, order: Order) -> tuple[Denial, ...]:
    name, change = order.order_id, command.change
    if order.slices:
        children = f"{child_id(name, 1)} to {child_id(name, order.slices)}"
        return (denial(_R.SLICED_PARENT, order_id=name, children=children),)
    if not order.is_open:
        return (denial(_R.ORDER_CLOSED, order_id=name, status=order.status),)
    if order.in_doubt:
        return (denial(_R.ORDER_IN_DOUBT, order_id=name),)
    if order.cancel_ask is not None:
        return (denial(_R.CANCEL_PENDING, order_id=name),)
    if order.modify_ask is not None:
        return (denial(_R.MODIFY_PENDING, order_id=name),)
    if change.is_empty or change.applied_to(order.request) == order.request:
        return (denial(_R.NOTHING_TO_CHANGE, order_id=name),)
    if order.modifications >= MOST_MODIFICATIONS:
        return (denial(_R.MODIFICATION_CAP, order_id=name, most=MOST_MODIFICATIONS),)
    if change.quantity is not None and change.quantity <= order.filled_quantity:
        facts = {"filled": order.filled_quantity, "quantity": change.quantity}
        return (denial(_R.BELOW_FILLED, pointer="/quantity", **facts),)
    return ()


def _cancel_all(command: CancelOrder, children: Sequence[Order], now: datetime) -> Decision:
    decision = NOTHING
    for child in children:
        if child.is_open and not child.in_doubt:
            decision += cancel(replace(command, order_id=child.order_id), child, now)
    if decision.events or any(child.is_open for child in children):
        return decision
    facts = {"order_id": command.order_id, "status": "closed"}
    return Decision(denials=(denial(_R.ORDER_CLOSED, **facts),))


def _leave_by(order: Order, now: datetime) -> Decision:
    if order.modify_ask is not None:
        return Decision(denials=(denial(_R.MODIFY_PENDING, order_id=order.order_id),))
    if order.request.order_type is OrderType.MARKET:
        return NOTHING
    change = Change(order_type=OrderType.MARKET, price=NIL, trigger_price=NIL)
    return ask_change(order, replace(change, market_protection=AUTOMATIC_PROTECTION), now)
