"""The trading account that a person prefers in a segment."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base


class PreferredAccount(Base):
    """The account that is chosen in a new order ticket, by segment: `equity` or `derivatives`."""

    __tablename__ = "preferred_accounts"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    segment: Mapped[str] = mapped_column(String(12), primary_key=True)
    scope: Mapped[str] = mapped_column(String(80))
