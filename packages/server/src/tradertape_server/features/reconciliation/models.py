"""The last report of each person, and the differences they chose to ignore."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base


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
