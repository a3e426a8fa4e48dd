"""All SQL of execution: what the trader loads and writes, and what callers read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.orders.gtt import Gtt, GttStatus
from tradertape_core.orders.order import Order
from tradertape_server.features.execution import rows
from tradertape_server.features.execution.halts import Halt, Halts
from tradertape_server.features.execution.models import (
    ExecutionCursor,
    ExecutionEvent,
    FillRow,
    GttRow,
    IntentRow,
    OrderRow,
    OutboxRow,
    PaperAccount,
    PositionRow,
    PostingRow,
    TradedInstrument,
    TradingHalt,
)
from tradertape_server.features.execution.ports import Happened
from tradertape_server.platform.prepared import Prepared

_CURSOR: Any = ExecutionCursor.__table__
_HOLD_CURSOR = (
    select(_CURSOR.c.last_seq, _CURSOR.c.halts).where(_CURSOR.c.id == 1).with_for_update()
)
_MOVE_CURSOR = update(_CURSOR).where(_CURSOR.c.id == 1).values(last_seq=bindparam("to"))
_REQUEST: tuple[str, ...] = ("b_order_id", "b_action", "b_ask")
_DROP_REQUEST = Prepared(
    delete(OutboxRow).where(
        *(getattr(OutboxRow, one.removeprefix("b_")) == bindparam(one) for one in _REQUEST)
    )
)
_Rows = Sequence[dict[str, Any]]


# --- the trader's side ----------------------------------------------------------------------------


def begin_writing(session: Session) -> tuple[int, int]:
    """Be the only writer until the commit, among all processes.

    Returns the number of the last event, and that of the last change of a kill switch.
    """
    held = session.connection().execute(_HOLD_CURSOR).first()
    if held is None:
        raise InvariantBroken("the database has no execution cursor: run `tradertape db upgrade`")
    return held.last_seq, held.halts


def move_cursor(session: Session, last_seq: int) -> None:
    """Remember the number of the last event: it never goes back, whatever is deleted."""
    session.connection().execute(_MOVE_CURSOR, {"to": last_seq})


def put_halt(session: Session, halt: Halt) -> None:
    """Turn a kill switch on, or change what is said about it."""
    take_halt(session, halt.user_id)
    row = {"name": Halts.name(halt.user_id), "user_id": halt.user_id}
    add(session, TradingHalt, [{**row, "reason": halt.reason, "by": halt.by, "since": halt.since}])


def take_halt(session: Session, user_id: int | None) -> None:
    """Turn a kill switch off; every process that trades will see it."""
    session.execute(delete(TradingHalt).where(TradingHalt.name == Halts.name(user_id)))
    session.execute(update(ExecutionCursor).values(halts=ExecutionCursor.halts + 1))


def halts(session: Session) -> Halts:
    """The kill switches that are on."""
    return Halts(
        {
            row.user_id: Halt(user_id=row.user_id, reason=row.reason, by=row.by, since=row.since)
            for row in session.scalars(select(TradingHalt))
        }
    )


def add(session: Session, table: type[Any], values: _Rows) -> None:
    """Insert many rows at once, all with the same columns."""
    if values:
        _insert(table, tuple(values[0])).run(session.connection(), values)


def change_orders(session: Session, values: _Rows) -> None:
    """Write orders that are there already."""
    _update(session, _table(OrderRow), ("order_id",), values)


def change_positions(session: Session, values: _Rows) -> None:
    """Write positions that are there already."""
    _update(session, _table(PositionRow), POSITION_KEY, values)


def change_intents(session: Session, values: _Rows) -> None:
    """Write the answers of intents, or how far they are: rows need not have the same columns."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in values:
        alike.setdefault(tuple(row), []).append(row)
    for group in alike.values():
        _update(session, _table(IntentRow), ("run_id", "key"), group)


def change_gtts(session: Session, values: _Rows) -> None:
    """Write triggers that are there already."""
    _update(session, _table(GttRow), ("id",), values)


def drop_outbox(session: Session, keys: Iterable[tuple[str, str, int]]) -> None:
    """Forget what venues have been told."""
    found = [dict(zip(_REQUEST, key, strict=True)) for key in keys]
    if found:
        _DROP_REQUEST.run(session.connection(), found)


def outbox(session: Session) -> Sequence[OutboxRow]:
    """What venues have still to be told, oldest first."""
    return session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()


def lease(session: Session, owner: str) -> None:
    """Take every row of the outbox over, counting the attempt."""
    session.execute(
        update(OutboxRow).values(leased_by=owner, attempts=OutboxRow.attempts + 1, status="sending")
    )


