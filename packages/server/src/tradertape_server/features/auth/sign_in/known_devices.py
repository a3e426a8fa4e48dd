"""Browsers that have signed in to an account before, known by a cookie of their own.

The cookie signs nobody in. It only separates the owner's attempts from a stranger's, so that the
limits a stranger reaches are not the owner's. It is signed, so that a request can be told from a
stranger's before anything is read from the database.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tradertape_server.features.auth.models import KnownDevice, User
from tradertape_server.platform.secrets import (
    SecretBox,
    constant_time_equal,
    new_token,
    token_hash,
)

COOKIE = "kite_device"
LIFE = timedelta(days=365)
MAX_DEVICES = 20  # of one account


def is_of_our_making(token: str, secrets: SecretBox) -> bool:
    """Whether some account signed in with this cookie, now or formerly, in some browser."""
    made, _, signature = token.partition(".")
    return constant_time_equal(signature, secrets.code_hash(COOKIE, made))


def find_device(session: Session, token: str, email: str, now: datetime) -> int | None:
    """The id of the browser with this cookie among those of an account; None if it is none."""
    return session.scalar(
        select(KnownDevice.id)
        .join(User, User.id == KnownDevice.user_id)
        .where(
            KnownDevice.token_hash == token_hash(token),
            User.email == email,
            KnownDevice.last_used_at > now - LIFE,
        )
    )


def remember_device(
    session: Session, user_id: int, token: str, now: datetime, secrets: SecretBox
) -> str:
    """Make the browser known to the account it signs in to; returns its cookie from now on."""
    used = session.execute(
        update(KnownDevice)
        .where(KnownDevice.token_hash == token_hash(token), KnownDevice.user_id == user_id)
        .values(last_used_at=now)
        .returning(KnownDevice.id)
    ).first()
    if used is not None:
        return token
    # A cookie of our making: one that somebody planted would be known to them. Other accounts of
    # the same browser keep knowing it.
    made = _new_cookie(secrets)
    session.execute(
        update(KnownDevice)
        .where(KnownDevice.token_hash == token_hash(token))
        .values(token_hash=token_hash(made))
    )
    session.add(
        KnownDevice(user_id=user_id, token_hash=token_hash(made), created_at=now, last_used_at=now)
    )
    session.flush()
    _keep_the_newest(session, user_id)
    return made


def forget_devices(session: Session, user_id: int) -> None:
    """Know no browser of the account any more."""
    session.execute(delete(KnownDevice).where(KnownDevice.user_id == user_id))


def _new_cookie(secrets: SecretBox) -> str:
    made = new_token()
    return f"{made}.{secrets.code_hash(COOKIE, made)}"


def _keep_the_newest(session: Session, user_id: int) -> None:
    newest = (
        select(KnownDevice.id)
        .where(KnownDevice.user_id == user_id)
        .order_by(KnownDevice.last_used_at.desc(), KnownDevice.id.desc())
        .limit(MAX_DEVICES)
    )
    session.execute(
        delete(KnownDevice).where(
            KnownDevice.user_id == user_id, KnownDevice.id.not_in(newest.scalar_subquery())
        )
    )
