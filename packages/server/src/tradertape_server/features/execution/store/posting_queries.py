"""SQL of what was posted: what a reversal reads and removes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST
from tradertape_core.ledger.journal import LedgerAccount
from tradertape_core.ledger.position import PositionKey
from tradertape_core.orders.order import Fill
from tradertape_server.features.execution.ports import TimelineEvent
from tradertape_server.features.execution.store.mapping import timeline_event
from tradertape_server.features.execution.store.models import (
    ExecutionEvent,
    FillRow,
    PositionRow,
    PostingRow,
)


def story(
    session: Session, *, account_id: int, run_id: str | None, event_types: Collection[str]
) -> list[TimelineEvent]:
    """Events of some kinds of a run (None: of what belongs to no run), oldest first."""
    query = select(ExecutionEvent).where(
        ExecutionEvent.account_id == account_id,
        ExecutionEvent.run_id == run_id,
        ExecutionEvent.event_type.in_(event_types),
    )
    return [timeline_event(row) for row in session.scalars(query.order_by(ExecutionEvent.seq))]


def entry(session: Session, account_id: int, name: str) -> list[tuple[str, int]]:
    """The lines of a double entry: ledger account and paise."""
    query = select(PostingRow.ledger, PostingRow.amount_paise).where(
        PostingRow.account_id == account_id, PostingRow.entry == name
    )
    return [(ledger, paise) for ledger, paise in session.execute(query.order_by(PostingRow.id))]


def cash_of_runs(session: Session, account_id: int, prefix: str) -> int:
    """What the runs whose ids begin with `prefix` have moved of an account's cash, in paise."""
    query = select(func.sum(PostingRow.amount_paise)).where(
        PostingRow.account_id == account_id,
        PostingRow.run_id.startswith(prefix, autoescape=True),
        PostingRow.ledger == str(LedgerAccount.CASH),
    )
    return int(session.scalar(query) or 0)


def positions_since(session: Session, key: PositionKey, day: date) -> list[PositionKey]:
    """The positions of a key's account in its scrip and product that moved on `day` or later."""
    midnight = datetime.combine(day, time(), tzinfo=IST)
    query = select(PositionRow.run_id).where(
        PositionRow.account_id == int(key.account),
        PositionRow.instrument == key.instrument,
        PositionRow.product == str(key.product),
        PositionRow.updated_at >= midnight,
    )
    return [replace(key, run_id=run_id or None) for run_id in session.scalars(query)]


def fill_charges(session: Session, fill: Fill) -> dict[str, Any]:
    """What a fill cost, by component; nothing for one that is not listed."""
    return session.scalar(select(FillRow.charges).where(*_is(fill))) or {}


def drop_fill(session: Session, fill: Fill) -> None:
    """Take a fill off the list."""
    session.execute(delete(FillRow).where(*_is(fill)))


def _is(fill: Fill) -> tuple[Any, ...]:
    return FillRow.account_id == int(fill.account), FillRow.trade_id == fill.trade_id
