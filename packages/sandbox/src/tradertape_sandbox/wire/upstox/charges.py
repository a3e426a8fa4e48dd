"""What an order costs, and the margin that orders need."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from tradertape_core.ledger.billing import schedule_for
from tradertape_core.ledger.tariffs import tariff_on
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.order import NIL, OrderRequest, OrderType
from tradertape_core.risk.margins import Requirement
from tradertape_sandbox.wire.upstox.door import BROKER, Call, Endpoint
from tradertape_sandbox.wire.upstox.envelope import invalid
from tradertape_sandbox.wire.upstox.forms import Body, number, product_of, quantity_of, side_of

MOST_INSTRUMENTS = 20
_PLAN = "STANDARD"


def brokerage(call: Call) -> dict[str, Any]:
    """The charges of one order that fills at a price; the depository's is `dpPlan`, apart."""
    query = call.query
    instrument = call.door.instrument(query.get("instrument_token", ""))
    body = {
        "product": query.get("product"),
        "transaction_type": query.get("transaction_type"),
        "quantity": _number(query.get("quantity"), "quantity"),
        "price": _number(query.get("price"), "price"),
    }
    if not body["price"]:
        raise invalid("price must be above 0", "price")
    request = _request(body, instrument)
    [found] = call.exchange.charges_of(call.key, [(request, request.price)])
    terms = schedule_for(BROKER, request.product, instrument.instrument_type)
    demat = tariff_on(terms.tariffs, call.exchange.today).demat
    return {
        "charges": {
            "total": found.total / 100,
            "brokerage": found.brokerage / 100,
            "taxes": {
                "gst": found.gst / 100,
                "stt": found.stt / 100,
                "stamp_duty": found.stamp / 100,
            },
            "otherTaxes": {
                "transaction": found.transaction / 100,
                "clearing": 0.0,
                "sebi_turnover": found.sebi / 100,
                "ipft": 0.0,
            },
            "dpPlan": {"name": _PLAN, "min_expense": float(demat)},
        }
    }


def margin(call: Call) -> dict[str, Any]:
    """What orders need one by one (`required_margin`) and together (`final_margin`)."""
    given = call.document.get("instruments")
    rows = cast(Sequence[object], given) if isinstance(given, list) else ()
    if not 0 < len(rows) <= MOST_INSTRUMENTS:
        raise invalid(f"instruments must have 1 to {MOST_INSTRUMENTS} rows", "instruments")
    requests = [_order(call, row) for row in rows]
    basket = call.exchange.basket_margin(call.key, requests, consider_positions=False)
    return {
        "margins": [_margin(one.requirement) for one in basket.orders],
        "required_margin": basket.initial_paise / 100,
        "final_margin": basket.final_paise / 100,
    }


def _order(call: Call, row: object) -> OrderRequest:
    if not isinstance(row, dict):
        raise invalid("A row of instruments must be a JSON object", "instruments")
    body = cast(dict[str, Any], row)
    return _request(body, call.door.instrument(str(body.get("instrument_key") or "")))


def _request(body: Body, instrument: Instrument) -> OrderRequest:
    price = number(body, "price")
    return OrderRequest(
        exchange=instrument.exchange,
        tradingsymbol=instrument.tradingsymbol,
        side=side_of(body),
        product=product_of(body.get("product"), instrument),
        order_type=OrderType.LIMIT if price else OrderType.MARKET,
        quantity=quantity_of(body),
        price=price or NIL,
    )


def _margin(need: Requirement) -> dict[str, float]:
    before, after = need.before, need.after
    span = after.span_paise - after.hedged_paise - before.span_paise + before.hedged_paise
    shares = after.equity_paise - before.equity_paise + need.delivery_paise
    return {
        "span_margin": span / 100,
        "exposure_margin": (after.exposure_paise - before.exposure_paise) / 100,
        "equity_margin": shares / 100,
        "net_buy_premium": need.premium_paid_paise / 100,
        "additional_margin": 0.0,
        "total_margin": need.total_paise / 100,
        "tender_margin": 0.0,
    }


def _number(text: str | None, name: str) -> Decimal:
    try:
        found = Decimal(text or "")
    except InvalidOperation:
        raise invalid(f"{name} must be a number", name, text) from None
    if not found.is_finite():
        raise invalid(f"{name} must be a number", name, text)
    return found


ENDPOINTS = (
    Endpoint("GET", "/v2/charges/brokerage", brokerage),
    Endpoint("POST", "/v2/charges/margin", margin, is_read=True),
)
