"""What the trader writes: the rows of a transaction, each table in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_server.features.execution.ports import TimelineEvent
from tradertape_server.features.execution.store.models import (
    AccountCash,
    ExecutionCursor,
    ExecutionEvent,
    GttRow,
    IntentRow,
    OrderRow,
    OutboxRow,
    PositionRow,
)
from tradertape_server.platform.database.prepared import (
    Prepared,
    PreparedQuery,
    of_mapping,
    of_object,
)

_POSITION_KEY = ("account_id", "run_id", "instrument", "product")
_CURSOR: Any = ExecutionCursor.__table__
_HOLD_CURSOR = PreparedQuery(
    select(_CURSOR.c.last_seq, _CURSOR.c.halts).where(_CURSOR.c.id == 1).with_for_update()
)
_MOVE_CURSOR = Prepared(update(_CURSOR).where(_CURSOR.c.id == 1).values(last_seq=bindparam("to")))
_REQUEST: tuple[str, ...] = ("b_order_id", "b_action", "b_ask")
_DROP_REQUEST = Prepared(
    delete(OutboxRow).where(
        *(getattr(OutboxRow, one.removeprefix("b_")) == bindparam(one) for one in _REQUEST)
    )
)
_ADD_EVENT = Prepared(
    insert(ExecutionEvent),
    tuple(ExecutionEvent.__table__.columns.keys()),
    read=lambda names: of_object(["content" if one == "payload" else one for one in names]),
)
_Rows = Sequence[dict[str, Any]]


def begin_writing(connection: Connection) -> tuple[int, int]:
    """Be the only writer until the commit, among all processes.

    Returns the number of the last event, and that of the last change of a kill switch.
    """
    held = _HOLD_CURSOR.rows(connection)
    if not held:
        raise InvariantBroken("the database has no execution cursor: run `tradertape db upgrade`")
    last_seq, halts = held[0]
    return last_seq, halts


def move_cursor(connection: Connection, last_seq: int) -> None:
    """Remember the number of the last event: it never goes back, whatever is deleted."""
    _MOVE_CURSOR.run(connection, [{"to": last_seq}])


def add_events(connection: Connection, events: Sequence[TimelineEvent]) -> None:
    """Insert what happened."""
    _ADD_EVENT.run(connection, events)


def add(connection: Connection, table: type[Any], values: _Rows) -> None:
    """Insert many rows at once, all with the same columns."""
    if values:
        _insert(table, tuple(values[0])).run(connection, values)


def change_orders(connection: Connection, values: _Rows) -> None:
    """Write orders that are there already; rows need not have the same columns."""
    for group in _alike(values):
        _update(connection, OrderRow, ("order_id",), group)


def change_cash(connection: Connection, balances: Mapping[int, int]) -> None:
    """Write the cash of accounts that were read before."""
    rows = [{"account_id": one, "paise": paise} for one, paise in balances.items()]
    _update(connection, AccountCash, ("account_id",), rows)


def change_positions(connection: Connection, values: _Rows) -> None:
    """Write positions that are there already."""
    _update(connection, PositionRow, _POSITION_KEY, values)


def change_intents(connection: Connection, values: _Rows) -> None:
    """Write the replies of intents, or how far they are: rows need not have the same columns."""
    for group in _alike(values):
        _update(connection, IntentRow, ("run_id", "key"), group)


def change_gtts(connection: Connection, values: _Rows) -> None:
    """Write triggers that are there already."""
    _update(connection, GttRow, ("id",), values)


def change_outbox(connection: Connection, values: _Rows) -> None:
    """Write what became of requests that are not answered; rows may differ in their columns."""
    for group in _alike(values):
        _update(connection, OutboxRow, ("order_id", "action", "ask"), group)


def drop_outbox(connection: Connection, keys: Iterable[tuple[str, str, int]]) -> None:
    """Delete requests whose answers are recorded."""
    found = [dict(zip(_REQUEST, key, strict=True)) for key in keys]
    if found:
        _DROP_REQUEST.run(connection, found)


def _alike(values: _Rows) -> Iterable[_Rows]:
    """The rows by the columns they have."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in values:
        alike.setdefault(tuple(row), []).append(row)
    return alike.values()


@cache
def _insert(model: type[Any], columns: tuple[str, ...]) -> Prepared:
    return Prepared(insert(model.__table__), columns)


@cache
def _change(model: type[Any], key: tuple[str, ...], columns: tuple[str, ...]) -> Prepared:
    table: Table = model.__table__
    # The parameters of an UPDATE cannot be called as its columns are.
    clauses = [table.c[name] == bindparam(f"b_{name}", type_=table.c[name].type) for name in key]
    values = {name: bindparam(f"b_{name}", type_=table.c[name].type) for name in columns}
    return Prepared(
        update(table).where(*clauses).values(values),
        read=lambda names: of_mapping([one.removeprefix("b_") for one in names]),
    )


def _update(connection: Connection, model: type[Any], key: tuple[str, ...], values: _Rows) -> None:
    if values:
        columns = tuple(name for name in values[0] if name not in key)
        _change(model, key, columns).run(connection, values)
