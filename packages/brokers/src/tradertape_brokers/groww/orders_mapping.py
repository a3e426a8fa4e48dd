"""Orders: Groww's rows to and from core's. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

from tradertape_brokers.errors import Refused
from tradertape_brokers.groww.names import Listed, Names
from tradertape_core.kernel.clock import IST
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

Row: TypeAlias = Mapping[str, Any]
Body: TypeAlias = dict[str, Any]

_S = OrderStatus
# Source: groww.in/trade-api/docs, "Annexures"; OPEN is in its examples. An order for delivery
# awaits it once it is filled; COMPLETED is what it becomes then.
STATUSES: Final[Mapping[str, OrderStatus]] = {
    "NEW": _S.PUT_REQUESTED,
    "ACKED": _S.OPEN_PENDING,
    "TRIGGER_PENDING": _S.TRIGGER_PENDING,
    "APPROVED": _S.OPEN,
    "OPEN": _S.OPEN,
    "REJECTED": _S.REJECTED,
    "FAILED": _S.REJECTED,
    "EXECUTED": _S.COMPLETE,
    "DELIVERY_AWAITED": _S.COMPLETE,
    "COMPLETED": _S.COMPLETE,
    "CANCELLED": _S.CANCELLED,
    "CANCELLATION_REQUESTED": _S.CANCEL_PENDING,
    "MODIFICATION_REQUESTED": _S.MODIFY_PENDING,
}
_TYPES: Final = {
    "MARKET": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    "SL": OrderType.SL,
    "SL_M": OrderType.SL_M,
}
_TYPE_NAMES: Final = {kind: name for name, kind in _TYPES.items()}
# Cover and bracket orders are intraday; arbitrage is carried.
PRODUCTS: Final = {
    **{one.value: one for one in Product},
    "CO": Product.MIS,
    "BO": Product.MIS,
    "ARB": Product.NRML,
}
VALIDITIES: Final = frozenset({Validity.DAY, Validity.IOC})


class UnknownRow(ValueError):
    """A row that this adapter cannot read; the text names the field."""


def order_body(order: Order, names: Names) -> Body:
    """The body of a new order. Raises Refused for what Groww does not take."""
    request = order.request
    if not order.tag:
        raise Refused("an order without a tag could not be found again: it is not sent")
    if request.variety is not Variety.REGULAR:
        raise Refused(f"Groww takes regular orders only, not {request.variety.value}")
    if request.validity not in VALIDITIES:
        raise Refused(f"Groww takes validity DAY or IOC, not {request.validity.value}")
    if request.disclosed_quantity:
        raise Refused("Groww takes no disclosed quantity")
    listed = names.theirs(request.exchange, request.tradingsymbol)
    return {
        "trading_symbol": listed.trading_symbol,
        "exchange": listed.exchange,
        "segment": listed.segment,
        "product": request.product.value,
        "transaction_type": request.side.value,
        "validity": request.validity.value,
        "order_reference_id": order.tag,
        **_terms(request),
    }


def change_body(order: Order, change: Change, names: Names) -> Body:
    """The body of a modification: all the terms that the order is to have. Raises Refused."""
    wanted = change.applied_to(order.request)
    if wanted.validity is not order.request.validity:
        raise Refused("Groww does not change the validity of an order: cancel it, place another")
    if wanted.disclosed_quantity:
        raise Refused("Groww takes no disclosed quantity")
    return {**cancel_body(order, names), **_terms(wanted)}


def cancel_body(order: Order, names: Names) -> Body:
    """What names an order to Groww. Raises Refused."""
    listed = names.theirs(order.request.exchange, order.request.tradingsymbol)
    return {"groww_order_id": order.venue_order_id, "segment": listed.segment}


def margin_row(request: OrderRequest, listed: Listed) -> Body:
    """An order whose margin is asked for."""
    terms = _terms(request)
    return {
        "trading_symbol": listed.trading_symbol,
        "exchange": listed.exchange,
        "product": request.product.value,
        "transaction_type": request.side.value,
        "quantity": terms["quantity"],
        "order_type": terms["order_type"],
        "price": terms["price"],
    }


def venue_order(row: Row, names: Names, trades: tuple[Trade, ...] = ()) -> VenueOrder:
    """An order of the book. Raises UnknownRow."""
    try:
        placed = moment(row, "created_at")
        at = max(placed, moment(row, "exchange_time") if row.get("exchange_time") else placed)
        request, filled = _request(row, names), _count(row, "filled_quantity")
        status = status_of(row)
        return VenueOrder(
            venue_order_id=str(row["groww_order_id"]),
            tag=row.get("order_reference_id") or None,
            request=request,
            status=status,
            at=at,
            # Groww has whole seconds: states of one second are ordered by how far along they are.
            sequence=int(at.timestamp()) * 1_000_000,
            placed_at=placed,
            trades=trades,
            filled_quantity=filled,
            message=row.get("remark") or None,
            reason=_reason(status, request),
            is_snapshot=True,
        )
    except (KeyError, TypeError, ArithmeticError, ValueError) as error:
        raise UnknownRow(f"an order's row cannot be read: {error!r}") from error


def status_of(row: Row) -> OrderStatus:
    """The state of an order's row. Raises UnknownRow.

    A part of an order may be EXECUTED while the rest is waiting, or was cancelled by IOC.
    """
    name = str(row["order_status"])
    if name not in STATUSES:
        raise UnknownRow(f"order_status {name!r} is unknown")
    status = STATUSES[name]
    if status is _S.PUT_REQUESTED and row.get("amo_status") == "PENDING":
        return _S.AMO_REQUESTED
    if status is not _S.COMPLETE or _count(row, "filled_quantity") >= _count(row, "quantity"):
        return status
    return _S.OPEN if _count(row, "remaining_quantity") else _S.CANCELLED


def trade_of(row: Row) -> Trade:
    """A trade of an order. Raises UnknownRow."""
    try:
        name = row.get("groww_trade_id") or row["exchange_trade_id"]
        at = "trade_date_time" if row.get("trade_date_time") else "created_at"
        return Trade(
            trade_id=str(name),
            quantity=int(row["quantity"]),
            price=Decimal(str(row["price"])),
            at=moment(row, at),
        )
    except (KeyError, TypeError, ArithmeticError, ValueError) as error:
        raise UnknownRow(f"a trade's row cannot be read: {error!r}") from error


def moment(row: Row, name: str) -> datetime:
    """A time of Groww: Indian, without a zone. Raises UnknownRow."""
    try:
        found = datetime.fromisoformat(str(row[name]))
    except ValueError as error:
        raise UnknownRow(f"{name} is no time: {row[name]!r}") from error
    return found if found.tzinfo else found.replace(tzinfo=IST)


def _terms(request: OrderRequest) -> Body:
    kind = request.order_type
    return {
        "quantity": request.quantity,
        "order_type": _TYPE_NAMES[kind],
        "price": float(request.price) if kind.has_limit else 0.0,
        "trigger_price": float(request.trigger_price) if kind.has_trigger else None,
    }


def _request(row: Row, names: Names) -> OrderRequest:
    listed = Listed(str(row["exchange"]), str(row["segment"]), str(row["trading_symbol"]))
    exchange, symbol = names.ours(listed)
    return OrderRequest(
        exchange=exchange,
        tradingsymbol=symbol,
        side=Side(row["transaction_type"]),
        product=PRODUCTS[str(row["product"])],
        order_type=_TYPES[str(row["order_type"])],
        quantity=int(row["quantity"]),
        validity=Validity.IOC if row.get("validity") == "IOC" else Validity.DAY,
        price=_decimal(row.get("price")),
        trigger_price=_decimal(row.get("trigger_price")),
    )


def _reason(status: OrderStatus, request: OrderRequest) -> CancelReason:
    is_ioc = status is _S.CANCELLED and request.validity is Validity.IOC
    return CancelReason.IOC if is_ioc else CancelReason.VENUE


def _count(row: Row, name: str) -> int:
    return int(row.get(name) or 0)


def _decimal(value: object) -> Decimal:
    return NIL if value in (None, "", 0) else Decimal(str(value))
