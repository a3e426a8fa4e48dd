"""Orders and trades as the wire shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tradertape_core.kernel.clock import IST
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.order import OrderRequest, OrderStatus, Variety
from tradertape_sandbox.exchange.books import BookedOrder, BookedTrade
from tradertape_sandbox.exchange.events import OrderChanged
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.wire.upstox.forms import product_word
from tradertape_sandbox.wire.upstox.keys import key_of

_STATUSES = {
    OrderStatus.AMO_REQUESTED: "after market order req received",
    OrderStatus.MODIFY_AMO_REQUESTED: "modify after market order req received",
    OrderStatus.CANCELLED_AMO: "cancelled after market order",
}


def status_word(status: OrderStatus) -> str:
    """A status in Upstox's words."""
    return _STATUSES.get(status, status.value.lower())


def stamp(moment: datetime | None) -> str | None:
    """A time of the wire: `2026-08-18 09:15:00`, Indian time."""
    return None if moment is None else moment.astimezone(IST).strftime("%Y-%m-%d %H:%M:%S")


def order_json(order: BookedOrder, user_id: str, instrument: Instrument | None) -> dict[str, Any]:
    """A row of the order book, or one state of an order's history."""
    request = order.request
    return {
        "exchange": request.exchange,
        "product": product_word(request.product),
        "price": float(request.price),
        "quantity": request.quantity,
        "status": status_word(order.status),
        "guid": order.guid,
        "tag": order.tag,
        "instrument_token": "" if instrument is None else key_of(instrument),
        "placed_by": user_id,
        "tradingsymbol": request.tradingsymbol,
        "trading_symbol": request.tradingsymbol,
        "order_type": request.order_type.value,
        "validity": request.validity.value,
        "trigger_price": float(request.trigger_price),
        "disclosed_quantity": request.disclosed_quantity,
        "transaction_type": request.side.value,
        "average_price": float(order.average_price),
        "filled_quantity": order.filled_quantity,
        "pending_quantity": order.pending_quantity,
        "status_message": order.status_message,
        "status_message_raw": order.status_message_raw,
        "exchange_order_id": order.exchange_order_id,
        "parent_order_id": order.parent_order_id,
        "order_id": order.order_id,
        "variety": "AMO" if request.variety is Variety.AMO else "SIMPLE",
        "order_timestamp": stamp(order.updated_at),
        "exchange_timestamp": stamp(order.exchange_at),
        "is_amo": request.variety is Variety.AMO,
        "order_request_id": str(order.modifications + 1),
        "order_ref_id": order.guid,
    }


def update_json(exchange: Exchange, event: OrderChanged) -> dict[str, Any]:
    """An order as the portfolio feed and the webhook tell of it."""
    user = event.key.user_id
    row = order_json(event.order, user, exchange.instruments.get(event.order.request.instrument))
    return {"user_id": user, "userId": user, "instrument_key": row["instrument_token"], **row}


def trade_json(
    trade: BookedTrade, request: OrderRequest, instrument: Instrument | None
) -> dict[str, Any]:
    """A row of the trade book."""
    return {
        "exchange": request.exchange,
        "product": product_word(trade.product),
        "tradingsymbol": request.tradingsymbol,
        "trading_symbol": request.tradingsymbol,
        "instrument_token": "" if instrument is None else key_of(instrument),
        "order_type": request.order_type.value,
        "transaction_type": trade.side.value,
        "quantity": trade.quantity,
        "exchange_order_id": trade.exchange_order_id,
        "order_id": trade.order_id,
        "exchange_timestamp": stamp(trade.at),
        "average_price": float(trade.price),
        "trade_id": trade.trade_id,
        "order_ref_id": trade.order_id,
        "order_timestamp": stamp(trade.ordered_at),
    }
