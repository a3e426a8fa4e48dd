"""Tables of workers: runs with session and protection, their P&L points, used safety tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_core.kernel.frozen import quickly_made
from tradertape_server.features.execution.orders.views import public_run_id
from tradertape_server.platform.database.engine import Base

Json = dict[str, Any]


class WorkerRun(Base):
    """A worker's stretch of strategy: its status, session, protection and option legs.

    venue: `dry_run`, `paper` or `broker`. environment: of its account when it was made: `paper`,
    `sandbox` or `live`. protection: the core's state as a document;
    protection_version increases with every change of it, so that of two concurrent changes one
    fails.
    """

    __tablename__ = "worker_runs"
    __table_args__ = (
        Index("ix_worker_runs_user_id_id", "user_id", "id"),
        Index("ix_worker_runs_status", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    strategy_run_id: Mapped[str] = mapped_column(String(120), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    account_id: Mapped[int]
    template_id: Mapped[str] = mapped_column(String(200))
    account_scope: Mapped[str] = mapped_column(String(80))
    venue: Mapped[str] = mapped_column("execution_mode", String(10))
    environment: Mapped[str] = mapped_column(String(10), default="live", server_default="live")
    status: Mapped[str] = mapped_column(String(12), default="open")
    status_reason: Mapped[str] = mapped_column(Text, default="")
    halted_by: Mapped[str | None] = mapped_column(String(12))  # kill_switch, protection
    summary_fields: Mapped[list[Json]] = mapped_column(JSON)
    risk_schema: Mapped[list[Json]] = mapped_column(JSON)
    allowed_actions: Mapped[list[str]]
    runtime_state: Mapped[Json]
    details: Mapped[Json]  # the worker's metadata
    recovery_status: Mapped[str] = mapped_column(String(12), default="none")
    protection: Mapped[Json | None] = mapped_column(JSON)
    protection_version: Mapped[int] = mapped_column(default=0)
    protection_status: Mapped[str] = mapped_column(String(12), default="unarmed")
    option_run: Mapped[Json | None] = mapped_column(JSON)
    exit_key: Mapped[str | None] = mapped_column(String(200))
    key_id: Mapped[int | None]  # of the token that created the run, or claimed it last

    session_nonce: Mapped[str | None] = mapped_column(String(64))
    session_key_id: Mapped[int | None]  # of the token that claimed it
    session_worker_id: Mapped[str | None] = mapped_column(String(120))
    session_claimed_at: Mapped[datetime | None]
    session_seen_at: Mapped[datetime | None]
    session_released_at: Mapped[datetime | None]
    last_heartbeat_at: Mapped[datetime | None]
    heartbeat: Mapped[Json | None] = mapped_column(JSON)

    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    @property
    def public_id(self) -> str:
        """Its id as its user named it."""
        return public_run_id(self.strategy_run_id)

    @property
    def strategy_name(self) -> str:
        """Its strategy as the worker calls it, else its template."""
        given = self.details.get("strategy_name")
        return given if isinstance(given, str) and given.strip() else self.template_id


class PnlPoint(Base):
    """A run's profit and loss at a moment, in paise: a point of the line on its page."""

    __tablename__ = "worker_pnl_points"
    __table_args__ = (Index("ix_worker_pnl_points_run_id_at", "run_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("worker_runs.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    net_paise: Mapped[int] = mapped_column(BigInteger)
    realised_paise: Mapped[int] = mapped_column(BigInteger)


class WorkerHeartbeat(Base):
    """The last heartbeat sent with a token, outside of any run."""

    __tablename__ = "worker_heartbeats"

    key_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    worker_id: Mapped[str | None] = mapped_column(String(120))
    status: Mapped[str] = mapped_column(String(40))
    metrics: Mapped[Json]
    at: Mapped[datetime]


class SpentToken(Base):
    """A safety token that was used; kept until it has expired for sure."""

    __tablename__ = "spent_safety_tokens"

    token_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    spent_at: Mapped[datetime] = mapped_column(index=True)


@quickly_made
@dataclass(frozen=True, slots=True)
class TradingRun:
    """The columns of a run that placing an order needs, as the order's transaction reads them.

    generation: of its protection, None where it never had one.
    """

    strategy_run_id: str
    user_id: int
    account_id: int
    account_scope: str
    venue: str
    status: str
    status_reason: str
    halted_by: str | None
    session_nonce: str | None
    session_seen_at: datetime | None
    session_released_at: datetime | None
    runtime_state: Json
    details: Json
    recovery_status: str
    protection_status: str
    option_run: Json | None
    generation: int | None

    @property
    def public_id(self) -> str:
        """Its id as its user named it."""
        return public_run_id(self.strategy_run_id)
