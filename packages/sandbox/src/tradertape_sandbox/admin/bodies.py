"""Bodies of admin requests: JSON objects, read with every problem named."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import cast

import orjson
from starlette.requests import Request

from tradertape_core.kernel.errors import InvalidDocument, InvalidInput
from tradertape_core.ledger.corporate import CashDividend, CorporateAction
from tradertape_core.market.candle import Candle, parse_interval
from tradertape_core.orders.reading import Fields
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.exchange.price_plan import PlannedPrice, path_through
from tradertape_sandbox.faults.endpoints import BROKERS, Endpoint
from tradertape_sandbox.faults.plans import ANY, FaultKind, FaultPlan
from tradertape_sandbox.wire.sessions import ApiApp

Body = Mapping[str, object]
_MOST = 100_000


async def body_of(request: Request, *members: str) -> Body:
    """The JSON object of a request. Raises InvalidInput for anything else, or another member."""
    text = await request.body()
    try:
        found: object = orjson.loads(text or b"{}")
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"the body must be JSON: {error}") from error
    if not isinstance(found, dict):
        raise InvalidInput("the body must be a JSON object")
    unknown = sorted(set(cast(Body, found)) - set(members))
    if unknown:
        known = ", ".join(members) or "none"
        raise InvalidInput(f"is not a member; there are {known}", pointer=f"/{unknown[0]}")
    return cast(Body, found)


def price_of(value: object, at: str) -> Decimal:
    """A price, or an amount of money: a number, or a text of one. Raises InvalidInput."""
    try:
        price = Decimal(str(value)) if isinstance(value, str | int | float) else None
    except InvalidOperation:
        price = None
    if price is None or isinstance(value, bool) or not price.is_finite():
        raise InvalidInput(f"must be a number, was {value!r}", pointer=at)
    return price


def prices_of(body: Body) -> dict[str, Decimal]:
    """`{"prices": {"NSE:INFY": "1500.00"}}`. Raises InvalidInput."""
    found = body.get("prices")
    if not isinstance(found, dict) or not found:
        raise InvalidInput("must be an object of prices by instrument", pointer="/prices")
    rows = cast(Mapping[str, object], found)
    return {name: price_of(value, f"/prices/{name}") for name, value in rows.items()}


def path_of_body(body: Body, exchange: Exchange) -> list[PlannedPrice]:
    """Prices for later: `steps` of `after_s` and `price`, or `candles` of an `interval`.

    Raises InvalidInput.
    """
    instrument = exchange.instrument(str(body.get("instrument", "")))
    if "candles" in body:
        interval = parse_interval(str(body.get("interval", "minute")))
        rows = _rows(body, "candles")
        candles = [_candle(row, f"/candles/{place}") for place, row in enumerate(rows)]
        return path_through(instrument.id, candles, interval, instrument.tick_size, exchange.now())
    made: list[PlannedPrice] = []
    for place, row in enumerate(_rows(body, "steps")):
        step = cast(Body, row if isinstance(row, dict) else {})
        after = price_of(step.get("after_s"), f"/steps/{place}/after_s")
        price = price_of(step.get("price"), f"/steps/{place}/price")
        if price <= 0 or price % instrument.tick_size:
            words = f"must be above 0 and a multiple of {instrument.tick_size}"
            raise InvalidInput(words, pointer=f"/steps/{place}/price")
        at = exchange.now() + timedelta(seconds=float(after))
        made.append(PlannedPrice(at, instrument.id, price))
    return made


def moment_of(value: object, at: str) -> datetime:
    """An ISO 8601 time with its zone. Raises InvalidInput."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidInput("must be a time with its zone: 2026-11-23T10:00:00+05:30", pointer=at)
    return found


