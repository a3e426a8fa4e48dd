"""Signing in at a broker from the local UI: its page, and the way back."""

from __future__ import annotations

import hmac
import secrets
import threading
from typing import Final

from flask import Blueprint, Response, jsonify, request

from tradertape_agent.agent import Agent
from tradertape_agent.errors import NotConnected
from tradertape_agent.web.guards import refused
from tradertape_core.kernel.clock import Clock

_LIVES_S: Final = 600.0
_OURS: Final = "agent."


class States:
    """Logins that have begun: each is finished once, within ten minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._begun: dict[str, tuple[str, float]] = {}

    def begin(self, broker: str) -> str:
        """Return a new state for a broker's page to bring back.

        Where the app's redirect address is the cloud's, its console knows by the prefix that the
        login is the agent's, and hands its code over.
        """
        state = _OURS + secrets.token_urlsafe(18)
        with self._lock:
            self._begun[broker] = (state, self._clock.monotonic() + _LIVES_S)
        return state

    def finish(self, broker: str, state: str) -> bool:
        """Whether this login was begun here, and was not finished yet."""
        with self._lock:
            known, ends_at = self._begun.get(broker, ("", 0.0))
            is_ours = bool(known) and hmac.compare_digest(known.encode(), state.encode())
            if is_ours:
                del self._begun[broker]
            return is_ours and self._clock.monotonic() < ends_at


def logins(agent: Agent) -> Blueprint:
    """The routes of logins."""
    routes = Blueprint("logins", __name__)
    states = States(agent.clock)

    @routes.post("/api/brokers/<name>/login")
    def begin(name: str) -> Response:
        account = agent.desk.accounts.get(name)
        if account is None:
            return refused(404, "this broker is not configured")
        state = states.begin(name)
        address = account.login_url(redirect_uri=callback_of(name), state=state)
        if address:
            return jsonify(login_url=address, callback=callback_of(name))
        try:
            account.sign_in()
        except NotConnected as error:
            return refused(409, str(error))
        agent.loop.wake()
        return jsonify(login_url=None)

    @routes.get("/brokers/<name>/callback")
    def finish(name: str) -> Response:
        account = agent.desk.accounts.get(name)
        if account is None or not states.finish(name, request.args.get("state", "")):
            return refused(400, "this login was not begun here, or is over: begin it again")
        code = request.args.get(account.broker.login.callback_parameter, "")
        try:
            account.sign_in(code, redirect_uri=callback_of(name))
        except NotConnected as error:
            return refused(409, str(error))
        agent.loop.wake()
        return Response(status=303, headers={"Location": "/#/brokers"})

    return routes


def callback_of(name: str) -> str:
    """Where the broker's page sends the user back: to be registered with the app there."""
    return f"{request.scheme}://{request.host}/brokers/{name}/callback"
