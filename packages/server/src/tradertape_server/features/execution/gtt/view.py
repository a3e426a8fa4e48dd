"""Triggers in Kite's shape, as workers get them."""

from __future__ import annotations

from typing import Any

from tradertape_core.orders.gtt import Gtt
from tradertape_core.orders.gtt_fields import gtt_document
from tradertape_server.features.execution.orders import views

Json = dict[str, Any]


def gtt_view(gtt: Gtt, *, user_id: str, instrument_token: int | None) -> Json:
    """A trigger in Kite's shape."""
    document = views.plain(gtt_document(gtt.request))
    orders = [{**order, "result": None} for order in document["orders"]]
    for result in gtt.results:
        orders[result.leg]["result"] = {
            "timestamp": views.moment(result.at),
            "order_result": {
                "status": "success" if result.order_id else "failed",
                "order_id": result.order_id or "",
                "rejection_reason": result.reason or "",
            },
        }
    return {
        "id": gtt.trigger_id,
        "user_id": user_id,
        "parent_trigger": None,
        "type": gtt.request.type.value,
        "created_at": views.moment(gtt.created_at),
        "updated_at": views.moment(gtt.updated_at),
        "expires_at": views.moment(gtt.expires_at),
        "status": gtt.status.value,
        "condition": {**document["condition"], "instrument_token": instrument_token},
        "orders": orders,
        "meta": {"rejection_reason": next((r.reason for r in gtt.results if r.reason), "")},
    }
