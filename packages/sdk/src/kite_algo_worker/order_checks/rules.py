"""The order rules that do not depend on the instrument, with the server's own messages.

They save a round trip. The server checks them again, and alone checks what depends on the
instrument: lot, tick, circuit limits, trading hours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kite_algo_worker.exceptions import BrokerValidationError, text_of
from kite_algo_worker.order_checks.fields import (
    LARGEST_QUANTITY,
    OrderFields,
    OrderProblem,
    nearest,
    shown,
)

EXCHANGES = ("NSE", "BSE", "NFO", "BFO")
SIDES = ("BUY", "SELL")
PRODUCTS = ("CNC", "MIS", "NRML", "MTF")
ORDER_TYPES = ("MARKET", "LIMIT", "SL", "SL-M")
VARIETIES = ("regular", "amo", "co", "iceberg", "auction")
VALIDITIES = ("DAY", "IOC", "TTL")

_REQUIRED = ("exchange", "tradingsymbol", "transaction_type", "product", "order_type", "quantity")
_COVER = ("squareoff", "stoploss", "trailing_stoploss")
_ICEBERG = ("iceberg_legs", "iceberg_quantity")
_OPTIONAL = (
    "variety", "validity", "validity_ttl", "price", "trigger_price", "disclosed_quantity",
    "market_protection", "autoslice", *_ICEBERG, "auction_number", *_COVER,
)  # fmt: skip
_KNOWN = _REQUIRED + _OPTIONAL
_INJECTED = ("tag", "tags", "attribution")


def order_problems(order: Mapping[str, Any]) -> tuple[OrderProblem, ...]:
    """Return every rule that an order breaks; empty if it is valid."""
    fields = OrderFields(order)
    _known_names(fields)
    read = _read(fields)
    for rule in _RULES:
        rule(read, fields)
    return tuple(fields.problems)


def check_order(order: Mapping[str, Any], *, at: str = "/payload/order") -> None:
    """Raise BrokerValidationError, with the server's body, if an order breaks a rule.

    at: JSON pointer of the order in the body; each problem's pointer starts with it.
    """
    if problems := order_problems(order):
        raise refusal(problems, at)


def refusal(problems: tuple[OrderProblem, ...], at: str) -> BrokerValidationError:
    """Return the error of an order with problems; its body is the server's."""
    detail = [
        {
            "type": "invalid_document",
            "loc": ["body", *at.split("/")[1:], problem.field],
            "msg": problem.message,
            "pointer": f"{at}/{problem.field}",
        }
        for problem in problems
    ]
    body = {"detail": detail}
    return BrokerValidationError(
        text_of(body), status_code=422, response_body=body, code="invalid_document"
    )


@dataclass(frozen=True)
class _Read:
    order_type: str
    variety: str
    validity: str
    side: str
    product: str
    exchange: str
    quantity: int
    price: float
    trigger_price: float
    disclosed_quantity: int
    autoslice: bool
    validity_ttl: int | None
    iceberg_legs: int | None
    iceberg_quantity: int | None
    stoploss: float | None

    @property
    def has_limit(self) -> bool:
        return self.order_type in ("LIMIT", "SL")

    @property
    def has_trigger(self) -> bool:
        return self.order_type in ("SL", "SL-M")


def _known_names(fields: OrderFields) -> None:
    for name in _REQUIRED:
        fields.require(name, f"{name} is required")
    for name in fields.document:
        if name in _INJECTED:
            fields.fail(name, f"leave {name} out: the server attributes orders itself")
        elif name not in _KNOWN:
            fields.fail(name, f"is not a field of an order{nearest(name, _KNOWN)}")


