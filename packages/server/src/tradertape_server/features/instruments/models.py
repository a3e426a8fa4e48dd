"""Tables of instruments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base


class MarketChoiceRow(Base):
    """The market that was chosen for the whole server: one row, none before the first choice."""

    __tablename__ = "market_choice"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    market: Mapped[str] = mapped_column(String(12))
    chosen_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    chosen_at: Mapped[datetime]
