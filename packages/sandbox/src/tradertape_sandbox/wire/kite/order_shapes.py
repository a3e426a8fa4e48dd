"""Orders and trades as the wire shows them."""

from __future__ import annotations

import hashlib
from typing import Any

from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.order import OrderRequest, OrderStatus, Variety
from tradertape_sandbox.exchange.books import BookedOrder, BookedTrade
from tradertape_sandbox.wire.kite.user import stamp

_FINAL = {
    OrderStatus.COMPLETE: "COMPLETE",
    OrderStatus.REJECTED: "REJECTED",
    OrderStatus.CANCELLED: "CANCELLED",
    OrderStatus.CANCELLED_AMO: "CANCELLED",
}


def order_json(order: BookedOrder, user_id: str, instrument: Instrument | None) -> dict[str, Any]:
    """A row of the order book, or one state of an order's history."""
    request = order.request
    return {
        "account_id": user_id,
        "placed_by": user_id,
        "order_id": order.order_id,
        "exchange_order_id": order.exchange_order_id,
        "parent_order_id": order.parent_order_id,
        "status": order.status.value,
        "status_message": order.status_message,
        "status_message_raw": order.status_message_raw,
        "order_timestamp": stamp(order.placed_at),
        "exchange_update_timestamp": stamp(order.updated_at if order.exchange_at else None),
        "exchange_timestamp": stamp(order.exchange_at),
        "modified": order.modified,
        **_terms(request),
        "instrument_token": 0 if instrument is None else instrument.instrument_token,
        "average_price": float(order.average_price),
        "filled_quantity": order.filled_quantity,
        "pending_quantity": order.pending_quantity,
        "cancelled_quantity": order.cancelled_quantity,
        "auction_number": request.auction_number,
        "meta": _meta(order),
        "tag": order.tag,
        "tags": list(order.tags) or None,
        "guid": order.guid,
    }


def trade_json(
    trade: BookedTrade, request: OrderRequest, instrument: Instrument | None
) -> dict[str, Any]:
    """A row of the trade book."""
    ordered_at = stamp(trade.ordered_at)
    return {
        "trade_id": trade.trade_id,
        "order_id": trade.order_id,
        "exchange_order_id": trade.exchange_order_id,
        "exchange": str(request.exchange),
        "tradingsymbol": request.tradingsymbol,
        "instrument_token": 0 if instrument is None else instrument.instrument_token,
        "product": product_of(request),
        "average_price": float(trade.price),
        "quantity": trade.quantity,
        "transaction_type": trade.side.value,
        "fill_timestamp": stamp(trade.at),
        "order_timestamp": ordered_at[-8:] if ordered_at else None,
        "exchange_timestamp": stamp(trade.at),
    }


def update_status(order: BookedOrder) -> str:
    """The status of a postback: the final one, or `UPDATE` for whatever is not the end."""
    return _FINAL.get(order.status, "UPDATE")


def postback_json(
    order: BookedOrder,
    user_id: str,
    instrument: Instrument | None,
    *,
    app_id: int,
    secret: str,
) -> dict[str, Any]:
    """The body of a postback, with the checksum that proves where it comes from."""
    row = order_json(order, user_id, instrument)
    del row["account_id"]
    text = f"{row['order_id']}{row['order_timestamp']}{secret}"
    return {
        **row,
        "status": update_status(order),
        "user_id": user_id,
        "unfilled_quantity": 0 if order.status.is_terminal else order.pending_quantity,
        "app_id": app_id,
        "checksum": hashlib.sha256(text.encode()).hexdigest(),
    }


def product_of(request: OrderRequest) -> str:
    """The product in the words of the wire: a cover order has one of its own."""
    return "CO" if request.variety is Variety.CO else request.product.value


def _terms(request: OrderRequest) -> dict[str, Any]:
    return {
        "variety": request.variety.value,
        "exchange": str(request.exchange),
        "tradingsymbol": request.tradingsymbol,
        "order_type": request.order_type.value,
        "transaction_type": request.side.value,
        "validity": request.validity.value,
        "validity_ttl": request.validity_ttl or 0,
        "product": product_of(request),
        "quantity": request.quantity,
        "disclosed_quantity": request.disclosed_quantity,
        "price": float(request.price),
        "trigger_price": float(request.trigger_price),
        "market_protection": _number(float(request.market_protection)),
    }


def _meta(order: BookedOrder) -> dict[str, Any]:
    """What is told of an iceberg; the rest is the exchange's own."""
    return {name: value for name, value in order.meta.items() if name == "iceberg"}


def _number(value: float) -> float:
    return int(value) if value == int(value) else value
