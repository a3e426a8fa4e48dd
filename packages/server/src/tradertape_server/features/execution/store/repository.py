"""The SQL of execution but for what a batch writes: what the trader loads, what queries read."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from tradertape_core.execution.decision import SERVER_KEYS
from tradertape_core.ledger.journal import LedgerAccount
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.orders.gtt import OPEN, Gtt
from tradertape_core.orders.order import Order
from tradertape_server.features.execution.halts import Halt, Halts
from tradertape_server.features.execution.ports import TimelineEvent
from tradertape_server.features.execution.store import batch_writes, mapping
from tradertape_server.features.execution.store.models import (
    AGENT,
    HAS_NO_ANSWER,
    IN_DOUBT,
    IS_BASKET,
    IS_SERVERS,
    PAPER,
    PORTFOLIO,
    SENDING,
    AccountCash,
    ExecutionCursor,
    ExecutionEvent,
    FillRow,
    GttRow,
    IntentRow,
    OrderRow,
    OutboxRow,
    PositionRow,
    PostingRow,
    TradedInstrument,
    TradingAccount,
    TradingHalt,
)
from tradertape_server.platform.database.prepared import PreparedQuery, padded

_MOST_NAMES = 400  # in one query
Row = TypeVar("Row")
Value = TypeVar("Value")

# --- the trader's side ----------------------------------------------------------------------------


def put_halt(session: Session, halt: Halt) -> None:
    """Turn a kill switch on, or change its reason."""
    take_halt(session, halt.user_id)
    row = {"name": Halts.name(halt.user_id), "user_id": halt.user_id}
    row |= {"reason": halt.reason, "by": halt.by, "since": halt.since, "cancels": halt.cancels}
    batch_writes.add(session.connection(), TradingHalt, [row])


def take_halt(session: Session, user_id: int | None) -> None:
    """Turn a kill switch off; every process that trades will see it."""
    session.execute(delete(TradingHalt).where(TradingHalt.name == Halts.name(user_id)))
    count_change(session)


def count_change(session: Session) -> None:
    """Let every process that trades see that kill switches or rules have changed."""
    session.execute(update(ExecutionCursor).values(halts=ExecutionCursor.halts + 1))


def halts(session: Session) -> Halts:
    """The kill switches that are on."""
    return Halts(
        {
            row.user_id: Halt(
                user_id=row.user_id,
                reason=row.reason,
                by=row.by,
                since=row.since,
                cancels=row.cancels,
            )
            for row in session.scalars(select(TradingHalt))
        }
    )


def outbox(session: Session) -> Sequence[OutboxRow]:
    """Requests to venues without a recorded answer, oldest first."""
    return session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()


def lease(session: Session, owner: str, venue: str) -> None:
    """Take every row of a venue over, counting the attempt."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.venue == venue)
        .values(leased_by=owner, attempts=OutboxRow.attempts + 1, status=SENDING)
    )


def highest_order_id(session: Session) -> str | None:
    """The last id that was made for an order of ours; those of other terminals begin with an X."""
    return session.scalar(select(func.max(OrderRow.order_id)).where(OrderRow.order_id < "X"))


def accounts_outside(session: Session) -> tuple[int, ...]:
    """Accounts at venues outside this process."""
    query = select(TradingAccount.id).where(TradingAccount.kind != PAPER)
    return tuple(session.scalars(query.order_by(TradingAccount.id)))


def doubts(session: Session) -> dict[int, dict[tuple[str, str, int], int]]:
    """Requests whose answers were lost, by account, with how often they were looked for."""
    found: dict[int, dict[tuple[str, str, int], int]] = {}
    for row in session.scalars(select(OutboxRow).where(OutboxRow.status == IN_DOUBT)):
        found.setdefault(row.account_id, {})[row.order_id, row.action, row.ask] = row.looks
    return found


def order_ids_at_venue(
    session: Session, account_id: int, venue_order_ids: Collection[str], tags: Collection[str]
) -> list[str]:
    """Ids of an account's orders, by the venue's ids or by our tags."""
    found: dict[str, None] = {}
    for is_named in _named(account_id, venue_order_ids, tags):
        found |= dict.fromkeys(session.scalars(select(OrderRow.order_id).where(*is_named)))
    return list(found)


