"""All SQL of wealth."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tradertape_server.features.wealth.models import FundClassChoice, SettlementPrice
from tradertape_server.platform.database.engine import take_advisory_lock


def fund_classes(session: Session, user_id: int) -> dict[str, str]:
    """The classes that a person set, by instrument."""
    query = select(FundClassChoice.instrument, FundClassChoice.fund_class).where(
        FundClassChoice.user_id == user_id, FundClassChoice.fund_class != ""
    )
    return {row.instrument: row.fund_class for row in session.execute(query)}


def changes(session: Session, user_id: int) -> int:
    """How often a person set a class or a settlement price, or took one back."""
    queries = (
        select(func.sum(table.changes)).where(table.user_id == user_id)
        for table in (FundClassChoice, SettlementPrice)
    )
    return sum(session.scalar(query) or 0 for query in queries)


def settlement_prices(session: Session, user_id: int) -> dict[str, Decimal]:
    """What a person stated of contracts that expired, by symbol."""
    query = select(SettlementPrice.symbol, SettlementPrice.price).where(
        SettlementPrice.user_id == user_id, SettlementPrice.price.is_not(None)
    )
    return {row.symbol: row.price for row in session.execute(query) if row.price is not None}


def set_settlement_price(
    session: Session, user_id: int, symbol: str, price: Decimal | None, now: datetime
) -> None:
    """State what a contract was worth; None takes it back."""
    take_advisory_lock(session.connection(), f"settlement-prices-{user_id}")
    found = session.get(SettlementPrice, (user_id, symbol), populate_existing=True)
    if found is None:
        found = SettlementPrice(user_id=user_id, symbol=symbol, changes=0)
        session.add(found)
    elif found.price == price:
        return
    found.price, found.updated_at = price, now
    found.changes += 1


def set_fund_class(
    session: Session, user_id: int, instrument: str, name: str, now: datetime
) -> None:  # fmt: skip
    """Set the class of a fund; "" takes it back."""
    take_advisory_lock(session.connection(), f"fund-classes-{user_id}")
    found = session.get(FundClassChoice, (user_id, instrument), populate_existing=True)
    if found is None:
        found = FundClassChoice(user_id=user_id, instrument=instrument, changes=0)
        session.add(found)
    elif found.fund_class == name:
        return
    found.fund_class, found.updated_at = name, now
    found.changes += 1
