"""What callers send as forms: texts, read into the core's orders."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import cast

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.orders.fields import order_document, read_order
from tradertape_core.orders.gtt import GttRequest
from tradertape_core.orders.gtt_fields import read_gtt
from tradertape_core.orders.order import CHANGEABLE, Change, OrderRequest, Variety
from tradertape_sandbox.wire.kite.envelope import Kind, KiteError

Form = Mapping[str, str]
Row = Mapping[str, object]

LONGEST_TAG = 20

_TEXTS = (
    "exchange", "tradingsymbol", "transaction_type", "order_type", "validity", "auction_number",
)  # fmt: skip
_WHOLE = ("quantity", "disclosed_quantity", "validity_ttl", "iceberg_legs", "iceberg_quantity")
_NUMBERS = ("price", "trigger_price", "market_protection")
_WITH_PRICE = ("LIMIT", "SL")
_WITH_TRIGGER = ("SL", "SL-M")
_MODIFIABLE = (
    "quantity", "price", "order_type", "trigger_price", "validity", "validity_ttl",
    "disclosed_quantity", "market_protection",
)  # fmt: skip


def order_of(form: Form, variety: str, last_price: Decimal | None) -> OrderRequest:
    """The order of a form.

    last_price: of the instrument; a cover order's stop is a price on the wire and a distance from
    the entry in the core, so that one without a limit needs it.
    """
    document = _document(form)
    document["variety"] = variety
    document["product"] = _product(form, variety)
    if form.get("autoslice", "").lower() == "true":
        document["autoslice"] = True
    if variety != "co":
        return _read(_fitting(document))
    stop = document.pop("trigger_price", None)
    request = _read(_fitting({**document, **_cover(document, stop, last_price)}))
    return replace(request, trigger_price=stop)


def change_of(form: Form, request: OrderRequest) -> Change:
    """What a form changes of an order; what it does not name stays."""
    given = {name: value for name, value in _document(form).items() if name in _MODIFIABLE}
    if request.variety is Variety.CO and request.order_type.has_trigger:
        return _stop_change(given, request)
    document = order_document(request)
    document.pop("validity_ttl" if given.get("validity") in ("DAY", "IOC") else "", None)
    changed = _read(_fitting({**document, **given}))
    values = {name: getattr(changed, name) for name in CHANGEABLE}
    before = {name: getattr(request, name) for name in CHANGEABLE}
    return Change(**{name: values[name] for name in CHANGEABLE if values[name] != before[name]})


def tag_of(form: Form) -> str | None:
    """The caller's mark on an order: letters and digits, at most 20."""
    tag = form.get("tag") or None
    if tag is not None and not (tag.isascii() and tag.isalnum() and len(tag) <= LONGEST_TAG):
        raise KiteError(
            Kind.INPUT, f"`tag` must be at most {LONGEST_TAG} letters and digits, was {tag!r}"
        )
    return tag


def gtt_of(form: Form) -> GttRequest:
    """The trigger of a form, whose `condition` and `orders` are JSON texts."""
    condition = cast(dict[str, object], _json(form, "condition", dict))
    orders = cast(list[dict[str, object]], _json(form, "orders", list))
    legs = [_gtt_order(one) for one in orders]
    try:
        return read_gtt({"type": required(form, "type"), "condition": condition, "orders": legs})
    except InvalidInput as error:
        raise KiteError(Kind.INPUT, worded(error)) from error


