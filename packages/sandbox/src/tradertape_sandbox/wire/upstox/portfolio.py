"""Holdings, positions, conversions and funds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradertape_core.orders.order import Product
from tradertape_sandbox.exchange.conversion import Conversion
from tradertape_sandbox.exchange.portfolio import Funds, Holding, PositionRow
from tradertape_sandbox.wire.upstox.door import Call, Endpoint
from tradertape_sandbox.wire.upstox.envelope import invalid
from tradertape_sandbox.wire.upstox.forms import product_of, product_word, quantity_of, side_of
from tradertape_sandbox.wire.upstox.keys import key_of

_NOTHING = (
    "used_margin", "payin_amount", "span_margin", "adhoc_margin", "notional_cash",
    "available_margin", "exposure_margin",
)  # fmt: skip


def holdings(call: Call) -> list[dict[str, Any]]:
    """Delivered shares."""
    return [holding_json(one) for one in call.exchange.holdings(call.key)]


def positions(call: Call) -> list[dict[str, Any]]:
    """Positions of the day and those carried over."""
    return [position_json(one) for one in call.exchange.positions(call.key).net]


def mtf_positions(call: Call) -> list[dict[str, Any]]:
    """Positions on margin funding."""
    rows = call.exchange.positions(call.key).net
    return [position_json(one) for one in rows if one.product is Product.MTF]


def convert(call: Call) -> dict[str, Any]:
    """Convert units of a position to another product."""
    body = call.document
    instrument = call.door.instrument(str(body.get("instrument_token") or ""))
    conversion = Conversion(
        instrument=instrument.id,
        side=side_of(body),
        quantity=quantity_of(body),
        old_product=product_of(body.get("old_product"), instrument),
        new_product=product_of(body.get("new_product"), instrument),
    )
    call.exchange.convert(call.key, conversion)
    return {"status": "complete"}


def funds(call: Call) -> dict[str, Any]:
    """Money by segment; all of it is under equity."""
    segment = call.query.get("segment", "")
    if segment not in ("", "SEC", "COM"):
        raise invalid("The segment must be SEC or COM", "segment", segment)
    shown = {
        "equity": _equity(call.exchange.funds(call.key)),
        "commodity": dict.fromkeys(_NOTHING, 0.0),
    }
    wanted = {"SEC": ("equity",), "COM": ("commodity",)}.get(segment, tuple(shown))
    return {name: shown[name] for name in wanted}


def funds_v3(call: Call) -> dict[str, Any]:
    """Money that is free and money that is held back."""
    found = call.exchange.funds(call.key)
    free = found.available_paise / 100
    return {
        "available_to_trade": {
            "total": free,
            "cash_available_to_trade": {
                "total": free,
                "opening_balance": found.opening_paise / 100,
                "payin_today": found.payin_paise / 100,
            },
            "pledge_available_to_trade": {"total": 0.0},
        },
        "unavailable_to_trade": {"total": found.utilised_paise / 100},
    }


def holding_json(holding: Holding) -> dict[str, Any]:
    """One holding."""
    instrument = holding.instrument
    return {
        "isin": instrument.isin,
        "cnc_used_quantity": holding.used_quantity,
        "collateral_type": "",
        "company_name": instrument.name,
        "haircut": 0.0,
        "product": product_word(holding.product),
        "quantity": holding.total_quantity,
        "tradingsymbol": instrument.tradingsymbol,
        "trading_symbol": instrument.tradingsymbol,
        "last_price": float(holding.last_price),
        "close_price": float(holding.close_price),
        "pnl": _amount(holding.pnl),
        "day_change": float(holding.day_change),
        "day_change_percentage": float(round(holding.day_change_percentage, 4)),
        "instrument_token": key_of(instrument),
        "average_price": float(holding.average_price),
        "collateral_quantity": 0,
        "collateral_update_quantity": 0,
        "t1_quantity": holding.t1_quantity,
        "exchange": instrument.exchange,
    }


def position_json(row: PositionRow) -> dict[str, Any]:
    """One position; what was carried over is at its cost."""
    carried = row.overnight_quantity
    bought = (row.bought.paise - row.day_bought.paise) / 100
    sold = (row.sold.paise - row.day_sold.paise) / 100
    return {
        "exchange": row.instrument.exchange,
        "multiplier": 1.0,
        "value": _amount(row.value),
        "pnl": _amount(row.pnl),
        "product": product_word(row.product),
        "instrument_token": key_of(row.instrument),
        "average_price": float(row.average_price),
        "buy_value": row.bought.paise / 100,
        "overnight_quantity": carried,
        "day_buy_value": row.day_bought.paise / 100,
        "day_buy_price": float(row.day_bought.average_price),
        "overnight_buy_amount": bought,
        "overnight_buy_quantity": max(carried, 0),
        "day_buy_quantity": row.day_bought.quantity,
        "day_sell_value": row.day_sold.paise / 100,
        "day_sell_price": float(row.day_sold.average_price),
        "overnight_sell_amount": sold,
        "overnight_sell_quantity": max(-carried, 0),
        "day_sell_quantity": row.day_sold.quantity,
        "quantity": row.quantity,
        "last_price": float(row.last_price),
        "unrealised": _amount(row.unrealised),
        "realised": _amount(row.realised),
        "sell_value": row.sold.paise / 100,
        "tradingsymbol": row.instrument.tradingsymbol,
        "trading_symbol": row.instrument.tradingsymbol,
        "close_price": float(row.close_price),
        "buy_price": float(row.bought.average_price),
        "sell_price": float(row.sold.average_price),
    }


def _equity(found: Funds) -> dict[str, Any]:
    return {
        "used_margin": found.utilised_paise / 100,
        "payin_amount": found.payin_paise / 100,
        "span_margin": (found.span_paise - found.hedged_paise) / 100,
        "adhoc_margin": 0.0,
        "notional_cash": 0.0,
        "available_margin": found.available_paise / 100,
        "exposure_margin": (found.exposure_paise + found.equity_margin_paise) / 100,
    }


def _amount(value: Decimal) -> float:
    return float(round(value, 4))


ENDPOINTS = (
    Endpoint("GET", "/v2/portfolio/long-term-holdings", holdings),
    Endpoint("GET", "/v2/portfolio/short-term-positions", positions),
    Endpoint("GET", "/v3/portfolio/mtf-positions", mtf_positions),
    Endpoint("PUT", "/v2/portfolio/convert-position", convert),
    Endpoint("GET", "/v2/user/get-funds-and-margin", funds),
    Endpoint("GET", "/v3/user/get-funds-and-margin", funds_v3),
)
