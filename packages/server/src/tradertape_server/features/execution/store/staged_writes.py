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
from tradertape_server.features.execution.ports import TimelineEvent
from tradertape_server.features.execution.store import batch_writes, mapping
from tradertape_server.features.execution.store.models import (
    SENDING,
    FillRow,
    IntentRow,
    OrderRow,
    OutboxRow,
    PositionRow,
    PostingRow,
)
from tradertape_server.features.execution.venues.outside import OutsideGtt, OutsideRequest

Row = dict[str, Any]
RequestKey = tuple[str, str, int]


@dataclass(slots=True)
class Staged:
    """Rows and values by table; `flush` writes them, each table in one go."""

    events: list[TimelineEvent] = field(default_factory=list[TimelineEvent])
    placed: dict[str, Order] = field(default_factory=dict[str, Order])
    changed: dict[str, Order] = field(default_factory=dict[str, Order])
    fills: list[Row] = field(default_factory=list[Row])
    postings: list[Row] = field(default_factory=list[Row])
    cash: dict[int, int] = field(default_factory=dict[int, int])  # balances, by account
    positions: dict[PositionKey, Position] = field(default_factory=dict[PositionKey, Position])
    requests: list[VenueRequest] = field(default_factory=list[VenueRequest])
    outside: list[OutsideRequest] = field(default_factory=list[OutsideRequest])
    again: list[OutsideRequest] = field(default_factory=list[OutsideRequest])  # rows are there
    gtts: list[OutsideGtt] = field(default_factory=list[OutsideGtt])  # their rows are the outbox
    answered_requests: list[RequestKey] = field(default_factory=list[RequestKey])
    doubted: dict[RequestKey, Row] = field(default_factory=dict[RequestKey, Row])
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
        batch_writes.add_events(connection, self.events)
        if self.events:
            batch_writes.move_cursor(connection, last_seq)
        batch_writes.add(connection, OrderRow, [mapping.order_row(o) for o in self.placed.values()])
        batch_writes.change_orders(
            connection, [mapping.changed_order_row(o) for o in self.changed.values()]
        )
        batch_writes.add(connection, FillRow, self.fills)
        batch_writes.add(connection, PostingRow, self.postings)
        batch_writes.change_cash(connection, self.cash)
        written = {
            key: {**mapping.position_row(one), "updated_at": now}
            for key, one in self.positions.items()
        }
        fresh = [row for key, row in written.items() if key not in stored_positions]
        known = [row for key, row in written.items() if key in stored_positions]
        batch_writes.add(connection, PositionRow, fresh)
        batch_writes.change_positions(connection, known)
        lease = {
            "status": SENDING,
            "attempts": 1,
            "looks": 0,
            "leased_by": owner,
            "created_at": now,
        }
        requests = (*self.requests, *(one.request for one in self.outside))
        outbox = [{**_request_row(one, order(one.order_id)), **lease} for one in requests]
        batch_writes.add(connection, OutboxRow, outbox)
        batch_writes.change_outbox(connection, list(self.doubted.values()))
        batch_writes.drop_outbox(connection, self.answered_requests)
        batch_writes.add(connection, IntentRow, list(self.reserved.values()))
        batch_writes.change_intents(connection, list(self.answered.values()))
        for write in self.others:
            write(session)


def _request_row(request: VenueRequest, order: Order | None) -> Row:
    if order is None:
        raise InvariantBroken(f"a request about {request.order_id}, which nobody placed")
    return mapping.request_row(request, order)
