"""The one table of what may follow what, and the fold of events into an order.

An order's figures follow from facts that can arrive in any order: its fills (each once, by trade
id), the venue's latest status and terms (by the venue's own sequence) and our unanswered
requests. So reports that are late, doubled or shuffled end in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.kernel.frozen import changed
from tradertape_core.orders import events as ev
from tradertape_core.orders.order import (
    DRY_RUN_MESSAGE,
    TERMINAL,
    Fill,
    Order,
    OrderStatus,
    Variety,
    average_of,
)

_S = OrderStatus
_ENDS = frozenset({_S.COMPLETE, _S.CANCELLED, _S.REJECTED})
_COMING = frozenset({_S.PUT_REQUESTED, _S.VALIDATION_PENDING, _S.OPEN_PENDING})
_AMO = frozenset({_S.AMO_REQUESTED, _S.MODIFY_AMO_REQUESTED, _S.CANCELLED_AMO})
# What a resting order can turn to: answers overtake each other, so any of them may come first.
_RESTING = frozenset(
    {
        _S.TRIGGER_PENDING,
        _S.OPEN,
        _S.MODIFY_VALIDATION_PENDING,
        _S.MODIFY_PENDING,
        _S.MODIFIED,
        _S.CANCEL_PENDING,
    }
)
_REACHED = _RESTING | _ENDS

NEXT: dict[OrderStatus, frozenset[OrderStatus]] = {
    _S.PUT_REQUESTED: _REACHED | _COMING | {_S.IN_DOUBT},
    _S.VALIDATION_PENDING: _REACHED | {_S.OPEN_PENDING, _S.IN_DOUBT},
    _S.OPEN_PENDING: _REACHED | {_S.IN_DOUBT},
    _S.AMO_REQUESTED: _REACHED | _COMING | _AMO | {_S.IN_DOUBT},
    _S.MODIFY_AMO_REQUESTED: _REACHED | _COMING | _AMO,
    _S.TRIGGER_PENDING: _REACHED,
    # A change to an SL type sends an open order back to wait for its trigger.
    _S.OPEN: _REACHED,
    _S.MODIFY_VALIDATION_PENDING: _REACHED | _COMING,
    # A change to the quantity already executed leaves nothing to do.
    _S.MODIFY_PENDING: _REACHED | _COMING,
    _S.MODIFIED: _REACHED,
    # A cancel that was refused leaves the order where it was.
    _S.CANCEL_PENDING: _REACHED | _COMING | _AMO,
    # The order whose answer was lost turns up in the venue's book, in any state.
    _S.IN_DOUBT: _REACHED | _COMING | _AMO,
    # We learn of a larger quantity after the fills of the smaller one; or a trade is voided.
    _S.COMPLETE: _RESTING | {_S.CANCELLED},
    # A fill can overtake our cancel: the exchange matched the order before it read the request.
    _S.CANCELLED: _RESTING | {_S.COMPLETE},
    _S.CANCELLED_AMO: frozenset(),
    # Declared never placed after many looks, and found in the book after all.
    _S.REJECTED: _REACHED | _COMING,
}

# Between statuses of one sequence the one further along counts.
_RANK = {
    _S.AMO_REQUESTED: 0,
    _S.MODIFY_AMO_REQUESTED: 0,
    _S.PUT_REQUESTED: 1,
    _S.VALIDATION_PENDING: 2,
    _S.OPEN_PENDING: 3,
    _S.TRIGGER_PENDING: 4,
    _S.MODIFY_VALIDATION_PENDING: 5,
    _S.MODIFY_PENDING: 5,
    _S.MODIFIED: 5,
    _S.OPEN: 6,
    _S.CANCEL_PENDING: 7,
}
_LAST = 9


def is_news(order: Order, status: OrderStatus, sequence: int) -> bool:
    """Whether a venue's status is later than the one known."""
    known = (order.status_sequence, _RANK.get(order.venue_status, _LAST))
    return (sequence, _RANK.get(status, _LAST)) > known


def fold(events: Iterable[ev.OrderEvent]) -> Order:
    """Rebuild an order from its events, oldest first.

    Raises InvariantBroken when they do not form the history of one order.
    """
    order: Order | None = None
    for event in events:
        order = evolve(order, event)
    if order is None:
        raise InvariantBroken("an order without events")
    return order


