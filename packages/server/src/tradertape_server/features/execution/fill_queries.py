"""Fills of a person over all accounts, as the trade journal reads them; in a transaction of the
caller's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tradertape_server.features.execution.account_environments import environment_of
from tradertape_server.features.execution.orders.views import public_run_id
from tradertape_server.features.execution.store import repository
from tradertape_server.features.execution.store.models import (
    BROKER,
    PAPER,
    FillRow,
    OrderRow,
    TradingAccount,
)


@dataclass(frozen=True, slots=True)
class FillOfPerson:
    """A fill of an order that was placed here.

    is_real: whether it moved money. broker, account: as the account's scope has them; is_brokers:
    whether `account` is the broker's own name for it. run_id: "" of what was placed by hand; run:
    the same as its user named it. is_scaled: its units are not those at the
    broker. order_ids: the order's numbers at the broker and the exchange.
    """

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


def version_of_fills(session: Session, user_id: int) -> tuple[int, int]:
    """Changes with the fills of a person: how many there are, and the newest."""
    accounts = select(TradingAccount.id).where(TradingAccount.user_id == user_id)
    query = select(func.count(), func.max(FillRow.id)).where(FillRow.account_id.in_(accounts))
    many, newest = session.execute(query).one()
    return many, newest or 0


def scaled_accounts(session: Session, user_id: int) -> tuple[int, ...]:
    """The accounts of a person whose figures are not rupees, and that have fills."""
    query = select(TradingAccount.id).where(
        TradingAccount.user_id == user_id, TradingAccount.is_scaled,
        select(FillRow.id).where(FillRow.account_id == TradingAccount.id).exists(),
    )  # fmt: skip
    return tuple(session.scalars(query.order_by(TradingAccount.id)))


def fills_of_person(session: Session, user_id: int) -> Iterator[FillOfPerson]:
    """All fills of a person's accounts, each account's oldest first."""
    for account in repository.accounts(session, user_id):
        yield from _of_account(session, account)


def _of_account(session: Session, account: TradingAccount) -> Iterator[FillOfPerson]:
    fill = FillRow
    query = (
        select(
            fill.run_id, fill.trade_id, fill.instrument, fill.product, fill.side, fill.quantity,
            fill.price, fill.charges_paise, fill.at,
        )
        .where(fill.account_id == account.id)
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
        run_id = row[0] or ""
        yield FillOfPerson(
            is_real=is_real, broker=broker, account=name, is_brokers=account.kind == BROKER,
            is_scaled=account.is_scaled,
            run_id=run_id, run=public_run_id(run_id), trade_id=row[1],
            order_ids=tuple(one for one in row[9:] if one), instrument=row[2], product=row[3],
            is_buy=row[4] == "BUY", quantity=row[5], price=row[6], charges_paise=row[7], at=row[8],
        )  # fmt: skip
