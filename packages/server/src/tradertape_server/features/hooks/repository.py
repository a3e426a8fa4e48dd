"""All SQL of incoming webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tradertape_server.features.hooks.models import HookCall, IncomingHook


def of_user(session: Session, user_id: int) -> Sequence[IncomingHook]:
    """A person's hooks, oldest first."""
    query = select(IncomingHook).where(IncomingHook.user_id == user_id).order_by(IncomingHook.id)
    return session.scalars(query).all()


def own(session: Session, user_id: int, hook_id: int) -> IncomingHook | None:
    """One of a person's hooks, locked."""
    query = select(IncomingHook).where(IncomingHook.id == hook_id, IncomingHook.user_id == user_id)
    return session.scalars(query.with_for_update()).one_or_none()


def by_token(session: Session, token_hash: str, *, lock: bool) -> IncomingHook | None:
    """The hook of an address; locked, its calls are one after the other."""
    query = select(IncomingHook).where(IncomingHook.token_hash == token_hash)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def count_calls(session: Session, hook_id: int, since: datetime) -> int:
    """How many calls a hook had since a time."""
    query = select(func.count()).where(HookCall.hook_id == hook_id, HookCall.at > since)
    return session.scalar(query) or 0


def is_known(session: Session, hook_id: int, keys: Sequence[str]) -> bool:
    """Whether an alert with one of these keys was received."""
    query = select(HookCall.id).where(HookCall.hook_id == hook_id, HookCall.key.in_(keys))
    return session.scalars(query).first() is not None


def calls(session: Session, hook_id: int, limit: int) -> Sequence[HookCall]:
    """The last calls of a hook, newest first."""
    query = select(HookCall).where(HookCall.hook_id == hook_id).order_by(HookCall.id.desc())
    return session.scalars(query.limit(limit)).all()


def prune(session: Session, hook_id: int, before: datetime) -> None:
    """Delete old calls of a hook."""
    session.execute(delete(HookCall).where(HookCall.hook_id == hook_id, HookCall.at < before))
