"""Reading an order: the rules every order keeps, whatever the instrument.

Each rule is a function that names its field, so that one answer lists all that is wrong.
What depends on the instrument and its market is in `checks`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.orders.order import (
    CHANGEABLE,
    NIL,
    Change,
    Order,
    OrderRequest,
    OrderType,
    Product,
    Side,
    Validity,
    Variety,
)
from tradertape_core.orders.reading import LARGEST_QUANTITY, Fields, nearest, shown


class Exchange(StrEnum):
    """Where orders can go: cash and derivatives of both exchanges."""

    NSE = "NSE"
    BSE = "BSE"
    NFO = "NFO"
    BFO = "BFO"


AUTOMATIC_PROTECTION = Decimal(-1)
CASH = frozenset({Exchange.NSE, Exchange.BSE})

_REQUIRED = ("exchange", "tradingsymbol", "transaction_type", "product", "order_type", "quantity")
_OPTIONAL = (
    "variety",
    "validity",
    "validity_ttl",
    "price",
    "trigger_price",
    "disclosed_quantity",
    "market_protection",
    "autoslice",
    "iceberg_legs",
    "iceberg_quantity",
    "auction_number",
    "squareoff",
    "stoploss",
    "trailing_stoploss",
)
FIELDS = _REQUIRED + _OPTIONAL
_INJECTED = ("tag", "tags", "attribution")
_NOTHING_IS_ABSENT = ("price", "trigger_price", "disclosed_quantity", "autoslice")


def read_order(document: Mapping[str, object], *, at: str = "") -> OrderRequest:
    """Return the order a document asks for.

    at: JSON pointer of the document within the caller's (`/orders/2`), put before every pointer.
    Raises InvalidDocument with one problem for every rule that is broken.
    """
    fields = Fields(document, at)
    request = read_into(fields)
    if fields.problems:
        raise InvalidDocument(fields.problems)
    return request


def order_problems(document: Mapping[str, object], *, at: str = "") -> tuple[Problem, ...]:
    """Every rule the document breaks; none when `read_order` would read it."""
    fields = Fields(document, at)
    read_into(fields)
    return tuple(fields.problems)


def read_change(order: Order, patch: Mapping[str, object], *, at: str = "") -> Change:
    """Return what a patch changes of an order: only what differs from the terms in force.

    Raises InvalidDocument when a member cannot be changed or the order would break a rule.
    """
    fields = Fields(_merged(order.request, patch), at)
    for name in patch:
        if name not in CHANGEABLE:
            fields.fail(name, _unchangeable(name))
    request = read_into(fields)
    if order.request.variety is Variety.CO and patch.get("quantity") is not None:
        fields.fail("quantity", "the quantity of a cover order stays: exit it and place it anew")
    if fields.problems:
        raise InvalidDocument(fields.problems)
    now = {name: getattr(request, name) for name in CHANGEABLE}
    before = {name: getattr(order.request, name) for name in CHANGEABLE}
    return Change(**{name: now[name] for name in CHANGEABLE if now[name] != before[name]})


def order_document(request: OrderRequest) -> dict[str, object]:
    """The request as a document, prices as `Decimal`; reading it gives the request back."""
    members = _members(request)
    if request.order_type.has_limit:
        del members["market_protection"]
    return {
        name: value
        for name, value in members.items()
        if value is not None and (value or name not in _NOTHING_IS_ABSENT)
    }


def read_into(fields: Fields) -> OrderRequest:
    """Read and check a request; `fields` keeps what is wrong, harmless values take its place."""
    _known_names(fields)
    request = _request(fields)
    for rule in _RULES:
        rule(request, fields)
    return request


def _known_names(fields: Fields) -> None:
    for name in _REQUIRED:
        fields.require(name, f"{name} is required")
    for name in fields.source:
        if name in _INJECTED:
            fields.fail(name, f"leave {name} out: the server attributes orders itself")
        elif name not in FIELDS:
            fields.fail(name, f"is not a field of an order{nearest(name, FIELDS)}")


def _request(fields: Fields) -> OrderRequest:
    order_type = fields.choice("order_type", OrderType, OrderType.MARKET)
    return OrderRequest(
        exchange=fields.choice("exchange", Exchange, Exchange.NSE),
        tradingsymbol=fields.text("tradingsymbol"),
        side=fields.choice("transaction_type", Side, Side.BUY),
        product=fields.choice("product", Product, Product.MIS),
        order_type=order_type,
        quantity=fields.whole("quantity", 1, LARGEST_QUANTITY) or 1,
        variety=fields.choice("variety", Variety, Variety.REGULAR),
        validity=fields.choice("validity", Validity, Validity.DAY),
        price=fields.price("price") or NIL,
        trigger_price=fields.price("trigger_price") or NIL,
        disclosed_quantity=fields.whole("disclosed_quantity", 0, LARGEST_QUANTITY) or 0,
        market_protection=_protection(order_type, fields),
        validity_ttl=fields.whole("validity_ttl", 1, 365),
        autoslice=fields.flag("autoslice"),
        iceberg_legs=fields.whole("iceberg_legs", 2, 10),
        iceberg_quantity=fields.whole("iceberg_quantity", 1, LARGEST_QUANTITY),
        auction_number=_auction_number(fields),
        squareoff=fields.price("squareoff"),
        stoploss=fields.price("stoploss"),
        trailing_stoploss=fields.price("trailing_stoploss"),
    )


def _protection(order_type: OrderType, fields: Fields) -> Decimal:
    # Exchanges take no market order without a band from programs any more: ours is the broker's.
    default = NIL if order_type.has_limit else AUTOMATIC_PROTECTION
    value = fields.number("market_protection")
    if value is None:
        return default
    if value != AUTOMATIC_PROTECTION and not 0 <= value <= 100:
        was = shown(fields.source["market_protection"])
        message = f"must be -1 (the broker's own band) or 0 to 100 percent, was {was}"
        fields.fail("market_protection", message)
        return default
    return value


def _auction_number(fields: Fields) -> str | None:
    value = fields.source.get("auction_number")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return fields.text("auction_number", longest=32) or None


# --- rules ----------------------------------------------------------------------------------------


def _price(request: OrderRequest, fields: Fields) -> None:
    if fields.failed("price", "order_type"):
        return
    kind = request.order_type
    if kind.has_limit and not request.price:
        fields.fail("price", f"a price above 0 is required for {kind}")
    elif not kind.has_limit and request.price:
        fields.fail("price", f"leave price out or 0 for {kind}; a limit is order_type LIMIT or SL")


def _trigger(request: OrderRequest, fields: Fields) -> None:
    if fields.failed("trigger_price", "order_type"):
        return
    kind = request.order_type
    if kind.has_trigger and not request.trigger_price:
        fields.fail("trigger_price", f"a trigger_price above 0 is required for {kind}")
    elif not kind.has_trigger and request.trigger_price:
        message = f"leave trigger_price out or 0 for {kind}; a trigger is order_type SL or SL-M"
        fields.fail("trigger_price", message)


def _stop_limit(request: OrderRequest, fields: Fields) -> None:
    names = ("price", "trigger_price", "order_type", "transaction_type")
    if request.order_type is not OrderType.SL or fields.failed(*names):
        return
    if request.side is Side.BUY and request.trigger_price > request.price:
        fields.fail("trigger_price", "of an SL to buy must not be above its price")
    elif request.side is Side.SELL and request.trigger_price < request.price:
        fields.fail("trigger_price", "of an SL to sell must not be below its price")


def _disclosed(request: OrderRequest, fields: Fields) -> None:
    if fields.failed("disclosed_quantity", "quantity"):
        return
    if request.disclosed_quantity > request.quantity:
        message = (
            f"must not exceed the quantity of {request.quantity}, was {request.disclosed_quantity}"
        )
        fields.fail("disclosed_quantity", message)


def _protected(request: OrderRequest, fields: Fields) -> None:
    if fields.failed("market_protection", "order_type"):
        return
    if request.order_type.has_limit and fields.has("market_protection"):
        message = f"is for MARKET and SL-M only; leave it out for {request.order_type}"
        fields.fail("market_protection", message)


def _time_to_live(request: OrderRequest, fields: Fields) -> None:
    if fields.failed("validity", "validity_ttl"):
        return
    if request.validity is Validity.TTL and request.validity_ttl is None:
        fields.fail("validity_ttl", "is required for validity TTL: 1 to 365 minutes")
    elif request.validity is not Validity.TTL and request.validity_ttl is not None:
        fields.fail(
            "validity_ttl", f"is for validity TTL only; leave it out for {request.validity}"
        )


def _iceberg(request: OrderRequest, fields: Fields) -> None:
    if fields.failed("variety"):
        return
    if request.variety is Variety.ICEBERG:
        _iceberg_legs(request, fields)
        return
    for name in ("iceberg_legs", "iceberg_quantity"):
        if fields.has(name):
            amo = request.variety is Variety.AMO
            why = "an AMO cannot be an iceberg" if amo else "is for variety iceberg only"
            fields.fail(name, f"{why}; leave it out")


def _iceberg_legs(request: OrderRequest, fields: Fields) -> None:
    fields.require("iceberg_legs", "is required for variety iceberg: 2 to 10")
    if request.order_type.has_trigger and not fields.failed("order_type"):
        fields.fail("order_type", "an iceberg is a LIMIT or a MARKET order")
    if request.validity is Validity.IOC:
        fields.fail("validity", "an IOC order does not rest, so it cannot be an iceberg")
    legs, part = request.iceberg_legs, request.iceberg_quantity
    if legs is None or fields.failed("iceberg_legs", "iceberg_quantity", "quantity"):
        return
    if legs > request.quantity:
        fields.fail("iceberg_legs", f"must not exceed the quantity of {request.quantity}")
    elif part is not None and not (legs - 1) * part < request.quantity <= legs * part:
        message = f"{legs} legs of {part} do not make up the quantity of {request.quantity}"
        fields.fail("iceberg_quantity", message)


def _cover(request: OrderRequest, fields: Fields) -> None:
    names = ("squareoff", "stoploss", "trailing_stoploss")
    if fields.failed("variety"):
        return
    if request.variety is not Variety.CO:
        for name in names:
            if fields.has(name):
                fields.fail(name, "is for variety co only; leave it out")
        return
    fields.require("squareoff", "is required for variety co: rupees from the entry, 0 for none")
    fields.require("stoploss", "is required for variety co: rupees from the entry")
    if request.stoploss == 0:
        fields.fail("stoploss", "must be above 0: rupees from the entry")
    if not fields.failed("order_type") and request.order_type.has_trigger:
        fields.fail(
            "order_type", "a cover order enters by MARKET or LIMIT; its stoploss is separate"
        )
    if request.product is not Product.MIS and not fields.failed("product"):
        fields.fail("product", "a cover order is intraday: use MIS")


def _auction(request: OrderRequest, fields: Fields) -> None:
    if fields.failed("variety"):
        return
    if request.variety is Variety.AUCTION:
        fields.require("auction_number", "is required for variety auction")
    elif fields.has("auction_number"):
        fields.fail("auction_number", "is for variety auction only; leave it out")


def _sliced(request: OrderRequest, fields: Fields) -> None:
    whole = (Variety.CO, Variety.ICEBERG, Variety.AUCTION)
    if request.autoslice and request.variety in whole:
        fields.fail("autoslice", f"cannot be combined with variety {request.variety}; leave it out")


def _product(request: OrderRequest, fields: Fields) -> None:
    if fields.failed("product", "exchange"):
        return
    cash = request.exchange in CASH
    if request.product in (Product.CNC, Product.MTF) and not cash:
        fields.fail(
            "product", f"{request.product} is for shares; on {request.exchange} use NRML or MIS"
        )
    elif request.product is Product.NRML and cash:
        fields.fail(
            "product", f"NRML is for derivatives; on {request.exchange} use CNC, MIS or MTF"
        )


_RULES: tuple[Callable[[OrderRequest, Fields], None], ...] = (
    _price,
    _trigger,
    _stop_limit,
    _disclosed,
    _protected,
    _time_to_live,
    _iceberg,
    _cover,
    _auction,
    _sliced,
    _product,
)


# --- changing -------------------------------------------------------------------------------------


def _merged(request: OrderRequest, patch: Mapping[str, object]) -> dict[str, object]:
    """The document the order would be with the patch; what a new type has no use for falls away."""
    merged: dict[str, object] = order_document(request)
    changes = {name: value for name, value in patch.items() if name in CHANGEABLE}
    kind = changes.get("order_type")
    if kind in ("MARKET", "SL-M"):
        merged.pop("price", None)
    if kind in ("MARKET", "LIMIT"):
        merged.pop("trigger_price", None)
    if kind in ("LIMIT", "SL"):
        merged.pop("market_protection", None)
    if changes.get("validity") in ("DAY", "IOC"):
        merged.pop("validity_ttl", None)
    return merged | {name: value for name, value in changes.items() if value is not None}


def _unchangeable(name: str) -> str:
    if name in _INJECTED:
        return f"leave {name} out: the server attributes orders itself"
    if name in FIELDS:
        return "cannot be changed; cancel the order and place it anew"
    return f"is not a field of an order that can be changed{nearest(name, CHANGEABLE)}"


def _members(request: OrderRequest) -> dict[str, object]:
    return {
        "exchange": request.exchange,
        "tradingsymbol": request.tradingsymbol,
        "transaction_type": request.side.value,
        "product": request.product.value,
        "order_type": request.order_type.value,
        "quantity": request.quantity,
        "variety": request.variety.value,
        "validity": request.validity.value,
        "validity_ttl": request.validity_ttl,
        "price": request.price,
        "trigger_price": request.trigger_price,
        "disclosed_quantity": request.disclosed_quantity,
        "market_protection": request.market_protection,
        "autoslice": request.autoslice,
        "iceberg_legs": request.iceberg_legs,
        "iceberg_quantity": request.iceberg_quantity,
        "auction_number": request.auction_number,
        "squareoff": request.squareoff,
        "stoploss": request.stoploss,
        "trailing_stoploss": request.trailing_stoploss,
    }
