"""The table of watch lists."""

from __future__ import annotations

from datetime import datetime
from unicodedata import normalize

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates

from tradertape_server.platform.database.engine import Base


def name_key(name: str) -> str:
    """What names of one person must differ in: case and the encoding of accents do not count.

    SQLite's own lower() knows ASCII only. A name can get longer: "ß" becomes "ss".
    """
    return normalize("NFC", normalize("NFC", name).casefold())


class Watchlist(Base):
    """A person's list. `instruments` are ids in display order; a list is always read and
    written as a whole, so its instruments need no table."""

    __tablename__ = "watchlists"
    __table_args__ = (UniqueConstraint("user_id", "name_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(40))
    name_key: Mapped[str] = mapped_column(String(160))  # see `name_key`
    instruments: Mapped[list[str]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @validates("name")
    def _keep_key(self, _column: str, name: str) -> str:
        self.name_key = name_key(name)
        return name
