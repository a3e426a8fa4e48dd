"""What a transaction has still to write, and the writing of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from tradertape_core.execution.decision import VenueRequest
from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.orders.order import Order
from tradertape_server.features.execution import rows, writing
from tradertape_server.features.execution.models import (
    FillRow,
    IntentRow,
    OrderRow,
    OutboxRow,
    PositionRow,
    PostingRow,
)
from tradertape_server.features.execution.ports import Happened

Row = dict[str, Any]
RequestKey = tuple[str, str, int]


@dataclass(slots=True)
class Staged:
    """Rows and values by table; `flush` writes them, each table in one go."""

    events: list[Happened] = field(default_factory=list[Happened])
    placed: dict[str, Order] = field(default_factory=dict[str, Order])
    changed: dict[str, Order] = field(default_factory=dict[str, Order])
    fills: list[Row] = field(default_factory=list[Row])
    postings: list[Row] = field(default_factory=list[Row])
    positions: dict[PositionKey, Position] = field(default_factory=dict[PositionKey, Position])
    requests: list[VenueRequest] = field(default_factory=list[VenueRequest])
    told: list[RequestKey] = field(default_factory=list[RequestKey])
    reserved: dict[tuple[str, str], Row] = field(default_factory=dict[tuple[str, str], Row])
    answered: dict[tuple[str, str], Row] = field(default_factory=dict[tuple[str, str], Row])
    others: list[Callable[[Session], None]] = field(default_factory=list[Callable[[Session], None]])

    def flush(
        self,
        session: Session,
        connection: Connection,
        *,
        now: datetime,
        last_seq: int,
        owner: str,
        stored_positions: Collection[PositionKey],
        order: Callable[[str], Order | None],
    ) -> None:
        """Write it all. connection: the session's. stored_positions: keys that have a row; the
        others get one."""
        writing.add_events(connection, self.events)
        if self.events:
            writing.move_cursor(connection, last_seq)
        writing.add(connection, OrderRow, [rows.order_row(o) for o in self.placed.values()])
        writing.change_orders(
            connection, [rows.changed_order_row(o) for o in self.changed.values()]
        )
        writing.add(connection, FillRow, self.fills)
        writing.add(connection, PostingRow, self.postings)
        written = {
            key: {**rows.position_row(one), "updated_at": now}
            for key, one in self.positions.items()
        }
        fresh = [row for key, row in written.items() if key not in stored_positions]
        known = [row for key, row in written.items() if key in stored_positions]
        writing.add(connection, PositionRow, fresh)
        writing.change_positions(connection, known)
        lease = {"status": "sending", "attempts": 1, "leased_by": owner, "created_at": now}
        outbox = [{**_request_row(one, order(one.order_id)), **lease} for one in self.requests]
        writing.add(connection, OutboxRow, outbox)
        writing.drop_outbox(connection, self.told)
        writing.add(connection, IntentRow, list(self.reserved.values()))
        writing.change_intents(connection, list(self.answered.values()))
        for write in self.others:
            write(session)


def _request_row(request: VenueRequest, order: Order | None) -> Row:
    if order is None:
        raise InvariantBroken(f"a request about {request.order_id}, which nobody placed")
    return rows.request_row(request, order)
