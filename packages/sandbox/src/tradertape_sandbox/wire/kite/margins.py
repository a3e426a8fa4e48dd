"""Margins of orders and baskets, and the charges of what was traded."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tradertape_core.ledger.charges import NO_CHARGES, Charges
from tradertape_core.orders.order import OrderRequest
from tradertape_core.risk.margins import Requirement
from tradertape_sandbox.exchange.margins import OrderMargin
from tradertape_sandbox.wire.kite.door import Call, Endpoint
from tradertape_sandbox.wire.kite.envelope import Kind, KiteError
from tradertape_sandbox.wire.kite.forms import Row, number_of, order_of_row, orders_of
from tradertape_sandbox.wire.kite.order_shapes import product_of


def order_margins(call: Call) -> list[dict[str, Any]]:
    """What each order needs by itself."""
    requests = [_request(call, row) for row in orders_of(call.rows)]
    found = call.exchange.margin_of(call.key, requests)
    return [_margin(one, is_compact=_is_compact(call)) for one in found]


def basket_margins(call: Call) -> dict[str, Any]:
    """What orders need one by one (`initial`) and together (`final`)."""
    requests = [_request(call, row) for row in orders_of(call.rows)]
    counts = call.query.get("consider_positions", "").lower() == "true"
    basket = call.exchange.basket_margin(call.key, requests, consider_positions=counts)
    charges = sum((one.charges for one in basket.orders), NO_CHARGES)
    reply: dict[str, Any] = {
        "initial": _sum([one.requirement for one in basket.orders]),
        "final": _sum([basket.together]),
        "charges": charges_json(charges),
    }
    if not _is_compact(call):
        reply["orders"] = [_margin(one, is_compact=False) for one in basket.orders]
    return reply


def contract_note(call: Call) -> list[dict[str, Any]]:
    """What trades at their average prices cost."""
    rows = orders_of(call.rows)
    orders: list[tuple[OrderRequest, Decimal]] = []
    for row in rows:
        price = number_of({name: str(value) for name, value in row.items()}, "average_price")
        if not price:
            raise KiteError(Kind.INPUT, "`average_price` must be above 0")
        orders.append((_executed(call, row, price), price))
    charges = call.exchange.charges_of(call.key, orders)
    return [
        {
            "transaction_type": request.side.value,
            "tradingsymbol": request.tradingsymbol,
            "exchange": str(request.exchange),
            "variety": request.variety.value,
            "product": product_of(request),
            "order_type": row.get("order_type"),
            "quantity": request.quantity,
            "price": float(price),
            "charges": charges_json(one),
        }
        for row, (request, price), one in zip(rows, orders, charges, strict=True)
    ]


def charges_json(charges: Charges) -> dict[str, Any]:
    """What an order costs."""
    gst = charges.gst / 100
    return {
        "transaction_tax": charges.stt / 100,
        "transaction_tax_type": "stt",
        "exchange_turnover_charge": charges.transaction / 100,
        "sebi_turnover_charge": charges.sebi / 100,
        "brokerage": charges.brokerage / 100,
        "stamp_duty": charges.stamp / 100,
        "gst": {"igst": gst, "cgst": 0, "sgst": 0, "total": gst},
        "total": charges.total / 100,
    }


def _request(call: Call, row: Row) -> OrderRequest:
    instrument = call.door.instrument(str(row.get("exchange")), str(row.get("tradingsymbol")))
    return order_of_row(row, call.door.last_price(instrument))


def _executed(call: Call, row: Row, price: Decimal) -> OrderRequest:
    """A trade as an order at its price: of which type and variety it was changes no charge."""
    plain = {**row, "variety": "regular", "order_type": "LIMIT", "price": str(price)}
    if row.get("product") == "CO":
        plain["product"] = "MIS"
    return _request(call, plain)


def _margin(one: OrderMargin, *, is_compact: bool) -> dict[str, Any]:
    request, need = one.request, one.requirement
    named = {
        "type": "equity",
        "tradingsymbol": request.tradingsymbol,
        "exchange": str(request.exchange),
    }
    if is_compact:
        return {**named, "total": one.total_paise / 100}
    return {
        **named,
        **_parts([need]),
        "leverage": _leverage(request, one),
        "charges": charges_json(one.charges),
        "total": one.total_paise / 100,
    }


def _sum(needs: Sequence[Requirement]) -> dict[str, Any]:
    total = sum(need.total_paise for need in needs)
    return {
        "type": "", "tradingsymbol": "", "exchange": "", **_parts(needs), "leverage": 0,
        "total": total / 100,
    }  # fmt: skip


def _parts(needs: Sequence[Requirement]) -> dict[str, Any]:
    """The kinds of margin; what a hedge frees is off the span."""
    changes = [(need.before, need.after) for need in needs]
    span = sum(
        after.span_paise - after.hedged_paise - before.span_paise + before.hedged_paise
        for before, after in changes
    )
    exposure = sum(after.exposure_paise - before.exposure_paise for before, after in changes)
    shares = sum(after.equity_paise - before.equity_paise for before, after in changes)
    delivery = sum(need.delivery_paise for need in needs)
    premium = sum(need.premium_paid_paise for need in needs)
    return {
        "span": span / 100,
        "exposure": exposure / 100,
        "option_premium": premium / 100,
        "additional": 0,
        "bo": 0,
        "cash": 0,
        "var": (shares + delivery) / 100,
        "pnl": {"realised": 0, "unrealised": 0},
    }


def _leverage(request: OrderRequest, one: OrderMargin) -> float:
    value = request.price * request.quantity * 100
    return round(float(value) / one.total_paise, 2) if one.total_paise and value else 1


def _is_compact(call: Call) -> bool:
    return call.query.get("mode") == "compact"


ENDPOINTS = (
    Endpoint("POST", "/margins/orders", order_margins),
    Endpoint("POST", "/margins/basket", basket_margins),
    Endpoint("POST", "/charges/orders", contract_note),
)
