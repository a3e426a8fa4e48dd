"""All SQL of studies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tradertape_server.features.backtests.models import BacktestStudy, BacktestStudyRow
from tradertape_server.features.backtests.runs.repository import UNFINISHED


def find(
    session: Session,
    user_id: int,
    *,
    kind: str | None,
    status: str | None,
    run_id: str | None,
    limit: int,
    offset: int,
) -> tuple[Sequence[BacktestStudy], int]:
    """One page of a user's studies, newest first, and how many there are in all."""
    conditions = [BacktestStudy.user_id == user_id]
    for column, value in (
        (BacktestStudy.kind, kind),
        (BacktestStudy.status, status),
        (BacktestStudy.run_id, run_id),
    ):
        if value is not None:
            conditions.append(column == value)
    query = select(BacktestStudy).where(*conditions)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = query.order_by(BacktestStudy.id.desc()).limit(limit).offset(offset)
    return session.scalars(page).all(), total


def own(session: Session, user_id: int, public_id: str) -> BacktestStudy | None:
    """A study of this user."""
    return session.scalars(
        select(BacktestStudy).where(
            BacktestStudy.public_id == public_id, BacktestStudy.user_id == user_id
        )
    ).one_or_none()


def unfinished_of(session: Session, user_id: int) -> int:
    """How many of a user's studies are queued or running."""
    query = select(func.count()).where(
        BacktestStudy.user_id == user_id, BacktestStudy.status.in_(UNFINISHED)
    )
    return session.scalar(query) or 0


def kept_of(session: Session, user_id: int) -> int:
    """How many studies a user keeps."""
    return session.scalar(select(func.count()).where(BacktestStudy.user_id == user_id)) or 0


def rows(session: Session, study_id: int) -> dict[int, dict[str, Any]]:
    """Every finished piece by its number."""
    table = BacktestStudyRow
    found = session.execute(
        select(table.number, table.body).where(table.study_id == study_id).order_by(table.number)
    )
    return {row.number: row.body for row in found}


def page_of_rows(
    session: Session, study_id: int, *, limit: int, offset: int
) -> tuple[list[dict[str, Any]], int]:
    """Some pieces in the order of their numbers, and how many there are."""
    table = BacktestStudyRow
    total = session.scalar(select(func.count()).where(table.study_id == study_id)) or 0
    query = select(table.number, table.body).where(table.study_id == study_id)
    found = session.execute(query.order_by(table.number).limit(limit).offset(offset))
    return [{"number": number, **body} for number, body in found], total


def add_rows(session: Session, study_id: int, pieces: Iterable[tuple[int, dict[str, Any]]]) -> None:
    """Store finished pieces."""
    session.add_all(
        BacktestStudyRow(study_id=study_id, number=number, body=body) for number, body in pieces
    )


def drop_rows(session: Session, study_id: int) -> None:
    """Delete every piece."""
    session.execute(delete(BacktestStudyRow).where(BacktestStudyRow.study_id == study_id))


def lock(session: Session, study_id: int, *, wait: bool = True) -> tuple[str, int] | None:
    """Status and attempt of a study, locked until the transaction ends; None: it was deleted.

    Without `wait` also None where another process has the lock.
    """
    table = BacktestStudy
    query = select(table.status, table.attempt).where(table.id == study_id)
    found = session.execute(query.with_for_update(skip_locked=not wait)).one_or_none()
    return None if found is None else (found[0], found[1])


def change(session: Session, study_id: int, **values: Any) -> None:
    """Change columns of a study that is locked."""
    session.execute(update(BacktestStudy).where(BacktestStudy.id == study_id).values(**values))


def claim(session: Session, study_id: int, now: datetime) -> int | None:
    """Start a queued study and return its attempt; None when it was cancelled, or another process
    is claiming it."""
    held = lock(session, study_id, wait=False)
    if held is None or held[0] != "queued":
        return None
    attempt = held[1] + 1
    change(session, study_id, status="running", attempt=attempt, started_at=now, error="")
    return attempt


def in_state(session: Session, status: str) -> list[tuple[int, int]]:
    """(study, user) of every study with a status, oldest first."""
    query = select(BacktestStudy.id, BacktestStudy.user_id).where(BacktestStudy.status == status)
    return [(one, user) for one, user in session.execute(query.order_by(BacktestStudy.id))]


def requeue(session: Session, studies: Collection[int]) -> None:
    """Queue studies again that a stop interrupted."""
    session.execute(
        update(BacktestStudy)
        .where(BacktestStudy.status == "running", BacktestStudy.id.in_(studies))
        .values(status="queued")
    )
