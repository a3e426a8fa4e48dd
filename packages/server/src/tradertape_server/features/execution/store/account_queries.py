"""SQL over all trading accounts of a person: what pages beside the worker API show."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from tradertape_core.execution.reconcile import EXTERNAL_RUN
from tradertape_core.ledger.position import Position
from tradertape_core.orders.gtt import OPEN, Gtt, GttAsk
from tradertape_core.orders.order import DRY_RUN, Fill, Order, OrderRequest, Product, Side
from tradertape_server.features.execution.ports import TimelineEvent
from tradertape_server.features.execution.store import mapping
from tradertape_server.features.execution.store.models import (
    BROKER,
    ExecutionEvent,
    FillRow,
    GttRow,
    OrderRow,
    OutboxRow,
    PositionRow,
    TradingAccount,
)

MOST_FILLS = 500
_LAST_DAYS = timedelta(days=4)  # an after-market order is executed on the next session


def _first_order_id(at: datetime) -> str:
    """The lowest id of an order made then: milliseconds above 22 bits (`state.order_ids`)."""
    return str(int(at.timestamp() * 1000) << 22)


def _accounts(user_id: int) -> Select[int]:
    return select(TradingAccount.id).where(TradingAccount.user_id == user_id)


def fills(session: Session, user_id: int, instrument: str) -> list[Fill]:
    """Fills of an instrument, newest first; at most 500."""
    query = select(FillRow).where(
        FillRow.account_id.in_(_accounts(user_id)), FillRow.instrument == instrument
    )
    newest = query.order_by(FillRow.id.desc()).limit(MOST_FILLS)
    return [_fill(row) for row in session.scalars(newest)]


def fills_in(session: Session, account_id: int, instruments: Collection[str]) -> list[Fill]:
    """Fills of an account in some instruments, oldest first."""
    query = select(FillRow).where(
        FillRow.account_id == account_id, FillRow.instrument.in_(instruments)
    )
    return [_fill(row) for row in session.scalars(query.order_by(FillRow.id))]


def open_orders(session: Session, user_id: int, instrument: str) -> list[Order]:
    """Open orders of an instrument, oldest first."""
    query = select(OrderRow).where(
        OrderRow.account_id.in_(_accounts(user_id)),
        OrderRow.is_open,
        OrderRow.instrument == instrument,
    )
    return [mapping.order_of(row) for row in session.scalars(query.order_by(OrderRow.order_id))]


def orders_since(session: Session, account_id: int, since: datetime) -> list[Order]:
    """Orders of the last days that changed since a moment, by the ids that rise with time."""
    first = _first_order_id(since - _LAST_DAYS)
    query = select(OrderRow).where(
        OrderRow.account_id == account_id,
        OrderRow.order_id >= first,
        OrderRow.order_id < "X",  # of other terminals
        OrderRow.updated_at >= since,
    )
    return [mapping.order_of(row) for row in session.scalars(query.order_by(OrderRow.order_id))]


def orders_placed_since(session: Session, account_id: int, since: datetime) -> list[Order]:
    """Our own orders since a moment, by the ids that rise with time."""
    query = select(OrderRow).where(
        OrderRow.account_id == account_id,
        OrderRow.order_id >= _first_order_id(since),
        OrderRow.order_id < "X",
    )
    return [mapping.order_of(row) for row in session.scalars(query.order_by(OrderRow.order_id))]


def open_counts(session: Session, user_id: int | None) -> tuple[int, int]:
    """Open orders and active triggers of our own that close no position, and open positions but
    those of orders from other terminals: what a kill switch cancels and closes."""
    orders = select(OrderRow).where(OrderRow.is_open, OrderRow.order_id < "X")
    triggers = select(GttRow).where(GttRow.status.in_(OPEN))
    held = select(PositionRow).where(PositionRow.is_open)
    if user_id is not None:
        orders = orders.where(OrderRow.account_id.in_(_accounts(user_id)))
        triggers = triggers.where(GttRow.account_id.in_(_accounts(user_id)))
        held = held.where(PositionRow.account_id.in_(_accounts(user_id)))
    positions = [mapping.position_of(row) for row in session.scalars(held)]

    def opens(of: Order | Gtt, request: OrderRequest) -> bool:
        """A trigger of no run closes a run's position too."""
        run_ids = (of.run_id,) if isinstance(of, Order) or of.run_id else None
        return not any(
            (one.key.account, one.key.instrument, one.key.product)
            == (of.account, request.instrument, request.product)
            and one.side is not request.side
            and (run_ids is None or one.key.run_id in run_ids)
            for one in positions
        )

    entries = (mapping.order_of(row) for row in session.scalars(orders))
    count = sum(not one.slices and opens(one, one.request) for one in entries)
    gtts = [mapping.gtt_of(row) for row in session.scalars(triggers)]
    count += sum(any(opens(one, leg) for leg in one.request.orders) for one in gtts)
    return count, sum(one.key.run_id != EXTERNAL_RUN for one in positions)