def _read(fields: OrderFields) -> _Read:
    order_type = fields.word("order_type", ORDER_TYPES, "MARKET")
    exchange = fields.word("exchange", EXCHANGES, "NSE")
    fields.text("tradingsymbol", 64)
    side = fields.word("transaction_type", SIDES, "BUY")
    product = fields.word("product", PRODUCTS, "MIS")
    quantity = fields.whole("quantity", 1, LARGEST_QUANTITY) or 1
    variety = fields.word("variety", VARIETIES, "regular")
    validity = fields.word("validity", VALIDITIES, "DAY")
    price = fields.price("price") or 0.0
    trigger_price = fields.price("trigger_price") or 0.0
    disclosed_quantity = fields.whole("disclosed_quantity", 0, LARGEST_QUANTITY) or 0
    _market_protection(fields)
    validity_ttl = fields.whole("validity_ttl", 1, 365)
    autoslice = fields.flag("autoslice")
    iceberg_legs = fields.whole("iceberg_legs", 2, 10)
    iceberg_quantity = fields.whole("iceberg_quantity", 1, LARGEST_QUANTITY)
    _auction_number(fields)
    fields.price("squareoff")
    stoploss = fields.price("stoploss")
    fields.price("trailing_stoploss")
    return _Read(
        order_type, variety, validity, side, product, exchange, quantity, price, trigger_price,
        disclosed_quantity, autoslice, validity_ttl, iceberg_legs, iceberg_quantity, stoploss,
    )  # fmt: skip


def _market_protection(fields: OrderFields) -> None:
    value = fields.number("market_protection")
    if value is not None and value != -1 and not 0 <= value <= 100:
        was = shown(fields.document["market_protection"])
        detail = f"must be -1 (the broker's own band) or 0 to 100 percent, was {was}"
        fields.fail("market_protection", detail)


def _auction_number(fields: OrderFields) -> None:
    value = fields.document.get("auction_number")
    if not isinstance(value, int) or isinstance(value, bool):
        fields.text("auction_number", 32)


# --- rules ----------------------------------------------------------------------------------------


def _price(order: _Read, fields: OrderFields) -> None:
    if not fields.is_valid("price", "order_type"):
        return
    kind = order.order_type
    if order.has_limit and not order.price:
        fields.fail("price", f"a price above 0 is required for {kind}")
    elif not order.has_limit and order.price:
        fields.fail("price", f"leave price out or 0 for {kind}; a limit is order_type LIMIT or SL")


def _trigger(order: _Read, fields: OrderFields) -> None:
    if not fields.is_valid("trigger_price", "order_type"):
        return
    kind = order.order_type
    if order.has_trigger and not order.trigger_price:
        fields.fail("trigger_price", f"a trigger_price above 0 is required for {kind}")
    elif not order.has_trigger and order.trigger_price:
        detail = f"leave trigger_price out or 0 for {kind}; a trigger is order_type SL or SL-M"
        fields.fail("trigger_price", detail)


def _stop_limit(order: _Read, fields: OrderFields) -> None:
    names = ("price", "trigger_price", "order_type", "transaction_type")
    if order.order_type != "SL" or not fields.is_valid(*names):
        return
    if order.side == "BUY" and order.trigger_price > order.price:
        fields.fail("trigger_price", "of an SL to buy must not be above its price")
    elif order.side == "SELL" and order.trigger_price < order.price:
        fields.fail("trigger_price", "of an SL to sell must not be below its price")


def _disclosed(order: _Read, fields: OrderFields) -> None:
    disclosed, quantity = order.disclosed_quantity, order.quantity
    if fields.is_valid("disclosed_quantity", "quantity") and disclosed > quantity:
        detail = f"must not exceed the quantity of {quantity}, was {disclosed}"
        fields.fail("disclosed_quantity", detail)


def _protected(order: _Read, fields: OrderFields) -> None:
    if not fields.is_valid("market_protection", "order_type"):
        return
    if order.has_limit and fields.has("market_protection"):
        detail = f"is for MARKET and SL-M only; leave it out for {order.order_type}"
        fields.fail("market_protection", detail)


