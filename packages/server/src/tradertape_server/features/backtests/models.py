"""Tables of backtests: a row for lists, and the whole report beside it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base


class BacktestRun(Base):
    """One backtest as lists show it. `strategy_id` is None for a strategy sent inline."""

    __tablename__ = "backtest_runs"
    __table_args__ = (
        Index("ix_backtest_runs_user_id_id", "user_id", "id"),
        Index("ix_backtest_runs_status", "status"),
    )

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
    """A finished run's report as compressed JSON."""

    __tablename__ = "backtest_reports"

    run_id: Mapped[int] = mapped_column(
        ForeignKey("backtest_runs.id", ondelete="CASCADE"), primary_key=True
    )
    body: Mapped[bytes] = mapped_column(LargeBinary)


class BacktestStudy(Base):
    """A robustness study: many backtests, or one examined. Its rows are stored as they finish.

    `run_id` is the public id of the run it examines; None where the request held the backtest.
    """

    __tablename__ = "backtest_studies"
    __table_args__ = (
        Index("ix_backtest_studies_user_id_id", "user_id", "id"),
        Index("ix_backtest_studies_status", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120), default="")
    run_id: Mapped[str | None] = mapped_column(String(40))
    strategy_id: Mapped[int | None] = mapped_column(index=True)
    strategy_name: Mapped[str] = mapped_column(String(120))
    strategy_version: Mapped[int | None]
    universe: Mapped[str] = mapped_column(Text)
    data_set: Mapped[str] = mapped_column(String(60))
    data_version: Mapped[str] = mapped_column(String(80))
    is_simulated: Mapped[bool]
    start_date: Mapped[date]
    end_date: Mapped[date]
    metric: Mapped[str] = mapped_column(String(40))
    request: Mapped[dict[str, Any]]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int]
    eta_s: Mapped[float | None]
    # Counts the starts, so that a thread that was stopped cannot write into a study that another
    # has resumed.
    attempt: Mapped[int] = mapped_column(default=0)
    result: Mapped[bytes | None] = mapped_column(LargeBinary)
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class BacktestStudyRow(Base):
    """One finished piece of a study: a combination, a trial, a window."""

    __tablename__ = "backtest_study_rows"

    study_id: Mapped[int] = mapped_column(
        ForeignKey("backtest_studies.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]]
