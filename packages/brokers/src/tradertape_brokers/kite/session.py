"""Signing in at Kite: the port of `sessions.SessionPort`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast
from urllib.parse import urlencode

from tradertape_brokers.errors import Refused, SessionExpired, Unavailable
from tradertape_brokers.hosts import BrokerHosts
from tradertape_brokers.kite.rest import Rest, checksum_of, login_address, session_end
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginFlow, LoginGrant, Profile, Proof, Session

NAME: Final = "kite"
FLOW: Final = LoginFlow(proofs=(Proof.CHECKSUM, Proof.SECRET), callback_parameter="request_token")


class KiteSessions:
    """Begins, checks and ends sessions of any account."""

    def __init__(self, hosts: BrokerHosts) -> None:
        self._hosts = hosts

    def login_url(self, api_key: str, *, redirect_uri: str = "", state: str = "") -> str:  # noqa: ARG002 - Kite has it registered
        """Return Kite's login page; `state` comes back as the callback's parameter `state`."""
        address = login_address(api_key, self._hosts.login)
        if not state:
            return address
        return f"{address}&{urlencode({'redirect_params': urlencode({'state': state})})}"

    def exchange(self, grant: LoginGrant, now: datetime) -> Session:
        """Open a session with a request token and its checksum, or the API secret."""
        checksum = grant.checksum.reveal()
        if not checksum and grant.api_secret:
            secret = grant.api_secret.reveal()
            checksum = checksum_of(grant.api_key, grant.code.reveal(), secret)
        if not grant.code or not checksum:
            raise Refused("Kite wants a request token, and its checksum or the API secret")
        form = {
            "api_key": grant.api_key,
            "request_token": grant.code.reveal(),
            "checksum": checksum,
        }
        rest = Rest(grant.api_key, root=self._hosts.rest, limiter=Limiter({}))
        try:
            # The client's own call wants the API secret, which may be in the user's browser.
            answer = rest.ask_once(lambda kite: kite._post("api.token", params=form))
        except SessionExpired:
            raise Refused(
                "Kite did not accept the sign-in: its request token is used up or too old, or the "
                "checksum is wrong. Sign in again and check the API secret"
            ) from None
        return _session_of(answer, grant.api_key, now)

    def check(self, session: Session) -> Profile:
        """Read the profile. Raises SessionExpired when the session is over."""
        return profile_of(self._rest(session).read(lambda kite: kite.profile()))

    def invalidate(self, session: Session) -> None:
        """End the session at Kite."""
        try:
            self._rest(session).read(lambda kite: kite.invalidate_access_token())
        except SessionExpired:
            return

    def _rest(self, session: Session) -> Rest:
        token = session.access_token.reveal()
        return Rest(session.api_key, token, root=self._hosts.rest, limiter=Limiter({}))


def profile_of(answer: Any) -> Profile:
    """A profile of Kite's answer. Raises Unavailable."""
    if not isinstance(answer, Mapping):
        raise Unavailable("Kite's profile cannot be read")
    row = cast("Mapping[str, Any]", answer)
    return Profile(
        user_id=_text(row, "user_id"),
        name=str(row.get("user_name") or ""),
        email=str(row.get("email") or ""),
        exchanges=_words(row, "exchanges"),
        products=_words(row, "products"),
        order_types=_words(row, "order_types"),
    )


def _session_of(answer: Any, api_key: str, now: datetime) -> Session:
    if not isinstance(answer, Mapping):
        raise Unavailable("Kite's answer to the sign-in cannot be read: sign in again")
    row = cast("Mapping[str, Any]", answer)
    return Session(
        broker=NAME,
        user_id=_text(row, "user_id"),
        api_key=api_key,
        access_token=Secret(_text(row, "access_token")),
        expires_at=session_end(now),
    )


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise Unavailable(f"Kite's answer has no {name}")
    return value


def _words(row: Mapping[str, Any], name: str) -> frozenset[str]:
    value = row.get(name)
    return (
        frozenset(str(one) for one in cast("list[object]", value))
        if (isinstance(value, list))
        else frozenset()
    )
