"""What a person set of the book; the book itself has no table."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base, DecimalText


class FundClassChoice(Base):
    """The class that a person set for a fund, by its ISIN, or by its name without one.

    fund_class: "" once it was taken back. changes: how often it was set or taken back, so that
    their sum over all funds never falls.
    """

    __tablename__ = "fund_class_choices"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    instrument: Mapped[str] = mapped_column(String(200), primary_key=True)
    fund_class: Mapped[str] = mapped_column(String(10))
    changes: Mapped[int]
    updated_at: Mapped[datetime]


class SettlementPrice(Base):
    """What a person says that a unit of a contract was worth when it expired, in rupees.

    price: None once it was taken back. changes: as those of the classes of funds.
    """

    __tablename__ = "settlement_prices"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    symbol: Mapped[str] = mapped_column(String(120), primary_key=True)
    price: Mapped[Decimal | None] = mapped_column(DecimalText())
    changes: Mapped[int]
    updated_at: Mapped[datetime]
