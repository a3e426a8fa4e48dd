"""Orders and trades between Groww's words and the exchange's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.fields import AUTOMATIC_PROTECTION
from tradertape_core.orders.order import (
    NIL,
    Change,
    OrderRequest,
    OrderStatus,
    OrderType,
    Product,
    Side,
    Validity,
    Variety,
)
from tradertape_sandbox.exchange.books import BookedOrder, BookedTrade
from tradertape_sandbox.wire.groww.envelopes import bad_request
from tradertape_sandbox.wire.groww.names import (
    Directory,
    exchange_of,
    is_index,
    segment_of,
    trading_symbol,
)
from tradertape_sandbox.wire.groww.reading import EXCHANGE_NAMES, Document

ORDER_TYPES: Mapping[str, OrderType] = {
    "LIMIT": OrderType.LIMIT,
    "MARKET": OrderType.MARKET,
    "SL": OrderType.SL,
    "SL_M": OrderType.SL_M,
}
PRODUCTS: Mapping[str, Product] = {one.value: one for one in Product}
_TYPE_NAMES = {kind: name for name, kind in ORDER_TYPES.items()}
_VALIDITIES = {"DAY": Validity.DAY, "IOC": Validity.IOC}
SIDES = {"BUY": Side.BUY, "SELL": Side.SELL}

_S = OrderStatus
_STATUSES: Mapping[OrderStatus, str] = {
    _S.PUT_REQUESTED: "NEW",
    _S.AMO_REQUESTED: "NEW",
    _S.VALIDATION_PENDING: "NEW",
    _S.OPEN_PENDING: "ACKED",
    _S.TRIGGER_PENDING: "TRIGGER_PENDING",
    _S.OPEN: "APPROVED",
    _S.MODIFY_VALIDATION_PENDING: "MODIFICATION_REQUESTED",
    _S.MODIFY_PENDING: "MODIFICATION_REQUESTED",
    _S.MODIFY_AMO_REQUESTED: "MODIFICATION_REQUESTED",
    _S.MODIFIED: "APPROVED",
    _S.CANCEL_PENDING: "CANCELLATION_REQUESTED",
    _S.IN_DOUBT: "ACKED",
    _S.COMPLETE: "EXECUTED",
    _S.CANCELLED: "CANCELLED",
    _S.CANCELLED_AMO: "CANCELLED",
    _S.REJECTED: "REJECTED",
}
_REFERENCE = re.compile(r"[A-Za-z0-9-]{8,20}")
_ORDER_ID = re.compile(r"GMK[0-9]{19}")


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order as the caller asks for it, and the reference that tells it from any other."""

    request: OrderRequest
    reference: str


def groww_order_id(order_id: str) -> str:
    """The exchange's order id in Groww's form."""
    return f"GMK{order_id}"


def order_id_of(groww_id: str) -> str | None:
    """The exchange's order id again; None where the text is not one of Groww's."""
    return groww_id[3:] if _ORDER_ID.fullmatch(groww_id) else None


def read_reference(text: str, name: str = "order_reference_id") -> str:
    """Check a reference. Raises GrowwError."""
    if not _REFERENCE.fullmatch(text) or text.count("-") > 2:
        raise bad_request(
            f"{name} must be 8 to 20 letters and digits with at most two hyphens, was {text!r}"
        )
    return text


def read_order(document: Document, directory: Directory) -> NewOrder:
    """The order a body asks for. Raises GrowwError."""
    instrument = read_instrument(document, directory)
    kind = document.choice("order_type", ORDER_TYPES)
    request = OrderRequest(
        exchange=instrument.exchange,
        tradingsymbol=instrument.tradingsymbol,
        side=document.choice("transaction_type", SIDES),
        product=document.choice("product", PRODUCTS),
        order_type=kind,
        quantity=document.quantity("quantity"),
        validity=document.choice("validity", _VALIDITIES),
        price=_limit(document, kind),
        trigger_price=_trigger(document, kind),
        market_protection=NIL if kind.has_limit else AUTOMATIC_PROTECTION,
    )
    return NewOrder(request, read_reference(document.text("order_reference_id")))


def read_instrument(document: Document, directory: Directory, segment: str = "") -> Instrument:
    """The instrument a body names, which can be traded. Raises GrowwError."""
    exchange = document.choice("exchange", EXCHANGE_NAMES)
    segment = segment or document.segment()
    found = directory.find(exchange, segment, document.text("trading_symbol"))
    if is_index(found):
        raise bad_request(f"{trading_symbol(found)} is an index: trade its futures and options")
    return found


