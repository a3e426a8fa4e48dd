"""Reads of accounts for other features and the command line, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from tradertape_server.features.auth import repository
from tradertape_server.features.auth.administration import user_row
from tradertape_server.features.auth.models import ApiKey, User
from tradertape_server.features.auth.schemas import KeyRow, UserRow
from tradertape_server.features.auth.token_limits import NO_LIMITS, TokenLimits
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.key_rotation import SealedColumn

SEALED_COLUMNS = (SealedColumn(User, "totp_secret"),)


def display_names(session: Session, user_ids: Collection[int]) -> dict[int, str]:
    """The names under which accounts are shown to others; never an e-mail address."""
    if not user_ids:
        return {}
    found = session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))
    return {user_id: name or f"User {user_id}" for user_id, name in found}


def account_by_email(session: Session, email: str) -> Identity | None:
    """The account of an e-mail address, as an identity without a credential; None without one."""
    user = repository.user_by_email(session, email.strip().lower())
    return None if user is None else _identity(user)


def email_of(session: Session, user_id: int) -> str | None:
    """The address of an account to send mail to; None of one that is disabled or deleted."""
    user = session.get(User, user_id)
    return None if user is None or user.disabled_at is not None else user.email


def first_administrator(session: Session) -> Identity | None:
    """The administrator with the oldest account; None if there is none."""
    user = session.scalars(select(User).where(User.is_admin).order_by(User.id)).first()
    return None if user is None else _identity(user)


def is_alone(session: Session, user_id: int) -> bool:
    """Whether nobody else has an account that can be signed in to."""
    others = select(User.id).where(User.id != user_id, User.disabled_at.is_(None)).limit(1)
    return session.scalar(others) is None


def all_accounts(session: Session) -> list[UserRow]:
    """Every account, oldest first."""
    return [user_row(user) for user in session.scalars(select(User).order_by(User.id))]


def active_keys(session: Session, user_id: int, kind: str) -> list[KeyRow]:
    """An account's keys of a kind that are not revoked, newest first; without the secrets."""
    return [KeyRow.model_validate(row) for row in repository.keys_of(session, user_id, kind)]


def token_limits(session: Session, caller: Identity) -> TokenLimits:
    """What the caller's worker token gives to the runs it creates; nothing without a token."""
    if caller.via != "worker":
        return NO_LIMITS
    bands = (ApiKey.price_band_pct, ApiKey.option_price_band_pct)
    found = session.execute(select(*bands).where(ApiKey.id == caller.credential_id)).one_or_none()
    return NO_LIMITS if found is None else TokenLimits(*found)


def _identity(user: User) -> Identity:
    return Identity(user.id, user.email, user.name, user.is_admin, "session", 0)


def account_by_id(session: Session, user_id: int) -> Identity | None:
    """An account, as an identity without a credential; None where it is gone."""
    user = session.get(User, user_id)
    return None if user is None else _identity(user)
