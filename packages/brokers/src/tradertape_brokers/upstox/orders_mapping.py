"""Orders: Upstox's rows to and from core's. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tradertape_brokers.errors import Refused
from tradertape_brokers.upstox.keys import EXCHANGES, KeyBook
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

Row = Mapping[str, Any]
Body = dict[str, Any]
LONGEST_TAG: Final = 40

_S = OrderStatus
# Source: upstox.com/developer/api-documentation, "Order status". What was not modified or not
# cancelled is as it was before: see `_status`.
STATUSES: Final[Mapping[str, OrderStatus]] = {
    "put order req received": _S.PUT_REQUESTED,
    "validation pending": _S.VALIDATION_PENDING,
    "open pending": _S.OPEN_PENDING,
    "open": _S.OPEN,
    "trigger pending": _S.TRIGGER_PENDING,
    "modify validation pending": _S.MODIFY_VALIDATION_PENDING,
    "modify pending": _S.MODIFY_PENDING,
    "modified": _S.MODIFIED,
    "not modified": _S.OPEN,
    "cancel pending": _S.CANCEL_PENDING,
    "cancelled": _S.CANCELLED,
    "not cancelled": _S.OPEN,
    "rejected": _S.REJECTED,
    "complete": _S.COMPLETE,
    "after market order req received": _S.AMO_REQUESTED,
    "modify after market order req received": _S.MODIFY_AMO_REQUESTED,
    "cancelled after market order": _S.CANCELLED_AMO,
}
VALIDITIES: Final = frozenset({Validity.DAY, Validity.IOC})
VARIETIES: Final = frozenset({Variety.REGULAR, Variety.AMO})
_PRODUCTS: Final = {
    Product.CNC: "D", Product.NRML: "D", Product.MIS: "I", Product.MTF: "MTF",
}  # fmt: skip
_UNTOLD: Final = frozenset({"market_protection"})  # it is in no row of Upstox's
_INTRADAY: Final = frozenset({"I", "CO", "OCO"})


class UnknownRow(ValueError):
    """A row that this adapter cannot read; the text names the field."""


def order_body(order: Order, keys: KeyBook) -> Body:
    """The body of a new order. Raises Refused for what Upstox does not take."""
    request = order.request
    if not order.tag or len(order.tag) > LONGEST_TAG:
        raise Refused(f"an order needs a tag of at most {LONGEST_TAG} characters: it is not sent")
    if request.variety not in VARIETIES:
        raise Refused(f"Upstox takes regular and after-market orders, not {request.variety.value}")
    if request.validity not in VALIDITIES:
        raise Refused(f"Upstox takes validity DAY or IOC, not {request.validity.value}")
    return {
        "instrument_token": keys.key_of(request.exchange, request.tradingsymbol),
        "product": _PRODUCTS[request.product],
        "transaction_type": request.side.value,
        "is_amo": request.variety is Variety.AMO,
        "tag": order.tag,
        "slice": False,  # each slice would be an order of its own
        **_terms(request),
    }


def change_body(order: Order, change: Change) -> Body:
    """The body of a modification: all the terms that the order is to have. Raises Refused."""
    wanted = change.applied_to(order.request)
    if wanted.validity not in VALIDITIES:
        raise Refused(f"Upstox takes validity DAY or IOC, not {wanted.validity.value}")
    return {"order_id": order.venue_order_id, **_terms(wanted)}


def venue_orders(orders: Sequence[Row], trades: Iterable[Row], keys: KeyBook) -> list[VenueOrder]:
    """The day's order book with its trades. Raises UnknownRow."""
    by_order: dict[str, list[Trade]] = {}
    for row in trades:
        by_order.setdefault(str(row.get("order_id")), []).append(trade_of(row))
    return [
        venue_order(row, keys, tuple(by_order.get(str(row.get("order_id")), ())), is_snapshot=True)
        for row in orders
    ]


def venue_order(
    row: Row, keys: KeyBook, trades: tuple[Trade, ...] = (), *, is_snapshot: bool
) -> VenueOrder:
    """A row of the book, or the object of an update on the feed or the webhook.

    Raises UnknownRow.
    """
    try:
        placed = _time(row, "order_timestamp")
        at = _time(row, "exchange_timestamp") or placed
        if placed is None or at is None:
            raise UnknownRow("order_timestamp is missing")
        at = max(placed, at)
        request, filled = _request(row, keys), int(row.get("filled_quantity") or 0)
        status = _status(row, filled)
        return VenueOrder(
            venue_order_id=str(row["order_id"]),
            tag=row.get("tag") or None,
            request=request,
            status=status,
            at=at,
            # Whole seconds: states of one second are ordered by how far along they are.
            sequence=int(at.timestamp()) * 1_000_000,
            placed_at=placed,
            trades=trades,
            filled_quantity=filled,
            exchange_order_id=row.get("exchange_order_id") or None,
            message=row.get("status_message") or row.get("status_message_raw") or None,
            reason=_reason(row, status),
            is_snapshot=is_snapshot,
            untold=_UNTOLD,
        )
    except (KeyError, TypeError, ArithmeticError, ValueError) as error:
        raise UnknownRow(f"an order's row cannot be read: {error!r}") from error


