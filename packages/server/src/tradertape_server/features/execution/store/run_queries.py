"""SQL over runs: what the pages of runs show of their events and positions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tradertape_core.ledger.position import Position
from tradertape_server.features.execution.ports import TimelineEvent
from tradertape_server.features.execution.store.mapping import position_of, timeline_event
from tradertape_server.features.execution.store.models import (
    IS_BROKEN_BASKET,
    ExecutionEvent,
    PositionRow,
    TradingAccount,
)


def positions(session: Session, run_ids: Collection[str]) -> dict[str, list[Position]]:
    """Open and closed positions of runs, by run id."""
    found: dict[str, list[Position]] = {run_id: [] for run_id in run_ids}
    for row in session.scalars(select(PositionRow).where(PositionRow.run_id.in_(run_ids))):
        position = position_of(row)
        found[position.key.run_id or ""].append(position)
    return found


def latest_events(
    session: Session, run_id: str, *, before: int | None, kind: str | None, limit: int
) -> list[TimelineEvent]:
    """A run's events before a cursor, newest first."""
    query = select(ExecutionEvent).where(ExecutionEvent.run_id == run_id)
    if before is not None:
        query = query.where(ExecutionEvent.seq < before)
    if kind is not None:
        query = query.where(ExecutionEvent.kind == kind)
    found = session.scalars(query.order_by(ExecutionEvent.seq.desc()).limit(limit))
    return [timeline_event(row) for row in found]


def last_event_at(session: Session, run_id: str, event_type: str) -> datetime | None:
    """When an event of this type last happened in a run; None where none did."""
    return session.scalar(
        select(ExecutionEvent.at)
        .where(ExecutionEvent.run_id == run_id, ExecutionEvent.event_type == event_type)
        .order_by(ExecutionEvent.seq.desc())
        .limit(1)
    )


def with_broken_baskets(session: Session, run_ids: Collection[str]) -> set[str | None]:
    """Those of the runs that lost a leg of a basket and have placed no order since."""
    seq, run_id = ExecutionEvent.seq, ExecutionEvent.run_id
    lost = select(run_id, func.max(seq)).where(IS_BROKEN_BASKET, run_id.in_(run_ids))
    found = session.execute(lost.group_by(run_id)).all() if run_ids else ()
    placed = ExecutionEvent.event_type == "order_placed"
    return {
        name
        for name, at in found
        if session.scalar(select(seq).where(run_id == name, seq > at, placed).limit(1)) is None
    }


def user_of_account(session: Session, account_id: int) -> int | None:
    """Whose a trading account is."""
    return session.scalar(select(TradingAccount.user_id).where(TradingAccount.id == account_id))