def read_change(document: Document, order: BookedOrder) -> Change:
    """What a body changes of an order. Raises GrowwError where it changes nothing."""
    kind = document.choice("order_type", ORDER_TYPES)
    was = order.request
    price = document.price("price") if document.has("price") else was.price
    trigger = document.price("trigger_price") if document.has("trigger_price") else None
    wanted: dict[str, object] = {
        "quantity": document.quantity("quantity"),
        "order_type": kind,
        "price": price if kind.has_limit else NIL,
        "trigger_price": (trigger or was.trigger_price) if kind.has_trigger else NIL,
        "market_protection": NIL if kind.has_limit else AUTOMATIC_PROTECTION,
    }
    changed = {name: value for name, value in wanted.items() if value != getattr(was, name)}
    if not changed:
        raise bad_request("the order has these terms already: change quantity, price or type")
    return Change(**changed)  # pyright: ignore[reportArgumentType] - values by the names above


def status_of(order: BookedOrder) -> str:
    """Groww's word for an order's state; shares bought or sold for delivery await it."""
    if order.status is _S.COMPLETE and order.request.product is Product.CNC:
        return "DELIVERY_AWAITED"
    return _STATUSES[order.status]


def remark_of(order: BookedOrder) -> str:
    """What is said of an order's state."""
    return order.status_message or f"Order is {status_of(order).replace('_', ' ').lower()}"


def order_type_name(kind: OrderType) -> str:
    """Groww's word for an order type."""
    return _TYPE_NAMES[kind]


def amo_status_of(order: BookedOrder) -> str:
    """Groww's word for what became of an order placed outside market hours."""
    if order.request.variety is not Variety.AMO:
        return "NA"
    return "PENDING" if order.status is _S.AMO_REQUESTED else "PLACED"


def order_reply(order: BookedOrder, *, remark: bool = True) -> dict[str, object]:
    """What a request to create, modify or cancel is answered with."""
    reply: dict[str, object] = {
        "groww_order_id": groww_order_id(order.order_id),
        "order_status": status_of(order),
    }
    if remark:
        reply |= {"order_reference_id": order.tag or "", "remark": remark_of(order)}
    return reply


def order_status(order: BookedOrder) -> dict[str, object]:
    """The state of an order."""
    return {**order_reply(order), "filled_quantity": order.filled_quantity}


def order_row(order: BookedOrder, instrument: Instrument) -> dict[str, object]:
    """An order in full."""
    request = order.request
    deliverable = order.filled_quantity if request.product is Product.CNC else 0
    exchange_at = order.exchange_at or order.placed_at
    return {
        **order_reply(order),
        "trading_symbol": trading_symbol(instrument),
        "quantity": request.quantity,
        "price": float(request.price),
        "trigger_price": float(request.trigger_price),
        "filled_quantity": order.filled_quantity,
        "remaining_quantity": order.pending_quantity,
        "average_fill_price": float(order.average_price),
        "deliverable_quantity": deliverable,
        "amo_status": amo_status_of(order),
        "validity": request.validity.value,
        "exchange": exchange_of(instrument),
        "order_type": order_type_name(request.order_type),
        "transaction_type": request.side.value,
        "segment": segment_of(instrument),
        "product": request.product.value,
        "created_at": naive(order.placed_at),
        "exchange_time": naive(exchange_at),
        "trade_date": f"{order.placed_at.astimezone(IST):%Y-%m-%d}T00:00:00Z",
    }


def trade_row(trade: BookedTrade, instrument: Instrument) -> dict[str, object]:
    """A trade in full."""
    day = trade.at.astimezone(IST)
    return {
        "price": float(trade.price),
        "isin": instrument.isin,
        "quantity": trade.quantity,
        "groww_order_id": groww_order_id(trade.order_id),
        "groww_trade_id": f"GTR{trade.trade_id}",
        "exchange_trade_id": trade.trade_id,
        "exchange_order_id": trade.exchange_order_id,
        "trade_status": "EXECUTED",
        "trading_symbol": trading_symbol(instrument),
        "remark": "",
        "exchange": exchange_of(instrument),
        "segment": segment_of(instrument),
        "product": trade.product.value,
        "transaction_type": trade.side.value,
        "created_at": naive(trade.at),
        "trade_date_time": naive(trade.at),
        "settlement_number": f"{day:%Y}{day.timetuple().tm_yday:03d}",
    }


def naive(moment: datetime) -> str:
    """A time as Groww writes it: India's, without a zone."""
    return f"{moment.astimezone(IST):%Y-%m-%dT%H:%M:%S}"


def _limit(document: Document, kind: OrderType) -> Decimal:
    price = document.price("price") if document.has("price") else NIL
    if kind.has_limit and not price:
        raise bad_request(f"price above 0 is required for order_type {_TYPE_NAMES[kind]}")
    return price if kind.has_limit else NIL


def _trigger(document: Document, kind: OrderType) -> Decimal:
    price = document.price("trigger_price") if document.has("trigger_price") else NIL
    if kind.has_trigger and not price:
        raise bad_request(f"trigger_price above 0 is required for order_type {_TYPE_NAMES[kind]}")
    return price if kind.has_trigger else NIL
