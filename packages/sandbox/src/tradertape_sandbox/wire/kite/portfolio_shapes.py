"""Holdings, positions and funds as the wire shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradertape_core.orders.order import Product
from tradertape_sandbox.exchange.portfolio import Funds, Holding, PositionRow

_NIL = Decimal(0)
_NO_FUNDING = {
    "quantity": 0, "used_quantity": 0, "average_price": 0, "value": 0, "initial_margin": 0,
}  # fmt: skip
_OWN_PART = Decimal("0.5")  # of shares bought on funding


def holding_json(holding: Holding, authorised_on: str | None) -> dict[str, Any]:
    """One holding; shares bought on funding are in `mtf`, apart from those that are paid for."""
    instrument, is_funded = holding.instrument, holding.product is Product.MTF
    own: Mapping[str, Any] = _NO_SHARES if is_funded else _shares(holding)
    return {
        "tradingsymbol": instrument.tradingsymbol,
        "exchange": instrument.exchange,
        "instrument_token": instrument.instrument_token,
        "isin": instrument.isin,
        "product": "CNC",
        "price": 0,
        **own,
        "authorised_date": authorised_on,
        "authorisation": {},
        "short_quantity": 0,
        "collateral_quantity": 0,
        "collateral_type": "",
        "discrepancy": False,
        "last_price": float(holding.last_price),
        "close_price": float(holding.close_price),
        "pnl": _amount(holding.pnl),
        "day_change": float(holding.day_change),
        "day_change_percentage": float(holding.day_change_percentage),
        "mtf": _funded(holding) if is_funded else dict(_NO_FUNDING),
    }


def summary_json(holdings: Sequence[Holding]) -> dict[str, Any]:
    """All holdings in one line."""
    invested = sum((h.average_price * h.total_quantity for h in holdings), _NIL)
    current = sum((h.last_price * h.total_quantity for h in holdings), _NIL)
    today = sum((h.day_change * h.total_quantity for h in holdings), _NIL)
    before = current - today
    return {
        "total_pnl": _amount(current - invested),
        "total_pnl_percent": _percent(current - invested, invested),
        "today_pnl": _amount(today),
        "today_pnl_percent": _percent(today, before),
        "invested_amount": _amount(invested),
        "current_value": _amount(current),
    }


def compact_json(holding: Holding) -> dict[str, Any]:
    """A holding's quantities alone."""
    return {
        "exchange": holding.instrument.exchange,
        "tradingsymbol": holding.instrument.tradingsymbol,
        "instrument_token": holding.instrument.instrument_token,
        "t1_quantity": holding.t1_quantity,
        "quantity": holding.quantity,
    }


def position_json(row: PositionRow) -> dict[str, Any]:
    """One position. pnl = (sell_value - buy_value) + quantity x last_price x multiplier."""
    carried = row.overnight_quantity
    at_close = row.close_price * abs(carried)
    day_buy, day_sell = (Decimal(flow.paise) / 100 for flow in (row.day_bought, row.day_sold))
    return {
        "tradingsymbol": row.instrument.tradingsymbol,
        "exchange": row.instrument.exchange,
        "instrument_token": row.instrument.instrument_token,
        "product": row.product.value,
        "quantity": row.quantity,
        "overnight_quantity": carried,
        "multiplier": 1,
        "average_price": float(row.average_price),
        "close_price": float(row.close_price),
        "last_price": float(row.last_price),
        "value": _amount(row.value),
        "pnl": _amount(row.pnl),
        "m2m": _amount(row.m2m),
        "unrealised": _amount(row.unrealised),
        "realised": _amount(row.realised),
        "buy_quantity": row.bought.quantity,
        "buy_price": float(row.bought.average_price),
        "buy_value": row.bought.paise / 100,
        "buy_m2m": _amount(day_buy + (at_close if carried > 0 else _NIL)),
        "sell_quantity": row.sold.quantity,
        "sell_price": float(row.sold.average_price),
        "sell_value": row.sold.paise / 100,
        "sell_m2m": _amount(day_sell + (at_close if carried < 0 else _NIL)),
        "day_buy_quantity": row.day_bought.quantity,
        "day_buy_price": float(row.day_bought.average_price),
        "day_buy_value": row.day_bought.paise / 100,
        "day_sell_quantity": row.day_sold.quantity,
        "day_sell_price": float(row.day_sold.average_price),
        "day_sell_value": row.day_sold.paise / 100,
    }


def equity_json(funds: Funds) -> dict[str, Any]:
    """Money for shares and their derivatives: net = cash + intraday_payin - debits."""
    debits = funds.opening_paise + funds.payin_paise - funds.available_paise
    return {
        "enabled": True,
        "net": funds.available_paise / 100,
        "available": {
            "adhoc_margin": 0,
            "cash": funds.opening_paise / 100,
            "opening_balance": funds.opening_paise / 100,
            "live_balance": funds.available_paise / 100,
            "collateral": 0,
            "intraday_payin": funds.payin_paise / 100,
        },
        "utilised": {
            "debits": debits / 100,
            "exposure": (funds.exposure_paise + funds.equity_margin_paise) / 100,
            "m2m_realised": -funds.realised_paise / 100,
            "m2m_unrealised": funds.loss_paise / 100,
            "option_premium": funds.premium_paise / 100,
            "payout": 0,
            "span": (funds.span_paise - funds.hedged_paise) / 100,
            "holding_sales": funds.holding_sales_paise / 100,
            "turnover": 0,
            "liquid_collateral": 0,
            "stock_collateral": 0,
            "delivery": funds.delivery_paise / 100,
        },
    }


def commodity_json() -> dict[str, Any]:
    """Money for commodities, which the sandbox has none of."""
    available = (
        "adhoc_margin", "cash", "opening_balance", "live_balance", "collateral", "intraday_payin",
    )  # fmt: skip
    utilised = (
        "debits", "exposure", "m2m_realised", "m2m_unrealised", "option_premium", "payout", "span",
        "holding_sales", "turnover", "liquid_collateral", "stock_collateral", "delivery",
    )  # fmt: skip
    return {
        "enabled": False,
        "net": 0,
        "available": dict.fromkeys(available, 0),
        "utilised": dict.fromkeys(utilised, 0),
    }


_NO_SHARES: Mapping[str, Any] = dict.fromkeys(
    (
        "quantity", "used_quantity", "t1_quantity", "realised_quantity", "authorised_quantity",
        "opening_quantity", "average_price",
    ),
    0,
)  # fmt: skip


def _shares(holding: Holding) -> dict[str, Any]:
    return {
        "quantity": holding.quantity,
        "used_quantity": holding.used_quantity,
        "t1_quantity": holding.t1_quantity,
        "realised_quantity": holding.quantity,
        "authorised_quantity": holding.authorised_quantity,
        "opening_quantity": holding.opening_quantity,
        "average_price": float(holding.average_price),
    }


def _funded(holding: Holding) -> dict[str, Any]:
    value = holding.average_price * holding.total_quantity
    return {
        "quantity": holding.total_quantity,
        "used_quantity": holding.used_quantity,
        "average_price": float(holding.average_price),
        "value": _amount(value),
        "initial_margin": _amount(value * _OWN_PART),
    }


def _amount(value: Decimal) -> float:
    return float(round(value, 4))


def _percent(part: Decimal, whole: Decimal) -> float:
    return float(round(part / whole * 100, 4)) if whole else 0.0
