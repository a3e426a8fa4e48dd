"""Holdings, positions, conversions and funds."""

from __future__ import annotations

import secrets
from typing import Any, TypeVar

from starlette.responses import HTMLResponse, Response

from tradertape_core.kernel.clock import IST
from tradertape_core.orders.order import Product, Side
from tradertape_sandbox.exchange.conversion import Conversion
from tradertape_sandbox.wire.kite.door import Call, Endpoint
from tradertape_sandbox.wire.kite.envelope import Kind, KiteError
from tradertape_sandbox.wire.kite.forms import required, whole
from tradertape_sandbox.wire.kite.portfolio_shapes import (
    commodity_json,
    compact_json,
    equity_json,
    holding_json,
    position_json,
    summary_json,
)
from tradertape_sandbox.wire.kite.user import authorised_page

_SEGMENTS = ("equity", "commodity")
Choice = TypeVar("Choice", Side, Product)


def margins(call: Call) -> dict[str, Any]:
    """Money of both segments."""
    return {segment: _segment(call, segment) for segment in _SEGMENTS}


def segment_margins(call: Call) -> dict[str, Any]:
    """Money of one segment."""
    segment = call.path["segment"]
    if segment not in _SEGMENTS:
        raise KiteError(Kind.INPUT, f"Invalid segment {segment!r}: it must be equity or commodity")
    return _segment(call, segment)


def holdings(call: Call) -> list[dict[str, Any]]:
    """Delivered shares."""
    today = call.exchange.now().astimezone(IST).strftime("%Y-%m-%d 00:00:00")
    return [holding_json(holding, today) for holding in call.exchange.holdings(call.key)]


def summary(call: Call) -> dict[str, Any]:
    """All holdings in one line."""
    return summary_json(call.exchange.holdings(call.key))


def compact(call: Call) -> list[dict[str, Any]]:
    """The quantities of holdings."""
    return [compact_json(holding) for holding in call.exchange.holdings(call.key)]


def auctions(call: Call) -> list[dict[str, Any]]:
    """Holdings that can be offered in today's auctions: there are none in the sandbox."""
    call.exchange.account(call.key)
    return []


def authorise(call: Call) -> dict[str, Any]:
    """Ask for the authorisation of holdings, which the page of the reply's id confirms."""
    call.exchange.account(call.key)
    return {"request_id": secrets.token_urlsafe(24)}


def authorisation_page(call: Call) -> Response:
    """The page that confirms an authorisation. Every holding of the sandbox may be sold anyway."""
    if call.door.sessions.app(call.path["api_key"]) is None:
        raise KiteError(Kind.INPUT, "Invalid `api_key`.")
    return HTMLResponse(authorised_page())


def positions(call: Call) -> dict[str, Any]:
    """Positions: `net` with what was carried over, `day` what was traded today."""
    found = call.exchange.positions(call.key)
    return {
        "net": [position_json(row) for row in found.net],
        "day": [position_json(row) for row in found.day],
    }


def convert(call: Call) -> bool:
    """Change the product of a position."""
    form = call.form
    instrument = call.door.instrument(required(form, "exchange"), required(form, "tradingsymbol"))
    kind = required(form, "position_type")
    if kind not in ("day", "overnight"):
        raise KiteError(Kind.INPUT, "`position_type` must be day or overnight")
    conversion = Conversion(
        instrument=instrument.id,
        side=_word(Side, required(form, "transaction_type"), "transaction_type"),
        quantity=whole(form, "quantity"),
        old_product=_word(Product, required(form, "old_product"), "old_product"),
        new_product=_word(Product, required(form, "new_product"), "new_product"),
        is_overnight=kind == "overnight",
    )
    call.exchange.convert(call.key, conversion)
    return True


def _segment(call: Call, segment: str) -> dict[str, Any]:
    if segment == "commodity":
        return commodity_json()
    return equity_json(call.exchange.funds(call.key))


def _word(kinds: type[Choice], text: str, name: str) -> Choice:
    try:
        return kinds(text)
    except ValueError:
        known = ", ".join(kinds)
        raise KiteError(Kind.INPUT, f"`{name}` must be one of {known}") from None


ENDPOINTS = (
    Endpoint("GET", "/user/margins", margins),
    Endpoint("GET", "/user/margins/{segment}", segment_margins),
    Endpoint("GET", "/portfolio/holdings", holdings),
    Endpoint("GET", "/portfolio/holdings/summary", summary),
    Endpoint("GET", "/portfolio/holdings/compact", compact),
    Endpoint("GET", "/portfolio/holdings/auctions", auctions),
    Endpoint("POST", "/portfolio/holdings/authorise", authorise),
    Endpoint(
        "GET",
        "/connect/portfolio/authorise/holdings/{api_key}/{request_id}",
        authorisation_page,
        "free",
        is_open=True,
    ),
    Endpoint("GET", "/portfolio/positions", positions),
    Endpoint("PUT", "/portfolio/positions", convert),
)
