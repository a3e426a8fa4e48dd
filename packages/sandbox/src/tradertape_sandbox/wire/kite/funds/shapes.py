"""Mutual funds as the wire shows them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tradertape_sandbox.wire.kite.funds.account import FundHolding, FundOrder, FundPlan
from tradertape_sandbox.wire.kite.user import stamp


def order_json(order: FundOrder, user_id: str, today: date) -> dict[str, Any]:
    """One order of a fund."""
    fund = order.fund
    return {
        "order_id": order.order_id,
        "exchange_order_id": order.order_id.replace("-", "")[:16] if order.allotted_at else None,
        "tradingsymbol": fund.tradingsymbol,
        "fund": fund.name,
        "transaction_type": order.transaction_type,
        "variety": order.variety,
        "status": order.status,
        "status_message": order.status_message,
        "folio": None,
        "amount": float(order.amount),
        "quantity": float(order.quantity),
        "average_price": float(order.average_price),
        "last_price": float(fund.value_on(today)),
        "last_price_date": today.isoformat(),
        "purchase_type": "FRESH" if order.transaction_type == "BUY" else None,
        "settlement_id": None,
        "order_timestamp": stamp(order.placed_at),
        "exchange_timestamp": order.allotted_at.date().isoformat() if order.allotted_at else None,
        "placed_by": user_id,
        "tag": order.tag,
    }


def plan_json(plan: FundPlan) -> dict[str, Any]:
    """One systematic investment plan."""
    return {
        "sip_id": plan.sip_id,
        "sip_reg_num": None,
        "sip_type": "sip",
        "tradingsymbol": plan.fund.tradingsymbol,
        "fund": plan.fund.name,
        "dividend_type": "growth",
        "transaction_type": "BUY",
        "status": plan.status,
        "created": stamp(plan.created_at),
        "frequency": plan.frequency,
        "instalment_amount": float(plan.amount),
        "instalments": plan.instalments,
        "completed_instalments": plan.completed,
        "pending_instalments": plan.pending,
        "instalment_day": plan.instalment_day,
        "last_instalment": stamp(plan.last_at),
        "next_instalment": plan.next_on.isoformat(),
        "trigger_price": 0,
        "step_up": {},
        "tag": plan.tag,
    }


def holding_json(holding: FundHolding, today: date) -> dict[str, Any]:
    """Units of one fund."""
    price = holding.fund.value_on(today - timedelta(days=1))
    pnl = (price - holding.average_price) * holding.quantity
    return {
        "folio": holding.folio,
        "fund": holding.fund.name,
        "tradingsymbol": holding.fund.tradingsymbol,
        "average_price": float(holding.average_price),
        "last_price": float(price),
        "last_price_date": (today - timedelta(days=1)).isoformat(),
        "pledged_quantity": 0,
        "pnl": float(pnl.quantize(Decimal("0.01"))),
        "quantity": float(holding.quantity),
        "discrepancy": False,
        "xirr": 0,
    }
