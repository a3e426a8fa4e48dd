"""The funds of an account at a broker: the broker's own figures, as last read."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from tradertape_brokers.portfolio import Margin
from tradertape_server.features.execution.broker_figures import BrokerFigures
from tradertape_server.features.execution.live_accounts import EVERY_S
from tradertape_server.platform.http.routing import in_ist

Json = dict[str, Any]


def broker_funds(figures: BrokerFigures, scope: str, now: datetime, *, compat: bool) -> Json:
    """The documented body, or with compat the strict model's. Nothing is computed from our books:
    what an account may still spend is the broker's to say."""
    if compat:
        return _strict(figures, scope, now)
    margins = figures.margins
    return {
        "available": {
            "cash": float(sum((one.available_cash for one in margins), Decimal(0))),
            "collateral": float(sum((one.collateral for one in margins), Decimal(0))),
            "intraday_payin": 0.0,
        },
        "utilized": {
            "debits": float(sum((one.used_margin for one in margins), Decimal(0))),
            "exposure": 0.0,
            "m2m": 0.0,
            "option_premium": 0.0,
            "span": 0.0,
            "holding_sales": 0.0,
            "turnover": 0.0,
        },
        "net": float(sum((one.net for one in margins), Decimal(0))),
    }


def _strict(figures: BrokerFigures, scope: str, now: datetime) -> Json:
    return {
        "account_scope": scope,
        "mode": "live",
        "currency": "INR",
        "source": scope.partition(":")[0],
        "segments": {one.segment: _segment(one) for one in figures.margins},
        "allocation": {"exposure": 0.0, "delivery": 0.0, "option_premium": 0.0, "charges": 0.0},
        "stale": (now - figures.at).total_seconds() > 3 * EVERY_S,
        "updated_at": in_ist(figures.at),
    }


def _segment(one: Margin) -> Json:
    return {
        "net": float(one.net),
        "available_cash": float(one.available_cash),
        "opening_balance": float(one.opening_balance),
        "utilised": float(one.used_margin),
        "m2m_realised": 0.0,
        "m2m_unrealised": 0.0,
        "live_balance": float(one.available_margin),
        "collateral": float(one.collateral),
    }
