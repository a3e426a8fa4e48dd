"""All SQL of notifications."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from tradertape_server.features.notifications.models import (
    Channel,
    Delivery,
    Notification,
    Preferences,
    SourceState,
)

WAITING, SENDING, SENT = "waiting", "sending", "sent"
FAILED, UNKNOWN, CANCELLED = "failed", "unknown", "cancelled"


def channels(session: Session, user_id: int, *, usable: bool = False) -> Sequence[Channel]:
    """A person's channels, oldest first. usable: only those that can be sent to."""
    query = select(Channel).where(Channel.user_id == user_id).order_by(Channel.id)
    if usable:
        query = query.where(Channel.is_enabled)
    found = session.scalars(query).all()
    return [one for one in found if not usable or is_linked(one)]


def is_linked(row: Channel) -> bool:
    """Whether a channel has a recipient; a bot has one once a chat is linked."""
    return row.kind != "telegram" or row.chat_id is not None


def channel(session: Session, user_id: int, channel_id: int) -> Channel | None:
    """One of a person's channels, locked."""
    query = select(Channel).where(Channel.id == channel_id, Channel.user_id == user_id)
    return session.scalars(query.with_for_update()).one_or_none()


def bots(session: Session) -> Sequence[Channel]:
    """Every Telegram channel that is enabled."""
    query = select(Channel).where(Channel.kind == "telegram", Channel.is_enabled)
    return session.scalars(query.order_by(Channel.id)).all()


def preferences(session: Session, user_id: int) -> Preferences | None:
    """What a person chose; None where they chose nothing."""
    return session.get(Preferences, user_id)


def add(session: Session, values: dict[str, Any]) -> int | None:
    """Store a notification; None when one with its key is stored already."""
    dialect = session.get_bind().dialect.name
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(Notification)
    keys = ("user_id", "key")
    statement = insert.values(**values).on_conflict_do_nothing(index_elements=keys)
    return session.scalar(statement.returning(Notification.id))


def inbox(
    session: Session, user_id: int, *, unread: bool, limit: int, offset: int
) -> tuple[Sequence[Notification], int]:
    """What the console shows, newest first, and how many there are."""
    mine = [Notification.user_id == user_id, Notification.is_shown]
    if unread:
        mine.append(Notification.read_at.is_(None))
    total = session.scalar(select(func.count()).select_from(Notification).where(*mine)) or 0
    query = select(Notification).where(*mine).order_by(Notification.id.desc())
    return session.scalars(query.limit(limit).offset(offset)).all(), total


def unread(session: Session, user_id: int) -> tuple[int, int]:
    """How many are unread, and the id of the newest shown."""
    mine = (Notification.user_id == user_id, Notification.is_shown)
    count = select(func.count()).where(*mine, Notification.read_at.is_(None))
    newest = select(func.max(Notification.id)).where(*mine)
    return session.scalar(count) or 0, session.scalar(newest) or 0


def mark_read(session: Session, user_id: int, up_to: int, now: datetime) -> None:
    """Mark every notification up to an id as read."""
    session.execute(
        update(Notification)
        .where(
            Notification.user_id == user_id, Notification.id <= up_to,
            Notification.read_at.is_(None),
        )
        .values(read_at=now)
    )  # fmt: skip


def deliveries(
    session: Session, user_id: int, channel_id: int | None, limit: int, offset: int
) -> tuple[Sequence[tuple[Delivery, Notification]], int]:
    """The delivery log, newest first, and how long it is."""
    mine = [Delivery.user_id == user_id]
    if channel_id is not None:
        mine.append(Delivery.channel_id == channel_id)
    total = session.scalar(select(func.count()).select_from(Delivery).where(*mine)) or 0
    query = (
        select(Delivery, Notification)
        .join(Notification, Notification.id == Delivery.notification_id)
        .where(*mine)
        .order_by(Delivery.id.desc())
    )
    found = session.execute(query.limit(limit).offset(offset)).all()
    return [(one, of) for one, of in found], total


def due_channels(session: Session, now: datetime) -> Sequence[tuple[int, int]]:
    """Channels with deliveries that are due or were begun, with their user, the longest due first.

    Those in `sending` whose channel nobody holds were begun by a process that ended.
    """
    is_due = (Delivery.status == WAITING) & (Delivery.due_at <= now)
    query = (
        select(Delivery.channel_id, Delivery.user_id, func.min(Delivery.due_at).label("first"))
        .where(is_due | (Delivery.status == SENDING))
        .group_by(Delivery.channel_id, Delivery.user_id)
        .order_by("first")
    )
    return [(channel_id, user_id) for channel_id, user_id, _ in session.execute(query)]


def lock_channel(session: Session, channel_id: int) -> Channel | None:
    """A channel, locked; None when another process has it locked or it is gone."""
    query = select(Channel).where(Channel.id == channel_id).with_for_update(skip_locked=True)
    return session.scalars(query).one_or_none()


def waiting(session: Session, channel_id: int, now: datetime, most: int) -> Sequence[Delivery]:
    """What is due on a channel, the oldest first."""
    query = (
        select(Delivery)
        .where(
            Delivery.channel_id == channel_id, Delivery.status == WAITING, Delivery.due_at <= now
        )
        .order_by(Delivery.id)
    )
    return session.scalars(query.limit(most)).all()


def in_status(session: Session, channel_id: int, status: str) -> Sequence[Delivery]:
    """The deliveries of a channel in a status."""
    query = select(Delivery).where(Delivery.channel_id == channel_id, Delivery.status == status)
    return session.scalars(query.order_by(Delivery.id)).all()


def count_messages(session: Session, channel_id: int, since: datetime) -> int:
    """How many messages were sent to a channel since a time; a batch is one."""
    query = select(func.count(func.distinct(Delivery.batch))).where(
        Delivery.channel_id == channel_id, Delivery.sent_at >= since
    )
    return session.scalar(query) or 0


def batch(session: Session, ids: Collection[int]) -> Sequence[tuple[Delivery, Notification]]:
    """Deliveries with their notifications, oldest first."""
    query = (
        select(Delivery, Notification)
        .join(Notification, Notification.id == Delivery.notification_id)
        .where(Delivery.id.in_(ids))
        .order_by(Delivery.id)
    )
    return [(one, of) for one, of in session.execute(query).all()]


def source_state(session: Session, name: str) -> SourceState | None:
    """How far a source was read."""
    return session.get(SourceState, name)


def advance_source(session: Session, name: str, version: int, state: dict[str, Any]) -> bool:
    """Store how far a source was read; False if another process did so meanwhile."""
    if version == 0:
        dialect = session.get_bind().dialect.name
        insert = (postgresql if dialect == "postgresql" else sqlite).insert(SourceState)
        statement = insert.values(name=name, state=state, version=1).on_conflict_do_nothing()
        return session.scalar(statement.returning(SourceState.name)) is not None
    changed = session.execute(
        update(SourceState)
        .where(SourceState.name == name, SourceState.version == version)
        .values(state=state, version=version + 1)
        .returning(SourceState.name)
    )
    return changed.first() is not None


def prune(session: Session, before: datetime) -> None:
    """Delete old notifications, and with them their deliveries, unless one is still to be sent."""
    open_ones = select(Delivery.notification_id).where(Delivery.status.in_((WAITING, SENDING)))
    session.execute(
        delete(Notification).where(Notification.at < before, Notification.id.not_in(open_ones))
    )
