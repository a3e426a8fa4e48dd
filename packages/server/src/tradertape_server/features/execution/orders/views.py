"""Orders, fills and funds as the API has them: Kite's field names, JSON numbers in rupees."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from tradertape_core.kernel.clock import IST
from tradertape_core.orders.order import NIL, Order
from tradertape_server.features.execution.store.models import FillRow
from tradertape_server.features.execution.venues.gateway import OUTSIDE

Json = dict[str, Any]


def mode_of(venue: str) -> str:
    """What the worker API calls a venue: its execution mode."""
    return "live" if venue in OUTSIDE else venue


OWNER_MARK = "#"  # no run's name has it


def public_run_id(run_id: str) -> str:
    """A run's id as its user named it: two users may give the same name."""
    return run_id.partition(OWNER_MARK)[0]


def order_view(order: Order, instrument_token: int | None = None) -> Json:
    """An order in Kite's shape."""
    request = order.request
    return {
        "order_id": order.order_id,
        "exchange_order_id": order.exchange_order_id,
        "parent_order_id": order.parent_order_id,
        "status": order.status.value,
        "status_message": order.status_message,
        "order_timestamp": moment(order.placed_at),
        "exchange_update_timestamp": moment(order.updated_at),
        "exchange_timestamp": moment(order.updated_at),
        "variety": request.variety.value,
        "exchange": request.exchange,
        "tradingsymbol": request.tradingsymbol,
        "instrument_token": instrument_token,
        "transaction_type": request.side.value,
        "product": request.product.value,
        "order_type": request.order_type.value,
        "validity": request.validity.value,
        "validity_ttl": request.validity_ttl,
        "quantity": request.quantity,
        "disclosed_quantity": request.disclosed_quantity,
        "filled_quantity": order.filled_quantity,
        "pending_quantity": order.pending_quantity,
        "cancelled_quantity": order.cancelled_quantity,
        "price": number(request.price),
        "trigger_price": number(request.trigger_price),
        "average_price": number(order.average_price),
        "market_protection": number(request.market_protection),
        "modified": order.modifications > 0,
        "tag": order.tag,
        "dry_run": order.is_dry_run,
    }


def fill_view(fill: FillRow, instrument_token: int | None = None) -> Json:
    """A trade in Kite's shape, with what it cost."""
    exchange, _, symbol = fill.instrument.partition(":")
    return {
        "trade_id": fill.trade_id,
        "order_id": fill.order_id,
        "exchange": exchange,
        "tradingsymbol": symbol,
        "instrument_token": instrument_token,
        "transaction_type": fill.side,
        "product": fill.product,
        "quantity": fill.quantity,
        "average_price": number(fill.price),
        "charges": rupees(fill.charges_paise),
        "order_timestamp": moment(fill.at),
        "exchange_timestamp": moment(fill.at),
        "fill_timestamp": moment(fill.at),
    }


def plain(document: Any) -> Any:
    """A document with its prices as JSON numbers."""
    if isinstance(document, dict):
        return {name: plain(value) for name, value in document.items()}
    if isinstance(document, list):
        return [plain(value) for value in document]
    return number(document) if isinstance(document, Decimal) else document


def moment(at: datetime) -> str:
    """A time as answers have it: ISO 8601 in India's zone."""
    return at.astimezone(IST).isoformat()


def number(value: Decimal) -> float:
    """A price as a JSON number."""
    return float(value) if value != NIL else 0.0


def rupees(paise: int) -> float:
    """An amount as a JSON number of rupees."""
    return paise / 100