def _time_to_live(order: _Read, fields: OrderFields) -> None:
    if not fields.is_valid("validity", "validity_ttl"):
        return
    if order.validity == "TTL" and order.validity_ttl is None:
        fields.fail("validity_ttl", "is required for validity TTL: 1 to 365 minutes")
    elif order.validity != "TTL" and order.validity_ttl is not None:
        fields.fail("validity_ttl", f"is for validity TTL only; leave it out for {order.validity}")


def _iceberg(order: _Read, fields: OrderFields) -> None:
    if not fields.is_valid("variety"):
        return
    if order.variety == "iceberg":
        _iceberg_parts(order, fields)
        return
    for name in _ICEBERG:
        if fields.has(name):
            is_amo = order.variety == "amo"
            why = "an AMO cannot be an iceberg" if is_amo else "is for variety iceberg only"
            fields.fail(name, f"{why}; leave it out")


def _iceberg_parts(order: _Read, fields: OrderFields) -> None:
    fields.require("iceberg_legs", "is required for variety iceberg: 2 to 10")
    if order.has_trigger and fields.is_valid("order_type"):
        fields.fail("order_type", "an iceberg is a LIMIT or a MARKET order")
    if order.validity == "IOC":
        fields.fail("validity", "an IOC order does not rest, so it cannot be an iceberg")
    legs, part = order.iceberg_legs, order.iceberg_quantity
    if legs is None or not fields.is_valid(*_ICEBERG, "quantity"):
        return
    if legs > order.quantity:
        fields.fail("iceberg_legs", f"must not exceed the quantity of {order.quantity}")
    elif part is not None and not (legs - 1) * part < order.quantity <= legs * part:
        detail = f"{legs} legs of {part} do not make up the quantity of {order.quantity}"
        fields.fail("iceberg_quantity", detail)


def _cover(order: _Read, fields: OrderFields) -> None:
    if not fields.is_valid("variety"):
        return
    if order.variety != "co":
        for name in _COVER:
            if fields.has(name):
                fields.fail(name, "is for variety co only; leave it out")
        return
    fields.require("squareoff", "is required for variety co: rupees from the entry, 0 for none")
    fields.require("stoploss", "is required for variety co: rupees from the entry")
    if order.stoploss == 0:
        fields.fail("stoploss", "must be above 0: rupees from the entry")
    if fields.is_valid("order_type") and order.has_trigger:
        detail = "a cover order enters by MARKET or LIMIT; its stoploss is separate"
        fields.fail("order_type", detail)
    if order.product != "MIS" and fields.is_valid("product"):
        fields.fail("product", "a cover order is intraday: use MIS")


def _auction(order: _Read, fields: OrderFields) -> None:
    if not fields.is_valid("variety"):
        return
    if order.variety == "auction":
        fields.require("auction_number", "is required for variety auction")
    elif fields.has("auction_number"):
        fields.fail("auction_number", "is for variety auction only; leave it out")


def _sliced(order: _Read, fields: OrderFields) -> None:
    if order.autoslice and order.variety in ("co", "iceberg", "auction"):
        detail = f"cannot be combined with variety {order.variety}; leave it out"
        fields.fail("autoslice", detail)


def _product(order: _Read, fields: OrderFields) -> None:
    if not fields.is_valid("product", "exchange"):
        return
    exchange, is_cash = order.exchange, order.exchange in ("NSE", "BSE")
    if order.product in ("CNC", "MTF") and not is_cash:
        detail = f"{order.product} is for shares; on {exchange} use NRML or MIS"
        fields.fail("product", detail)
    elif order.product == "NRML" and is_cash:
        fields.fail("product", f"NRML is for derivatives; on {exchange} use CNC, MIS or MTF")


_RULES: tuple[Callable[[_Read, OrderFields], None], ...] = (
    _price, _trigger, _stop_limit, _disclosed, _protected, _time_to_live, _iceberg, _cover,
    _auction, _sliced, _product,
)  # fmt: skip
