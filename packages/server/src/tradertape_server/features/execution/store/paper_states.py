"""SQL of what decides the fills of orders that rest in the paper market."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.orm import Session

from tradertape_core.execution.resting_orders import Changes
from tradertape_core.execution.resting_state import BookState, RestingState
from tradertape_core.orders.codec import from_document, to_document
from tradertape_server.features.execution.store import batch_writes
from tradertape_server.features.execution.store.models import (
    OrderRow,
    PaperBookRow,
    PaperOrderRow,
)
from tradertape_server.platform.database.prepared import Prepared
from tradertape_server.platform.logging import get_logger

State = TypeVar("State", RestingState, BookState)
_ORDER: Any = PaperOrderRow.__table__
_BOOK: Any = PaperBookRow.__table__
_DOCUMENT = bindparam("document", type_=_ORDER.c.document.type)
# The parameters of an UPDATE cannot be called as its columns are.
_CHANGE = Prepared(
    update(_ORDER).where(_ORDER.c.order_id == bindparam("b_order_id")).values(document=_DOCUMENT)
)
_CHANGE_BOOK = Prepared(
    update(_BOOK).where(_BOOK.c.instrument == bindparam("b_instrument")).values(document=_DOCUMENT)
)
_DROP = Prepared(delete(_ORDER).where(_ORDER.c.order_id == bindparam("b_order_id")))

logger = get_logger(__name__)


def write(connection: Connection, changes: Changes, account_of: Callable[[str], int]) -> None:
    """Store changes, each table in one go. account_of: the account of an order."""
    added = [
        {"order_id": name, "account_id": account_of(name), "document": to_document(state)}
        for name, state in changes.added.items()
    ]
    batch_writes.add(connection, PaperOrderRow, added)
    _CHANGE.run(connection, _rows("b_order_id", changes.changed))
    _DROP.run(connection, [{"b_order_id": name} for name in changes.removed])
    batch_writes.add(connection, PaperBookRow, _rows("instrument", changes.added_books))
    _CHANGE_BOOK.run(connection, _rows("b_instrument", changes.changed_books))


def orders(session: Session) -> dict[str, RestingState]:
    """States of resting orders by id, of those that can be read."""
    rows = session.execute(select(PaperOrderRow.order_id, PaperOrderRow.document))
    return _read(RestingState, {row[0]: row[1] for row in rows})


def order(session: Session, order_id: str) -> RestingState | None:
    """The state of an order; None where nothing is stored of it."""
    row = session.get(PaperOrderRow, order_id)
    return None if row is None else from_document(RestingState, row.document)


def books(session: Session) -> dict[str, BookState]:
    """States of books by instrument, of those that can be read."""
    rows = session.execute(select(PaperBookRow.instrument, PaperBookRow.document))
    return _read(BookState, {row[0]: row[1] for row in rows})


def drop_closed(session: Session) -> None:
    """Delete states of orders that ended otherwise than in the paper market."""
    is_open = select(OrderRow.order_id).where(OrderRow.is_open)
    session.execute(delete(PaperOrderRow).where(PaperOrderRow.order_id.not_in(is_open)))


def _rows(key: str, states: Mapping[str, RestingState | BookState]) -> list[dict[str, Any]]:
    return [{key: name, "document": to_document(state)} for name, state in states.items()]


def _read(kind: type[State], documents: Mapping[str, Mapping[str, Any]]) -> dict[str, State]:
    found: dict[str, State] = {}
    for name, document in documents.items():
        try:
            found[name] = from_document(kind, document)
        except Exception:  # its order comes anew, and the others as they were
            logger.exception("a state of the paper market cannot be read", of=name)
    return found
