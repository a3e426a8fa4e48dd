"""What a venue's side of a signal says: the events that bring the signal's state up to date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tradertape_core.orders.gtt import Gtt, GttAsk
from tradertape_core.orders.gtt import GttStatus as VenueStatus
from tradertape_core.orders.order import Order, OrderStatus
from tradertape_core.portfolio.signals import Event, GttStatus, State, Status

_ENDED = {
    VenueStatus.DISABLED: Event.DISABLED,
    VenueStatus.CANCELLED: Event.WITHDRAWN,
    VenueStatus.DELETED: Event.DELETED,
    VenueStatus.EXPIRED: Event.VALIDITY_OVER,
}
VALIDITY = "its days are over"  # why an order is withdrawn that was not triggered in time


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """How far the orders of a signal are, all together. value: rupees of what is filled."""

    wanted: int
    filled: int = 0
    value: Decimal = Decimal(0)
    is_open: bool = True
    is_rejected: bool = False
    message: str = ""

    @property
    def average_price(self) -> Decimal | None:
        """Rupees a unit; None before the first fill."""
        return self.value / self.filled if self.filled else None

    @classmethod
    def of(cls, orders: Sequence[Order], *, wanted: int, is_working: bool = False) -> Executed:
        """Of the orders that were placed for one signal.

        is_working: more of them may follow.
        """
        filled = sum(one.filled_quantity for one in orders)
        last = orders[-1]
        return cls(
            wanted=wanted,
            filled=filled,
            value=sum((one.average_price * one.filled_quantity for one in orders), Decimal(0)),
            is_open=is_working or any(one.is_open for one in orders),
            is_rejected=last.status is OrderStatus.REJECTED,
            message=last.status_message or "",
        )


def placed(gtt: Gtt) -> Event:
    """What the placement of a signal's trigger came to: taken, refused, or not known yet."""
    at = gtt.at_broker
    if at is not None and at.ask is GttAsk.PLACE and gtt.is_active:
        return Event.LOST
    if at is not None and gtt.status is VenueStatus.REJECTED:
        return Event.REFUSED
    return Event.ACCEPTED


def observed(
    state: State,
    gtt: Gtt | None,
    order: Executed | None,
    *,
    filled: int = 0,
    withdraw_reason: str | None = None,
) -> tuple[Event, ...]:
    """Return what has happened to a signal whose order is at a venue, since it was in `state`.

    gtt: its trigger, None for an order without one. order: what the trigger placed, or the order
    itself. filled: units that were known to be filled. withdraw_reason: why we asked the venue to
    end the trigger, where we did. Applied to the result, it gives nothing more.
    """
    if state.status is not Status.APPROVED or state.gtt in (GttStatus.PLACING, GttStatus.UNKNOWN):
        return ()
    if state.gtt is GttStatus.ACTIVE:
        begun = _of_trigger(gtt, order, withdraw_reason)
        if begun != (Event.TRIGGER,):
            return begun
        return (Event.TRIGGER, *_of_order(order, 0, is_partial=False))
    return _of_order(order, filled, is_partial=state.gtt is GttStatus.PARTIALLY_FILLED)


def _of_trigger(
    gtt: Gtt | None, order: Executed | None, withdraw_reason: str | None
) -> tuple[Event, ...]:
    if gtt is None:
        if order is None or (order.is_open and not order.filled):
            return ()
        is_ended = not order.filled and not order.is_rejected
        if is_ended and withdraw_reason is not None:
            return (_of_end(withdraw_reason),)
        return (Event.TRIGGER,)
    if gtt.is_active:
        return ()
    if gtt.status is VenueStatus.DELETED and withdraw_reason is not None:
        return (_of_end(withdraw_reason),)
    if gtt.status in _ENDED:
        return (_ENDED[gtt.status],)
    if gtt.status is VenueStatus.REJECTED or (gtt.results and gtt.results[0].order_id is None):
        return (Event.TRIGGER, Event.ORDER_REJECTED)
    return (Event.TRIGGER,)


def _of_end(withdraw_reason: str) -> Event:
    return Event.VALIDITY_OVER if withdraw_reason == VALIDITY else Event.CANCEL


def _of_order(order: Executed | None, filled: int, *, is_partial: bool) -> tuple[Event, ...]:
    if order is None:
        return ()
    if order.filled >= order.wanted:
        return (Event.FILL,)
    found = (Event.PARTIAL_FILL,) if order.filled > filled else ()
    if order.is_open:
        return found
    if order.filled:
        return (*found, Event.UNFILLED)
    is_refused = order.is_rejected and not is_partial
    return (Event.ORDER_REJECTED if is_refused else Event.UNFILLED,)


def why_not_filled(gtt: Gtt | None, order: Executed | None) -> str:
    """Why a signal's order bought or sold nothing, in the venue's words where it has said some."""
    reasons = [one.reason for one in gtt.results if one.reason] if gtt is not None else []
    if order is not None and order.message:
        reasons.append(order.message)
    if reasons:
        return "; ".join(reasons)
    if order is not None and not order.is_open:
        return "the order was not filled before it ended: the price was beyond its limit"
    return ""