def moved(order: Order, event: ev.OrderEvent) -> Order | None:
    """Return the order after the event; None where the table does not allow it."""
    after = _settled(
        _changed(order, event),
        order,
        updated_at=max(order.updated_at, event.at),
        version=order.version + 1,
    )
    return after if after.status is order.status or after.status in NEXT[order.status] else None


def evolve(order: Order | None, event: ev.OrderEvent) -> Order:
    """Return the order after one more event; None before the first.

    Raises InvariantBroken where the table does not allow it.
    """
    if order is None:
        if not isinstance(event, ev.OrderPlaced):
            raise InvariantBroken(f"order {event.order_id} begins with {type(event).__name__}")
        return placed(event)
    if event.order_id != order.order_id:
        raise InvariantBroken(f"{type(event).__name__} of {event.order_id} after {order.order_id}")
    after = moved(order, event)
    if after is None:
        raise InvariantBroken(
            f"{type(event).__name__} cannot follow {order.status} ({order.order_id})"
        )
    return after


def placed(event: ev.OrderPlaced) -> Order:
    """The order as it begins."""
    amo = event.request.variety is Variety.AMO
    status = _S.AMO_REQUESTED if amo else _S.PUT_REQUESTED
    return Order(
        order_id=event.order_id,
        account=event.account,
        run_id=event.run_id,
        request=event.request,
        status=status,
        venue=event.venue,
        tag=event.tag,
        placed_at=event.at,
        updated_at=event.at,
        pending_quantity=event.request.quantity,
        parent_order_id=event.parent_order_id,
        slices=event.slices,
        venue_status=status,
        is_external=event.is_external,
    )


def _changed(order: Order, event: ev.OrderEvent) -> Order:
    match event:
        case ev.OrderFilled():
            if order.is_dry_run:
                raise InvariantBroken(f"a fill of {order.order_id}, which is of a dry run")
            return changed(order, fills=_with(order.fills, event.fill), in_doubt=False)
        case ev.FillVoided() | ev.VoidNoticed():
            return _voided(order, event)
        case ev.ModifyRequested() | ev.OrderModified() | ev.ModifyRefused():
            return _modified(order, event)
        case ev.CancelRequested():
            return changed(order, asks=event.ask, cancel_ask=event.ask)
        case ev.CancelRefused():
            return changed(order, cancel_ask=None, status_message=event.message)
        case ev.OrderInDoubt():
            return changed(order, in_doubt=True, status_message=event.message)
        case ev.DryRunCompleted():
            return _recorded(order)
        case ev.OrderPlaced():
            raise InvariantBroken(f"order {order.order_id} is placed twice")
        case _:
            return _with_status(order, event)


def _recorded(order: Order) -> Order:
    """The end of a dry run's order: complete without a fill."""
    if not order.is_dry_run or order.fills:
        raise InvariantBroken(f"order {order.order_id} of {order.venue} is no dry run's")
    return changed(order, venue_status=_S.COMPLETE, status_message=DRY_RUN_MESSAGE)


_StatusEvent = (
    ev.OrderAccepted | ev.OrderTriggered | ev.OrderCompleted | ev.OrderCancelled | ev.OrderRejected
)


def _with_status(order: Order, event: _StatusEvent) -> Order:
    """The venue's word on the state, with its sequence."""
    match event:
        case ev.OrderAccepted():
            status, message = event.status, event.message
        case ev.OrderTriggered():
            status, message = _S.OPEN, None
        case ev.OrderCompleted():
            status, message = _S.COMPLETE, None
        case ev.OrderCancelled():
            status, message = _S.CANCELLED_AMO if event.amo else _S.CANCELLED, event.message
        case ev.OrderRejected():
            status, message = _S.REJECTED, event.message
    exchange_id = getattr(event, "exchange_order_id", None)
    has_ended = status in TERMINAL
    return changed(
        order,
        venue_status=status,
        status_sequence=max(event.sequence, order.status_sequence),
        status_message=message or order.status_message,
        exchange_order_id=exchange_id or order.exchange_order_id,
        venue_order_id=event.venue_order_id or order.venue_order_id,
        in_doubt=False,
        cancel_ask=None if has_ended else order.cancel_ask,
        modify_ask=None if has_ended else order.modify_ask,
        asked_change=None if has_ended else order.asked_change,
    )


