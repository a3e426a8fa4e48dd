"""The last report of each person, and the differences they ignore or have corrected."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base, DecimalText


class ReconciliationReport(Base):
    """The last report of a person; `document` is its body without what is ignored."""

    __tablename__ = "reconciliation_reports"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    checked_at: Mapped[datetime]
    document: Mapped[dict[str, Any]]


class IgnoredDifference(Base):
    """A difference that is not to be reported: any of the instrument, or one of a size.

    difference: units, broker less ours; None: whatever it is. until: None: for good.
    """

    __tablename__ = "ignored_differences"
    __table_args__ = (UniqueConstraint("user_id", "scope", "instrument"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    scope: Mapped[str] = mapped_column(String(80))
    instrument: Mapped[str] = mapped_column(String(80))
    difference: Mapped[int | None] = mapped_column(BigInteger)
    until: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class Correction(Base):
    """Units that a person adopted (above 0), or wrote off (below 0), in the comparison; or those
    that a corporate action gave or took, which a person applied to the positions.

    cause: what the difference was classified as. price, traded_on, trade_keys: of the uploaded
    trades that it took its units from, price in rupees for a share of then. action_terms: `new`
    units for `old` ones from `ex_date`, and how many `positions` that changed; of a write-off the
    units that `left` positions, and the `moves` by which. undone_at: None while it counts.
    """

    __tablename__ = "reconciliation_corrections"
    __table_args__ = (Index("ix_reconciliation_corrections_user_id_scope", "user_id", "scope"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    scope: Mapped[str] = mapped_column(String(80))
    instrument: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(12))
    units: Mapped[int] = mapped_column(BigInteger)
    cause: Mapped[str] = mapped_column(String(20))
    price: Mapped[Decimal | None] = mapped_column(DecimalText())
    traded_on: Mapped[date | None]
    trade_keys: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    action_terms: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(String(200))
    made_by: Mapped[str] = mapped_column(String(320))
    created_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