def unanswered(session: Session) -> Sequence[IntentRow]:
    """Intents whose answer was not stored, oldest first."""
    query = select(IntentRow).where(IntentRow.answer.is_(None)).order_by(IntentRow.id)
    return session.scalars(query).all()


def traded(session: Session) -> dict[str, dict[str, Any]]:
    """Every instrument that was ever traded, by id."""
    return {row.id: row.document for row in session.scalars(select(TradedInstrument))}


def leaving_runs(session: Session) -> set[tuple[str, str]]:
    """Runs that are being closed whole, each with the key of the exit."""
    waiting = session.scalars(select(IntentRow).where(IntentRow.answer.is_(None)))
    return {
        (row.run_id, row.key)
        for row in waiting
        if row.kind == "exit_run" and row.details.get("product") is None
    }


POSITION_KEY = ("account_id", "run_id", "instrument", "product")


def _table(model: type[Any]) -> Table:
    return model.__table__


@cache
def _insert(model: type[Any], columns: tuple[str, ...]) -> Prepared:
    return Prepared(insert(_table(model)), columns)


@cache
def _change(table: Table, key: tuple[str, ...], columns: tuple[str, ...]) -> Prepared:
    # The parameters of an UPDATE cannot be called as its columns are.
    clauses = [table.c[name] == bindparam(f"b_{name}", type_=table.c[name].type) for name in key]
    values = {name: bindparam(f"b_{name}", type_=table.c[name].type) for name in columns}
    return Prepared(update(table).where(*clauses).values(values))


def _update(session: Session, table: Table, key: tuple[str, ...], values: _Rows) -> None:
    if not values:
        return
    columns = tuple(name for name in values[0] if name not in key)
    bound = [{f"b_{name}": value for name, value in row.items()} for row in values]
    _change(table, key, columns).run(session.connection(), bound)


# --- reading --------------------------------------------------------------------------------------


def account(session: Session, user_id: int, scope: str) -> PaperAccount | None:
    """A person's account of a scope."""
    query = select(PaperAccount).where(PaperAccount.user_id == user_id, PaperAccount.scope == scope)
    return session.scalar(query)


def account_by_id(session: Session, account_id: int) -> PaperAccount:
    """An account that is there."""
    return session.get_one(PaperAccount, account_id)


def accounts(session: Session, user_id: int) -> Sequence[PaperAccount]:
    """A person's accounts, oldest first."""
    query = select(PaperAccount).where(PaperAccount.user_id == user_id).order_by(PaperAccount.id)
    return session.scalars(query).all()


def intent(session: Session, run_id: str, key: str) -> IntentRow | None:
    """The wish a key names in a run."""
    return session.scalar(select(IntentRow).where(IntentRow.run_id == run_id, IntentRow.key == key))


def answered_baskets(session: Session, run_id: str, made_at: datetime) -> Sequence[IntentRow]:
    """Baskets of a run that were made at this moment and answered since."""
    query = select(IntentRow).where(
        IntentRow.run_id == run_id,
        IntentRow.kind == "place_basket",
        IntentRow.created_at == made_at,
        IntentRow.answer.is_not(None),
    )
    return session.scalars(query).all()


