"""Sessions and their cookie, and authentication of a request by cookie or bearer token."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import ip_network

from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth.credentials.credential_cache import CredentialCache
from tradertape_server.features.auth.models import ApiKey, User, UserSession
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.http.identity import (
    AddressRefused,
    Identity,
    TokenInvalid,
    Via,
)
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.secrets import new_token, token_hash

COOKIE = "kite_session"
# The last use is stored at most this often, so that a page load does not cause thirty writes.
TOUCH_AFTER = timedelta(minutes=5)
BEARER_KINDS: dict[str, Via] = {"zt_": "agent", "kwa_": "worker"}

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SessionLife:
    """How long a session stays valid unused, and at most."""

    idle: timedelta
    at_most: timedelta


def open_session(
    session: Session,
    user: User,
    *,
    method: str,
    ip: str,
    user_agent: str,
    now: datetime,
    life: SessionLife,
) -> str:
    """Add a session for `user` and return its token, of which only the hash is stored."""
    token = new_token()
    session.add(
        UserSession(
            user_id=user.id,
            token_hash=token_hash(token),
            method=method,
            ip=ip[:45],
            user_agent=user_agent[:300],
            created_at=now,
            last_seen_at=now,
            expires_at=now + life.at_most,
        )
    )
    session.flush()
    return token


def cookie_header(token: str, *, life: SessionLife, secure: bool) -> str:
    """The Set-Cookie value for a session; an empty token deletes the cookie."""
    age_s = int(life.idle.total_seconds()) if token else 0
    flags = "; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
    return f"{COOKIE}={token}; Path=/; Max-Age={age_s}{flags}"


class Authenticator:
    """Finds the account of a token, in a short transaction of its own before the route runs."""

    cookie_name = COOKIE

    def __init__(
        self, database: Database, clock: Clock, life: SessionLife, *, secure_cookie: bool
    ) -> None:
        self._database = database
        self._clock = clock
        self._life = life
        self._secure = secure_cookie
        # Two, so that a key sent as a cookie is none.
        self._keys, self._sessions = CredentialCache(clock), CredentialCache(clock)

    def renewed_cookie(self, token: str) -> str:
        """The Set-Cookie value that renews the session cookie for its full life."""
        return cookie_header(token, life=self._life, secure=self._secure)

    def cached_cookie(self, token: str) -> Identity | None:
        """The caller with this session if it is cached; needs no query."""
        return self._sessions.get(token_hash(token))

    def by_cookie(self, token: str) -> tuple[Identity | None, bool]:
        """The caller with this session, and whether its cookie should be renewed."""
        now, hashed, epoch = self._clock.now(), token_hash(token), self._sessions.epoch
        with self._database.read() as session:
            row = session.execute(
                select(UserSession, User)
                .join(User, User.id == UserSession.user_id)
                .where(UserSession.token_hash == hashed)
            ).one_or_none()
        if row is None or not self._is_valid(row[0], row[1], now):
            return None, False
        identity = _identity(row[1], "session", row[0].id, frozenset())
        renew = now - row[0].last_seen_at >= TOUCH_AFTER
        if renew:
            self._touch(UserSession, UserSession.last_seen_at.key, row[0].id, now)
        else:
            until = min(row[0].expires_at, row[0].last_seen_at + TOUCH_AFTER)
            self._sessions.store(hashed, identity, until, epoch=epoch)
        return identity, renew

    def cached_bearer(self, token: str, address: str) -> Identity | None:
        """The caller with this key if it is cached; needs no query."""
        cached = self._keys.get(token_hash(token))
        return cached if cached is not None and cached.allows_address(address) else None

    def by_bearer(self, token: str, address: str) -> Identity | None:
        """The caller with this key, with the key's scopes.

        Raises TokenInvalid for a key that is unknown, revoked or expired, and AddressRefused for a
        valid one that does not allow the caller's address; this does not count as a use of it.
        """
        kind: Via | None = None
        for start, via in BEARER_KINDS.items():
            kind = via if token.startswith(start) else kind
        if kind is None:
            raise unknown_token()
        now, hashed, epoch = self._clock.now(), token_hash(token), self._keys.epoch
        with self._database.read() as session:
            row = session.execute(
                select(ApiKey, User)
                .join(User, User.id == ApiKey.user_id)
                .where(ApiKey.token_hash == hashed, ApiKey.kind == kind)
            ).one_or_none()
        if row is None:
            raise unknown_token()
        if not _usable(row[0], row[1], now):
            raise _ended(row[0], now)
        identity = _holder(row[0], row[1], kind)
        if not identity.allows_address(address):
            logger.warning(
                "a key was used from an address that it does not allow", key=row[0].id, ip=address
            )
            raise AddressRefused
        if row[0].last_used_at is None or now - row[0].last_used_at >= TOUCH_AFTER:
            self._touch(ApiKey, ApiKey.last_used_at.key, row[0].id, now)
        self._keys.store(hashed, identity, row[0].expires_at, epoch=epoch)
        return identity

    def still_valid(self, callers: Collection[Identity]) -> set[Identity]:
        """Of callers authenticated earlier, those whose session or key is still valid."""
        now = self._clock.now()
        sessions = {c.credential_id for c in callers if c.via == "session"}
        keys = {c.credential_id for c in callers if c.via != "session"}
        with self._database.read() as session:
            of_sessions = session.execute(
                select(UserSession, User)
                .join(User, User.id == UserSession.user_id)
                .where(UserSession.id.in_(sessions))
            ).all()
            of_keys = session.execute(
                select(ApiKey, User)
                .join(User, User.id == ApiKey.user_id)
                .where(ApiKey.id.in_(keys))
            ).all()
        opened = {row.id for row, user in of_sessions if self._is_valid(row, user, now)}
        usable = {(row.id, row.token_hash) for row, user in of_keys if _usable(row, user, now)}
        return {
            c
            for c in callers
            if (
                c.credential_id in opened
                if c.via == "session"
                else (c.credential_id, c.secret_hash) in usable
            )
        }

    def _is_valid(self, row: UserSession, user: User, now: datetime) -> bool:
        is_fresh = now < row.expires_at and now < row.last_seen_at + self._life.idle
        return is_fresh and user.disabled_at is None

    def _touch(
        self, table: type[UserSession] | type[ApiKey], column: str, row: int, now: datetime
    ) -> None:
        # Not worth waiting for: the next request stores it.
        with (
            suppress(OperationalError),
            self._database.write(from_reserve=True, wait_s=0) as session,
        ):
            session.execute(update(table).where(table.id == row).values({column: now}))


def unknown_token() -> TokenInvalid:
    """The refusal of a token that this server never gave out, or replaced by another."""
    return TokenInvalid(
        "This server does not know the token: copy it again, or create one in the console under "
        "Workers, Tokens, or with `tradertape token create`.",
        code="token_unknown",
    )


def _ended(key: ApiKey, now: datetime) -> TokenInvalid:
    """The refusal of a key that was valid once."""
    if key.revoked_at is not None:
        return TokenInvalid("This token was revoked: create another.", code="token_revoked")
    if key.expires_at is not None and now >= key.expires_at:
        return TokenInvalid("This token has expired: create another.", code="token_expired")
    return TokenInvalid("The account of this token is disabled.", code="account_disabled")


def _usable(key: ApiKey, user: User, now: datetime) -> bool:
    is_fresh = key.expires_at is None or now < key.expires_at
    return is_fresh and key.revoked_at is None and user.disabled_at is None


def _identity(user: User, via: Via, credential: int, scopes: frozenset[str]) -> Identity:
    return Identity(user.id, user.email, user.name, user.is_admin, via, credential, scopes)


def _holder(key: ApiKey, user: User, kind: Via) -> Identity:
    known = _identity(user, kind, key.id, frozenset(key.scopes))
    networks = tuple(ip_network(one) for one in key.allowed_ips or ())
    accounts = tuple(key.account_scopes or ())
    return replace(known, account_scopes=accounts, networks=networks, secret_hash=key.token_hash)
