"""Fills of a person over all accounts, and what was applied to their positions by hand, as the
trade journal reads them; in a transaction of the caller's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, String, cast, func, select
from sqlalchemy.orm import Session

from tradertape_core.ledger.hand_actions import BY_HAND, HandAction, hand_actions
from tradertape_server.features.execution.account_environments import environment_of
from tradertape_server.features.execution.orders.views import public_run_id
from tradertape_server.features.execution.store import repository
from tradertape_server.features.execution.store.models import (
    BROKER,
    PAPER,
    FillRow,
    OrderRow,
    PositionRow,
    TradingAccount,
)

PositionKey = tuple[int, str, str, str]  # account, run ("" of none), instrument, product


@dataclass(frozen=True, slots=True)
class FillOfPerson:
    """A fill of an order that was placed here.

    number: of its row. is_real: whether it moved money. broker, account: as the account's scope has
    them; is_brokers: whether `account` is the broker's own name for it. run_id: "" of what was
    placed by hand; run: the same as its user named it. is_scaled: its units are not those at the
    broker. order_ids: the order's numbers at the broker and the exchange.
    """

    number: int
    account_id: int
    is_real: bool
    broker: str
    account: str
    is_brokers: bool
    is_scaled: bool
    run_id: str
    run: str
    trade_id: str
    order_ids: tuple[str, ...]
    instrument: str
    product: str
    is_buy: bool
    quantity: int
    price: Decimal
    charges_paise: int
    at: datetime

    @property
    def position(self) -> PositionKey:
        """The position that it is of."""
        return self.account_id, self.run_id, self.instrument, self.product


@dataclass(frozen=True, slots=True)
class FillsSoFar:
    """How many fills there are, and the newest: its row, and its trade, since the number of a row
    that was deleted is given again."""

    count: int = 0
    newest: int = 0
    trade_id: str = ""


def fills_so_far(session: Session, user_id: int) -> FillsSoFar:
    """The fills of a person: it changes with each one that is added or taken back."""
    accounts = select(TradingAccount.id).where(TradingAccount.user_id == user_id)
    query = select(func.count(), func.max(FillRow.id)).where(FillRow.account_id.in_(accounts))
    many, newest = session.execute(query).one()
    if not many:
        return FillsSoFar()
    trade_id = session.scalar(select(FillRow.trade_id).where(FillRow.id == newest)) or ""
    return FillsSoFar(many, newest, trade_id)


def hand_actions_of_person(
    session: Session, user_id: int
) -> dict[PositionKey, tuple[HandAction, ...]]:  # fmt: skip
    """The splits and bonuses that a person applied by hand, and did not undo, of each position
    that went through one."""
    row = PositionRow
    accounts = select(TradingAccount.id).where(TradingAccount.user_id == user_id)
    query = select(
        row.account_id, row.run_id, row.instrument, row.product, row.document["actions"]
    ).where(row.account_id.in_(accounts), cast(row.document, String).contains(f'"{BY_HAND}:'))
    return {
        (one[0], one[1], one[2], one[3]): tuple(hand_actions(one[4]))
        for one in session.execute(query)
    }


def scaled_accounts(session: Session, user_id: int) -> tuple[int, ...]:
    """The accounts of a person whose figures are not rupees, and that have fills."""
    query = select(TradingAccount.id).where(
        TradingAccount.user_id == user_id, TradingAccount.is_scaled,
        select(FillRow.id).where(FillRow.account_id == TradingAccount.id).exists(),
    )  # fmt: skip
    return tuple(session.scalars(query.order_by(TradingAccount.id)))


def fills_of_person(session: Session, user_id: int, *, since: int = 0) -> Iterator[FillOfPerson]:
    """Fills of a person's accounts from a row on, each account's oldest first."""
    for account in repository.accounts(session, user_id):
        yield from _of_account(session, account, FillRow.id >= since)


def fills_of_position(
    session: Session, key: PositionKey, *, until: int
) -> Iterator[FillOfPerson]:  # fmt: skip
    """Fills of one position up to a row, oldest first."""
    account_id, run_id, instrument, product = key
    account = session.get_one(TradingAccount, account_id)
    of_run = FillRow.run_id == run_id if run_id else FillRow.run_id.is_(None)
    yield from _of_account(
        session, account, of_run, FillRow.instrument == instrument, FillRow.product == product,
        FillRow.id <= until,
    )  # fmt: skip


def fills_by_position(session: Session, user_id: int, *, until: int) -> dict[PositionKey, int]:
    """How many fills each position of a person has, up to a row."""
    fill = FillRow
    accounts = select(TradingAccount.id).where(TradingAccount.user_id == user_id)
    query = (
        select(fill.account_id, fill.run_id, fill.instrument, fill.product, func.count())
        .where(fill.account_id.in_(accounts), fill.id <= until)
        .group_by(fill.account_id, fill.run_id, fill.instrument, fill.product)
    )
    return {(one[0], one[1] or "", one[2], one[3]): one[4] for one in session.execute(query)}


def _of_account(
    session: Session, account: TradingAccount, *which: ColumnElement[bool]
) -> Iterator[FillOfPerson]:
    fill = FillRow
    query = (
        select(
            fill.id, fill.run_id, fill.trade_id, fill.instrument, fill.product, fill.side,
            fill.quantity, fill.price, fill.charges_paise, fill.at,
        )
        .where(fill.account_id == account.id, *which)
        .order_by(fill.at, fill.id)
    )  # fmt: skip
    is_real = environment_of(account) == "live"
    if account.kind != PAPER:
        exchanges = OrderRow.document["exchange_order_id"].as_string()
        query = query.add_columns(OrderRow.venue_order_id, exchanges).outerjoin(
            OrderRow, OrderRow.order_id == fill.order_id
        )
    broker, _, name = account.scope.partition(":")
    for row in session.execute(query):
        run_id = row[1] or ""
        yield FillOfPerson(
            number=row[0], account_id=account.id, is_real=is_real, broker=broker, account=name,
            is_brokers=account.kind == BROKER, is_scaled=account.is_scaled, run_id=run_id,
            run=public_run_id(run_id),
            trade_id=row[2], order_ids=tuple(one for one in row[10:] if one), instrument=row[3],
            product=row[4], is_buy=row[5] == "BUY", quantity=row[6], price=row[7],
            charges_paise=row[8], at=row[9],
        )  # fmt: skip
