"""Tables of agents: installations, leases, what they synchronised, tokens on their way."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base

Json = dict[str, Any]
INSTANCE = String(64)


def _user() -> Mapped[int]:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"))


class AgentInstance(Base):
    """An installation of the agent, as its header names it.

    is_watched: it was online, so that its silence is told once.
    """

    __tablename__ = "agent_instances"
    __table_args__ = (UniqueConstraint("user_id", "instance"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    instance: Mapped[str] = mapped_column(INSTANCE)
    version: Mapped[str | None] = mapped_column(String(40))
    brokers: Mapped[list[Json]] = mapped_column(JSON)
    auto_execute: Mapped[bool]
    obfuscation: Mapped[bool]
    is_watched: Mapped[bool]
    last_poll_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime]
    created_at: Mapped[datetime]


class AgentLease(Base):
    """Who may send the order of one attempt of a signal, and what was reported of it.

    key: names the attempt. state: `leased`, `withdrawn` (taken back before an agent had it),
    `reported`. gtt_id, order_id: execution's, one of the two. cancel_wanted: an order was reported
    that is not wanted any more, and is to be cancelled at the broker. is_scaled: its quantity is
    one of scaled units.
    """

    __tablename__ = "agent_leases"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("ix_agent_leases_user_id_state", "user_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    key: Mapped[str] = mapped_column(String(80))
    signal_id: Mapped[int]
    symbol: Mapped[str] = mapped_column(String(80))
    side: Mapped[str] = mapped_column(String(4))
    run_id: Mapped[str] = mapped_column(String(120))
    gtt_id: Mapped[int | None]
    order_id: Mapped[str | None] = mapped_column(String(40))
    instance: Mapped[str] = mapped_column(INSTANCE)
    state: Mapped[str] = mapped_column(String(10))
    leased_at: Mapped[datetime]
    lease_until: Mapped[datetime]
    outcome: Mapped[str | None] = mapped_column(String(20))
    reported_at: Mapped[datetime | None]
    broker: Mapped[str | None] = mapped_column(String(20))
    broker_gtt_id: Mapped[str | None] = mapped_column(String(80))
    broker_order_id: Mapped[str | None] = mapped_column(String(80))
    message: Mapped[str | None] = mapped_column(Text)
    fees: Mapped[Json | None] = mapped_column(JSON)
    cancel_wanted: Mapped[bool]
    is_scaled: Mapped[bool] = mapped_column(default=False, server_default=false())


class AgentSnapshot(Base):
    """What an agent last sent of a day: the holdings or positions at one broker.

    sealed: encrypted by the agent; its owner's browser and agents can read it, this server cannot.
    """

    __tablename__ = "agent_snapshots"
    __table_args__ = (UniqueConstraint("user_id", "kind", "broker", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    kind: Mapped[str] = mapped_column(String(10))
    broker: Mapped[str] = mapped_column(String(20))
    day: Mapped[date]
    as_of: Mapped[datetime]
    instance: Mapped[str] = mapped_column(INSTANCE)
    is_scaled: Mapped[bool]
    factor_id: Mapped[str | None] = mapped_column(String(64))
    rows: Mapped[list[Json]] = mapped_column(JSON)
    margins: Mapped[Json | None] = mapped_column(JSON)
    drift: Mapped[Json | None] = mapped_column(JSON)
    sealed: Mapped[str | None] = mapped_column(Text)


class AgentSetting(Base):
    """A person's own settings about agents."""

    __tablename__ = "agent_settings"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    obfuscation: Mapped[bool]
    changed_at: Mapped[datetime]


class AgentToken(Base):
    """A broker's token on its way, encrypted. kind: `request` waits for an agent, once; `access` is
    what an agent sent of the broker's session."""

    __tablename__ = "agent_tokens"
    __table_args__ = (UniqueConstraint("user_id", "kind", "broker"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    kind: Mapped[str] = mapped_column(String(10))
    broker: Mapped[str] = mapped_column(String(20))
    token: Mapped[bytes] = mapped_column(LargeBinary)
    broker_user: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
