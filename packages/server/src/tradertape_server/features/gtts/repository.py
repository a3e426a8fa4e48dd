"""SQL of the console's page of triggers; the rows belong to execution."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tradertape_core.orders.gtt import Gtt, GttStatus
from tradertape_core.orders.order import Order
from tradertape_server.features.execution.store import mapping
from tradertape_server.features.execution.store.models import GttRow, OrderRow, TradingAccount


def accounts(session: Session, user_id: int) -> list[tuple[TradingAccount, int]]:
    """A person's paper accounts, oldest first, with how many triggers wait on each."""
    waiting = (
        select(func.count())
        .where(GttRow.account_id == TradingAccount.id, GttRow.status == GttStatus.ACTIVE)
        .scalar_subquery()
    )
    query = select(TradingAccount, waiting).where(TradingAccount.user_id == user_id)
    found = session.execute(query.order_by(TradingAccount.id))
    return [(account, count) for account, count in found]


def page(
    session: Session, user_id: int, *, active: bool | None, limit: int, offset: int
) -> tuple[list[tuple[Gtt, str]], int]:
    """A page of a person's triggers with the scope of their account, newest change first."""
    query = (
        select(GttRow, TradingAccount.scope)
        .join(TradingAccount, TradingAccount.id == GttRow.account_id)
        .where(TradingAccount.user_id == user_id)
    )
    if active is not None:
        is_active = GttRow.status == GttStatus.ACTIVE
        query = query.where(is_active if active else ~is_active)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    newest = query.order_by(GttRow.updated_at.desc(), GttRow.id.desc())
    found = session.execute(newest.limit(limit).offset(offset))
    return [(mapping.gtt_of(row), scope) for row, scope in found], total


def owned(session: Session, user_id: int, gtt_id: int) -> tuple[Gtt, str] | None:
    """One of a person's triggers, with the scope of its account."""
    query = (
        select(GttRow, TradingAccount.scope)
        .join(TradingAccount, TradingAccount.id == GttRow.account_id)
        .where(TradingAccount.user_id == user_id, GttRow.id == gtt_id)
    )
    found = session.execute(query).one_or_none()
    return None if found is None else (mapping.gtt_of(found[0]), found[1])


def orders(session: Session, order_ids: Collection[str]) -> dict[str, Order]:
    """Orders by their id."""
    query = select(OrderRow).where(OrderRow.order_id.in_(order_ids))
    found: Sequence[OrderRow] = session.scalars(query).all() if order_ids else ()
    return {row.order_id: mapping.order_of(row) for row in found}
