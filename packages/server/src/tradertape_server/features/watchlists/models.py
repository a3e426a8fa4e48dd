"""The table of watch lists."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base


class Watchlist(Base):
    """A person's list. `instruments` are ids in display order; a list is always read and
    written as a whole, so its instruments need no table."""

    __tablename__ = "watchlists"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(40))
    instruments: Mapped[list[str]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
