"""Events of orders as sentences of the timeline."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from tradertape_core.execution.matching import CANCELLED_WORDS
from tradertape_core.kernel.format import grouped, price_text
from tradertape_core.orders import events as ev
from tradertape_core.orders.codec import event_kind
from tradertape_core.orders.order import DRY_RUN_MESSAGE, Fill, Order, OrderRequest, OrderStatus
from tradertape_core.orders.reports import CancelReason

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


def event_type(event: ev.OrderEvent) -> str:
    """`order_filled`: the name an event has in the timeline."""
    return _snake(event_kind(event))


@cache
def _snake(name: str) -> str:
    return _WORD_START.sub("_", name).lower()


EVENT_TYPES = frozenset(_snake(kind.__name__) for kind in ev.EVENTS)


def class_name(event_type: str) -> str:
    """The name of the event's class, from its name in the timeline."""
    return "".join(part.title() for part in event_type.split("_"))


def summary(order: Order, event: ev.OrderEvent) -> str:
    """One sentence. order: after the event."""
    if isinstance(event, ev.OrderFilled):
        return f"Filled: {_fill(event.fill)}{_rest(order)}"
    what = order_in_words(order.request)
    match event:
        case ev.OrderAccepted():
            return f"{_status(event.status)}: {what}"
        case ev.VoidNoticed():
            return f"Trade {event.trade_id} was reversed by the exchange"
        case ev.FillVoided():
            return f"Trade {event.fill.trade_id} was reversed by the exchange: {what}"
        case _:
            return _because(f"{_WORDS[type(event)]}: {what}", _reason(event))


_WORDS: dict[type[ev.OrderEvent], str] = {
    ev.OrderPlaced: "Placed",
    ev.OrderTriggered: "Triggered",
    ev.OrderCompleted: "Complete",
    ev.OrderCancelled: "Cancelled",
    ev.OrderRejected: "Rejected",
    ev.DryRunCompleted: "Recorded",
    ev.OrderInDoubt: "In doubt",
    ev.ModifyRequested: "Modification requested",
    ev.OrderModified: "Modified",
    ev.ModifyRefused: "Modification refused",
    ev.CancelRequested: "Cancellation requested",
    ev.CancelRefused: "Cancellation refused",
}

# No reason for a cancellation that was requested: the request is an event of its own.
_REASONS: dict[CancelReason | None, str] = {
    **CANCELLED_WORDS,
    CancelReason.EXIT: "the run is exiting",
    CancelReason.SIBLING: "the other exit filled",
    CancelReason.VENUE: "by the exchange or broker",
}


@lru_cache(maxsize=256)  # the same order is placed, accepted, changed and filled
def order_in_words(request: OrderRequest) -> str:
    """`BUY 10 NSE:INFY LIMIT 1,450.05 CNC`."""
    parts = [request.side.value, grouped(request.quantity), request.instrument]
    parts.append(request.order_type.value)
    if request.price:
        parts.append(price_text(request.price))
    if request.trigger_price:
        parts.append(f"trigger {price_text(request.trigger_price)}")
    parts.append(request.product.value)
    return " ".join(parts)


_STATES = {
    OrderStatus.AMO_REQUESTED: "Pending market open",
    OrderStatus.TRIGGER_PENDING: "Trigger pending",
}


def _status(status: OrderStatus) -> str:
    return _STATES.get(status) or status[:1] + status[1:].lower()


def _fill(fill: Fill) -> str:
    return f"{fill.side} {grouped(fill.quantity)} {fill.instrument} at {price_text(fill.price)}"


def _rest(order: Order) -> str:
    return f", {grouped(order.pending_quantity)} pending" if order.pending_quantity else ""


def _reason(event: ev.OrderEvent) -> str:
    if isinstance(event, ev.DryRunCompleted):
        return DRY_RUN_MESSAGE
    message: str | None = getattr(event, "message", None)
    return message or _REASONS.get(getattr(event, "reason", None), "")


def _because(text: str, why: str) -> str:
    return f"{text} ({why})" if why else text
