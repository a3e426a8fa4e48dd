"""Core types as rows of tables and back; nothing else knows how they are stored.

A `document` is the dataclass itself: the driver's JSON writer takes it as it is, members that are
None included, and `from_document` reads those as it reads members that are left out.
"""

from __future__ import annotations

from typing import Any, TypeVar

from tradertape_core.execution.decision import Alter, Submit, VenueRequest, Withdraw
from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.ledger.charges import COMPONENTS, Charges
from tradertape_core.ledger.journal import Postings
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.orders.codec import from_document, to_document, without_nulls
from tradertape_core.orders.gtt import Gtt
from tradertape_core.orders.order import Change, Fill, Order
from tradertape_server.features.execution.ports import TimelineEvent
from tradertape_server.features.execution.store.models import (
    ExecutionEvent,
    GttRow,
    IntentRow,
    OrderRow,
    PositionRow,
)
from tradertape_server.features.execution.store.timeline_text import EVENT_TYPES

Row = dict[str, Any]
Value = TypeVar("Value")


def order_row(order: Order) -> Row:
    """An order as its row."""
    return {
        "order_id": order.order_id,
        "account_id": int(order.account),
        "run_id": order.run_id,
        "venue": order.venue,
        "tag": order.tag,
        "venue_order_id": order.venue_order_id,
        "instrument": order.request.instrument,
        "status": str(order.status),
        "is_open": order.is_open,
        "document": order,
        "placed_at": order.placed_at,
        "updated_at": order.updated_at,
    }


def changed_order_row(order: Order) -> Row:
    """The same of an order that has one: what an order keeps for life is left as it is, and the
    indexes on it."""
    return {
        "order_id": order.order_id,
        "status": str(order.status),
        "is_open": order.is_open,
        "document": order,
        "updated_at": order.updated_at,
        **({} if order.venue_order_id is None else {"venue_order_id": order.venue_order_id}),
    }


def order_of(row: OrderRow) -> Order:
    """The order a row holds. Raises InvariantBroken where its document is not of this order."""
    order = from_document(Order, row.document)
    return _checked(
        order, (order.order_id, order.request.instrument), (row.order_id, row.instrument)
    )


def fill_row(fill: Fill, charges: Charges) -> Row:
    """A fill and what it cost."""
    return {
        "account_id": int(fill.account),
        "trade_id": fill.trade_id,
        "order_id": fill.order_id,
        "run_id": fill.run_id,
        "instrument": fill.instrument,
        "product": str(fill.product),
        "side": str(fill.side),
        "quantity": fill.quantity,
        "price": fill.price,
        "charges_paise": charges.total,
        "charges": {name: paise for name in COMPONENTS if (paise := getattr(charges, name))},
        "at": fill.at,
    }


def posting_rows(postings: Postings) -> list[Row]:
    """One row for each line of a double entry."""
    account_id, entry = int(postings.account), f"{postings.kind}:{postings.reference}"
    run_id, instrument, at = postings.run_id, postings.instrument, postings.at
    return [
        {
            "account_id": account_id,
            "entry": entry,
            "ledger": str(line.account),
            "run_id": run_id,
            "instrument": instrument,
            "amount_paise": line.paise,
            "at": at,
        }
        for line in postings.entries
    ]


def position_row(position: Position) -> Row:
    """A position as its row."""
    return {
        **position_id(position.key),
        "quantity": position.quantity,
        "is_open": position.is_open,
        "document": position,
    }


def position_of(row: PositionRow) -> Position:
    """The position a row holds. Raises InvariantBroken where its document is not of this one."""
    position = from_document(Position, row.document)
    key = position.key
    return _checked(position, (key.instrument, key.product), (row.instrument, row.product))


def position_id(key: PositionKey) -> Row:
    """The columns that name a position."""
    return {
        "account_id": int(key.account),
        "run_id": key.run_id or "",
        "instrument": key.instrument,
        "product": str(key.product),
    }


def request_row(request: VenueRequest, order: Order) -> Row:
    """A request to a venue as a row of the outbox."""
    match request:
        case Submit():
            action, ask, payload = "submit", 0, {}
        case Alter():
            action, ask, payload = "alter", request.ask, to_document(request.change)
        case Withdraw():
            action, ask, payload = "withdraw", request.ask, {}
    return {
        "account_id": int(order.account),
        "order_id": request.order_id,
        "action": action,
        "ask": ask,
        "venue": order.venue,
        "payload": payload,
    }


def request_of(row: Any) -> VenueRequest:
    """The request a row of the outbox holds."""
    match row.action:
        case "submit":
            return Submit(row.order_id)
        case "alter":
            return Alter(row.order_id, row.ask, from_document(Change, row.payload))
        case "withdraw":
            return Withdraw(row.order_id, row.ask)
        case other:
            raise InvariantBroken(f"the outbox knows no action {other}")


def request_key(request: VenueRequest) -> tuple[str, str, int]:
    """What names a request in the outbox."""
    match request:
        case Submit():
            return request.order_id, "submit", 0
        case Alter():
            return request.order_id, "alter", request.ask
        case Withdraw():
            return request.order_id, "withdraw", request.ask


def intent_values(row: IntentRow) -> Row:
    """A command as the values of its row."""
    return {column.key: getattr(row, column.key) for column in IntentRow.__table__.columns}


def gtt_row(gtt: Gtt) -> Row:
    """A trigger as its row."""
    return {
        "id": gtt.trigger_id,
        "account_id": int(gtt.account),
        "status": str(gtt.status),
        "instrument": gtt.request.instrument,
        "document": gtt,
        "created_at": gtt.created_at,
        "updated_at": gtt.updated_at,
        "expires_at": gtt.expires_at,
        "venue_trigger_id": gtt.at_broker.trigger_id if gtt.at_broker else None,
    }


def gtt_of(row: GttRow) -> Gtt:
    """The trigger a row holds. Raises InvariantBroken where its document is not of this one."""
    gtt = from_document(Gtt, row.document)
    return _checked(gtt, (gtt.trigger_id, gtt.request.instrument), (row.id, row.instrument))


def _checked(value: Value, says: tuple[object, ...], row: tuple[object, ...]) -> Value:
    """A document's members may be missing, so what it is about is compared with its row."""
    if says != row:
        raise InvariantBroken(f"a row of {row} holds a document of {says}")
    return value


def timeline_event(row: ExecutionEvent) -> TimelineEvent:
    """An event as listeners get it."""
    return TimelineEvent(
        seq=row.seq,
        account_id=row.account_id,
        run_id=row.run_id,
        order_id=row.order_id,
        kind=row.kind,
        event_type=row.event_type,
        source=row.source,
        resource_type=row.resource_type,
        resource_id=row.resource_id,
        summary=row.summary,
        content=row.payload if row.event_type not in EVENT_TYPES else without_nulls(row.payload),
        at=row.at,
    )
