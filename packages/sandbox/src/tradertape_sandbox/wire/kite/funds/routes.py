"""Mutual funds over the wire."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from tradertape_core.kernel.clock import IST
from tradertape_sandbox.wire.kite.door import Call, Endpoint
from tradertape_sandbox.wire.kite.envelope import Kind, KiteError
from tradertape_sandbox.wire.kite.forms import number_of, required, whole
from tradertape_sandbox.wire.kite.funds.account import FundAccount
from tradertape_sandbox.wire.kite.funds.schemes import funds_csv
from tradertape_sandbox.wire.kite.funds.shapes import holding_json, order_json, plan_json


def instruments(call: Call) -> Response:
    """The file of all funds."""
    return Response(funds_csv(_today(call)), media_type="text/csv")


def orders(call: Call) -> list[dict[str, Any]]:
    """Orders of the user, the latest first."""
    found = reversed(_account(call).orders.values())
    return [order_json(order, call.session.user_id, _today(call)) for order in found]


def order(call: Call) -> dict[str, Any]:
    """One order."""
    found = _account(call).order(call.path["order_id"])
    return order_json(found, call.session.user_id, _today(call))


def place(call: Call) -> dict[str, Any]:
    """Buy for an amount, or redeem units."""
    placed = _account(call).place(
        required(call.form, "tradingsymbol"),
        required(call.form, "transaction_type"),
        call.exchange.now(),
        amount=number_of(call.form, "amount"),
        quantity=number_of(call.form, "quantity"),
        tag=call.form.get("tag"),
    )
    return {"order_id": placed.order_id}


def cancel(call: Call) -> dict[str, Any]:
    """Cancel an order that waits for its allotment."""
    return {"order_id": _account(call).cancel(call.path["order_id"]).order_id}


def plans(call: Call) -> list[dict[str, Any]]:
    """The user's investment plans."""
    return [plan_json(plan) for plan in _account(call).plans.values()]


def plan(call: Call) -> dict[str, Any]:
    """One plan."""
    return plan_json(_account(call).plan(call.path["sip_id"]))


def start(call: Call) -> dict[str, Any]:
    """Start a plan; `initial_amount` buys at once."""
    account, now, form = _account(call), call.exchange.now(), call.form
    symbol = required(form, "tradingsymbol")
    initial = number_of(form, "initial_amount")
    begun = account.start_plan(
        symbol,
        now,
        amount=number_of(form, "amount") or Decimal(0),
        instalments=whole(form, "instalments"),
        frequency=required(form, "frequency"),
        instalment_day=whole(form, "instalment_day") if form.get("instalment_day") else 1,
        tag=form.get("tag"),
    )
    order_id = None
    if initial:
        tag = form.get("tag")
        bought = account.place(symbol, "BUY", now, amount=initial, quantity=None, tag=tag)
        order_id = bought.order_id
    return {"order_id": order_id, "sip_id": begun.sip_id}


def change(call: Call) -> dict[str, Any]:
    """Change, pause or continue a plan."""
    form = call.form
    changed = _account(call).change_plan(
        call.path["sip_id"],
        amount=number_of(form, "amount"),
        status=form.get("status") or None,
        instalments=whole(form, "instalments") if form.get("instalments") else None,
        frequency=form.get("frequency") or None,
        instalment_day=whole(form, "instalment_day") if form.get("instalment_day") else None,
    )
    return {"sip_id": changed.sip_id}


def stop(call: Call) -> dict[str, Any]:
    """End a plan."""
    return {"sip_id": _account(call).cancel_plan(call.path["sip_id"]).sip_id}


def holdings(call: Call) -> list[dict[str, Any]]:
    """Units held."""
    found = _account(call).holdings.values()
    return [holding_json(holding, _today(call)) for holding in found]


def holding(call: Call) -> list[dict[str, Any]]:
    """The allotments that a holding consists of."""
    symbol = call.path["isin"]
    account = _account(call)
    if symbol not in account.holdings:
        raise KiteError(Kind.GENERAL, f"No units of {symbol} are held", status=404)
    return [row for row in allotments(call) if row["tradingsymbol"] == symbol]


def allotments(call: Call) -> list[dict[str, Any]]:
    """Orders that were allotted, the latest first."""
    return [row for row in orders(call) if row["status"] == "COMPLETE"]


def _account(call: Call) -> FundAccount:
    return call.door.funds_of(call.session.user_id)


def _today(call: Call) -> date:
    return call.exchange.now().astimezone(IST).date()


ENDPOINTS = (
    Endpoint("GET", "/mf/instruments", instruments),
    Endpoint("GET", "/mf/orders", orders),
    Endpoint("POST", "/mf/orders", place),
    Endpoint("GET", "/mf/orders/{order_id}", order),
    Endpoint("DELETE", "/mf/orders/{order_id}", cancel),
    Endpoint("GET", "/mf/sips", plans),
    Endpoint("POST", "/mf/sips", start),
    Endpoint("GET", "/mf/sips/{sip_id}", plan),
    Endpoint("PUT", "/mf/sips/{sip_id}", change),
    Endpoint("DELETE", "/mf/sips/{sip_id}", stop),
    Endpoint("GET", "/mf/holdings", holdings),
    Endpoint("GET", "/mf/holdings/{isin}", holding),
    Endpoint("GET", "/mf/allotments", allotments),
)
