"""The trading accounts that people prefer: chosen already when an order ticket opens."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tradertape_server.features.trading.models import PreferredAccount


def preferred(session: Session, user_id: int) -> dict[str, str]:
    """A person's accounts by segment; none where nothing is preferred."""
    query = select(PreferredAccount).where(PreferredAccount.user_id == user_id)
    return {row.segment: row.scope for row in session.scalars(query)}


def prefer(session: Session, user_id: int, scopes: Mapping[str, str | None]) -> None:
    """Replace what a person prefers."""
    session.execute(delete(PreferredAccount).where(PreferredAccount.user_id == user_id))
    session.add_all(
        PreferredAccount(user_id=user_id, segment=segment, scope=scope)
        for segment, scope in scopes.items()
        if scope is not None
    )
