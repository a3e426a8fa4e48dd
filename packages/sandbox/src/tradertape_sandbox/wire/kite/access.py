"""Signing in and out: the login page, the exchange of tokens, the user."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from starlette.responses import HTMLResponse, RedirectResponse, Response

from tradertape_sandbox.wire.kite.door import Call, Endpoint
from tradertape_sandbox.wire.kite.envelope import Kind, KiteError
from tradertape_sandbox.wire.kite.forms import required
from tradertape_sandbox.wire.kite.user import (
    full_profile,
    login_page,
    profile,
    redirect_address,
    session_json,
    token_page,
)
from tradertape_sandbox.wire.sessions import ApiApp

_HERE = "/connect/finish"


def login(call: Call) -> Response:
    """The login page; `auto=1` presses its button."""
    app = call.door.sessions.app(call.query.get("api_key", ""))
    if app is None:
        return HTMLResponse("<h1>Invalid `api_key`</h1>", status_code=400)
    if call.query.get("auto") == "1":
        return log_in(call)
    return HTMLResponse(login_page(app, str(call.query)))


def log_in(call: Call) -> Response:
    """The button of the login page: back to the app with a request token."""
    app = call.door.sessions.app(call.query.get("api_key", ""))
    if app is None:
        return HTMLResponse("<h1>Invalid `api_key`</h1>", status_code=400)
    token = call.door.sessions.grant(app.api_key, app.user_id)
    address = app.redirect_url or f"{call.root}{_HERE}"
    target = redirect_address(address, token, call.query.get("redirect_params", ""))
    return RedirectResponse(target, status_code=302)


def finish(call: Call) -> Response:
    """Where an app without a redirect address ends: the request token to copy."""
    return HTMLResponse(token_page(call.query.get("request_token", "")))


def open_session(call: Call) -> dict[str, Any]:
    """Exchange a request token for an access token."""
    app, token = _app(call), required(call.form, "request_token")
    _verify(call, app, token)
    user_id = call.door.sessions.redeem(app.api_key, token)
    if user_id is None:
        raise KiteError(Kind.TOKEN, "Token is invalid or has expired.")
    return session_json(call.door.sessions.open(app.api_key, user_id))


def renew_session(call: Call) -> dict[str, Any]:
    """Exchange a refresh token for a new access token."""
    app, token = _app(call), required(call.form, "refresh_token")
    _verify(call, app, token)
    session = call.door.sessions.renew(app.api_key, token)
    if session is None:
        raise KiteError(Kind.TOKEN, "Token is invalid or has expired.")
    return session_json(session)


def close_session(call: Call) -> bool:
    """End a session by its access token, or make a refresh token invalid."""
    sessions, api_key = call.door.sessions, call.query.get("api_key", "")
    if sessions.app(api_key) is None:
        raise KiteError(Kind.INPUT, "Invalid `api_key`.")
    access, refresh = call.query.get("access_token"), call.query.get("refresh_token")
    if access:
        open_one = sessions.find(access)
        if open_one is None or open_one.api_key != api_key:
            raise KiteError(Kind.TOKEN, "Invalid `access_token`.")
        return sessions.close(access)
    if not refresh or not sessions.close_refresh(refresh):
        raise KiteError(Kind.TOKEN, "Invalid `refresh_token`.")
    return True


def show_profile(call: Call) -> dict[str, Any]:
    """The user."""
    return profile(call.session.user_id)


def show_full_profile(call: Call) -> dict[str, Any]:
    """The user with bank accounts and the like."""
    return full_profile(call.session.user_id, call.session)


def _app(call: Call) -> ApiApp:
    app = call.door.sessions.app(required(call.form, "api_key"))
    if app is None:
        raise KiteError(Kind.INPUT, "Invalid `api_key`.")
    return app


def _verify(call: Call, app: ApiApp, token: str) -> None:
    expected = hashlib.sha256(f"{app.api_key}{token}{app.secret}".encode()).hexdigest()
    given = required(call.form, "checksum")
    if not hmac.compare_digest(expected.encode(), given.lower().encode()):
        raise KiteError(Kind.TOKEN, "Invalid `checksum`.")


ENDPOINTS = (
    Endpoint("GET", "/connect/login", login, "free", is_open=True),
    Endpoint("POST", "/connect/login", log_in, "free", is_open=True),
    Endpoint("GET", _HERE, finish, "free", is_open=True),
    Endpoint("POST", "/session/token", open_session, is_open=True),
    Endpoint("DELETE", "/session/token", close_session, is_open=True),
    Endpoint("POST", "/session/refresh_token", renew_session, is_open=True),
    Endpoint("GET", "/user/profile", show_profile),
    Endpoint("GET", "/user/profile/full", show_full_profile),
)
