"""All SQL of backtests."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from tradertape_server.features.backtests.models import BacktestReport, BacktestRun
from tradertape_server.features.backtests.runs.run_filter import RunFilter

UNFINISHED = ("queued", "running")


def _conditions(user_id: int, wanted: RunFilter) -> list[ColumnElement[bool]]:
    found = [BacktestRun.user_id == user_id]
    for column, value in (
        (BacktestRun.strategy_id, wanted.strategy_id),
        (BacktestRun.universe, wanted.universe),
        (BacktestRun.data_set, wanted.data_set),
        (BacktestRun.status, wanted.status),
    ):
        if value is not None:
            found.append(column == value)
    if wanted.text:
        text = wanted.text.lower()
        found.append(
            or_(
                func.lower(BacktestRun.name).contains(text, autoescape=True),
                func.lower(BacktestRun.strategy_name).contains(text, autoescape=True),
            )
        )
    return found


def find(
    session: Session, user_id: int, wanted: RunFilter, *, limit: int, offset: int
) -> tuple[Sequence[BacktestRun], int]:
    """One page of a user's runs, newest first, and how many there are in all."""
    query = select(BacktestRun).where(*_conditions(user_id, wanted)).order_by(BacktestRun.id.desc())
    if wanted.tag is not None:
        # Tags are JSON, which SQLite and PostgreSQL query differently; a person has few runs.
        rows = [row for row in session.scalars(query) if wanted.tag in row.tags]
        return rows[offset : offset + limit], len(rows)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return session.scalars(query.limit(limit).offset(offset)).all(), total


def own(session: Session, user_id: int, public_id: str) -> BacktestRun | None:
    return session.scalars(
        select(BacktestRun).where(
            BacktestRun.public_id == public_id, BacktestRun.user_id == user_id
        )
    ).one_or_none()


def by_public_id(session: Session, public_id: str) -> BacktestRun:
    return session.scalars(select(BacktestRun).where(BacktestRun.public_id == public_id)).one()


def report(session: Session, run: BacktestRun) -> BacktestReport | None:
    return session.get(BacktestReport, run.id)


def latest_by_strategy(session: Session, user_id: int) -> Sequence[BacktestRun]:
    """The last finished run of each saved strategy."""
    newest = (
        select(func.max(BacktestRun.id))
        .where(
            BacktestRun.user_id == user_id,
            BacktestRun.status == "completed",
            BacktestRun.strategy_id.is_not(None),
        )
        .group_by(BacktestRun.strategy_id)
    )
    return session.scalars(
        select(BacktestRun).where(BacktestRun.id.in_(newest)).order_by(BacktestRun.id.desc())
    ).all()


def in_state(session: Session, status: str) -> list[tuple[int, int]]:
    """(run, user) of every run with a status, oldest first."""
    query = select(BacktestRun.id, BacktestRun.user_id).where(BacktestRun.status == status)
    return [(run, user) for run, user in session.execute(query.order_by(BacktestRun.id))]


def claim(session: Session, run: int) -> bool:
    """Start a queued run; False when it was cancelled, or another process is claiming it."""
    queued = select(BacktestRun.id).where(BacktestRun.id == run, BacktestRun.status == "queued")
    if session.scalar(queued.with_for_update(skip_locked=True)) is None:
        return False
    session.execute(update(BacktestRun).where(BacktestRun.id == run).values(status="running"))
    return True


def requeue(session: Session, runs: Collection[int]) -> None:
    """Queue runs again that a stop interrupted."""
    session.execute(
        update(BacktestRun)
        .where(BacktestRun.status == "running", BacktestRun.id.in_(runs))
        .values(status="queued")
    )


def count_unfinished(session: Session, strategy_id: int) -> int:
    """How many runs of a strategy are queued or running."""
    query = (
        select(func.count())
        .select_from(BacktestRun)
        .where(BacktestRun.strategy_id == strategy_id, BacktestRun.status.in_(UNFINISHED))
    )
    return session.scalar(query) or 0
