"""Tables of backtests: a row for lists, and the whole report beside it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database import Base


class BacktestRun(Base):
    """One backtest as lists show it. `strategy_id` is None for a strategy sent inline."""

    __tablename__ = "backtest_runs"
    __table_args__ = (Index("ix_backtest_runs_user_id_id", "user_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120), default="")
    tags: Mapped[list[str]]
    strategy_id: Mapped[int | None] = mapped_column(index=True)
    strategy_name: Mapped[str] = mapped_column(String(120))
    strategy_version: Mapped[int | None]
    universe: Mapped[str] = mapped_column(Text)
    data_set: Mapped[str] = mapped_column(String(60))
    data_version: Mapped[str] = mapped_column(String(80), default="")
    is_simulated: Mapped[bool] = mapped_column(default=False)
    start_date: Mapped[date]
    end_date: Mapped[date]
    request: Mapped[dict[str, Any]]
    headline: Mapped[dict[str, Any]]
    error: Mapped[str] = mapped_column(Text, default="")
    took_ms: Mapped[float | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class BacktestReport(Base):
    """A finished run's report: compressed JSON, the bytes that were answered."""

    __tablename__ = "backtest_reports"

    run_id: Mapped[int] = mapped_column(
        ForeignKey("backtest_runs.id", ondelete="CASCADE"), primary_key=True
    )
    body: Mapped[bytes] = mapped_column(LargeBinary)
