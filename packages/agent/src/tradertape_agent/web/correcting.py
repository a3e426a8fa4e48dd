"""Routes of what a person does about differences and about orders in doubt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import Any, ParamSpec, cast

from flask import Blueprint, Response, jsonify, request

from tradertape_agent.agent import Agent
from tradertape_agent.errors import AgentError
from tradertape_agent.journal.intents import Intent
from tradertape_agent.reconciling.actions import Proposal
from tradertape_agent.reconciling.corrections import Correction, CorrectionRow
from tradertape_agent.resolving import Word
from tradertape_agent.web import views
from tradertape_agent.web.guards import refused
from tradertape_agent.web.plain import plain
from tradertape_brokers.errors import BrokerError
from tradertape_core.orders.broker_gtts import VenueGtt
from tradertape_core.orders.order import OrderRequest

Row = dict[str, Any]
P = ParamSpec("P")


class Unusable(ValueError):
    """A body that cannot be used; the text says what to send."""


def said_clearly(route: Callable[P, Response]) -> Callable[P, Response]:
    """Turn refusals into answers: 422 of a body, 409 of the state, 503 while the broker is away."""

    @wraps(route)
    def answer(*arguments: P.args, **named: P.kwargs) -> Response:
        try:
            return route(*arguments, **named)
        except Unusable as error:
            return refused(422, str(error))
        except AgentError as error:
            return refused(409, str(error))
        except BrokerError as error:
            return refused(503, f"the broker cannot be asked now: {error}")

    return answer


def correcting(agent: Agent) -> Blueprint:
    """The routes about differences."""
    routes = Blueprint("correcting", __name__, url_prefix="/api/reconciliation")

    @routes.get("")
    @said_clearly
    def report() -> Response:
        return jsonify(report_view(agent))

    @routes.post("/corrections")
    @said_clearly
    def correct() -> Response:
        body = _body()
        action = _choice(Correction, body, "action")
        row = agent.actions.correct(
            _text(body, "symbol"), action, _whole(body, "difference"), str(body.get("note") or "")
        )
        agent.loop.wake()
        return jsonify(correction_view(row))

    @routes.post("/corrections/<int:number>/undo")
    @said_clearly
    def undo(number: int) -> Response:
        row = agent.actions.undo(number)
        agent.loop.wake()
        return jsonify(correction_view(row))

    @routes.get("/orders/<symbol>")
    @said_clearly
    def proposal(symbol: str) -> Response:
        limit = _price(request.args.get("limit_price"), "limit_price")
        return jsonify(proposal_view(agent.actions.proposal(symbol, limit)))

    @routes.post("/orders")
    @said_clearly
    def order() -> Response:
        body = _body()
        if body.get("confirm") is not True:
            raise Unusable("an order is sent with `confirm` true alone: it trades real money")
        intent = agent.actions.order(
            _text(body, "symbol"), _whole(body, "difference"),
            _price(body.get("limit_price"), "limit_price"),
        )  # fmt: skip
        agent.loop.wake()
        return jsonify(_order_view(intent))

    @routes.post("/orders/<path:key>/cancel")
    @said_clearly
    def cancel(key: str) -> Response:
        agent.actions.cancel(key)
        agent.loop.wake()
        return jsonify(key=key)

    return routes


def doubts(agent: Agent) -> Blueprint:
    """The routes about orders in doubt."""
    routes = Blueprint("doubts", __name__, url_prefix="/api/orders/doubtful")

    @routes.get("")
    @said_clearly
    def listed() -> Response:
        return jsonify([_doubt_view(agent, one) for one in agent.resolving.doubtful()])

    @routes.post("/<path:key>/resolve")
    @said_clearly
    def resolve(key: str) -> Response:
        body = _body()
        intent = agent.resolving.resolve(
            key,
            _choice(Word, body, "outcome"),
            venue_id=str(body.get("venue_id") or ""),
            filled=_whole(body, "filled") if "filled" in body else 0,
            average=_price(body.get("average_price"), "average_price") or Decimal(0),
        )
        agent.loop.wake()
        return jsonify(_order_view(intent))

    return routes


# --- shown ------------------------------------------------------------------------------------


def report_view(agent: Agent) -> Row:
    """The last comparison, with what may be done about each difference, and what was done."""
    report = agent.reconciler.report
    items: list[Row] = []
    for item in report["items"]:
        actions, why = agent.actions.of(item)
        items.append({**item, "actions": actions, "blocked": why})
    return {
        **report,
        "items": items,
        "corrections": [correction_view(one) for one in agent.actions.corrections()],
        "orders": [_order_view(one) for one in agent.actions.orders()],
        "ignores": [
            {
                "symbol": one.symbol, "difference": one.difference,
                "until": one.until.isoformat() if one.until else None,
            }
            for one in agent.ignores.listed()
        ],
    }  # fmt: skip


def correction_view(row: CorrectionRow) -> Row:
    """One correction."""
    return {
        "id": row.number, "symbol": row.symbol, "action": row.action.value, "units": row.units,
        "cause": row.cause, "note": row.note, "made_at": row.made_at.isoformat(),
        "undone_at": row.undone_at.isoformat() if row.undone_at else None,
    }  # fmt: skip


def proposal_view(one: Proposal) -> Row:
    """The order as it would be sent; prices in rupees as text."""
    request_, price = one.request, one.request.price or one.last_price
    return {
        "symbol": one.symbol, "difference": one.difference, "side": request_.side.value,
        "quantity": request_.quantity, "product": request_.product.value,
        "order_type": request_.order_type.value,
        "limit_price": plain(request_.price) if request_.price else None,
        "last_price": plain(one.last_price),
        "value": plain(price * request_.quantity) if price else None,
    }  # fmt: skip


def _order_view(intent: Intent) -> Row:
    asked = intent.request
    leg = asked if isinstance(asked, OrderRequest) else asked.orders[0]
    return {
        **views.intent_view(intent),
        "symbol": asked.instrument,
        "side": leg.side.value,
    }


def _doubt_view(agent: Agent, intent: Intent) -> Row:
    problem = ""
    found: list[VenueGtt] = []
    try:
        found = agent.resolving.candidates(intent)
    except BrokerError as error:
        problem = f"the broker's list cannot be read now: {error}"
    return {
        **_order_view(intent),
        "looks": intent.looks,
        "can_resolve": intent.state.value == "unclear",
        "outcomes": agent.resolving.outcomes(intent),
        "candidates": [_candidate_view(one) for one in found],
        "problem": problem,
    }


def _candidate_view(one: VenueGtt) -> Row:
    return {
        "venue_id": one.trigger_id, "status": one.status.value,
        "created_at": one.created_at.isoformat() if one.created_at else None,
        "trigger_prices": [plain(price) for price in one.request.trigger_values],
        "limit_prices": [plain(order.price) for order in one.request.orders],
        "quantity": one.request.orders[0].quantity,
    }  # fmt: skip


# --- read -------------------------------------------------------------------------------------


def _body() -> Mapping[str, Any]:
    body: object = request.get_json(silent=True)
    return cast("Mapping[str, Any]", body) if isinstance(body, dict) else {}


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Unusable(f"`{name}` is missing")
    return value


def _whole(body: Mapping[str, Any], name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unusable(f"`{name}` must be a whole number of units")
    return value


def _price(value: object, name: str) -> Decimal | None:
    if value in (None, ""):
        return None
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        price = Decimal(0)
    if not price.is_finite() or price <= 0:
        raise Unusable(f"`{name}` must be a price in rupees above 0")
    return price


def _choice(kind: Any, body: Mapping[str, Any], name: str) -> Any:
    try:
        return kind(str(body.get(name)))
    except ValueError:
        names = ", ".join(one.value for one in kind)
        raise Unusable(f"`{name}` must be one of {names}") from None
