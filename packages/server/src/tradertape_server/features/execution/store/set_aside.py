"""SQL of what was put aside because it could not be done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tradertape_server.features.execution.store.models import SetAsideRow


def add(
    session: Session,
    *,
    kind: str,
    name: str,
    account_id: int | None,
    run_id: str | None,
    reason: str,
    times: int,
    at: datetime,
) -> None:
    """Store a failure; of what failed before, count it and keep the last reason."""
    query = select(SetAsideRow).where(SetAsideRow.kind == kind, SetAsideRow.name == name)
    row = session.scalar(query)
    if row is None:
        row = SetAsideRow(kind=kind, name=name, times=0, first_at=at)
        session.add(row)
    row.account_id, row.run_id = account_id, run_id
    row.reason, row.last_at = reason, at
    row.times += times


def drop_before(session: Session, moment: datetime) -> None:
    """Forget what has not failed since a moment."""
    session.execute(delete(SetAsideRow).where(SetAsideRow.last_at < moment))


def latest(session: Session, *, most: int) -> Sequence[SetAsideRow]:
    """What failed, the newest first."""
    return session.scalars(
        select(SetAsideRow).order_by(SetAsideRow.last_at.desc()).limit(most)
    ).all()


def runs(session: Session, since: datetime, run_ids: Collection[str]) -> set[str | None]:
    """Those of the runs of which something failed since a moment."""
    query = select(SetAsideRow.run_id).where(SetAsideRow.last_at >= since)
    return set(session.scalars(query.where(SetAsideRow.run_id.in_(run_ids)))) if run_ids else set()


def counts(session: Session, since: datetime) -> dict[str, int]:
    """How many different things of each kind failed since a moment."""
    query = select(SetAsideRow.kind, func.count()).where(SetAsideRow.last_at >= since)
    found = session.execute(query.group_by(SetAsideRow.kind))
    return {row.kind: row[1] for row in found}
