"""What accounts ask of agents and has no report yet."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from tradertape_core.orders.gtt import OPEN, Gtt
from tradertape_core.orders.order import Order
from tradertape_server.features.execution.store import mapping
from tradertape_server.features.execution.store.models import GttRow, OrderRow, OutboxRow


def asked_gtts(session: Session, account_ids: Collection[int]) -> list[Gtt]:
    """Triggers about which something is asked, oldest first."""
    query = select(GttRow).where(GttRow.account_id.in_(account_ids), GttRow.status.in_(OPEN))
    found = [mapping.gtt_of(row) for row in session.scalars(query.order_by(GttRow.id))]
    return [one for one in found if one.at_broker is not None and one.at_broker.ask is not None]


def asked_orders(session: Session, account_ids: Collection[int]) -> list[tuple[Order, str]]:
    """Orders with what is asked about them, oldest first."""
    query = (
        select(OrderRow, OutboxRow.action)
        .join(OutboxRow, OutboxRow.order_id == OrderRow.order_id)
        .where(OutboxRow.account_id.in_(account_ids))
        .order_by(OutboxRow.id)
    )
    return [(mapping.order_of(row), action) for row, action in session.execute(query)]