def orders_at_venue(
    session: Session, account_id: int, venue_order_ids: Collection[str], tags: Collection[str]
) -> list[Order]:
    """Orders of an account by the venue's ids or by our tags."""
    found: dict[str, OrderRow] = {}
    for is_named in _named(account_id, venue_order_ids, tags):
        rows = session.scalars(select(OrderRow).where(*is_named))
        found |= {row.order_id: row for row in rows}
    return [mapping.order_of(row) for row in found.values()]


def _named(
    account_id: int, venue_order_ids: Collection[str], tags: Collection[str]
) -> Iterator[tuple[ColumnElement[bool], ColumnElement[bool]]]:
    for column, names in ((OrderRow.venue_order_id, venue_order_ids), (OrderRow.tag, tags)):
        for some in _parts(sorted(names), _MOST_NAMES):
            yield OrderRow.account_id == account_id, column.in_(some)


def open_order_rows(session: Session, venue: str) -> Sequence[OrderRow]:
    """Rows of the open orders at a venue, oldest first."""
    query = select(OrderRow).where(OrderRow.is_open, OrderRow.venue == venue)
    return session.scalars(query.order_by(OrderRow.placed_at, OrderRow.order_id)).all()


def active_gtt_rows(session: Session) -> Sequence[GttRow]:
    """Rows of the active triggers, oldest first."""
    query = select(GttRow).where(GttRow.status.in_(OPEN)).order_by(GttRow.id)
    return session.scalars(query).all()


def without_answer(session: Session) -> Sequence[IntentRow]:
    """Intents whose answer was not stored, oldest first."""
    query = select(IntentRow).where(HAS_NO_ANSWER).order_by(IntentRow.id)
    return session.scalars(query).all()


def traded(session: Session) -> dict[str, dict[str, Any]]:
    """Every instrument that was ever traded, by id."""
    return {row.id: row.document for row in session.scalars(select(TradedInstrument))}


def exiting_runs(session: Session) -> set[tuple[str, str]]:
    """Runs that are being closed whole, each with the key of the exit."""
    waiting = without_answer(session)
    return {
        (row.run_id, row.key)
        for row in waiting
        if row.kind == "exit_run" and row.details.get("product") is None
    }


# --- reading --------------------------------------------------------------------------------------


def account(session: Session, user_id: int, scope: str) -> TradingAccount | None:
    """A person's account of a scope."""
    query = select(TradingAccount).where(
        TradingAccount.user_id == user_id, TradingAccount.scope == scope
    )
    return session.scalar(query)


def account_by_id(session: Session, account_id: int) -> TradingAccount:
    """An account that is there."""
    return session.get_one(TradingAccount, account_id)


def record_environment(session: Session, account_id: int, environment: str) -> None:
    """Record what an account at a broker moves, where it is not recorded: it never changes."""
    one = TradingAccount
    session.execute(
        update(one)
        .where(one.id == account_id, one.environment.is_(None))
        .values(environment=environment)
    )


def count_accounts(session: Session, user_id: int) -> int:
    """How many accounts a person has opened; they are locked, so that parallel calls count one
    after another. Those of model portfolios are counted with the portfolios."""
    own = TradingAccount.user_id == user_id
    session.execute(select(TradingAccount.id).where(own).with_for_update())
    opened = select(func.count()).select_from(TradingAccount)
    opened = opened.where(own, TradingAccount.scope.not_like(f"{PORTFOLIO}%"))
    return session.scalar(opened) or 0


def accounts(session: Session, user_id: int) -> Sequence[TradingAccount]:
    """A person's accounts, oldest first."""
    query = (
        select(TradingAccount).where(TradingAccount.user_id == user_id).order_by(TradingAccount.id)
    )
    return session.scalars(query).all()


def mark_scaled(session: Session, account_ids: Collection[int], *, scaled: bool) -> None:
    """Say of agents' accounts whether their figures are rupees."""
    agents = update(TradingAccount).where(
        TradingAccount.id.in_(account_ids), TradingAccount.kind == AGENT
    )
    session.execute(agents.values(is_scaled=scaled))


def intent(session: Session, run_id: str, key: str) -> IntentRow | None:
    """The command a key names in a run."""
    return session.scalar(select(IntentRow).where(IntentRow.run_id == run_id, IntentRow.key == key))


