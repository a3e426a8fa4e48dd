"""Signing in to Upstox: the dialog, the exchange of its code, and when the day's token ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

import httpx

from tradertape_brokers.errors import Refused, Unavailable
from tradertape_brokers.upstox.answers import body_of, transport_error
from tradertape_brokers.upstox.rest import ROOT, TIMEOUT_S
from tradertape_core.kernel.clock import IST

TOKENS_END: Final = time(3, 30)  # of the morning after the login, Indian time
_UNAUTHORISED = 401
_DIALOG, _TOKEN = "/v2/login/authorization/dialog", "/v2/login/authorization/token"


@dataclass(frozen=True, slots=True)
class Session:
    """A login at Upstox. extended_token: reads after the day's end; empty where there is none.

    Neither token appears in a text of this package.
    """

    user_id: str
    access_token: str
    extended_token: str
    signed_in_at: datetime

    @property
    def valid_until(self) -> datetime:
        """When Upstox ends it: at half past three in the morning, not a day later."""
        return session_end(self.signed_in_at)

    def __repr__(self) -> str:
        return f"Session(user_id={self.user_id!r}, valid_until={self.valid_until.isoformat()})"


def session_end(signed_in_at: datetime) -> datetime:
    """When a session of Upstox that began at this moment ends."""
    local = signed_in_at.astimezone(IST)
    end = datetime.combine(local.date(), TOKENS_END, tzinfo=IST)
    return end if local < end else end + timedelta(days=1)


def login_address(client_id: str, redirect_uri: str, state: str, root: str = ROOT) -> str:
    """Where the user signs in; the browser comes back with `code` and the same `state`."""
    query = {
        "response_type": "code", "client_id": client_id, "redirect_uri": redirect_uri,
        "state": state,
    }  # fmt: skip
    return f"{root.rstrip('/')}{_DIALOG}?{urlencode(query)}"


def exchange_code(
    code: str,
    *,
    client_id: str,
    client_secret: str,
    redirect_uri: str,
    now: datetime,
    root: str = ROOT,
    transport: httpx.BaseTransport | None = None,
) -> Session:
    """Exchange a login's code, once. Raises BrokerError; Refused asks for a new login.

    The secret is sent to Upstox and kept nowhere.
    """
    form = {
        "code": code, "client_id": client_id, "client_secret": client_secret,
        "redirect_uri": redirect_uri, "grant_type": "authorization_code",
    }  # fmt: skip
    headers = {"Accept": "application/json", "Api-Version": "2.0"}
    try:
        with httpx.Client(timeout=TIMEOUT_S, transport=transport) as http:
            answer = http.post(root.rstrip("/") + _TOKEN, data=form, headers=headers)
    except httpx.RequestError as error:
        ours = transport_error(error, is_write=False)
    else:
        if answer.status_code == _UNAUTHORISED:
            raise Refused("Upstox does not accept the login: sign in again, or check the secret")
        return _session(body_of(answer, is_write=False), now)
    raise ours


def _session(body: Mapping[str, object], now: datetime) -> Session:
    token, user_id = body.get("access_token"), body.get("user_id")
    if not (isinstance(token, str) and token and isinstance(user_id, str) and user_id):
        raise Unavailable("Upstox's answer has no access token")
    return Session(user_id, token, str(body.get("extended_token") or ""), now)