def active_gtts(session: Session, user_id: int, instrument: str) -> list[Gtt]:
    """Active GTTs of an instrument, oldest first."""
    query = select(GttRow).where(
        GttRow.account_id.in_(_accounts(user_id)),
        GttRow.status.in_(OPEN),
        GttRow.instrument == instrument,
    )
    return [mapping.gtt_of(row) for row in session.scalars(query.order_by(GttRow.id))]


def open_positions(session: Session, user_id: int, instrument: str) -> list[Position]:
    """Open positions in an instrument."""
    query = select(PositionRow).where(
        PositionRow.account_id.in_(_accounts(user_id)),
        PositionRow.is_open,
        PositionRow.instrument == instrument,
    )
    return [mapping.position_of(row) for row in session.scalars(query)]


def orders_of_user(
    session: Session, user_id: int, *, open_only: bool, before: str | None, limit: int
) -> list[tuple[Order, TradingAccount]]:
    """A person's orders over all accounts, newest first, dry runs left out.

    before: only those with a smaller id; ids rise with time.
    """
    found: list[tuple[OrderRow, TradingAccount]] = []
    accounts = session.scalars(select(TradingAccount).where(TradingAccount.user_id == user_id))
    for account in accounts.all():  # one by one: each is the end of an index
        query = select(OrderRow).where(OrderRow.account_id == account.id, OrderRow.venue != DRY_RUN)
        if open_only:
            query = query.where(OrderRow.is_open)
        if before is not None:
            query = query.where(OrderRow.order_id < before)
        rows = session.scalars(query.order_by(OrderRow.order_id.desc()).limit(limit))
        found += [(row, account) for row in rows]
    found.sort(key=lambda one: one[0].order_id, reverse=True)
    return [(mapping.order_of(row), account) for row, account in found[:limit]]


def order_of_user(
    session: Session, user_id: int, order_id: str
) -> tuple[Order, TradingAccount] | None:
    """One order with its account; None for somebody else's."""
    query = (
        select(OrderRow, TradingAccount)
        .join(TradingAccount, TradingAccount.id == OrderRow.account_id)
        .where(TradingAccount.user_id == user_id, OrderRow.order_id == order_id)
    )
    found = session.execute(query).one_or_none()
    return None if found is None else (mapping.order_of(found[0]), found[1])


def positions_of_user(session: Session, user_id: int) -> list[tuple[Position, TradingAccount]]:
    """A person's open positions over all accounts, by instrument."""
    query = (
        select(PositionRow, TradingAccount)
        .join(TradingAccount, TradingAccount.id == PositionRow.account_id)
        .where(TradingAccount.user_id == user_id, PositionRow.is_open)
        .order_by(PositionRow.instrument, PositionRow.product, TradingAccount.id)
    )
    return [(mapping.position_of(row), account) for row, account in session.execute(query)]


def accounts_in(session: Session, instrument: str) -> list[int]:
    """Ids of accounts with an open order, position or trigger in an instrument."""
    orders = select(OrderRow.account_id).where(OrderRow.is_open, OrderRow.instrument == instrument)
    positions = select(PositionRow.account_id).where(
        PositionRow.is_open, PositionRow.instrument == instrument
    )
    triggers = select(GttRow.account_id).where(
        GttRow.status.in_(OPEN), GttRow.instrument == instrument
    )
    return sorted(session.scalars(orders.union(positions, triggers)))


def active_gtt_counts(session: Session, user_id: int) -> list[tuple[TradingAccount, int]]:
    """A person's accounts, oldest first, with the number of active GTTs on each."""
    active = (
        select(func.count())
        .where(GttRow.account_id == TradingAccount.id, GttRow.status.in_(OPEN))
        .scalar_subquery()
    )
    query = select(TradingAccount, active).where(TradingAccount.user_id == user_id)
    found = session.execute(query.order_by(TradingAccount.id))
    return [(account, count) for account, count in found]