def answered_baskets(session: Session, run_id: str, made_at: datetime) -> Sequence[IntentRow]:
    """Baskets of a run that were made at this moment and answered since."""
    query = select(IntentRow).where(IS_BASKET, IntentRow.run_id == run_id)
    query = query.where(IntentRow.created_at == made_at, IntentRow.answer.is_not(None))
    return session.scalars(query).all()


def known_keys(connection: Connection, keys: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these keys (run, key) were used."""
    asked = padded(keys)
    values = {f"run{n}": run for n, (run, _) in enumerate(asked)}
    values |= {f"key{n}": key for n, (_, key) in enumerate(asked)}
    return {(run, key) for run, key in _keys_among(len(asked)).rows(connection, values)}


def order_of_trade(connection: Connection, account_id: int, trade_id: str) -> str | None:
    """The order that a trade of an account is of; None for one that is not known."""
    values = {"account": account_id, "trade": trade_id}
    found = _ORDER_OF_TRADE.rows(connection, values)
    return found[0][0] if found else None


_FILLS: Any = FillRow.__table__
_ORDER_OF_TRADE = PreparedQuery(
    select(_FILLS.c.order_id).where(
        _FILLS.c.account_id == bindparam("account"), _FILLS.c.trade_id == bindparam("trade")
    )
)


@cache
def _keys_among(count: int) -> PreparedQuery:
    table: Any = IntentRow.__table__
    one_of = (
        and_(table.c.run_id == bindparam(f"run{n}"), table.c.key == bindparam(f"key{n}"))
        for n in range(count)
    )
    return PreparedQuery(select(table.c.run_id, table.c.key).where(or_(*one_of)))


def intents(
    session: Session, run_id: str, *, prefix: str = "", unanswered: bool = False
) -> Sequence[IntentRow]:
    """A run's commands, oldest first. prefix: what their keys begin with."""
    if unanswered:  # few of all: those of a run may be many, and SQLite would read them all
        waiting = (row for row in without_answer(session) if row.run_id == run_id)
        return [row for row in waiting if row.key.startswith(prefix)]
    query = select(IntentRow).where(IntentRow.run_id == run_id).order_by(IntentRow.id)
    if prefix:
        query = query.where(IntentRow.key.startswith(prefix, autoescape=True))
    if prefix.startswith(SERVER_KEYS):
        query = query.where(IS_SERVERS)
    return session.scalars(query).all()


def order(session: Session, order_id: str) -> Order | None:
    """One order."""
    row = session.get(OrderRow, order_id)
    return None if row is None else mapping.order_of(row)


def owner_of_order(session: Session, order_id: str) -> tuple[int, str | None] | None:
    """Account and run of an order, whether or not the rest of it can be read."""
    query = select(OrderRow.account_id, OrderRow.run_id).where(OrderRow.order_id == order_id)
    found = session.execute(query).one_or_none()
    return None if found is None else (found[0], found[1])


def children(session: Session, parent_order_id: str) -> list[Order]:
    """The orders of a parent: its id, then two digits."""
    query = select(OrderRow).where(
        OrderRow.order_id > f"{parent_order_id}0", OrderRow.order_id < f"{parent_order_id}A"
    )
    return [mapping.order_of(row) for row in session.scalars(query)]


def accounts_of_other_markets(session: Session, market: str) -> dict[int, tuple[str, str]]:
    """Scope and market, by id, of the accounts that are not traded while this market is."""
    one = TradingAccount
    query = select(one.id, one.scope, one.market).where(one.market != market)
    return {row[0]: (row[1], row[2] or "") for row in session.execute(query)}


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
    """Orders, oldest first; of everybody's, those that can be read."""
    query = select(OrderRow).order_by(OrderRow.placed_at, OrderRow.order_id)
    if run_id is not None:
        query = query.where(OrderRow.run_id == run_id)
    if account_id is not None:
        query = query.where(OrderRow.account_id == account_id)
    if open_only:
        query = query.where(OrderRow.is_open)
    if venue is not None:
        query = query.where(OrderRow.venue == venue)
    rows = session.scalars(query)
    return _read(rows, mapping.order_of, is_everybodys=run_id is None and account_id is None)


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
    row = session.get(PositionRow, tuple(mapping.position_id(key).values()))
    return None if row is None else mapping.position_of(row)


def positions(
    session: Session,
    *,
    run_id: str | None = None,
    account_id: int | None = None,
    open_only: bool = False,
) -> list[Position]:
    """Positions of a run, an account, or all that can be read."""
    query = select(PositionRow).order_by(PositionRow.instrument, PositionRow.product)
    if run_id is not None:
        query = query.where(PositionRow.run_id == run_id)
    if account_id is not None:
        query = query.where(PositionRow.account_id == account_id)
    if open_only:
        query = query.where(PositionRow.is_open)
    rows = session.scalars(query)
    return _read(rows, mapping.position_of, is_everybodys=run_id is None and account_id is None)


def known_cash(session: Session, account_id: int) -> int:
    """The cash of an account, paise; reads only."""
    kept = select(AccountCash.paise).where(AccountCash.account_id == account_id)
    found = session.scalar(kept)
    return summed_cash(session, account_id) if found is None else found


def cash(session: Session, account_id: int) -> int:
    """The cash of an account, paise; summed up and kept where that was not done before."""
    kept = select(AccountCash.paise).where(AccountCash.account_id == account_id)
    found = session.scalar(kept)
    if found is None:
        found = summed_cash(session, account_id)
        row = {"account_id": account_id, "paise": found}
        batch_writes.add(session.connection(), AccountCash, [row])
    return found


def summed_cash(session: Session, account_id: int) -> int:
    """The cash of an account as its postings have it, paise: reads all of them."""
    query = select(func.sum(PostingRow.amount_paise)).where(
        PostingRow.account_id == account_id, PostingRow.ledger == LedgerAccount.CASH
    )
    return int(session.scalar(query) or 0)


def last_event(session: Session) -> int:
    """The sequence number of the newest event; 0 before the first."""
    return session.scalar(select(func.max(ExecutionEvent.seq))) or 0


def events(
    session: Session,
    *,
    run_id: str | None = None,
    account_id: int | None = None,
    after: int = 0,
    limit: int = 500,
    kind: str | None = None,
) -> list[TimelineEvent]:
    """Events after a cursor, oldest first."""
    query = select(ExecutionEvent).where(ExecutionEvent.seq > after)
    if run_id is not None:
        query = query.where(ExecutionEvent.run_id == run_id)
    if account_id is not None:
        query = query.where(ExecutionEvent.account_id == account_id)
    if kind is not None:
        query = query.where(ExecutionEvent.kind == kind)
    found = session.scalars(query.order_by(ExecutionEvent.seq).limit(limit))
    return [mapping.timeline_event(row) for row in found]


def order_events(session: Session, order_id: str) -> Sequence[ExecutionEvent]:
    """One order's story, oldest first."""
    query = select(ExecutionEvent).where(ExecutionEvent.order_id == order_id)
    return session.scalars(query.order_by(ExecutionEvent.seq)).all()


def gtts(
    session: Session, *, account_id: int | None = None, active_only: bool = False
) -> list[Gtt]:
    """Triggers, oldest first; of everybody's, those that can be read."""
    query = select(GttRow).order_by(GttRow.id)
    if account_id is not None:
        query = query.where(GttRow.account_id == account_id)
    if active_only:
        query = query.where(GttRow.status.in_(OPEN))
    return _read(session.scalars(query), mapping.gtt_of, is_everybodys=account_id is None)


def gtt(session: Session, account_id: int, gtt_id: int) -> Gtt | None:
    """One trigger of an account."""
    query = select(GttRow).where(GttRow.account_id == account_id, GttRow.id == gtt_id)
    row = session.scalar(query)
    return None if row is None else mapping.gtt_of(row)


def last_gtt_id(session: Session) -> int:
    """The highest number of a trigger; 0 before the first."""
    return session.scalar(select(func.max(GttRow.id))) or 0


def _read(rows: Iterable[Row], of: Callable[[Row], Value], *, is_everybodys: bool) -> list[Value]:
    """Rows as what they hold. One of somebody's that cannot be read does not keep everybody's:
    the trader puts it aside when it meets it."""
    if not is_everybodys:
        return [of(row) for row in rows]
    found: list[Value] = []
    for row in rows:
        with contextlib.suppress(Exception):
            found.append(of(row))
    return found


def _parts(names: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    """The names in parts of at most so many."""
    rest = iter(names)
    while part := list(islice(rest, most)):
        yield part
