"""Signing in to Upstox: the dialog, the exchange of its code, and when the day's token ends."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, time, timedelta
from typing import Final, cast
from urllib.parse import urlencode

import httpx

from tradertape_brokers.errors import Refused, SessionExpired, Unavailable
from tradertape_brokers.hosts import BrokerHosts
from tradertape_brokers.limiter import Limiter, Urgency
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginFlow, LoginGrant, Profile, Proof, Session
from tradertape_brokers.tls import tls
from tradertape_brokers.upstox.answers import as_object, body_of, transport_error
from tradertape_brokers.upstox.rest import ROOT, TIMEOUT_S, Rest
from tradertape_core.kernel.clock import IST

TOKENS_END: Final = time(3, 30)  # of the morning after the login, Indian time
_UNAUTHORISED = 401
_DIALOG, _TOKEN = "/v2/login/authorization/dialog", "/v2/login/authorization/token"


NAME: Final = "upstox"
FLOW: Final = LoginFlow(proofs=(Proof.SECRET,), callback_parameter="code")


class UpstoxSessions:
    """Begins, checks and ends sessions of any account: the port of `sessions.SessionPort`."""

    def __init__(self, hosts: BrokerHosts, transport: httpx.BaseTransport | None = None) -> None:
        self._hosts = hosts
        self._transport = transport

    def login_url(self, api_key: str, *, redirect_uri: str = "", state: str = "") -> str:
        """Return Upstox's login page; `redirect_uri` must be the one registered with the app."""
        return login_address(api_key, redirect_uri, state, self._hosts.login)

    def exchange(self, grant: LoginGrant, now: datetime) -> Session:
        """Open a session with the callback's code and the API secret, which is kept nowhere."""
        if not (grant.code and grant.api_secret and grant.redirect_uri):
            raise Refused("Upstox wants the callback's code and address, and the API secret")
        form = {
            "code": grant.code.reveal(),
            "client_id": grant.api_key,
            "client_secret": grant.api_secret.reveal(),
            "redirect_uri": grant.redirect_uri,
            "grant_type": "authorization_code",
        }
        headers = {"Accept": "application/json", "Api-Version": "2.0"}
        try:
            with httpx.Client(timeout=TIMEOUT_S, transport=self._transport, verify=tls()) as http:
                answer = http.post(self._hosts.rest + _TOKEN, data=form, headers=headers)
        except httpx.RequestError as error:
            ours = transport_error(error, is_write=False)
        else:
            if answer.status_code == _UNAUTHORISED:
                words = "Upstox did not accept the sign-in: its code is used up or too old, or the "
                raise Refused(f"{words}API secret is wrong. Sign in again and check the API secret")
            return _session(body_of(answer, is_write=False), grant.api_key, now)
        raise ours

    def check(self, session: Session) -> Profile:
        """Read the profile. Raises SessionExpired when the session is over."""
        return profile_of(self._rest(session).get("/v2/user/profile"))

    def invalidate(self, session: Session) -> None:
        """End the session at Upstox."""
        with suppress(SessionExpired):
            self._rest(session).write("DELETE", "/v2/logout", Urgency.DATA)

    def _rest(self, session: Session) -> Rest:
        return Rest(
            session.access_token.reveal(), root=self._hosts.rest, limiter=Limiter({}),
            transport=self._transport,
        )  # fmt: skip


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


def profile_of(answer: object) -> Profile:
    """Whose account it is. Raises Unavailable."""
    row = as_object(answer)
    if row is None or not row.get("user_id"):
        raise Unavailable("Upstox's profile cannot be read")
    return Profile(
        user_id=str(row["user_id"]),
        name=str(row.get("user_name") or ""),
        email=str(row.get("email") or ""),
        exchanges=_words(row.get("exchanges")),
        products=_words(row.get("products")),
        order_types=_words(row.get("order_types")),
    )


def _words(value: object) -> frozenset[str]:
    return (
        frozenset(map(str, cast(list[object], value))) if isinstance(value, list) else frozenset()
    )


def _session(body: Mapping[str, object], api_key: str, now: datetime) -> Session:
    token, user_id = body.get("access_token"), body.get("user_id")
    if not (isinstance(token, str) and token and isinstance(user_id, str) and user_id):
        raise Unavailable("Upstox's answer has no access token: sign in again")
    return Session(
        broker=NAME,
        user_id=user_id,
        api_key=api_key,
        access_token=Secret(token),
        expires_at=session_end(now),
    )
