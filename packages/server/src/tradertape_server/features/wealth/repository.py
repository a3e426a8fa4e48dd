"""All SQL of wealth."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tradertape_server.features.wealth.models import FundClassChoice
from tradertape_server.platform.database.engine import take_advisory_lock


def fund_classes(session: Session, user_id: int) -> dict[str, str]:
    """The classes that a person set, by instrument."""
    query = select(FundClassChoice.instrument, FundClassChoice.fund_class).where(
        FundClassChoice.user_id == user_id, FundClassChoice.fund_class != ""
    )
    return {row.instrument: row.fund_class for row in session.execute(query)}


def changes(session: Session, user_id: int) -> int:
    """How often a person set a class or took one back."""
    query = select(func.sum(FundClassChoice.changes)).where(FundClassChoice.user_id == user_id)
    return session.scalar(query) or 0


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
