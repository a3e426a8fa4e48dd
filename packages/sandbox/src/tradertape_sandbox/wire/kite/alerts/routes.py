"""Alerts over the wire. The sandbox has those of type `simple`."""

from __future__ import annotations

from typing import Any

from tradertape_sandbox.wire.kite.alerts.book import (
    ATTRIBUTES,
    OPERATORS,
    Alert,
    AlertTerms,
    Occurrence,
    Operand,
)
from tradertape_sandbox.wire.kite.door import Call, Endpoint
from tradertape_sandbox.wire.kite.envelope import Kind, KiteError
from tradertape_sandbox.wire.kite.forms import number_of, required
from tradertape_sandbox.wire.kite.quote_shapes import quote_json
from tradertape_sandbox.wire.kite.user import stamp


def create(call: Call) -> dict[str, Any]:
    """Create an alert."""
    return _json(call.door.alerts.create(call.session.user_id, _terms(call)))


def listed(call: Call) -> list[dict[str, Any]]:
    """The user's alerts."""
    return [_json(alert) for alert in call.door.alerts.of(call.session.user_id)]


def one(call: Call) -> dict[str, Any]:
    """One alert."""
    return _json(_found(call))


def change(call: Call) -> dict[str, Any]:
    """Give an alert new terms."""
    user_id, number = call.session.user_id, call.path["uuid"]
    return _json(call.door.alerts.change(user_id, number, _terms(call)))


def delete(call: Call) -> None:
    """Delete the alerts that the query names."""
    numbers = call.query.getlist("uuid")
    if not numbers:
        raise KiteError(Kind.INPUT, "Missing or empty field `uuid`")
    call.door.alerts.delete(call.session.user_id, numbers)


def history(call: Call) -> list[dict[str, Any]]:
    """When the condition of an alert came true, the oldest first."""
    alert = _found(call)
    return [_told(call, alert, occurrence) for occurrence in alert.history]


def _found(call: Call) -> Alert:
    return call.door.alerts.find(call.session.user_id, call.path["uuid"])


def _terms(call: Call) -> AlertTerms:
    form = call.form
    if required(form, "type") != "simple":
        raise KiteError(Kind.INPUT, "`type` must be simple: the sandbox has no other alerts")
    sign = required(form, "operator")
    if sign not in OPERATORS:
        raise KiteError(Kind.INPUT, f"`operator` must be one of {', '.join(OPERATORS)}")
    return AlertTerms(required(form, "name"), _operand(call, "lhs"), sign, _right(call))


def _right(call: Call) -> Operand:
    kind = required(call.form, "rhs_type")
    if kind == "instrument":
        return _operand(call, "rhs")
    if kind != "constant":
        raise KiteError(Kind.INPUT, "`rhs_type` must be constant or instrument")
    required(call.form, "rhs_constant")
    return Operand(constant=number_of(call.form, "rhs_constant"))


def _operand(call: Call, side: str) -> Operand:
    form = call.form
    attribute = required(form, f"{side}_attribute")
    if attribute not in ATTRIBUTES:
        known = ", ".join(ATTRIBUTES)
        raise KiteError(Kind.INPUT, f"`{side}_attribute` must be one of {known}")
    exchange = required(form, f"{side}_exchange")
    # Indices are an exchange of their own here, and nowhere else on the wire.
    exchange = "NSE" if exchange == "INDICES" else exchange
    instrument = call.door.instrument(exchange, required(form, f"{side}_tradingsymbol"))
    return Operand(instrument.id, attribute)


def _json(alert: Alert) -> dict[str, Any]:
    terms = alert.terms
    constant = terms.right.constant
    return {
        "type": "simple",
        "user_id": alert.user_id,
        "uuid": alert.number,
        "name": terms.name,
        "status": "enabled",
        "disabled_reason": "",
        **_side("lhs", terms.left),
        "operator": terms.operator,
        "rhs_type": "instrument" if constant is None else "constant",
        **_side("rhs", terms.right),
        "rhs_constant": 0 if constant is None else float(constant),
        "alert_count": len(alert.history),
        "created_at": stamp(alert.created_at),
        "updated_at": stamp(alert.updated_at),
    }


def _side(side: str, operand: Operand) -> dict[str, str]:
    exchange, _, symbol = operand.instrument.partition(":")
    return {
        f"{side}_exchange": exchange,
        f"{side}_tradingsymbol": symbol,
        f"{side}_attribute": operand.attribute,
    }


def _told(call: Call, alert: Alert, occurrence: Occurrence) -> dict[str, Any]:
    instrument = call.exchange.instruments.by_token(occurrence.tick.instrument_token)
    return {
        "uuid": alert.number,
        "type": "simple",
        "meta": [] if instrument is None else [quote_json(instrument, occurrence.tick)],
        "condition": occurrence.condition,
        "created_at": stamp(occurrence.at),
        "order_meta": None,
    }


ENDPOINTS = (
    Endpoint("POST", "/alerts", create),
    Endpoint("GET", "/alerts", listed),
    Endpoint("DELETE", "/alerts", delete),
    Endpoint("GET", "/alerts/{uuid}", one),
    Endpoint("PUT", "/alerts/{uuid}", change),
    Endpoint("GET", "/alerts/{uuid}/history", history),
)
