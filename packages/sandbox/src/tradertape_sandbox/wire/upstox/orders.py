"""Orders and trades: placing, changing, cancelling, and the books."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response

from tradertape_sandbox.exchange.books import BookedOrder, BookedTrade
from tradertape_sandbox.exchange.errors import Refused, UnknownOrder
from tradertape_sandbox.exchange.trading import Placed
from tradertape_sandbox.wire.upstox.door import Call, Endpoint, refusal
from tradertape_sandbox.wire.upstox.envelope import UpstoxError, success
from tradertape_sandbox.wire.upstox.forms import change_of, order_of, tag_of
from tradertape_sandbox.wire.upstox.order_shapes import order_json, trade_json
from tradertape_sandbox.wire.upstox.switches import check_segment

_ORDER_ID = re.compile(r"\d{1,25}")
_LATENCY = {"latency": 0}  # ms; the exchange answers at once


def place(call: Call) -> dict[str, Any]:
    """Place an order."""
    return {"order_id": _place(call).order.order_id}


def place_v3(call: Call) -> Response:
    """Place an order; with `slice` it is split at the freeze quantity, and all ids are returned."""
    placed = _place(call, sliced=call.document.get("slice") is True)
    children = [child for child in placed.children if isinstance(child, BookedOrder)]
    refusals = [child for child in placed.children if isinstance(child, Refused)]
    if refusals and not children:
        raise refusal(refusals[0])
    ids = [child.order_id for child in children] or [placed.order.order_id]
    return success({"order_ids": ids}, metadata=_LATENCY)


def modify(call: Call) -> dict[str, Any]:
    """Change an order that is open."""
    order = _own(call, str(call.document.get("order_id") or ""), "UDAPI1003")
    if not order.is_open:
        words = f"The order is {order.status.value.lower()}: it cannot be modified"
        raise UpstoxError("UDAPI100041", words)
    change = change_of(call.document, order.request)
    return {"order_id": call.exchange.modify(call.key, order.order_id, change).order_id}


def modify_v3(call: Call) -> Response:
    """The same, with the latency."""
    return success(modify(call), metadata=_LATENCY)


def cancel(call: Call) -> dict[str, Any]:
    """Cancel an order that is open."""
    order = _own(call, call.query.get("order_id", ""), "UDAPI1023")
    if not order.is_open:
        words = f"The order is {order.status.value.lower()}: it cannot be cancelled"
        raise UpstoxError("UDAPI100040", words)
    return {"order_id": call.exchange.cancel(call.key, order.order_id).order_id}


def cancel_v3(call: Call) -> Response:
    """The same, with the latency."""
    return success(cancel(call), metadata=_LATENCY)


def book(call: Call) -> list[dict[str, Any]]:
    """The day's orders."""
    return [order_row(call, order) for order in call.exchange.orders(call.key)]


def details(call: Call) -> dict[str, Any]:
    """One order as it is."""
    return order_row(call, call.exchange.order(call.key, _id_of(call)))


def history(call: Call) -> list[dict[str, Any]]:
    """The states of an order, or of all orders with a tag."""
    order_id, tag = call.query.get("order_id"), call.query.get("tag")
    if order_id or not tag:
        states = call.exchange.history(call.key, _id_of(call))
        return [order_row(call, one) for one in states if tag in (None, "", one.tag)]
    tagged = [one.order_id for one in call.exchange.orders(call.key) if one.tag == tag]
    return [
        order_row(call, state) for one in tagged for state in call.exchange.history(call.key, one)
    ]


def trades(call: Call) -> list[dict[str, Any]]:
    """The day's trades."""
    return [_trade_row(call, trade) for trade in call.exchange.trades(call.key)]


def order_trades(call: Call) -> list[dict[str, Any]]:
    """The trades of an order."""
    return [_trade_row(call, one) for one in call.exchange.trades(call.key, _id_of(call))]


def order_row(call: Call, order: BookedOrder) -> dict[str, Any]:
    """An order as a row of the book."""
    instrument = call.exchange.instruments.get(order.request.instrument)
    return order_json(order, call.session.user_id, instrument)


def _place(call: Call, *, sliced: bool = False) -> Placed:
    body = call.document
    instrument = call.door.instrument(str(body.get("instrument_token") or ""))
    check_segment(call, instrument)
    request = order_of(body, instrument)
    return call.exchange.place(call.key, request, tag=tag_of(body), autoslice=sliced)


def _id_of(call: Call) -> str:
    return _checked(call.query.get("order_id", ""), "UDAPI1023")


def _checked(order_id: str, missing: str) -> str:
    if not order_id:
        raise UpstoxError(missing, "The order id is required", field="order_id")
    if not _ORDER_ID.fullmatch(order_id):
        words = "The order id must be digits"
        raise UpstoxError("UDAPI1010", words, field="order_id", value=order_id)
    return order_id


def _own(call: Call, order_id: str, missing: str) -> BookedOrder:
    # The exchange knows the order even while the book that callers read is late.
    record = call.exchange.account(call.key).orders.get(_checked(order_id, missing))
    if record is None:
        raise UnknownOrder(f"there is no order {order_id}")
    return record.now


def _trade_row(call: Call, trade: BookedTrade) -> dict[str, Any]:
    order = call.exchange.order(call.key, trade.order_id)
    return trade_json(trade, order.request, call.exchange.instruments.get(trade.instrument))


ENDPOINTS = (
    Endpoint("POST", "/v2/order/place", place, "order"),
    Endpoint("POST", "/v3/order/place", place_v3, "order"),
    Endpoint("PUT", "/v2/order/modify", modify, "order"),
    Endpoint("PUT", "/v3/order/modify", modify_v3, "order"),
    Endpoint("DELETE", "/v2/order/cancel", cancel, "order"),
    Endpoint("DELETE", "/v3/order/cancel", cancel_v3, "order"),
    Endpoint("GET", "/v2/order/retrieve-all", book),
    Endpoint("GET", "/v2/order/details", details),
    Endpoint("GET", "/v2/order/history", history),
    Endpoint("GET", "/v2/order/trades/get-trades-for-day", trades),
    Endpoint("GET", "/v2/order/trades", order_trades),
)
