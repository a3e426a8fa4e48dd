"""Orders: Kite's rows to and from core's. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from tradertape_core.orders.order import (
    NIL,
    Change,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Product,
    Side,
    Validity,
    Variety,
)
from tradertape_core.orders.reports import CancelReason, Trade, VenueOrder

IST = ZoneInfo("Asia/Kolkata")
Row: TypeAlias = Mapping[str, Any]
Form: TypeAlias = dict[str, Any]


class UnknownRow(ValueError):
    """A row that this adapter cannot read; the text names the field."""


def order_form(request: OrderRequest, tag: str | None) -> Form:
    """The parameters of a new order, those with nothing to say left out."""
    form: Form = {
        "variety": request.variety.value,
        "exchange": request.exchange,
        "tradingsymbol": request.tradingsymbol,
        "transaction_type": request.side.value,
        "quantity": request.quantity,
        "product": request.product.value,
        "order_type": request.order_type.value,
        "validity": request.validity.value,
        "tag": tag,
        "validity_ttl": request.validity_ttl,
        "iceberg_legs": request.iceberg_legs,
        "iceberg_quantity": request.iceberg_quantity,
        "auction_number": request.auction_number,
        "price": _price(request.price) if request.order_type.has_limit else None,
        "trigger_price": _price(request.trigger_price) or None,
        "disclosed_quantity": request.disclosed_quantity or None,
        "market_protection": _protection(request),
        "autoslice": request.autoslice or None,
    }
    return {name: value for name, value in form.items() if value is not None}


def change_form(change: Change) -> Form:
    """The parameters of a modification: what changes."""
    form: Form = {
        "quantity": change.quantity,
        "price": None if change.price is None else _price(change.price),
        "trigger_price": None if change.trigger_price is None else _price(change.trigger_price),
        "order_type": None if change.order_type is None else change.order_type.value,
        "validity": None if change.validity is None else change.validity.value,
        "disclosed_quantity": change.disclosed_quantity,
        "market_protection": None
        if change.market_protection is None
        else _number(change.market_protection),
    }
    return {name: value for name, value in form.items() if value is not None}


def variety_to_change(order: Order) -> str:
    """The variety under which Kite changes or cancels an order.

    An after-market order keeps its variety in the book once it is at the exchange, and is then
    changed as a regular one.
    """
    waits = order.venue_status in (OrderStatus.AMO_REQUESTED, OrderStatus.MODIFY_AMO_REQUESTED)
    if order.request.variety is Variety.AMO and not waits:
        return Variety.REGULAR.value
    return order.request.variety.value


def venue_orders(orders: Sequence[Row], trades: Iterable[Row]) -> list[VenueOrder]:
    """The day's order book with its trades. Raises UnknownRow."""
    by_order: dict[str, list[Trade]] = {}
    for row in trades:
        by_order.setdefault(str(row["order_id"]), []).append(trade_of(row))
    return [
        venue_order(row, tuple(by_order.get(str(row["order_id"]), ())), is_snapshot=True)
        for row in orders
    ]


def venue_order(row: Row, trades: tuple[Trade, ...] = (), *, is_snapshot: bool) -> VenueOrder:
    """One row of the book, or the object of a postback or an order update. Raises UnknownRow."""
    placed = time_of(row, "order_timestamp")
    updated = (
        time_of(row, "exchange_update_timestamp") or time_of(row, "exchange_timestamp") or placed
    )
    if placed is None or updated is None:
        raise UnknownRow("order_timestamp is missing")
    at = max(placed, updated)
    try:
        status = _status(str(row["status"]), int(row.get("filled_quantity") or 0))
        return VenueOrder(
            venue_order_id=str(row["order_id"]),
            tag=row.get("tag") or None,
            request=_request(row),
            status=status,
            at=at,
            sequence=int(at.timestamp()) * 1_000_000,
            placed_at=placed,
            trades=trades,
            filled_quantity=int(row.get("filled_quantity") or 0),
            exchange_order_id=row.get("exchange_order_id") or None,
            message=row.get("status_message") or None,
            reason=_reason(row, status),
            is_snapshot=is_snapshot,
        )
    except (KeyError, ValueError) as error:
        raise UnknownRow(f"an order's row cannot be read: {error}") from error


def trade_of(row: Row) -> Trade:
    """One row of the trade book. Raises UnknownRow."""
    at = time_of(row, "exchange_timestamp") or time_of(row, "fill_timestamp")
    if at is None:
        raise UnknownRow("fill_timestamp is missing")
    return Trade(
        trade_id=str(row["trade_id"]),
        quantity=int(row["quantity"]),
        price=Decimal(str(row["average_price"])),
        at=at,
    )


def _request(row: Row) -> OrderRequest:
    meta: Row = row.get("meta") or {}
    iceberg: Row = meta.get("iceberg") or {}
    validity = Validity(row.get("validity") or "DAY")
    return OrderRequest(
        exchange=str(row["exchange"]),
        tradingsymbol=str(row["tradingsymbol"]),
        side=Side(row["transaction_type"]),
        product=product_of(row),
        order_type=OrderType(row["order_type"]),
        quantity=int(row["quantity"]),
        variety=Variety(row.get("variety") or "regular"),
        validity=validity,
        price=decimal_of(row.get("price")),
        trigger_price=decimal_of(row.get("trigger_price")),
        disclosed_quantity=int(row.get("disclosed_quantity") or 0),
        market_protection=decimal_of(row.get("market_protection")),
        validity_ttl=int(row.get("validity_ttl") or 0) or None
        if validity is Validity.TTL
        else None,
        iceberg_legs=int(iceberg["legs"]) if iceberg else None,
        iceberg_quantity=int(iceberg["leg_quantity"]) if iceberg else None,
    )


def product_of(row: Row) -> Product:
    """Cover orders have a product of their own at Kite; core has them as intraday."""
    name = str(row["product"])
    return Product.MIS if name in ("CO", "BO") else Product(name)


def _status(name: str, filled: int) -> OrderStatus:
    """Kite's word; UPDATE is what a postback calls a modification or a partial fill."""
    if name == "UPDATE":
        return OrderStatus.OPEN
    if name == "EXPIRED":
        return OrderStatus.CANCELLED
    status = OrderStatus(name)
    if status is OrderStatus.IN_DOUBT:
        raise ValueError("status IN_DOUBT is not Kite's")
    if status is OrderStatus.CANCELLED_AMO and filled:
        return OrderStatus.CANCELLED
    return status


def _reason(row: Row, status: OrderStatus) -> CancelReason:
    if status is not OrderStatus.CANCELLED or row.get("status_message"):
        return CancelReason.VENUE
    return CancelReason.IOC if row.get("validity") == "IOC" else CancelReason.VENUE


def time_of(row: Row, name: str) -> datetime | None:
    """A time of Kite, which has whole seconds of Indian time and no zone."""
    value = row.get(name)
    if not value:
        return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=IST)
    try:
        return datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S").replace(tzinfo=IST)
    except ValueError as error:
        raise UnknownRow(f"{name} is no time: {value}") from error


def _price(price: Decimal) -> float:
    return float(price)


def _protection(request: OrderRequest) -> float | int | None:
    if request.order_type.has_limit or not request.market_protection:
        return None
    return _number(request.market_protection)


def _number(value: Decimal) -> float | int:
    return int(value) if value == value.to_integral_value() else float(value)


def decimal_of(value: object) -> Decimal:
    """A number of Kite's; 0 where there is none."""
    return NIL if value in (None, "", 0) else Decimal(str(value))