def _modified(
    order: Order, event: ev.ModifyRequested | ev.OrderModified | ev.ModifyRefused
) -> Order:
    if isinstance(event, ev.ModifyRequested):
        return changed(order, asks=event.ask, modify_ask=event.ask, asked_change=event.change)
    if event.ask is not None and event.ask == order.modify_ask:
        order = changed(order, modify_ask=None, asked_change=None)
    if isinstance(event, ev.ModifyRefused):
        return changed(order, status_message=event.message)
    return changed(
        order,
        request=event.change.applied_to(order.request),
        terms_sequence=max(order.terms_sequence, event.sequence),
        modifications=order.modifications + (event.ask is not None),
        in_doubt=False,
    )


def _voided(order: Order, event: ev.FillVoided | ev.VoidNoticed) -> Order:
    if isinstance(event, ev.VoidNoticed):
        return changed(order, voided_ids=order.voided_ids | {event.trade_id})
    gone = event.fill
    return changed(
        order,
        fills=tuple(fill for fill in order.fills if fill.trade_id != gone.trade_id),
        voided=_with(order.voided, gone),
        voided_ids=order.voided_ids | {gone.trade_id},
    )


def _with(fills: tuple[Fill, ...], fill: Fill) -> tuple[Fill, ...]:
    """The fills by time and id, whatever the order in which they arrived."""
    if any(known.trade_id == fill.trade_id for known in fills):
        raise InvariantBroken(f"trade {fill.trade_id} is counted twice")
    return tuple(sorted((*fills, fill), key=lambda one: (one.at, one.trade_id)))


def _settled(order: Order, before: Order, *, updated_at: datetime, version: int) -> Order:
    """The order with the figures that follow from its facts. before: as it was, figures and all."""
    if order.is_dry_run and order.venue_status is _S.COMPLETE:
        # Recorded and never sent: nothing of it is filled, rests or was cancelled.
        done = changed(order, status=_S.COMPLETE, pending_quantity=0)
        return changed(done, updated_at=updated_at, version=version)
    if order.slices:
        status = _status(order, 0, 0)
        return changed(order, status=status, updated_at=updated_at, version=version)
    filled = _units(order.fills)
    # A voided quantity does not rest again: the exchange took it out of the order.
    taken_back = _units(order.voided)
    status = _status(order, filled, taken_back)
    left = max(order.request.quantity - filled, 0)
    pending = 0 if status in TERMINAL else max(left - taken_back, 0)
    return changed(
        order,
        status=status,
        filled_quantity=filled,
        average_price=(
            before.average_price if order.fills is before.fills else average_of(order.fills)
        ),
        pending_quantity=pending,
        cancelled_quantity=0 if status is _S.REJECTED and not filled else left - pending,
        updated_at=updated_at,
        version=version,
    )


def _units(fills: tuple[Fill, ...]) -> int:
    return sum([fill.quantity for fill in fills]) if fills else 0


def _status(order: Order, filled: int, taken_back: int) -> OrderStatus:
    quantity = order.request.quantity
    reported = order.venue_status
    grows = _may_grow(order, filled) and reported not in TERMINAL
    if filled >= quantity and not grows:
        return _S.COMPLETE
    if reported in (_S.CANCELLED, _S.CANCELLED_AMO, _S.REJECTED):
        return reported
    if filled + taken_back >= quantity and not grows:
        return _S.CANCELLED
    if order.in_doubt:
        return _S.IN_DOUBT
    if order.cancel_ask is not None:
        return _S.CANCEL_PENDING
    if order.modify_ask is not None:
        return _S.MODIFY_AMO_REQUESTED if reported is _S.AMO_REQUESTED else _S.MODIFY_PENDING
    # The venue reports all executed, but not all trades are here: open until they are. And what
    # has traded was in the market, whatever was reported of its way there.
    is_in_market = reported is _S.COMPLETE or (filled + taken_back > 0 and reported not in _RESTING)
    return _S.OPEN if is_in_market else reported


def _may_grow(order: Order, filled: int) -> bool:
    """Whether an unanswered change asks for more than is filled: the answer decides the end."""
    asked = order.asked_change
    return asked is not None and asked.quantity is not None and asked.quantity > filled
