"""What callers send, read into the core's orders."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.order import (
    NIL,
    Change,
    OrderRequest,
    OrderType,
    Product,
    Side,
    Validity,
    Variety,
)
from tradertape_sandbox.wire.upstox.envelope import UpstoxError, invalid

LONGEST_TAG = 40
MOST_PROTECTION = 25  # percent

Body = Mapping[str, Any]
T = TypeVar("T")

_ORDER_TYPES = {one.value: one for one in OrderType}
_VALIDITIES = {"DAY": Validity.DAY, "IOC": Validity.IOC}
_SIDES = {one.value: one for one in Side}


def order_of(body: Body, instrument: Instrument) -> OrderRequest:
    """The order of a body. Raises UpstoxError."""
    kind = order_type_of(body)
    price, trigger = number(body, "price"), number(body, "trigger_price")
    _check_prices(kind, price, trigger)
    return OrderRequest(
        exchange=instrument.exchange,
        tradingsymbol=instrument.tradingsymbol,
        side=_one_of(body, "transaction_type", _SIDES, "UDAPI100036", "UDAPI100036"),
        product=product_of(body.get("product"), instrument),
        order_type=kind,
        quantity=quantity_of(body),
        variety=Variety.AMO if body.get("is_amo") is True else Variety.REGULAR,
        validity=validity_of(body),
        price=price if kind.has_limit else NIL,
        trigger_price=trigger if kind.has_trigger else NIL,
        disclosed_quantity=whole(body, "disclosed_quantity"),
        market_protection=NIL if kind.has_limit else protection_of(body),
    )


def change_of(body: Body, request: OrderRequest) -> Change:
    """What a body changes of an order; a quantity of 0 or none stays."""
    kind = order_type_of(body)
    price, trigger = number(body, "price"), number(body, "trigger_price")
    _check_prices(kind, price, trigger)
    wanted: dict[str, Any] = {
        "quantity": whole(body, "quantity") or request.quantity,
        "order_type": kind,
        "validity": validity_of(body),
        "price": price if kind.has_limit else NIL,
        "trigger_price": trigger if kind.has_trigger else NIL,
    }
    if body.get("disclosed_quantity") is not None:
        wanted["disclosed_quantity"] = whole(body, "disclosed_quantity")
    if body.get("market_protection") is not None and not kind.has_limit:
        wanted["market_protection"] = protection_of(body)
    return Change(**{name: v for name, v in wanted.items() if v != getattr(request, name)})


def tag_of(body: Body) -> str | None:
    """The caller's mark on an order, at most 40 characters."""
    tag = body.get("tag")
    if tag in (None, ""):
        return None
    if not isinstance(tag, str) or len(tag) > LONGEST_TAG:
        words = f"The tag must have at most {LONGEST_TAG} characters"
        raise UpstoxError("UDAPI1119", words, field="tag", value=tag)
    return tag


def product_of(value: object, instrument: Instrument) -> Product:
    """Upstox's product as the core's: D is delivery for shares, overnight for contracts."""
    if value == "D":
        return Product.NRML if instrument.is_derivative else Product.CNC
    if value == "I":
        return Product.MIS
    if value == "MTF":
        return Product.MTF
    raise invalid("The product must be I, D or MTF", "product", value)


def product_word(product: Product) -> str:
    """The core's product as Upstox's."""
    return {Product.MIS: "I", Product.MTF: "MTF"}.get(product, "D")


def side_of(body: Body) -> Side:
    """BUY or SELL."""
    return _one_of(body, "transaction_type", _SIDES, "UDAPI100036", "UDAPI100036")


def order_type_of(body: Body) -> OrderType:
    """The order's type."""
    return _one_of(body, "order_type", _ORDER_TYPES, "UDAPI1004", "UDAPI1056")


def validity_of(body: Body) -> Validity:
    """The order's validity."""
    return _one_of(body, "validity", _VALIDITIES, "UDAPI1007", "UDAPI1055")


def quantity_of(body: Body) -> int:
    """A quantity above 0."""
    quantity = whole(body, "quantity")
    if quantity <= 0:
        raise UpstoxError("UDAPI1052", "The quantity must be above 0", field="quantity")
    return quantity


def whole(body: Body, name: str) -> int:
    """A whole number; 0 where it is not given."""
    value = number(body, name)
    if value != int(value):
        raise invalid(f"{name} must be a whole number", name, str(value))
    return int(value)


def number(body: Body, name: str) -> Decimal:
    """A number not below 0; 0 where it is not given."""
    value = body.get(name)
    if value is None:
        return NIL
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value < 0:
        raise invalid(f"{name} must be a number not below 0", name, str(value))
    return Decimal(value)


def protection_of(body: Body) -> Decimal:
    """Percent from the price that a market order may move; -1: the broker's own."""
    value = body.get("market_protection")
    if value is None:
        return NIL
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise UpstoxError("UDAPI1160", "Invalid market protection", field="market_protection")
    if value > MOST_PROTECTION:
        words = f"The market protection must not be above {MOST_PROTECTION} percent"
        raise UpstoxError("UDAPI1159", words, field="market_protection")
    if value != -1 and value != 0 and value < 1:
        words = "The market protection must be -1, 0 or 1 to 25 percent"
        raise UpstoxError("UDAPI1160", words, field="market_protection")
    return Decimal(value)


def _one_of(body: Body, name: str, known: Mapping[str, T], missing: str, wrong: str) -> T:
    value = body.get(name)
    if not value:
        raise UpstoxError(missing, f"{name} is required", field=name)
    if not isinstance(value, str) or value not in known:
        words = f"Invalid {name}: it must be one of {', '.join(known)}"
        raise UpstoxError(wrong, words, field=name, value=value)
    return known[value]


def _check_prices(kind: OrderType, price: Decimal, trigger: Decimal) -> None:
    if kind is OrderType.LIMIT and not price:
        raise UpstoxError("UDAPI1029", "A LIMIT order needs a price", field="price")
    if kind is OrderType.MARKET and price:
        raise UpstoxError("UDAPI1030", "A MARKET order has no price", field="price")
    if kind is OrderType.SL and not (price and trigger):
        raise UpstoxError("UDAPI1031", "An SL order needs a price and a trigger price")
    if kind is OrderType.SL_M and price:
        raise UpstoxError("UDAPI1032", "An SL-M order has a trigger price alone", field="price")
    if kind is OrderType.SL_M and not trigger:
        raise UpstoxError("UDAPI1036", "An SL-M order needs a trigger price")
