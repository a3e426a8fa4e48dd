"""Signing in at Groww: the port of `sessions.SessionPort`.

An API key with a one-time password, or with the checksum of its secret and the time; there is no
page. The secret is not needed here: who holds it computes `checksum_of` and sends that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final

import httpx

from tradertape_brokers.errors import Refused, SessionExpired, Unavailable
from tradertape_brokers.groww.answers import as_object
from tradertape_brokers.groww.rest import Rest
from tradertape_brokers.hosts import BrokerHosts
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginFlow, LoginGrant, Profile, Proof, Session
from tradertape_core.kernel.clock import IST

NAME: Final = "groww"
FLOW: Final = LoginFlow(proofs=(Proof.TOTP, Proof.TIMED_CHECKSUM, Proof.SECRET))
TOKENS_END: Final = time(6)  # of the next morning, Indian time; source: groww.in/trade-api/docs
_PATH: Final = "/token/api/access"


class GrowwSessions:
    """Begins and checks sessions of any account."""

    def __init__(self, hosts: BrokerHosts, *, transport: httpx.BaseTransport | None = None) -> None:
        self._hosts = hosts
        self._transport = transport

    def login_url(self, api_key: str, *, redirect_uri: str = "", state: str = "") -> str:  # noqa: ARG002 - there is no page
        """Groww has no page to sign in at: empty."""
        return ""

    def exchange(self, grant: LoginGrant, now: datetime) -> Session:
        """Open a session, and ask whose it is."""
        body = _body(grant, now)
        rest = self._rest(grant.api_key)
        try:
            answer = as_object(rest.ask(_PATH, body)) or {}
        except SessionExpired:
            raise Refused(
                "Groww does not know this API key, or it was not approved today: approve it on "
                "Groww's page, or use a key with one-time passwords"
            ) from None
        finally:
            rest.close()
        token = str(answer.get("token") or "")
        if not token:
            raise Unavailable("Groww's answer has no access token")
        return Session(
            broker=NAME,
            user_id=self._profile(token).user_id,
            api_key=grant.api_key,
            access_token=Secret(token),
            expires_at=session_end(now),
        )

    def check(self, session: Session) -> Profile:
        """Read whose session it is. Raises SessionExpired when it is over."""
        return self._profile(session.access_token.reveal())

    def invalidate(self, session: Session) -> None:
        """Groww has no call that ends a session: its token ends at six."""

    def _profile(self, token: str) -> Profile:
        rest = self._rest(token)
        try:
            return profile_of(as_object(rest.get("/user/detail")) or {})
        finally:
            rest.close()

    def _rest(self, token: str) -> Rest:
        return Rest(token, root=self._hosts.rest, limiter=Limiter({}), transport=self._transport)


def session_end(signed_in_at: datetime) -> datetime:
    """When a session of Groww that began at this moment ends."""
    local = signed_in_at.astimezone(IST)
    end = datetime.combine(local.date(), TOKENS_END, tzinfo=IST)
    return end if local < end else end + timedelta(days=1)


def checksum_of(secret: str, timestamp: int) -> str:
    """The proof that somebody has an API key's secret: hex SHA-256 of it and the time."""
    return hashlib.sha256(f"{secret}{timestamp}".encode()).hexdigest()


def profile_of(row: Mapping[str, Any]) -> Profile:
    """Whose account it is. Raises Unavailable."""
    name = str(row.get("ucc") or row.get("vendor_user_id") or "")
    if not name:
        raise Unavailable("Groww's answer does not say whose session it is")
    enabled = {"NSE": row.get("nse_enabled"), "BSE": row.get("bse_enabled")}
    return Profile(user_id=name, exchanges=frozenset(one for one, on in enabled.items() if on))


def _body(grant: LoginGrant, now: datetime) -> dict[str, object]:
    if grant.totp:
        return {"key_type": "totp", "totp": grant.totp.reveal().strip()}
    checksum, timestamp = grant.checksum.reveal(), grant.timestamp
    if not checksum and grant.api_secret:
        timestamp = int(now.timestamp())
        checksum = checksum_of(grant.api_secret.reveal(), timestamp)
    if not checksum or timestamp is None:
        raise Refused(
            "Groww wants a one-time password, or the checksum of the API secret with its time"
        )
    return {"key_type": "approval", "checksum": checksum, "timestamp": timestamp}
