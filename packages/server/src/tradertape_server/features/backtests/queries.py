"""What other features and the command line may read of backtests, in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tradertape_server.features.backtests.models import BacktestRun, BacktestStudy
from tradertape_server.features.backtests.runs import repository

RUNS: Final = "runs"  # names of the job queues
STUDIES: Final = "studies"

_TABLES = {RUNS: BacktestRun, STUDIES: BacktestStudy}


@dataclass(frozen=True, slots=True)
class QueueState:
    """Jobs of one queue. counts: by status; oldest: when the longest queued one was created."""

    counts: dict[str, int]
    oldest: datetime | None


def queue_states(session: Session) -> dict[str, QueueState]:
    """The state of every job queue, by its name."""
    return {name: _state(session, table) for name, table in _TABLES.items()}


def why_strategy_in_use(session: Session, strategy_id: int) -> str | None:
    """Why a strategy cannot be deleted, when runs of it are queued or running; else None."""
    unfinished = repository.count_unfinished(session, strategy_id)
    if not unfinished:
        return None
    return f"Strategy {strategy_id} has {unfinished} unfinished backtests."


def _state(session: Session, table: type[BacktestRun | BacktestStudy]) -> QueueState:
    by_status = session.execute(select(table.status, func.count()).group_by(table.status))
    oldest = select(func.min(table.created_at)).where(table.status == "queued")
    return QueueState({row[0]: row[1] for row in by_status}, session.scalar(oldest))
