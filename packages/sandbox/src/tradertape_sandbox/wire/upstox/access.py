"""Signing in and out: the login dialog, the exchange of tokens, the user."""

from __future__ import annotations

import hmac
import html
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tradertape_sandbox.wire.sessions import ApiApp
from tradertape_sandbox.wire.upstox.door import Call, Endpoint
from tradertape_sandbox.wire.upstox.envelope import UpstoxError, invalid

EXTENDED_LIFE = timedelta(days=365)
_DIALOG = "/v2/login/authorization/dialog"


def dialog(call: Call) -> Response:
    """The login page of one button; `auto=1` presses it."""
    app = _app_of_dialog(call)
    if call.query.get("auto") == "1":
        return log_in(call)
    action = html.escape(f"?{call.query}", quote=True)
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<title>Upstox (sandbox)</title></head><body><h1>Upstox (sandbox)</h1>"
        "<p>Signs in to a simulated broker. No real account or money is involved.</p>"
        f'<form method="post" action="{action}">'
        f"<button>Log in as {html.escape(app.user_id)}</button></form></body></html>"
    )


def log_in(call: Call) -> Response:
    """The button of the login page: back to the app with a code for one use."""
    app = _app_of_dialog(call)
    added = [("code", call.door.sessions.grant(app.api_key, app.user_id))]
    if "state" in call.query:
        added.append(("state", call.query["state"]))
    parts = urlsplit(call.query["redirect_uri"])
    query = urlencode([*parse_qsl(parts.query), *added])
    return RedirectResponse(urlunsplit(parts._replace(query=query)), status_code=302)


def open_session(call: Call) -> Response:
    """Exchange a code for an access token; the reply has no envelope."""
    for name in ("code", "client_id", "client_secret", "redirect_uri", "grant_type"):
        if not call.form.get(name):
            raise invalid(f"{name} is required", name)
    if call.form["grant_type"] != "authorization_code":
        raise invalid("grant_type must be authorization_code", "grant_type")
    app = call.door.sessions.app(call.form["client_id"])
    given = call.form["client_secret"].encode()
    if app is None or not hmac.compare_digest(app.secret.encode(), given):
        raise UpstoxError("UDAPI100016", "Invalid credentials", status=401)
    user_id = call.door.sessions.redeem(app.api_key, call.form["code"])
    if user_id is None:
        words = "Invalid auth code: it was used or has expired; open the login dialog again"
        raise UpstoxError("UDAPI100016", words, status=401)
    session = call.door.sessions.open(app.api_key, user_id)
    extended = call.door.sessions.open_extended(session, EXTENDED_LIFE)
    body = {
        **_profile(user_id),
        "access_token": session.access_token,
        "extended_token": extended.access_token,
    }
    return Response(orjson.dumps(body), media_type="application/json")


def log_out(call: Call) -> bool:
    """End the session."""
    return call.door.sessions.close(call.session.access_token)


def profile(call: Call) -> dict[str, Any]:
    """The user."""
    return _profile(call.session.user_id)


def _app_of_dialog(call: Call) -> ApiApp:
    app = call.door.sessions.app(call.query.get("client_id", ""))
    if app is None:
        raise UpstoxError("UDAPI100016", "Invalid `client_id`", status=401)
    if call.query.get("response_type") != "code":
        raise invalid("response_type must be code", "response_type")
    if urlsplit(call.query.get("redirect_uri", "")).scheme not in ("http", "https"):
        raise invalid("redirect_uri must be an http or https address", "redirect_uri")
    return app


def _profile(user_id: str) -> dict[str, Any]:
    return {
        "email": f"{user_id.lower()}@sandbox.invalid",
        "exchanges": ["NSE", "BSE", "NFO", "BFO"],
        "products": ["D", "I", "MTF"],
        "broker": "UPSTOX",
        "user_id": user_id,
        "user_name": "Sandbox User",
        "order_types": ["MARKET", "LIMIT", "SL", "SL-M"],
        "user_type": "individual",
        "poa": False,
        "is_active": True,
    }


ENDPOINTS = (
    Endpoint("GET", _DIALOG, dialog, is_open=True),
    Endpoint("POST", _DIALOG, log_in, is_open=True),
    Endpoint("POST", "/v2/login/authorization/token", open_session, is_open=True),
    Endpoint("DELETE", "/v2/logout", log_out),
    Endpoint("GET", "/v2/user/profile", profile),
)
