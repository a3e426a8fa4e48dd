"""All SQL of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from tradertape_server.features.auth.models import (
    ApiKey,
    AuditEntry,
    SignInCode,
    User,
    UserSession,
)
from tradertape_server.platform.errors import NotFound

CLOCK_SKEW = timedelta(minutes=1)  # of the clocks of several processes


def user_by_email(session: Session, email: str) -> User | None:
    """The account of an e-mail address, which must be in lower case."""
    return session.scalar(select(User).where(User.email == email))


def user_by_id(session: Session, user_id: int, *, lock: bool = False) -> User:
    """An account by id. lock: hold its row lock until the transaction ends. Raises NotFound."""
    user = session.get(User, user_id, with_for_update=lock)
    if user is None:
        raise NotFound("Account")
    return user


def add_user(session: Session, email: str, *, now: datetime, is_admin: bool = False) -> User:
    """Add an account without a password."""
    user = User(email=email, is_admin=is_admin, created_at=now)
    session.add(user)
    session.flush()
    return user


def has_users(session: Session) -> bool:
    """Whether there is any account."""
    return session.scalar(select(User.id).limit(1)) is not None


def users(session: Session, *, limit: int, offset: int) -> tuple[Sequence[User], int]:
    """A page of the accounts in the order of creation, and their total number."""
    rows = session.scalars(select(User).order_by(User.id).limit(limit).offset(offset)).all()
    return rows, session.scalar(select(func.count()).select_from(User)) or 0


def code_to_match(
    session: Session, email: str, browser_hash: str, now: datetime
) -> SignInCode | None:
    """The valid code that digits typed in a browser are compared with: not expired, with attempts
    left; the newest of those that the browser asked for, else the newest of the e-mail address."""
    valid = (SignInCode.email == email, SignInCode.tries_left > 0, *_in_time(now))
    its_own_first = (SignInCode.browser_hash == browser_hash).desc()
    newest = select(SignInCode).where(*valid).order_by(its_own_first, SignInCode.id.desc()).limit(1)
    return session.scalar(newest.with_for_update())


def code_by_link(session: Session, link_hash: str, now: datetime) -> SignInCode | None:
    """The unexpired code that a link belongs to."""
    valid = (SignInCode.link_hash == link_hash, *_in_time(now))
    return session.scalar(select(SignInCode).where(*valid).with_for_update())


def _in_time(now: datetime) -> tuple[ColumnElement[bool], ...]:
    # Made later than now: the clock was set back, and its end is further away than it should be.
    return (SignInCode.expires_at > now, SignInCode.created_at <= now + CLOCK_SKEW)


def use_attempt(session: Session, code: SignInCode, browser_hash: str) -> bool:
    """Use one of the code's attempts if the browser asked for it.

    Returns False when another of its requests used the last one.
    """
    used = session.execute(
        update(SignInCode)
        .where(
            SignInCode.id == code.id,
            SignInCode.browser_hash == browser_hash,
            SignInCode.tries_left > 0,
        )
        .values(tries_left=SignInCode.tries_left - 1)
        .returning(SignInCode.id)
    )
    return used.first() is not None or code.browser_hash != browser_hash


def delete_codes_of_browser(session: Session, email: str, browser_hash: str, now: datetime) -> None:
    """Delete the codes of an e-mail address that a browser asked for, and all expired ones."""
    of_browser = (SignInCode.email == email) & (SignInCode.browser_hash == browser_hash)
    session.execute(delete(SignInCode).where(of_browser | (SignInCode.expires_at < now)))


def delete_codes(session: Session, email: str, now: datetime) -> None:
    """Delete the codes of an e-mail address and all expired ones."""
    session.execute(
        delete(SignInCode).where((SignInCode.email == email) | (SignInCode.expires_at < now))
    )


def sessions_of(session: Session, user_id: int) -> Sequence[UserSession]:
    """The account's sessions, most recently used first."""
    return session.scalars(
        select(UserSession)
        .where(UserSession.user_id == user_id)
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    ).all()


def end_session(session: Session, user_id: int, session_id: int) -> None:
    """End one session of the account; raises NotFound."""
    deleted = session.execute(
        delete(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == user_id)
        .returning(UserSession.id)
    )
    if deleted.first() is None:
        raise NotFound("Session")


def end_sessions(session: Session, user_id: int, *, except_id: int | None = None) -> None:
    """End every session of the account, except `except_id` if given."""
    statement = delete(UserSession).where(UserSession.user_id == user_id)
    if except_id is not None:
        statement = statement.where(UserSession.id != except_id)
    session.execute(statement)


def end_session_by_hash(session: Session, token_hash: str) -> None:
    """End the session with this token, if there is one."""
    session.execute(delete(UserSession).where(UserSession.token_hash == token_hash))


def delete_ended_sessions(session: Session, *, now: datetime, unused_since: datetime) -> None:
    """Delete expired sessions and those not used since `unused_since`."""
    session.execute(
        delete(UserSession).where(
            (UserSession.expires_at < now) | (UserSession.last_seen_at < unused_since)
        )
    )


def keys_of(session: Session, user_id: int, kind: str) -> Sequence[ApiKey]:
    """The account's keys that are not revoked, newest first."""
    return session.scalars(
        select(ApiKey)
        .where(ApiKey.user_id == user_id, ApiKey.kind == kind, ApiKey.revoked_at.is_(None))
        .order_by(ApiKey.id.desc())
    ).all()


def key_of(session: Session, user_id: int, kind: str, key_id: int) -> ApiKey:
    """One of the account's keys. Raises NotFound, also for a revoked one."""
    key = session.scalar(
        select(ApiKey).where(
            ApiKey.id == key_id,
            ApiKey.user_id == user_id,
            ApiKey.kind == kind,
            ApiKey.revoked_at.is_(None),
        )
    )
    if key is None:
        raise NotFound("Key")
    return key


def audit_entries(
    session: Session, *, user_id: int | None, limit: int, offset: int
) -> tuple[Sequence[AuditEntry], int]:
    """A page of the audit log, newest first, of one account or all; and the total length."""
    which = [] if user_id is None else [AuditEntry.user_id == user_id]
    rows = session.scalars(
        select(AuditEntry).where(*which).order_by(AuditEntry.id.desc()).limit(limit).offset(offset)
    ).all()
    return rows, session.scalar(select(func.count(AuditEntry.id)).where(*which)) or 0
