"""Signing in at a broker, and the session that comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tradertape_brokers.secret import Secret
from tradertape_core.kernel.python310 import StrEnum

_NONE = Secret("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A login at a broker. expires_at: when the broker ends it, aware."""

    broker: str
    user_id: str
    api_key: str
    access_token: Secret
    expires_at: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether the broker has ended it by its own timetable."""
        return now >= self.expires_at


class Proof(StrEnum):
    """What shows the broker that the app's owner signs in."""

    CHECKSUM = "checksum"  # hex SHA-256 of API key, callback code and API secret, by the browser
    SECRET = "secret"  # noqa: S105 - a way to sign in: the API secret itself, once
    TIMED_CHECKSUM = "timed_checksum"  # hex SHA-256 of API secret and epoch seconds
    TOTP = "totp"  # a one-time code of six digits


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFlow:
    """How to sign in. proofs: any one of them will do, the best first.

    callback_parameter: the query's name of the code with which the broker's page sends the user
    back; empty where there is no page and the proof is enough.
    """

    proofs: tuple[Proof, ...]
    callback_parameter: str = ""

    @property
    def has_page(self) -> bool:
        """Whether the user signs in on the broker's own page."""
        return bool(self.callback_parameter)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginGrant:
    """What is exchanged for a session: the callback's code, and the proof that the flow asks for.

    redirect_uri: the callback's address, where the broker compares it. timestamp: the epoch
    seconds of a timed checksum.
    """

    api_key: str
    code: Secret = _NONE
    checksum: Secret = _NONE
    api_secret: Secret = _NONE
    totp: Secret = _NONE
    timestamp: int | None = None
    redirect_uri: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Whose account it is and what the broker has enabled, in the broker's own words."""

    user_id: str
    name: str = ""
    email: str = ""
    exchanges: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    order_types: frozenset[str] = frozenset()


class SessionPort(Protocol):
    """Begins, checks and ends sessions. Raises BrokerError."""

    def login_url(self, api_key: str, *, redirect_uri: str = "", state: str = "") -> str:
        """Return the page where the user signs in; `state` comes back with the callback.

        Empty where the flow has no page.
        """
        ...

    def exchange(self, grant: LoginGrant, now: datetime) -> Session:
        """Open a session. Raises Refused when the broker does not take the grant."""
        ...

    def check(self, session: Session) -> Profile:
        """Ask the broker whether the session is alive. Raises SessionExpired when it is not."""
        ...

    def invalidate(self, session: Session) -> None:
        """End the session at the broker; one that is over already is no error."""
        ...
