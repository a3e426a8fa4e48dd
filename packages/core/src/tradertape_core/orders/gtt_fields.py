"""Reading a good-till-triggered order: the rules of its document, whatever the instrument."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import cast

from tradertape_core.kernel.errors import InvalidDocument
from tradertape_core.orders.fields import Exchange, order_document, read_into
from tradertape_core.orders.gtt import Gtt, GttRequest, GttType
from tradertape_core.orders.order import NIL, OrderRequest, OrderType
from tradertape_core.orders.reading import Fields, nearest

_MEMBERS = ("type", "condition", "orders")
_CONDITION = ("exchange", "tradingsymbol", "trigger_values", "last_price", "instrument_token")


def read_gtt(document: Mapping[str, object], *, at: str = "") -> GttRequest:
    """Read a trigger as the wire has it: `type`, `condition`, `orders`.

    Raises InvalidDocument with every problem and its pointer.
    """
    fields = Fields(document, at)
    kind = _kind(fields)
    condition = _condition(fields)
    exchange = condition.choice("exchange", Exchange, Exchange.NSE)
    symbol = condition.text("tradingsymbol")
    values = _trigger_values(condition, kind.legs)
    last_price = condition.price("last_price") or NIL
    if not last_price and not condition.failed("last_price"):
        condition.fail("last_price", "a last_price above 0 is required")
    orders = _orders(fields, kind.legs, f"{exchange}:{symbol}")
    problems = fields.problems
    if problems:
        raise InvalidDocument(problems)
    pairs = sorted(zip(values, orders, strict=True), key=lambda pair: pair[0])
    return GttRequest(
        type=kind,
        exchange=exchange,
        tradingsymbol=symbol,
        trigger_values=tuple(value for value, _ in pairs),
        last_price=last_price,
        orders=tuple(order for _, order in pairs),
    )


def read_gtt_change(gtt: Gtt, patch: Mapping[str, object]) -> GttRequest:
    """Read a modification, which may name only what it changes. Raises InvalidDocument."""
    document = gtt_document(gtt.request)
    condition = patch.get("condition")
    merged = {**document, **{key: value for key, value in patch.items() if value is not None}}
    if isinstance(condition, Mapping):
        base = cast(Mapping[str, object], document["condition"])
        merged["condition"] = {**base, **cast(Mapping[str, object], condition)}
    return read_gtt(merged)


def gtt_document(request: GttRequest) -> dict[str, object]:
    """The trigger as the wire has it, prices as `Decimal`; reading it gives the request back."""
    return {
        "type": request.type.value,
        "condition": {
            "exchange": str(request.exchange),
            "tradingsymbol": request.tradingsymbol,
            "trigger_values": list(request.trigger_values),
            "last_price": request.last_price,
        },
        "orders": [order_document(order) for order in request.orders],
    }


def _kind(fields: Fields) -> GttType:
    for name in fields.source:
        if name not in _MEMBERS:
            fields.fail(name, f"is not a member of a trigger{nearest(name, _MEMBERS)}")
    fields.require("type", "type is required: single or two-leg")
    return fields.choice("type", GttType, GttType.SINGLE)


def _condition(fields: Fields) -> Fields:
    value = fields.source.get("condition")
    if not isinstance(value, Mapping):
        fields.fail("condition", "must be an object with exchange, tradingsymbol, trigger_values")
        return Fields({}, f"{fields.at}/condition")
    source = cast(Mapping[str, object], value)
    condition = Fields(source, f"{fields.at}/condition", fields.problems)
    for name in source:
        if name not in _CONDITION:
            condition.fail(name, f"is not a member of a condition{nearest(name, _CONDITION)}")
    for name in _CONDITION[:3]:
        condition.require(name, f"{name} is required")
    return condition


def _trigger_values(condition: Fields, legs: int) -> tuple[Decimal, ...]:
    listed = _list(condition, "trigger_values", legs, "trigger value")
    values: list[Decimal] = []
    for place, value in enumerate(listed):
        at = f"{condition.at}/trigger_values"
        one = Fields({str(place): value}, at, condition.problems)
        price = one.price(str(place))
        if price:
            values.append(price)
        elif not one.failed(str(place)):
            one.fail(str(place), "must be above 0")
    if len(values) == 2 and values[0] == values[1]:
        condition.fail("trigger_values", "the two triggers must differ")
    return tuple(values)


def _orders(fields: Fields, legs: int, instrument: str) -> tuple[OrderRequest, ...]:
    return tuple(
        _order(value, f"{fields.at}/orders/{leg}", fields, instrument)
        for leg, value in enumerate(_list(fields, "orders", legs, "order"))
    )


def _order(value: object, at: str, fields: Fields, instrument: str) -> OrderRequest:
    is_object = isinstance(value, Mapping)
    source = cast(Mapping[str, object], value) if is_object else dict[str, object]()
    order = Fields(source, at, fields.problems)
    request = read_into(order)
    if order.failed("order_type", "exchange", "tradingsymbol"):
        return request
    if request.order_type is not OrderType.LIMIT:
        order.fail("order_type", "a trigger places LIMIT orders only")
    if request.instrument != instrument:
        order.fail("tradingsymbol", f"must be the instrument of the condition, {instrument}")
    return request


def _list(fields: Fields, name: str, legs: int, what: str) -> list[object]:
    value = fields.source.get(name)
    if isinstance(value, list) and len(cast(list[object], value)) == legs:
        return cast(list[object], value)
    if value is not None or name == "orders":
        plural = "" if legs == 1 else "s"
        fields.fail(name, f"must be a list of {legs} {what}{plural} for this type")
    return []