def gtt_page(
    session: Session, user_id: int, *, active: bool | None, limit: int, offset: int
) -> tuple[list[tuple[Gtt, str]], int]:
    """A page of GTTs with the scopes of their accounts, last changed first; and the total."""
    query = (
        select(GttRow, TradingAccount.scope)
        .join(TradingAccount, TradingAccount.id == GttRow.account_id)
        .where(TradingAccount.user_id == user_id)
    )
    if active is not None:
        is_active = GttRow.status.in_(OPEN)
        query = query.where(is_active if active else ~is_active)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    newest = query.order_by(GttRow.updated_at.desc(), GttRow.id.desc())
    found = session.execute(newest.limit(limit).offset(offset))
    return [(mapping.gtt_of(row), scope) for row, scope in found], total


def gtt_of_user(session: Session, user_id: int, gtt_id: int) -> tuple[Gtt, str] | None:
    """One GTT with the scope of its account; None for somebody else's."""
    query = (
        select(GttRow, TradingAccount.scope)
        .join(TradingAccount, TradingAccount.id == GttRow.account_id)
        .where(TradingAccount.user_id == user_id, GttRow.id == gtt_id)
    )
    found = session.execute(query).one_or_none()
    return None if found is None else (mapping.gtt_of(found[0]), found[1])


def orders_by_id(session: Session, order_ids: Collection[str]) -> dict[str, Order]:
    """Orders by their id."""
    query = select(OrderRow).where(OrderRow.order_id.in_(order_ids))
    found: Sequence[OrderRow] = session.scalars(query).all() if order_ids else ()
    return {row.order_id: mapping.order_of(row) for row in found}


def mtm(session: Session, account_id: int) -> int:
    """What an account was paid for futures that are still open, paise; below 0: what it paid."""
    query = select(PositionRow.document).where(
        PositionRow.is_open, PositionRow.account_id == account_id
    )
    lots = (lot for document in session.scalars(query) for lot in document.get("lots", ()))
    return sum(lot.get("mtm", 0) for lot in lots)


def known_quantities(session: Session, account_id: int) -> dict[tuple[str, Product], int]:
    """Net units of an account by instrument and product, over all runs and other terminals; 0 of
    what was traded and is closed."""
    query = (
        select(PositionRow.instrument, PositionRow.product, func.sum(PositionRow.quantity))
        .where(PositionRow.account_id == account_id)
        .group_by(PositionRow.instrument, PositionRow.product)
    )
    return {(name, Product(kind)): int(units) for name, kind, units in session.execute(query)}


def cancels_on_their_way(session: Session) -> dict[tuple[int, str], int]:
    """Cancellations of orders and triggers that a broker has not answered, by person and scope."""
    orders = (
        select(TradingAccount.user_id, TradingAccount.scope, func.count())
        .join(OutboxRow, OutboxRow.account_id == TradingAccount.id)
        .where(OutboxRow.action == "withdraw", TradingAccount.kind == BROKER)
        .group_by(TradingAccount.user_id, TradingAccount.scope)
    )
    found = {(user_id, scope): count for user_id, scope, count in session.execute(orders)}
    triggers = (
        select(GttRow, TradingAccount.user_id, TradingAccount.scope)
        .join(TradingAccount, TradingAccount.id == GttRow.account_id)
        .where(GttRow.status.in_(OPEN), TradingAccount.kind == BROKER)
    )
    for row, user_id, scope in session.execute(triggers):
        at = mapping.gtt_of(row).at_broker
        if at is not None and at.ask is GttAsk.CANCEL:
            found[user_id, scope] = found.get((user_id, scope), 0) + 1
    return found


def count_outbox(session: Session) -> int:
    """Requests whose answer from the venue is not recorded, over all accounts."""
    return session.scalar(select(func.count()).select_from(OutboxRow)) or 0


def _fill(row: FillRow) -> Fill:
    return Fill(
        trade_id=row.trade_id,
        order_id=row.order_id,
        account=str(row.account_id),
        run_id=row.run_id,
        instrument=row.instrument,
        product=Product(row.product),
        side=Side(row.side),
        quantity=row.quantity,
        price=row.price,
        at=row.at,
    )


def events_of_types(
    session: Session, types: Collection[str], *, after: int, limit: int
) -> list[tuple[TimelineEvent, int, str]]:
    """Events of these types after a number, oldest first, with user and scope of their account."""
    query = (
        select(ExecutionEvent, TradingAccount.user_id, TradingAccount.scope)
        .join(TradingAccount, TradingAccount.id == ExecutionEvent.account_id)
        .where(ExecutionEvent.seq > after, ExecutionEvent.event_type.in_(types))
        .order_by(ExecutionEvent.seq)
    )
    found = session.execute(query.limit(limit)).all()
    return [(mapping.timeline_event(row), user_id, scope) for row, user_id, scope in found]
