"""Orders and trades: placing, changing, cancelling, and the book."""

from __future__ import annotations

from typing import Any

from tradertape_core.orders.order import OrderStatus
from tradertape_sandbox.exchange.books import BookedOrder, BookedTrade
from tradertape_sandbox.exchange.errors import Refused, UnknownOrder
from tradertape_sandbox.wire.kite.door import Call, Endpoint, refusal
from tradertape_sandbox.wire.kite.envelope import Kind, KiteError
from tradertape_sandbox.wire.kite.forms import change_of, order_of, required, tag_of
from tradertape_sandbox.wire.kite.order_shapes import order_json, trade_json

MOST_MODIFICATIONS = 25  # of an order
_VARIETIES = ("regular", "amo", "co", "iceberg", "auction")


def place(call: Call) -> dict[str, Any]:
    """Place an order; with autoslice the reply lists the slices."""
    variety = _variety(call)
    instrument = call.door.instrument(
        required(call.form, "exchange"), required(call.form, "tradingsymbol")
    )
    request = order_of(call.form, variety, call.door.last_price(instrument))
    placed = call.exchange.place(
        call.key, request, tag=tag_of(call.form), autoslice=request.autoslice
    )
    reply: dict[str, Any] = {"order_id": placed.order.order_id}
    if request.autoslice:
        reply["children"] = [_slice(child) for child in placed.children]
    return reply


def modify(call: Call) -> dict[str, Any]:
    """Change an order that is open."""
    order = _own(call)
    if order.modifications >= MOST_MODIFICATIONS:
        raise KiteError(
            Kind.ORDER, f"Maximum allowed order modifications exceeded: {MOST_MODIFICATIONS}"
        )
    change = change_of(call.form, order.request)
    return {"order_id": call.exchange.modify(call.key, order.order_id, change).order_id}


def cancel(call: Call) -> dict[str, Any]:
    """Cancel an order that is open, or exit a cover order."""
    order = _own(call)
    return {"order_id": call.exchange.cancel(call.key, order.order_id).order_id}


def book(call: Call) -> list[dict[str, Any]]:
    """The day's orders."""
    return [_order_row(call, order) for order in call.exchange.orders(call.key)]


def history(call: Call) -> list[dict[str, Any]]:
    """The states an order has been through."""
    states = call.exchange.history(call.key, call.path["order_id"])
    return [_order_row(call, state) for state in states]


def trades(call: Call) -> list[dict[str, Any]]:
    """The day's trades."""
    return [_trade_row(call, trade) for trade in call.exchange.trades(call.key)]


def order_trades(call: Call) -> list[dict[str, Any]]:
    """The trades of an order."""
    found = call.exchange.trades(call.key, call.path["order_id"])
    return [_trade_row(call, trade) for trade in found]


def _slice(child: BookedOrder | Refused) -> dict[str, Any]:
    if isinstance(child, BookedOrder):
        return {"order_id": child.order_id}
    refused = refusal(child)
    error = {
        "code": refused.status,
        "error_type": refused.kind.value,
        "message": refused.message,
        "data": None,
    }
    return {"error": error}


def _variety(call: Call) -> str:
    variety = call.path["variety"]
    if variety not in _VARIETIES:
        known = ", ".join(_VARIETIES)
        raise KiteError(Kind.INPUT, f"Invalid `variety` {variety!r}: it must be one of {known}")
    return variety


def _own(call: Call) -> BookedOrder:
    """The order of the path, which the variety of the path must fit."""
    variety = _variety(call)
    # The exchange knows the order even while the book that callers read is late.
    record = call.exchange.account(call.key).orders.get(call.path["order_id"])
    if record is None:
        raise UnknownOrder(f"there is no order {call.path['order_id']}")
    order = record.now
    own = order.request.variety.value
    # An after-market order that has gone to the exchange is changed and cancelled as a regular one.
    waits = order.status in (OrderStatus.AMO_REQUESTED, OrderStatus.MODIFY_AMO_REQUESTED)
    expected = "regular" if own == "amo" and not waits else own
    if variety != expected:
        raise KiteError(Kind.INPUT, f"Invalid `variety`: the order's is {expected}")
    return order


def _order_row(call: Call, order: BookedOrder) -> dict[str, Any]:
    instrument = call.exchange.instruments.get(order.request.instrument)
    return order_json(order, call.session.user_id, instrument)


def _trade_row(call: Call, trade: BookedTrade) -> dict[str, Any]:
    order = call.exchange.order(call.key, trade.order_id)
    instrument = call.exchange.instruments.get(trade.instrument)
    return trade_json(trade, order.request, instrument)


ENDPOINTS = (
    Endpoint("POST", "/orders/{variety}", place, "order"),
    Endpoint("PUT", "/orders/{variety}/{order_id}", modify),
    Endpoint("DELETE", "/orders/{variety}/{order_id}", cancel),
    Endpoint("GET", "/orders", book),
    Endpoint("GET", "/orders/{order_id}", history),
    Endpoint("GET", "/orders/{order_id}/trades", order_trades),
    Endpoint("GET", "/trades", trades),
)
