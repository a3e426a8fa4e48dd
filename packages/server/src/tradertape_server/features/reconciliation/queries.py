"""What other features may read of reconciliation, in the caller's transaction."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tradertape_server.features.reconciliation.models import Correction
from tradertape_server.features.reconciliation.repository import APPLIED


def version_of_actions(session: Session, user_id: int) -> tuple[int, int]:
    """Changes when a person applies a split or bonus, or undoes it: how many of each."""
    query = select(func.count(), func.count(Correction.undone_at)).where(
        Correction.user_id == user_id, Correction.action == APPLIED
    )
    applied, undone = session.execute(query).one()
    return applied, undone
