"""Calls about holdings, positions, margins and the user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from tradertape_core.ledger.charges import NO_CHARGES
from tradertape_core.orders.fields import AUTOMATIC_PROTECTION
from tradertape_core.orders.order import NIL, OrderRequest
from tradertape_sandbox.wire.groww.calls import Call
from tradertape_sandbox.wire.groww.envelopes import bad_request
from tradertape_sandbox.wire.groww.names import CASH, FNO, segment_of, trading_symbol
from tradertape_sandbox.wire.groww.order_mapping import (
    ORDER_TYPES,
    PRODUCTS,
    SIDES,
    read_instrument,
)
from tradertape_sandbox.wire.groww.portfolio import (
    holding_row,
    margin_row,
    order_margin_row,
    position_row,
)
from tradertape_sandbox.wire.groww.reading import Document

_MOST_ORDERS = 50  # of one margin call; a bound of ours


def holdings(call: Call) -> object:
    """GET /holdings/user."""
    return {"holdings": [holding_row(one) for one in call.exchange.holdings(call.key)]}


def positions(call: Call) -> object:
    """GET /positions/user."""
    segment = call.query.segment() if call.query.has("segment") else None
    return {
        "positions": [
            position_row(one)
            for one in call.exchange.positions(call.key).net
            if segment in (None, segment_of(one.instrument))
        ]
    }


def positions_of_symbol(call: Call) -> object:
    """GET /positions/trading-symbol."""
    symbol, segment = call.query.text("trading_symbol"), call.query.segment()
    return {
        "positions": [
            position_row(one)
            for one in call.exchange.positions(call.key).net
            if (trading_symbol(one.instrument), segment_of(one.instrument)) == (symbol, segment)
        ]
    }


def user_margin(call: Call) -> object:
    """GET /margins/detail/user."""
    return margin_row(call.exchange.funds(call.key))


def order_margin(call: Call) -> object:
    """POST /margins/detail/orders: what one order, or a basket of them, needs."""
    segment = call.query.segment()
    if not isinstance(call.body, list):
        raise bad_request("the body must be a list of orders")
    rows = cast(list[object], call.body)
    if not 1 <= len(rows) <= _MOST_ORDERS:
        raise bad_request(f"the body must list 1 to {_MOST_ORDERS} orders")
    requests = [_margin_request(call, row, segment) for row in rows]
    exchange, now = call.exchange, call.exchange.now()
    account = exchange.account(call.key)
    need = exchange.margins.together(account, requests, now, with_held=True)
    charges = [exchange.margins.charges_of(account.tariff, one, now) for one in requests]
    return order_margin_row(requests, need, sum(charges, start=NO_CHARGES))


def user(call: Call) -> object:
    """GET /user/detail."""
    return {
        "vendor_user_id": call.session.user_id,
        "ucc": call.session.user_id,
        "nse_enabled": True,
        "bse_enabled": True,
        "ddpi_enabled": True,
        "active_segments": [CASH, FNO],
    }


def _margin_request(call: Call, row: object, segment: str) -> OrderRequest:
    if not isinstance(row, Mapping):
        raise bad_request("each order must be an object")
    document = Document(cast(Mapping[str, object], row))
    instrument = read_instrument(document, call.groww.directory, segment)
    kind = document.choice("order_type", ORDER_TYPES)
    price = document.price("price") if document.has("price") else NIL
    return OrderRequest(
        exchange=instrument.exchange,
        tradingsymbol=instrument.tradingsymbol,
        side=document.choice("transaction_type", SIDES),
        product=document.choice("product", PRODUCTS),
        order_type=kind,
        quantity=document.quantity("quantity"),
        price=price if kind.has_limit else NIL,
        market_protection=NIL if kind.has_limit else AUTOMATIC_PROTECTION,
    )