def orders_of(rows: object) -> Sequence[Row]:
    """The rows of a JSON body: an array of objects."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise KiteError(Kind.INPUT, "Invalid JSON: the body must be an array of orders")
    return cast(list[Row], rows)


def order_of_row(row: Row, last_price: Decimal | None) -> OrderRequest:
    """The order of a row of a JSON body, whose prices may be 0 and whose numbers may be texts."""
    form = {name: str(value) for name, value in row.items() if value is not None}
    return order_of(form, form.get("variety") or "regular", last_price)


def required(form: Form, name: str) -> str:
    """A member that has to be there."""
    value = form.get(name)
    if not value:
        raise KiteError(Kind.INPUT, f"Missing or empty field `{name}`")
    return value


def whole(form: Form, name: str) -> int:
    """A whole number that has to be there."""
    number = _number(name, required(form, name))
    if number != int(number):
        raise KiteError(Kind.INPUT, f"Invalid `{name}`: it must be a whole number")
    return int(number)


def number_of(form: Form, name: str) -> Decimal | None:
    """A number; None where it is not given."""
    value = form.get(name)
    return _number(name, value) if value else None


def worded(error: InvalidInput) -> str:
    """The message of a problem, with the field it is about."""
    field = error.pointer.rsplit("/", 1)[-1] if error.pointer else ""
    if not field or field in error.message:
        return error.message
    return f"Invalid `{field}`: {error.message}"


def _document(form: Form) -> dict[str, object]:
    document: dict[str, object] = {name: form[name] for name in _TEXTS if form.get(name)}
    for name in _WHOLE:
        if form.get(name):
            document[name] = whole(form, name)
    for name in _NUMBERS:
        if form.get(name):
            document[name] = _number(name, form[name])
    return document


def _fitting(document: dict[str, object]) -> dict[str, object]:
    """Without what the type of the order has no use for: callers send a price of 0, or an old one.

    An order without a band says so: the core would give it the broker's own.
    """
    kind = document.get("order_type")
    if kind not in _WITH_PRICE:
        document.pop("price", None)
        document.setdefault("market_protection", Decimal(0))
    else:
        document.pop("market_protection", None)
    if kind not in _WITH_TRIGGER:
        document.pop("trigger_price", None)
    if document.get("variety") != "iceberg":
        for name in ("iceberg_legs", "iceberg_quantity"):
            if document.get(name) == 0:
                del document[name]
    if document.get("validity_ttl") == 0:
        del document["validity_ttl"]
    return document


def _product(form: Form, variety: str) -> str:
    product = required(form, "product")
    return "MIS" if variety == "co" and product == "CO" else product


def _cover(document: Row, stop: object, last_price: Decimal | None) -> dict[str, object]:
    entry = document.get("price") if document.get("order_type") == "LIMIT" else last_price
    if not isinstance(stop, Decimal) or not stop:
        raise KiteError(Kind.INPUT, "Missing or empty field `trigger_price`")
    if not isinstance(entry, Decimal) or not entry:
        raise KiteError(Kind.INPUT, "A cover order needs a price: the instrument has none yet")
    below = entry - stop if document.get("transaction_type") == "BUY" else stop - entry
    if below <= 0:
        raise KiteError(Kind.INPUT, "The trigger price of a cover order must be on its loss side")
    return {"stoploss": below, "squareoff": Decimal(0)}


def _stop_change(given: Row, request: OrderRequest) -> Change:
    """The stop of a cover order: nothing but its trigger can be changed."""
    others = [n for n in given if n not in ("trigger_price", "order_type", "quantity", "price")]
    trigger = given.get("trigger_price")
    if others or not isinstance(trigger, Decimal) or not trigger:
        raise KiteError(Kind.INPUT, "Only `trigger_price` of a cover order's stop can be changed")
    return Change(trigger_price=trigger if trigger != request.trigger_price else None)


def _gtt_order(row: object) -> dict[str, object]:
    if not isinstance(row, dict):
        raise KiteError(Kind.INPUT, "Invalid `orders`: an array of objects is expected")
    one = cast(dict[str, object], row)
    names = ("exchange", "tradingsymbol", "transaction_type", "quantity", "order_type", "product")
    return {name: one[name] for name in (*names, "price") if name in one}


def _read(document: Row) -> OrderRequest:
    try:
        return read_order(document)
    except InvalidInput as error:
        raise KiteError(Kind.INPUT, worded(error)) from error


def _json(form: Form, name: str, kind: type[object]) -> object:
    try:
        value = json.loads(required(form, name), parse_float=Decimal)
    except ValueError as error:
        raise KiteError(Kind.INPUT, f"Invalid JSON in `{name}`") from error
    if not isinstance(value, kind):
        raise KiteError(Kind.INPUT, f"Invalid JSON in `{name}`")
    return value


def _number(name: str, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise KiteError(Kind.INPUT, f"Invalid `{name}`: {text!r} is not a number")
    return number
