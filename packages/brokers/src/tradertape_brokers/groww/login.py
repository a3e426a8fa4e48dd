"""Signing in to Groww: an API key with a one-time password, or with the proof of its secret.

The secret itself is not needed here: who holds it computes `checksum_of` and sends that.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

import httpx

from tradertape_brokers.errors import Refused, SessionExpired, Unavailable
from tradertape_brokers.groww.answers import as_object
from tradertape_brokers.groww.rest import ROOT, Rest
from tradertape_brokers.limiter import Limiter
from tradertape_core.kernel.clock import IST, Clock

TOKENS_END: Final = time(6)  # of the next morning, Indian time; source: groww.in/trade-api/docs
_PATH: Final = "/token/api/access"


@dataclass(frozen=True, slots=True)
class Session:
    """A login at Groww. The access token appears in no text of this package."""

    user_id: str
    api_key: str
    access_token: str
    signed_in_at: datetime

    @property
    def valid_until(self) -> datetime:
        """When Groww ends it: at six the next morning, not a day later."""
        local = self.signed_in_at.astimezone(IST)
        end = datetime.combine(local.date(), TOKENS_END, tzinfo=IST)
        return end if local < end else end + timedelta(days=1)

    def __repr__(self) -> str:
        return f"Session(user_id={self.user_id!r}, valid_until={self.valid_until.isoformat()})"


@dataclass(frozen=True, slots=True, repr=False)
class OneTimePassword:
    """The six digits of now."""

    digits: str

    @property
    def body(self) -> dict[str, object]:
        """As Groww takes it."""
        return {"key_type": "totp", "totp": self.digits}


@dataclass(frozen=True, slots=True, repr=False)
class Approval:
    """The proof of a secret whose key was approved on Groww's page today.

    checksum: see `checksum_of`. timestamp: seconds since 1970, of the last minutes.
    """

    checksum: str
    timestamp: int

    @property
    def body(self) -> dict[str, object]:
        """As Groww takes it."""
        return {"key_type": "approval", "checksum": self.checksum, "timestamp": self.timestamp}


def checksum_of(secret: str, timestamp: int) -> str:
    """The proof that somebody has an API key's secret: hex SHA-256 of it and the time."""
    return hashlib.sha256(f"{secret}{timestamp}".encode()).hexdigest()


def sign_in(
    api_key: str,
    proof: OneTimePassword | Approval,
    clock: Clock,
    *,
    root: str = ROOT,
    limiter: Limiter | None = None,
    transport: httpx.BaseTransport | None = None,
) -> Session:
    """Open a session, and ask whose it is. Raises BrokerError."""
    began = clock.now()
    keyed = Rest(api_key, root=root, limiter=limiter, transport=transport)
    try:
        answer = as_object(keyed.ask(_PATH, proof.body)) or {}
    except SessionExpired:
        raise Refused("Groww does not know this API key, or it was not approved today") from None
    finally:
        keyed.close()
    token = str(answer.get("token") or "")
    if not token:
        raise Unavailable("Groww's answer has no access token")
    rest = Rest(token, root=root, limiter=limiter, transport=transport)
    try:
        user = as_object(rest.get("/user/detail")) or {}
    finally:
        rest.close()
    name = str(user.get("ucc") or user.get("vendor_user_id") or "")
    if not name:
        raise Unavailable("Groww's answer does not say whose session it is")
    return Session(name, api_key, token, began)
