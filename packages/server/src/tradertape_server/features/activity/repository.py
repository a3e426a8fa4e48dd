"""SQL of a person's doings in one instrument; the rows belong to execution and workers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from tradertape_core.ledger.position import Position
from tradertape_core.orders.gtt import Gtt, GttStatus
from tradertape_core.orders.order import Order
from tradertape_server.features.execution.store import mapping
from tradertape_server.features.execution.store.models import (
    FillRow,
    GttRow,
    OrderRow,
    TradingAccount,
    PositionRow,
)
from tradertape_server.features.workers.models import WorkerRun

MOST_FILLS = 500
WATCHING = ("armed", "triggered", "exiting", "failed")


def _accounts(user_id: int) -> Select[int]:
    return select(TradingAccount.id).where(TradingAccount.user_id == user_id)


def fills(session: Session, user_id: int, instrument: str) -> Sequence[FillRow]:
    """Trades, newest first."""
    return session.scalars(
        select(FillRow)
        .where(FillRow.account_id.in_(_accounts(user_id)), FillRow.instrument == instrument)
        .order_by(FillRow.id.desc())
        .limit(MOST_FILLS)
    ).all()


def open_orders(session: Session, user_id: int, instrument: str) -> list[Order]:
    """Orders that rest, oldest first."""
    query = select(OrderRow).where(
        OrderRow.account_id.in_(_accounts(user_id)),
        OrderRow.is_open,
        OrderRow.instrument == instrument,
    )
    return [mapping.order_of(row) for row in session.scalars(query.order_by(OrderRow.order_id))]


def waiting(session: Session, user_id: int, instrument: str) -> list[Gtt]:
    """Triggers that wait, oldest first."""
    query = select(GttRow).where(
        GttRow.account_id.in_(_accounts(user_id)),
        GttRow.status == GttStatus.ACTIVE,
        GttRow.instrument == instrument,
    )
    return [mapping.gtt_of(row) for row in session.scalars(query.order_by(GttRow.id))]


def positions(session: Session, user_id: int, instrument: str) -> list[Position]:
    """Open positions."""
    query = select(PositionRow).where(
        PositionRow.account_id.in_(_accounts(user_id)),
        PositionRow.is_open,
        PositionRow.instrument == instrument,
    )
    return [mapping.position_of(row) for row in session.scalars(query)]


def protected_runs(session: Session, user_id: int) -> Sequence[WorkerRun]:
    """A person's runs whose protection still has something to do."""
    query = select(WorkerRun).where(
        WorkerRun.user_id == user_id,
        WorkerRun.protection_status.in_(WATCHING),
        WorkerRun.status != "closed",
    )
    return session.scalars(query.order_by(WorkerRun.id)).all()
