"""Good-till-triggered orders."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from tradertape_core.orders.gtt import Gtt, GttResult
from tradertape_core.orders.order import OrderRequest
from tradertape_sandbox.wire.kite.door import Call, Endpoint
from tradertape_sandbox.wire.kite.envelope import Kind, KiteError
from tradertape_sandbox.wire.kite.forms import gtt_of
from tradertape_sandbox.wire.kite.user import stamp

_LISTED_FOR = timedelta(days=7)  # a trigger that is over stays in the list for so long


def place(call: Call) -> dict[str, Any]:
    """Create a trigger."""
    return {"trigger_id": call.exchange.create_gtt(call.key, gtt_of(call.form)).trigger_id}


def modify(call: Call) -> dict[str, Any]:
    """Change a trigger that is active."""
    request = gtt_of(call.form)
    return {"trigger_id": call.exchange.modify_gtt(call.key, _id(call), request).trigger_id}


def delete(call: Call) -> dict[str, Any]:
    """Delete a trigger that is active."""
    return {"trigger_id": call.exchange.delete_gtt(call.key, _id(call)).trigger_id}


def listed(call: Call) -> list[dict[str, Any]]:
    """The active triggers, and those that ended within the last seven days."""
    since = call.exchange.now() - _LISTED_FOR
    return [
        _json(call, gtt)
        for gtt in call.exchange.gtts(call.key)
        if gtt.is_active or gtt.updated_at >= since
    ]


def one(call: Call) -> dict[str, Any]:
    """A trigger, whatever its age."""
    return _json(call, call.exchange.gtt(call.key, _id(call)))


def _id(call: Call) -> int:
    text = call.path["trigger_id"]
    if not text.isdecimal():
        raise KiteError(Kind.INPUT, "Invalid `trigger_id`")
    return int(text)


def _json(call: Call, gtt: Gtt) -> dict[str, Any]:
    request = gtt.request
    instrument = call.exchange.instruments.get(request.instrument)
    return {
        "id": gtt.trigger_id,
        "user_id": call.session.user_id,
        "parent_trigger": None,
        "type": request.type.value,
        "created_at": stamp(gtt.created_at),
        "updated_at": stamp(gtt.updated_at),
        "expires_at": stamp(gtt.expires_at),
        "status": gtt.status.value,
        "condition": {
            "exchange": str(request.exchange),
            "tradingsymbol": request.tradingsymbol,
            "trigger_values": [float(value) for value in request.trigger_values],
            "last_price": float(request.last_price),
            "instrument_token": 0 if instrument is None else instrument.instrument_token,
        },
        "orders": [
            {**_order(order), "result": _result(call, gtt, leg, order)}
            for leg, order in enumerate(request.orders)
        ],
        "meta": {},
    }


def _order(order: OrderRequest) -> dict[str, Any]:
    return {
        "exchange": str(order.exchange),
        "tradingsymbol": order.tradingsymbol,
        "product": order.product.value,
        "order_type": order.order_type.value,
        "transaction_type": order.side.value,
        "quantity": order.quantity,
        "price": float(order.price),
    }


def _result(call: Call, gtt: Gtt, leg: int, order: OrderRequest) -> dict[str, Any] | None:
    found = next((result for result in gtt.results if result.leg == leg), None)
    if found is None:
        return None
    return {
        "account_id": call.session.user_id,
        **_order(order),
        "validity": order.validity.value,
        "meta": json.dumps({}),
        "timestamp": stamp(found.at),
        "triggered_at": float(gtt.request.trigger_values[leg]),
        "order_result": _order_result(found),
    }


def _order_result(result: GttResult) -> dict[str, Any]:
    return {
        "status": "success" if result.order_id else "failed",
        "order_id": result.order_id or "",
        "rejection_reason": result.reason or "",
    }


ENDPOINTS = (
    Endpoint("GET", "/gtt/triggers", listed),
    Endpoint("POST", "/gtt/triggers", place),
    Endpoint("GET", "/gtt/triggers/{trigger_id}", one),
    Endpoint("PUT", "/gtt/triggers/{trigger_id}", modify),
    Endpoint("DELETE", "/gtt/triggers/{trigger_id}", delete),
)
