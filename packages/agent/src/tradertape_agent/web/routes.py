"""The JSON API of the local UI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flask import Blueprint, Response, g, jsonify, request

from tradertape_agent import __version__
from tradertape_agent.agent import Agent
from tradertape_agent.approvals import decide
from tradertape_agent.errors import AgentError
from tradertape_agent.journal.signals import Verdict
from tradertape_agent.placing import KILL_SWITCH
from tradertape_agent.reconciling.ignoring import Ignore
from tradertape_agent.web import settings_page, views
from tradertape_agent.web.guards import Guards, refused
from tradertape_agent.web.login import callback_of
from tradertape_agent.web.order_view import prices_of
from tradertape_agent.web.pairing import Pairing
from tradertape_agent.wire import Malformed, moment

_LINES = 500


def reading(agent: Agent) -> Blueprint:  # noqa: C901 - its routes
    """What the UI shows."""
    routes = Blueprint("reading", __name__, url_prefix="/api")

    @routes.get("/status")
    def status() -> Response:
        return jsonify(views.status_view(agent, __version__))

    @routes.get("/dashboard")
    def dashboard() -> Response:
        return jsonify(views.dashboard_view(agent))

    @routes.get("/signals")
    def signals() -> Response:
        found = agent.journal.signals.listed(most=200)
        return jsonify(views.signals_view(agent, found, prices_of(agent, found)))

    @routes.get("/holdings")
    def holdings() -> Response:
        return jsonify(views.holdings_view(agent))

    @routes.get("/positions")
    def positions() -> Response:
        return jsonify(views.positions_view(agent))

    @routes.get("/funds")
    def funds() -> Response:
        return jsonify(views.funds_view(agent))

    @routes.get("/brokers")
    def brokers() -> Response:
        return jsonify([views.broker_view(one, callback_of(one.name)) for one in agent.desk])

    @routes.get("/settings")
    def settings() -> Response:
        return jsonify(settings_page.shown(agent))

    @routes.get("/privacy")
    def privacy() -> Response:
        return jsonify(views.privacy_view(agent))

    @routes.get("/privacy/sent")
    def sent() -> Response:
        rows = agent.journal.outgoing.newest(100, request.args.get("before", type=int))
        return jsonify([_sent(row) for row in rows])

    @routes.get("/logs")
    def logs() -> Response:
        try:
            lines = agent.folder.log.read_text(encoding="utf-8").splitlines()[-_LINES:]
        except OSError:
            lines = []
        return jsonify(lines)

    return routes


def changing(agent: Agent) -> Blueprint:  # noqa: C901 - its routes
    """What the UI changes."""
    routes = Blueprint("changing", __name__, url_prefix="/api")

    @routes.post("/signals/<signal_id>/<verdict>")
    def decision(signal_id: str, verdict: str) -> Response:
        chosen = {"approve": Verdict.APPROVED, "reject": Verdict.REJECTED}.get(verdict)
        if chosen is None:
            return refused(404, "approve or reject it")
        try:
            row = decide(agent.journal, signal_id, chosen, agent.clock)
        except AgentError as error:
            return refused(409, str(error))
        agent.loop.wake()
        found = agent.journal.signals.get(row.key) or row
        return jsonify(views.signal_view(agent, found))

    @routes.post("/poll")
    def poll() -> Response:
        agent.loop.wake()
        return jsonify(ok=True)

    @routes.put("/kill")
    def kill() -> Response:
        is_on = bool(_body().get("on"))
        agent.journal.store.set_meta(KILL_SWITCH, "on" if is_on else "")
        return jsonify(on=is_on)

    @routes.put("/settings")
    def settings() -> Response:
        if not g.is_local:
            return refused(403, "settings are changed on the agent's own machine")
        try:
            return jsonify(settings_page.changed(agent, _body()))
        except (AgentError, KeyError) as error:
            return refused(422, str(error.args[0]))

    @routes.put("/reconciliation/ignores/<symbol>")
    def ignore(symbol: str) -> Response:
        body = _body()
        try:
            until = moment(body.get("until"))
        except Malformed as error:
            return refused(422, str(error))
        if until is not None and until <= agent.clock.now():
            return refused(422, "`until` is over already: choose a later time")
        agent.ignores.add(Ignore(symbol=symbol, difference=_whole(body), until=until))
        return jsonify(symbol=symbol)

    @routes.delete("/reconciliation/ignores/<symbol>")
    def unignore(symbol: str) -> Response:
        agent.ignores.remove(symbol)
        return jsonify(symbol=symbol)

    return routes


def access(guards: Guards, pairing: Pairing) -> Blueprint:
    """Who may use the UI."""
    routes = Blueprint("access", __name__, url_prefix="/api")

    @routes.get("/session")
    def session() -> Response:
        may = g.is_local or g.is_paired
        return jsonify(
            is_local=g.is_local, is_paired=g.is_paired, csrf=guards.csrf,
            version=__version__ if may else None,
        )  # fmt: skip

    @routes.post("/pairing")
    def pair() -> Response:
        body = _body()
        token = pairing.pair(str(body.get("code") or ""), str(body.get("name") or ""))
        if token is None:
            return refused(
                401, "the code is wrong, used or over: have a new one shown on the agent's machine"
            )
        return jsonify(token=token)

    @routes.post("/pairing/code")
    def code() -> Response:
        if not g.is_local:
            return refused(403, "the code is shown on the agent's own machine")
        return jsonify(code=pairing.new_code(), seconds=120)

    @routes.get("/devices")
    def devices() -> Response:
        found = pairing.devices()
        return jsonify(
            [
                {"id": one.id, "name": one.name, "paired_at": one.paired_at, "seen_at": one.seen_at}
                for one in found
            ]
        )

    @routes.delete("/devices/<device_id>")
    def revoke(device_id: str) -> Response:
        if not pairing.revoke(device_id):
            return refused(404, "there is no such device")
        return jsonify(id=device_id)

    return routes


def _body() -> Mapping[str, Any]:
    body: object = request.get_json(silent=True)
    return cast("Mapping[str, Any]", body) if isinstance(body, dict) else {}


def _whole(body: Mapping[str, Any]) -> int | None:
    value = body.get("difference")
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _sent(row: Any) -> dict[str, Any]:
    return {
        "number": row["number"], "at": row["at"], "method": row["method"], "path": row["path"],
        "body": bytes(row["body"]).decode("utf-8", "replace"), "outcome": row["outcome"],
        "bytes": len(row["body"]),
    }  # fmt: skip