def day_of_body(value: object, at: str) -> date:
    """An ISO 8601 date. Raises InvalidInput."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise InvalidInput("must be a date: 2026-11-23", pointer=at) from None


def plan_of(body: Body) -> FaultPlan:
    """A fault plan. Raises InvalidInput with every problem."""
    fields = Fields(body)
    fields.require("kind", f"is required: {', '.join(FaultKind)}")
    kind = fields.choice("kind", FaultKind, FaultKind.DELAY)
    endpoint = fields.choice("endpoint", Endpoint, Endpoint.OTHER)
    broker = fields.text("broker") or ANY
    if broker not in (ANY, *BROKERS):
        fields.fail("broker", f"must be one of {', '.join(BROKERS)} or {ANY}, was {broker}")
    count = fields.whole("count", 1, 1_000_000)
    seed = fields.whole("seed", 0, 2**31) or 0
    status = fields.whole("status", 400, 599) or 500
    probability, delay = fields.number("probability"), fields.number("delay_s")
    if fields.problems:
        raise InvalidDocument(fields.problems)
    return FaultPlan(
        kind=kind,
        broker=broker,
        endpoint=endpoint if fields.has("endpoint") else None,
        count=count,
        probability=1.0 if probability is None else float(probability),
        seed=seed,
        delay_s=0.0 if delay is None else float(delay),
        status=status,
    )


def action_of(body: Body, exchange: Exchange) -> CorporateAction | CashDividend:
    """A split, a bonus or a dividend. Raises InvalidInput."""
    kind = body.get("kind")
    instrument = exchange.instrument(str(body.get("instrument", "")))
    today = exchange.today
    ex_date = exchange.times.day_after(today)
    if "ex_date" in body:
        ex_date = day_of_body(body["ex_date"], "/ex_date")
    if ex_date <= today:
        raise InvalidInput(
            "must be after today: actions come with a day's start", pointer="/ex_date"
        )
    name = f"{kind}:{instrument.id}:{ex_date}"
    if kind == "dividend":
        amount = price_of(body.get("amount"), "/amount")
        return CashDividend(
            action_id=name, instrument=instrument.id, ex_date=ex_date, amount=amount
        )
    if kind not in ("split", "bonus"):
        raise InvalidInput("must be split, bonus or dividend", pointer="/kind")
    new, old = (int(price_of(body.get(one), f"/{one}")) for one in ("new", "old"))
    # A bonus of 1 for 1 is two shares for every one.
    units = new + old if kind == "bonus" else new
    return CorporateAction(
        action_id=name, instrument=instrument.id, ex_date=ex_date, new=units, old=old
    )


def app_of(body: Body, api_key: str) -> ApiApp:
    """A program: its user and secret, and its addresses, if any. Raises InvalidInput."""
    return ApiApp(
        api_key=api_key,
        user_id=_text(body, "user_id"),
        secret=_text(body, "secret"),
        redirect_url=_text(body, "redirect_url", ""),
        postback_url=_text(body, "postback_url", ""),
    )


def addresses_of(body: Body) -> list[str]:
    """`{"addresses": ["203.0.113.9"]}`. Raises InvalidInput."""
    found = body.get("addresses")
    if not isinstance(found, list):
        raise InvalidInput("must be a list of internet addresses", pointer="/addresses")
    rows = cast(list[object], found)
    return [_internet_address(row, f"/addresses/{place}") for place, row in enumerate(rows)]


def holdings_of(body: Body) -> list[tuple[str, int, Decimal]]:
    """`[{"instrument", "quantity", "average_price"}]`. Raises InvalidInput."""
    found: list[tuple[str, int, Decimal]] = []
    for place, row in enumerate(_rows(body, "holdings") if body.get("holdings") else []):
        at = f"/holdings/{place}"
        one = cast(Body, row if isinstance(row, dict) else {})
        quantity = int(price_of(one.get("quantity"), f"{at}/quantity"))
        average = price_of(one.get("average_price"), f"{at}/average_price")
        if quantity < 1 or average <= 0:
            raise InvalidInput("quantity and average_price must be above 0", pointer=at)
        found.append((str(one.get("instrument", "")), quantity, average))
    return found


def _text(body: Body, name: str, default: str | None = None) -> str:
    value = body.get(name, default)
    if not isinstance(value, str) or (not value and default is None):
        raise InvalidInput("must be a text, and not empty", pointer=f"/{name}")
    return value


def _internet_address(value: object, at: str) -> str:
    try:
        return str(ipaddress.ip_address(str(value)))
    except ValueError:
        raise InvalidInput("must be an IPv4 or IPv6 address", pointer=at) from None


def _rows(body: Body, name: str) -> Sequence[object]:
    found = body.get(name)
    if not isinstance(found, list) or not 0 < len(cast(list[object], found)) <= _MOST:
        raise InvalidInput(f"must be a list of 1 to {_MOST} rows", pointer=f"/{name}")
    return cast(list[object], found)


def _candle(row: object, at: str) -> Candle:
    values = cast(list[object], row if isinstance(row, list) else [])
    if len(values) < 5:
        raise InvalidInput("must be [time, open, high, low, close, volume]", pointer=at)
    prices = [price_of(value, at) for value in values[1:5]]
    volume = int(price_of(values[5], at)) if len(values) > 5 else 0
    return Candle(moment_of(values[0], at), *prices, volume=volume)
