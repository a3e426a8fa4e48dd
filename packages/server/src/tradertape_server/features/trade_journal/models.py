"""Tables of the trade journal. A round trip itself is reckoned from uploads and has no row."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base, DecimalText


class JournalEntry(Base):
    """What a person wrote about a round trip. symbol, opened_on: to name it when its file is gone.

    stop_price: the stop that was planned, in rupees, for the result as a multiple of the risk.
    """

    __tablename__ = "journal_entries"
    __table_args__ = (UniqueConstraint("user_id", "trip_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    trip_key: Mapped[str] = mapped_column(String(32))
    symbol: Mapped[str] = mapped_column(String(80))
    opened_on: Mapped[date]
    setup: Mapped[str] = mapped_column(String(60))
    tags: Mapped[list[str]]
    mistakes: Mapped[list[str]]
    rating: Mapped[int | None]
    stop_price: Mapped[Decimal | None] = mapped_column(DecimalText())
    note: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime]


class JournalScreenshot(Base):
    """A picture beside a round trip, encoded anew by this server."""

    __tablename__ = "journal_screenshots"
    __table_args__ = (Index("ix_journal_screenshots_user_id_trip_key", "user_id", "trip_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    trip_key: Mapped[str] = mapped_column(String(32))
    width: Mapped[int]
    height: Mapped[int]
    size_bytes: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime]