def trade_of(row: Row) -> Trade:
    """A row of the trade book. Raises UnknownRow."""
    try:
        at = _time(row, "exchange_timestamp") or _time(row, "order_timestamp")
        if at is None:
            raise UnknownRow("exchange_timestamp is missing")
        return Trade(
            trade_id=str(row["trade_id"]),
            quantity=int(row["quantity"]),
            price=Decimal(str(row["average_price"])),
            at=at,
        )
    except (KeyError, TypeError, ArithmeticError, ValueError) as error:
        raise UnknownRow(f"a trade's row cannot be read: {error!r}") from error


def product_of(word: object, exchange: str) -> Product:
    """Core's product: D is delivery for shares and overnight for contracts. Raises ValueError."""
    if word in _INTRADAY:
        return Product.MIS
    if word == "MTF":
        return Product.MTF
    if word != "D":
        raise ValueError(f"product {word!r} is unknown")
    return Product.NRML if exchange in ("NFO", "BFO") else Product.CNC


def product_word(product: Product) -> str:
    """Upstox's word for a product."""
    return _PRODUCTS[product]


def margin_row(request: OrderRequest, key: str) -> Body:
    """An order as the margin call has it; without a price it is the market's."""
    row: Body = {
        "instrument_key": key,
        "quantity": request.quantity,
        "product": _PRODUCTS[request.product],
        "transaction_type": request.side.value,
    }
    return {**row, "price": float(request.price)} if request.order_type.has_limit else row


def _terms(request: OrderRequest) -> Body:
    kind = request.order_type
    terms: Body = {
        "quantity": request.quantity,
        "validity": request.validity.value,
        "order_type": kind.value,
        "price": float(request.price) if kind.has_limit else 0.0,
        "trigger_price": float(request.trigger_price) if kind.has_trigger else 0.0,
        "disclosed_quantity": request.disclosed_quantity,
    }
    if not kind.has_limit and request.market_protection:
        terms["market_protection"] = float(request.market_protection)
    return terms


def _request(row: Row, keys: KeyBook) -> OrderRequest:
    key = str(row.get("instrument_token") or row["instrument_key"])
    segment = key.partition("|")[0]
    exchange = EXCHANGES.get(segment, str(row["exchange"]))
    symbol = str(row.get("trading_symbol") or row["tradingsymbol"])
    listed = keys.named(key, exchange, symbol)
    return OrderRequest(
        exchange=listed.exchange if listed is not None else exchange,
        tradingsymbol=listed.tradingsymbol if listed is not None else symbol,
        side=Side(row["transaction_type"]),
        product=product_of(row["product"], exchange),
        order_type=OrderType(row["order_type"]),
        quantity=int(row["quantity"]),
        variety=Variety.AMO if row.get("is_amo") else Variety.REGULAR,
        validity=Validity(row.get("validity") or "DAY"),
        price=_decimal(row.get("price")),
        trigger_price=_decimal(row.get("trigger_price")),
        disclosed_quantity=int(row.get("disclosed_quantity") or 0),
    )


def _status(row: Row, filled: int) -> OrderStatus:
    word = str(row["status"])
    if word not in STATUSES:
        raise UnknownRow(f"status {word!r} is unknown")
    status = STATUSES[word]
    if word.startswith("not ") and filled >= int(row["quantity"]):
        return _S.COMPLETE
    return _S.CANCELLED if status is _S.CANCELLED_AMO and filled else status


def _reason(row: Row, status: OrderStatus) -> CancelReason:
    is_ioc = status is _S.CANCELLED and row.get("validity") == "IOC"
    return CancelReason.IOC if is_ioc and not row.get("status_message") else CancelReason.VENUE


def _time(row: Row, name: str) -> datetime | None:
    """A time of Upstox: Indian, in whole seconds, without a zone."""
    value = row.get(name)
    if not value:
        return None
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise UnknownRow(f"{name} is no time: {value!r}") from error
    return found if found.tzinfo else found.replace(tzinfo=IST)


def _decimal(value: object) -> Decimal:
    return NIL if value in (None, "", 0) else Decimal(str(value))
