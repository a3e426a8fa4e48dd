"""Tables of notifications: what happened, the channels, and the outbox with its delivery log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base

Json = dict[str, Any]


def _user(**options: Any) -> Mapped[int]:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), **options)


class Channel(Base):
    """Where a person is notified.

    address: what people may see of it. secret: bot token, signing secret or URL, encrypted.
    fingerprint: a bot is used by one channel only, as its messages can be read once. chat_id: the
    linked Telegram chat. linked_at: when it was linked last. offset: the next update to read there.
    """

    __tablename__ = "notification_channels"
    __table_args__ = (Index("ix_notification_channels_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    kind: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(60))
    is_enabled: Mapped[bool]
    address: Mapped[str] = mapped_column(String(300))
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    fingerprint: Mapped[str | None] = mapped_column(String(64), unique=True)
    chat_id: Mapped[int | None] = mapped_column(BigInteger)
    chat_name: Mapped[str] = mapped_column(String(120), default="")
    linked_at: Mapped[datetime | None]
    link_hash: Mapped[str | None] = mapped_column(String(64))
    link_expires_at: Mapped[datetime | None]
    offset: Mapped[int] = mapped_column("update_offset", BigInteger, default=0)
    last_sent_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(String(300), default="")
    last_error_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Preferences(Base):
    """What a person wants to be sent, and when.

    modes: {event: {channel id, or `in_app`: mode}}, where it differs from the default. Minutes are
    counted from midnight in Indian time.
    """

    __tablename__ = "notification_preferences"

    user_id: Mapped[int] = _user(primary_key=True, autoincrement=False)
    modes: Mapped[Json] = mapped_column(JSON)
    quiet_from: Mapped[int | None]
    quiet_to: Mapped[int | None]
    digest_at: Mapped[int]
    updated_at: Mapped[datetime]


class Notification(Base):
    """Something that happened to a person; the same key happens once. is_shown: in the console."""

    __tablename__ = "notifications"
    __table_args__ = (
        Unique("user_id", "key"),
        Index("ix_notifications_user_id_is_shown_read_at", "user_id", "is_shown", "read_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    event: Mapped[str] = mapped_column(String(40))
    severity: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(String(300))
    subject: Mapped[Json] = mapped_column(JSON)
    at: Mapped[datetime]
    is_shown: Mapped[bool]
    read_at: Mapped[datetime | None]


class Delivery(Base):
    """One notification to one channel: a row of the outbox, and afterwards of the delivery log.

    batch: deliveries that are sent as one message, the same again when it is tried again.
    is_repeat: an earlier attempt may have arrived. attempts: each with time, outcome and reason.
    """

    __tablename__ = "notification_deliveries"
    __table_args__ = (
        Unique("notification_id", "channel_id"),
        Index("ix_notification_deliveries_status_due_at", "status", "due_at"),
        Index("ix_notification_deliveries_channel_id_sent_at", "channel_id", "sent_at"),
        Index("ix_notification_deliveries_user_id_id", "user_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    notification_id: Mapped[int] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(
        ForeignKey("notification_channels.id", ondelete="CASCADE")
    )
    status: Mapped[str] = mapped_column(String(10))
    batch: Mapped[str | None] = mapped_column(String(40))
    due_at: Mapped[datetime]
    is_repeat: Mapped[bool]
    attempts: Mapped[list[Json]] = mapped_column(JSON)
    sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class SourceState(Base):
    """How far a source of events was read."""

    __tablename__ = "notification_sources"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    state: Mapped[Json] = mapped_column(JSON)
    version: Mapped[int]
