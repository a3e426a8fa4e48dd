"""SQL of reconciliation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tradertape_server.features.reconciliation.models import (
    Correction,
    IgnoredDifference,
    ReconciliationReport,
)

APPLIED = "apply_action"  # it changed the positions: it is in them, not beside them


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


def lock_report(session: Session, user_id: int) -> None:
    """Let one correction of a person be made at a time."""
    session.get(ReconciliationReport, user_id, with_for_update=True)


def settle(session: Session, user_id: int, scope: str, instrument: str) -> None:
    """Take a difference out of the stored report: it is corrected."""
    row = session.get(ReconciliationReport, user_id)
    if row is not None:
        items = [
            item
            for item in row.document["items"]
            if (item["account_scope"], item["instrument"]) != (scope, instrument)
        ]
        row.document = {**row.document, "items": items}


def corrections(session: Session, user_id: int, *, scope: str | None = None) -> list[Correction]:
    """A person's corrections, newest first; undone ones too."""
    query = select(Correction).where(Correction.user_id == user_id)
    if scope is not None:
        query = query.where(Correction.scope == scope)
    return list(session.scalars(query.order_by(Correction.id.desc())))


def correction(session: Session, user_id: int, correction_id: int) -> Correction | None:
    """One of a person's corrections, locked."""
    row = session.get(Correction, correction_id, with_for_update=True)
    return row if row is not None and row.user_id == user_id else None
