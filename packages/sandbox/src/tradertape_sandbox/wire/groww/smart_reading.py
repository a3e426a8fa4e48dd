"""Reading a smart order: its members, and what they must be to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.order import NIL, OrderType, Product, Side
from tradertape_sandbox.wire.groww.envelopes import bad_request
from tradertape_sandbox.wire.groww.names import COMMODITY, Directory
from tradertape_sandbox.wire.groww.order_mapping import (
    ORDER_TYPES,
    SIDES,
    read_instrument,
    read_reference,
)
from tradertape_sandbox.wire.groww.reading import Document
from tradertape_sandbox.wire.groww.smart_orders import Exits, Leg, SmartKind, SmartOrder

KINDS = {one.value: one for one in SmartKind}
_DURATIONS = {name: name for name in ("DAY", "IOC", "EOS", "GTC", "GTD")}
_DIRECTIONS = {"UP": True, "DOWN": False}
_TARGET_TYPES = {name: ORDER_TYPES[name] for name in ("LIMIT", "MARKET")}
_STOP_TYPES = {name: ORDER_TYPES[name] for name in ("SL", "SL_M")}
_PRODUCTS: Mapping[bool, Mapping[str, Product]] = {
    False: {"CNC": Product.CNC, "MIS": Product.MIS, "MTF": Product.MTF},
    True: {"NRML": Product.NRML, "MIS": Product.MIS},
}


@dataclass(frozen=True, slots=True)
class Market:
    """Where an instrument trades now."""

    instrument: Instrument
    last_price: Decimal


def read_smart_instrument(document: Document, directory: Directory) -> Instrument:
    """The instrument of a smart order. Raises GrowwError."""
    segment = document.segment()
    if segment == COMMODITY:
        raise bad_request("smart orders are for segments CASH and FNO")
    return read_instrument(document, directory, segment)


def read_smart_order(
    document: Document, market: Market, *, smart_order_id: str, now: datetime
) -> SmartOrder:
    """The smart order that a body asks for. Raises GrowwError."""
    kind = document.choice("smart_order_type", KINDS)
    is_gtt = kind is SmartKind.GTT
    side = (document.part("order") if is_gtt else document).choice("transaction_type", SIDES)
    made = SmartOrder(
        smart_order_id=smart_order_id,
        kind=kind,
        reference=read_reference(document.text("reference_id"), "reference_id"),
        instrument=market.instrument,
        side=side,
        product=_product(document, market.instrument),
        quantity=_quantity(document, market.instrument),
        duration=document.choice("duration", _DURATIONS),
        created_at=now,
        updated_at=now,
    )
    if is_gtt:
        made = replace(made, entry=_entry(document), exits=_child_legs(document, side))
    else:
        made = replace(made, exits=_exits(document, side))
        _check_net_position(document, made)
    check_smart_order(made, market)
    return made


def read_smart_change(document: Document, order: SmartOrder, market: Market) -> SmartOrder:
    """The order with what a body changes of it. Raises GrowwError."""
    changed = order
    if document.has("quantity"):
        changed = replace(changed, quantity=_quantity(document, market.instrument))
    if document.has("duration"):
        changed = replace(changed, duration=document.choice("duration", _DURATIONS))
    if order.kind is SmartKind.GTT:
        changed = _changed_entry(document, changed)
    else:
        if document.has("product_type"):
            changed = replace(changed, product=_product(document, market.instrument))
        changed = _changed_exits(document, changed)
    if changed == order:
        raise bad_request("the smart order has these terms already: name what is to change")
    check_smart_order(changed, market)
    return changed


def check_smart_order(order: SmartOrder, market: Market) -> None:
    """Raise GrowwError where prices are off the tick, or on the wrong side of the market."""
    last = market.last_price
    legs = {"": order.entry}
    if order.exits is not None:
        legs |= {"target ": order.exits.target, "stop_loss ": order.exits.stop_loss}
    for name, leg in legs.items():
        if leg is not None:
            _check_ticks(name, leg, market.instrument)
    if order.entry is not None and order.entry.is_reached(last):
        side = "above" if order.entry.is_up else "below"
        raise bad_request(f"trigger_price must be {side} the last price {last} for this direction")
    exits = order.exits
    if exits is None:
        return
    low, high = sorted((exits.target.trigger_price, exits.stop_loss.trigger_price))
    is_ordered = (exits.target.trigger_price > exits.stop_loss.trigger_price) == exits.target.is_up
    if low == high or not is_ordered:
        raise bad_request("the target must lie on the side of profit, the stop_loss on the other")
    if order.entry is None and not low < last < high:
        raise bad_request(
            f"the last price {last} must lie between the stop_loss and the target ({low}, {high})"
        )


def _entry(document: Document) -> Leg:
    order = document.part("order")
    kind = order.choice("order_type", ORDER_TYPES)
    return Leg(
        trigger_price=_positive(document, "trigger_price"),
        is_up=document.choice("trigger_direction", _DIRECTIONS),
        order_type=kind,
        price=_positive(order, "price") if kind.has_limit else NIL,
    )


def _child_legs(document: Document, side: Side) -> Exits | None:
    """The exits that follow the order of a GTT: they trade against its side."""
    if not document.has("child_legs"):
        return None
    return _exits(document.part("child_legs"), side.opposite)


def _exits(document: Document, side: Side) -> Exits:
    is_sale = side is Side.SELL
    target = _leg(document.part("target"), _TARGET_TYPES, is_up=is_sale)
    stop = _leg(document.part("stop_loss"), _STOP_TYPES, is_up=not is_sale)
    return Exits(target=target, stop_loss=stop)


def _leg(part: Document, kinds: Mapping[str, OrderType], *, is_up: bool) -> Leg:
    kind = part.choice("order_type", kinds)
    return Leg(
        trigger_price=_positive(part, "trigger_price"),
        is_up=is_up,
        order_type=kind,
        price=_positive(part, "price") if kind.has_limit else NIL,
    )


def _changed_entry(document: Document, order: SmartOrder) -> SmartOrder:
    leg = order.entry
    if leg is None:
        return order
    if document.has("trigger_price"):
        leg = replace(leg, trigger_price=_positive(document, "trigger_price"))
    if document.has("trigger_direction"):
        leg = replace(leg, is_up=document.choice("trigger_direction", _DIRECTIONS))
    side = order.side
    if document.has("order"):
        part = document.part("order")
        kind = part.choice("order_type", ORDER_TYPES, leg.order_type)
        price = _positive(part, "price") if part.has("price") else leg.price
        if kind.has_limit and not price:
            raise bad_request("order.price is required for this order_type")
        leg = replace(leg, order_type=kind, price=price if kind.has_limit else NIL)
        side = part.choice("transaction_type", SIDES, side)
    exits = _child_legs(document, side) if document.has("child_legs") else order.exits
    return replace(order, entry=leg, side=side, exits=exits)


def _changed_exits(document: Document, order: SmartOrder) -> SmartOrder:
    exits = order.exits
    if exits is None:
        return order
    target, stop = exits.target, exits.stop_loss
    if document.has("target"):
        target = _changed_leg(document.part("target"), target, _TARGET_TYPES)
    if document.has("stop_loss"):
        stop = _changed_leg(document.part("stop_loss"), stop, _STOP_TYPES)
    return replace(order, exits=Exits(target=target, stop_loss=stop))


def _changed_leg(part: Document, leg: Leg, kinds: Mapping[str, OrderType]) -> Leg:
    kind = part.choice("order_type", kinds, leg.order_type)
    price = _positive(part, "price") if part.has("price") else leg.price
    if kind.has_limit and not price:
        raise bad_request("price is required for this order_type")
    trigger = _positive(part, "trigger_price") if part.has("trigger_price") else leg.trigger_price
    price = price if kind.has_limit else NIL
    return replace(leg, trigger_price=trigger, order_type=kind, price=price)


def _check_net_position(document: Document, order: SmartOrder) -> None:
    net = document.whole("net_position_quantity", -(10**9), 10**9)
    if order.quantity > abs(net):
        raise bad_request(
            f"quantity {order.quantity} is above the net position of {abs(net)}: lower it"
        )
    if (net > 0) != (order.side is Side.SELL):
        raise bad_request("transaction_type must close the net position: SELL above 0, else BUY")


def _check_ticks(name: str, leg: Leg, instrument: Instrument) -> None:
    for field, value in (("trigger_price", leg.trigger_price), ("price", leg.price)):
        if value % instrument.tick_size:
            raise bad_request(
                f"{name}{field} must be a multiple of {instrument.tick_size}, was {value}"
            )


def _quantity(document: Document, instrument: Instrument) -> int:
    quantity = document.quantity("quantity")
    if quantity % instrument.lot_size:
        raise bad_request(
            f"quantity must be a multiple of the lot of {instrument.lot_size}, was {quantity}"
        )
    return quantity


def _product(document: Document, instrument: Instrument) -> Product:
    return document.choice("product_type", _PRODUCTS[instrument.is_derivative])


def _positive(document: Document, name: str) -> Decimal:
    value = document.price(name)
    if not value:
        raise bad_request(f"{name} must be above 0")
    return value
