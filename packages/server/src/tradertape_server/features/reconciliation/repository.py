"""SQL of reconciliation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tradertape_server.features.reconciliation.models import (
    IgnoredDifference,
    ReconciliationReport,
)


def report(session: Session, user_id: int) -> ReconciliationReport | None:
    """A person's last report."""
    return session.get(ReconciliationReport, user_id)


def keep(session: Session, user_id: int, at: datetime, document: dict[str, Any]) -> None:
    """Store a report in the place of the last one."""
    row = session.get(ReconciliationReport, user_id)
    if row is None:
        session.add(ReconciliationReport(user_id=user_id, checked_at=at, document=document))
    else:
        row.checked_at, row.document = at, document


def ignored(session: Session, user_id: int) -> list[IgnoredDifference]:
    """What a person ignores, also what is over."""
    found = select(IgnoredDifference).where(IgnoredDifference.user_id == user_id)
    return list(session.scalars(found))


def ignore(session: Session, row: IgnoredDifference) -> None:
    """Store what is ignored, in the place of what was ignored of the same instrument."""
    stop(session, row.user_id, row.scope, row.instrument)
    session.add(row)


def stop(session: Session, user_id: int, scope: str, instrument: str) -> bool:
    """Ignore it no longer. False where it was not ignored."""
    one = delete(IgnoredDifference).where(
        IgnoredDifference.user_id == user_id,
        IgnoredDifference.scope == scope,
        IgnoredDifference.instrument == instrument,
    )
    return bool(session.execute(one.returning(IgnoredDifference.id)).all())