def known_keys(session: Session, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these keys (run, key) were used."""
    table = _table(IntentRow)
    query = select(table.c.run_id, table.c.key).where(
        table.c.run_id.in_({run for run, _ in keys}), table.c.key.in_({key for _, key in keys})
    )
    return {(run, key) for run, key in session.connection().execute(query)}


def intents(
    session: Session, run_id: str, *, prefix: str = "", unanswered: bool = False
) -> Sequence[IntentRow]:
    """A run's wishes, oldest first. prefix: what their keys begin with."""
    query = select(IntentRow).where(IntentRow.run_id == run_id).order_by(IntentRow.id)
    if prefix:
        query = query.where(IntentRow.key.startswith(prefix, autoescape=True))
    if unanswered:
        query = query.where(IntentRow.answer.is_(None))
    return session.scalars(query).all()


def order(session: Session, order_id: str) -> Order | None:
    """One order."""
    row = session.get(OrderRow, order_id)
    return None if row is None else rows.order_of(row)


def children(session: Session, parent_order_id: str) -> list[Order]:
    """The orders of a parent: its id, then two digits."""
    query = select(OrderRow).where(
        OrderRow.order_id > f"{parent_order_id}0", OrderRow.order_id < f"{parent_order_id}A"
    )
    return [rows.order_of(row) for row in session.scalars(query)]


def open_accounts(session: Session) -> list[int]:
    """Accounts with an open order or position."""
    having_orders = select(OrderRow.account_id).where(OrderRow.is_open)
    having_positions = select(PositionRow.account_id).where(PositionRow.is_open)
    return sorted(session.scalars(having_orders.union(having_positions)))


def orders(
    session: Session,
    *,
    run_id: str | None = None,
    account_id: int | None = None,
    open_only: bool = False,
    venue: str | None = None,
) -> list[Order]:
    """Orders, oldest first."""
    query = select(OrderRow).order_by(OrderRow.placed_at, OrderRow.order_id)
    if run_id is not None:
        query = query.where(OrderRow.run_id == run_id)
    if account_id is not None:
        query = query.where(OrderRow.account_id == account_id)
    if open_only:
        query = query.where(OrderRow.is_open)
    if venue is not None:
        query = query.where(OrderRow.venue == venue)
    return [rows.order_of(row) for row in session.scalars(query)]


def count_orders(session: Session, run_id: str, *, since: datetime) -> int:
    """How many orders a run placed since a moment, the parts of sliced ones apart."""
    query = select(func.count()).where(
        OrderRow.run_id == run_id, OrderRow.placed_at >= since, func.length(OrderRow.order_id) < 21
    )
    return session.scalar(query) or 0


def fills(
    session: Session, *, run_id: str | None = None, account_id: int | None = None
) -> Sequence[FillRow]:
    """Executions, oldest first."""
    query = select(FillRow).order_by(FillRow.id)
    if run_id is not None:
        query = query.where(FillRow.run_id == run_id)
    if account_id is not None:
        query = query.where(FillRow.account_id == account_id)
    return session.scalars(query).all()


def position(session: Session, key: PositionKey) -> Position | None:
    """One position."""
    row = session.get(PositionRow, tuple(rows.position_id(key).values()))
    return None if row is None else rows.position_of(row)


def positions(
    session: Session,
    *,
    run_id: str | None = None,
    account_id: int | None = None,
    open_only: bool = False,
) -> list[Position]:
    """Positions of a run, an account, or all."""
    query = select(PositionRow).order_by(PositionRow.instrument, PositionRow.product)
    if run_id is not None:
        query = query.where(PositionRow.run_id == run_id)
    if account_id is not None:
        query = query.where(PositionRow.account_id == account_id)
    if open_only:
        query = query.where(PositionRow.is_open)
    return [rows.position_of(row) for row in session.scalars(query)]


def balances(session: Session, account_id: int) -> dict[str, int]:
    """What stands on every ledger of an account, paise."""
    query = (
        select(PostingRow.ledger, func.sum(PostingRow.amount_paise))
        .where(PostingRow.account_id == account_id)
        .group_by(PostingRow.ledger)
    )
    return {ledger: int(paise) for ledger, paise in session.execute(query)}


def events(
    session: Session,
    *,
    run_id: str | None = None,
    account_id: int | None = None,
    after: int = 0,
    limit: int = 500,
    kind: str | None = None,
) -> list[Happened]:
    """Events after a cursor, oldest first."""
    query = select(ExecutionEvent).where(ExecutionEvent.seq > after)
    if run_id is not None:
        query = query.where(ExecutionEvent.run_id == run_id)
    if account_id is not None:
        query = query.where(ExecutionEvent.account_id == account_id)
    if kind is not None:
        query = query.where(ExecutionEvent.kind == kind)
    found = session.scalars(query.order_by(ExecutionEvent.seq).limit(limit))
    return [rows.happened(row) for row in found]


def order_events(session: Session, order_id: str) -> Sequence[ExecutionEvent]:
    """One order's story, oldest first."""
    query = select(ExecutionEvent).where(ExecutionEvent.order_id == order_id)
    return session.scalars(query.order_by(ExecutionEvent.seq)).all()


def gtts(
    session: Session, *, account_id: int | None = None, active_only: bool = False
) -> list[Gtt]:
    """Triggers, oldest first."""
    query = select(GttRow).order_by(GttRow.id)
    if account_id is not None:
        query = query.where(GttRow.account_id == account_id)
    if active_only:
        query = query.where(GttRow.status == GttStatus.ACTIVE)
    return [rows.gtt_of(row) for row in session.scalars(query)]


def gtt(session: Session, account_id: int, gtt_id: int) -> Gtt | None:
    """One trigger of an account."""
    query = select(GttRow).where(GttRow.account_id == account_id, GttRow.id == gtt_id)
    row = session.scalar(query)
    return None if row is None else rows.gtt_of(row)


def last_gtt_id(session: Session) -> int:
    """The highest number of a trigger; 0 before the first."""
    return session.scalar(select(func.max(GttRow.id))) or 0
