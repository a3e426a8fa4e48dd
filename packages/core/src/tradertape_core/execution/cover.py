"""Cover orders: each fill of the entry gets its stop and, if asked, its target; one ends the other.

squareoff, stoploss and trailing_stoploss are rupees from the price of the fill. Two exits per fill
keep their quantities equal to what was bought, however the entry is filled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from tradertape_core.execution.decision import NOTHING, Decision, Submit, server_key, tag_for
from tradertape_core.execution.engine import ask_change, cancel, is_cover_exit
from tradertape_core.orders import events as ev
from tradertape_core.orders.checks import nearest_tick
from tradertape_core.orders.commands import CancelOrder
from tradertape_core.orders.family import child_id
from tradertape_core.orders.fields import AUTOMATIC_PROTECTION
from tradertape_core.orders.order import (
    NIL,
    Change,
    Fill,
    Order,
    OrderRequest,
    OrderType,
    Side,
    Validity,
    Variety,
)
from tradertape_core.orders.reports import CancelReason

_REVERSALS = 50  # added to a stop's number: the order that reverses what a pair closed too much


def follow_up(
    order: Order,
    events: Sequence[ev.OrderEvent],
    family: Sequence[Order],
    tick_size: Decimal,
    now: datetime,
) -> Decision:
    """Return the decision that follows from events of a cover order's entry or exit.

    order: after the events. family: the other orders of the entry (an exit's siblings and its
    entry, an entry's exits). For any other order it is empty.
    """
    if order.request.variety is not Variety.CO:
        return NOTHING
    fills = [event.fill for event in events if isinstance(event, ev.OrderFilled)]
    if order.parent_order_id is not None:
        shrunk = _shrink(order, family, now) if fills else NOTHING
        return shrunk + _reverse_excess(order, family, now)
    decision = NOTHING
    first = _next_number(order, family)
    for place, fill in enumerate(fills):
        decision += _protect(order, fill, first + 2 * place, tick_size, now)
    return decision


def trails(order: Order) -> bool:
    """Whether an order is a stop that is to follow the price."""
    is_stop = is_cover_exit(order) and order.request.order_type is OrderType.SL_M
    return is_stop and order.is_open and bool(order.request.trailing_stoploss)


def protected_fill(stop: Order, entry: Order) -> Fill | None:
    """The entry's fill that a stop covers; None when it is not known."""
    fills = sorted((*entry.fills, *entry.voided), key=lambda fill: (fill.at, fill.trade_id))
    place = (_number(stop) - 1) // 2
    return fills[place] if 0 <= place < len(fills) else None


def trail(
    stop: Order, entry_fill: Fill, last_price: Decimal, tick_size: Decimal, now: datetime
) -> Decision:
    """Move a stop on: for every whole trailing step in favour the trigger follows by one step.

    stop: the waiting exit; entry_fill: the fill it protects. Never moves it back.
    """
    trigger = next_trigger(stop, entry_fill.price, last_price, tick_size)
    return NOTHING if trigger is None else ask_change(stop, Change(trigger_price=trigger), now)


def next_trigger(
    stop: Order, entry_price: Decimal, last_price: Decimal, tick_size: Decimal
) -> Decimal | None:
    """Where `trail` moves a stop at a price; None where it stays or cannot be moved now."""
    step, distance = stop.request.trailing_stoploss, stop.request.stoploss
    waits = stop.request.order_type is OrderType.SL_M and stop.is_resting
    if not step or not distance or not waits or stop.modify_ask or stop.cancel_ask:
        return None
    sign = side_sign(stop)
    steps = int(sign * (last_price - entry_price) / step)
    trigger = nearest_tick(entry_price - sign * (distance - steps * step), tick_size)
    is_further = steps > 0 and sign * (trigger - stop.request.trigger_price) > 0
    return trigger if is_further else None


def side_sign(stop: Order) -> int:
    """1 where a rising price is in favour of what an exit closes, -1 where a falling one is."""
    return 1 if stop.request.side is Side.SELL else -1


def _next_number(entry: Order, family: Sequence[Order]) -> int:
    """Stops have odd numbers, their targets the even ones that follow."""
    exits = (order for order in family if order.parent_order_id == entry.order_id)
    numbers = [number for order in exits if (number := _number(order)) < _REVERSALS]
    return max((number + number % 2 for number in numbers), default=0) + 1


def _protect(entry: Order, fill: Fill, number: int, tick_size: Decimal, now: datetime) -> Decision:
    sign = 1 if fill.side is Side.BUY else -1
    base = replace(
        entry.request,
        side=fill.side.opposite,
        quantity=fill.quantity,
        validity=Validity.DAY,
        validity_ttl=None,
        disclosed_quantity=0,
        price=NIL,
        market_protection=NIL,
    )
    stoploss, squareoff = entry.request.stoploss or NIL, entry.request.squareoff or NIL
    trigger = max(nearest_tick(fill.price - sign * stoploss, tick_size), tick_size)
    stop = replace(
        base,
        order_type=OrderType.SL_M,
        trigger_price=trigger,
        market_protection=AUTOMATIC_PROTECTION,
    )
    decision = _exit(entry, number, stop, now)
    if squareoff:
        price = max(nearest_tick(fill.price + sign * squareoff, tick_size), tick_size)
        target = replace(base, order_type=OrderType.LIMIT, price=price)
        decision += _exit(entry, number + 1, target, now)
    return decision


def _exit(
    entry: Order, number: int, request: OrderRequest, now: datetime, *, order_id: str | None = None
) -> Decision:
    parent = entry.parent_order_id or entry.order_id
    order_id = order_id or child_id(parent, number)
    event = ev.OrderPlaced(
        order_id=order_id,
        at=now,
        account=entry.account,
        run_id=entry.run_id,
        request=request,
        venue=entry.venue,
        tag=tag_for(entry.account, entry.run_id, server_key(f"cover:{entry.tag}"), part=number),
        parent_order_id=parent,
    )
    return Decision(events=(event,), requests=(Submit(order_id),))


def _shrink(exit_order: Order, family: Sequence[Order], now: datetime) -> Decision:
    """The other exit of the pair keeps no more than what the filled one has left."""
    sibling = next((o for o in family if o.order_id == _sibling_id(exit_order)), None)
    if sibling is None or not sibling.is_resting or not is_cover_exit(sibling):
        return NOTHING
    left = exit_order.request.quantity - exit_order.filled_quantity
    if left <= sibling.filled_quantity:
        command = CancelOrder(order_id=sibling.order_id, reason=CancelReason.SIBLING)
        return cancel(command, sibling, now)
    if sibling.modify_ask or sibling.cancel_ask or left >= sibling.request.quantity:
        return NOTHING
    return ask_change(sibling, Change(quantity=left), now)


def _reverse_excess(exit_order: Order, family: Sequence[Order], now: datetime) -> Decision:
    """Reverse what both exits of a pair executed beyond the fill they closed.

    A venue outside this process can fill the second exit before it reads the request to cancel
    it. The reversal's id follows from the pair's, so that there is one at most.
    """
    number = _number(exit_order)
    sibling = next((o for o in family if o.order_id == _sibling_id(exit_order)), None)
    if number > _REVERSALS or sibling is None or sibling.is_open or exit_order.is_open:
        return NOTHING
    whole = max(exit_order.request.quantity, sibling.request.quantity)
    excess = exit_order.filled_quantity + sibling.filled_quantity - whole
    stop_number = number if number % 2 else number - 1
    order_id = child_id(exit_order.parent_order_id or "", _REVERSALS + stop_number)
    if excess <= 0 or any(one.order_id == order_id for one in family):
        return NOTHING
    request = replace(
        exit_order.request,
        side=exit_order.request.side.opposite,
        order_type=OrderType.MARKET,
        quantity=excess,
        price=NIL,
        trigger_price=NIL,
        market_protection=AUTOMATIC_PROTECTION,
    )
    return _exit(exit_order, _REVERSALS + stop_number, request, now, order_id=order_id)


def _sibling_id(order: Order) -> str:
    number = _number(order)
    return child_id(order.parent_order_id or "", number + 1 if number % 2 else number - 1)


def _number(order: Order) -> int:
    return int(order.order_id.removeprefix(order.parent_order_id or ""))
