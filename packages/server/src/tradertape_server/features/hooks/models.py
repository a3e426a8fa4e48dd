"""Tables of incoming webhooks and of what they received."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base


def _user() -> Mapped[int]:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"))


class IncomingHook(Base):
    """An address that accepts alerts.

    token_hash: of the last part of its path. secret: of the signature or of the alert's text,
    encrypted; Chartink has none. portfolio_id: whose signals its alerts become; None: they become
    notifications.
    """

    __tablename__ = "incoming_hooks"
    __table_args__ = (Index("ix_incoming_hooks_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    name: Mapped[str] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(12))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    portfolio_id: Mapped[int | None] = mapped_column(
        ForeignKey("portfolios.id", ondelete="SET NULL")
    )
    is_enabled: Mapped[bool]
    last_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class HookCall(Base):
    """A call of a hook. key: what makes an alert this one; a second with it is a duplicate."""

    __tablename__ = "incoming_hook_calls"
    __table_args__ = (
        UniqueConstraint("hook_id", "key"),
        Index("ix_incoming_hook_calls_hook_id_at", "hook_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    hook_id: Mapped[int] = mapped_column(ForeignKey("incoming_hooks.id", ondelete="CASCADE"))
    key: Mapped[str | None] = mapped_column(String(80))
    outcome: Mapped[str] = mapped_column(String(12))
    detail: Mapped[str] = mapped_column(String(300))
    symbols: Mapped[list[str]] = mapped_column(JSON)
    at: Mapped[datetime]
