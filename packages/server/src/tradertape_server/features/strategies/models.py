"""Tables of strategies. A row holds the whole document; every saved version is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base

NAME = String(120)


class StrategyRow(Base):
    """A strategy in its current version. Templates belong to nobody and have a `template_key`."""

    __tablename__ = "strategies"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    template_key: Mapped[str | None] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(NAME)
    description: Mapped[str] = mapped_column(Text, default="")
    base_model: Mapped[str] = mapped_column(String(40))
    document: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_public: Mapped[bool] = mapped_column(default=False)
    tags: Mapped[list[str]]
    forked_from_id: Mapped[int | None]
    forked_from_version: Mapped[int | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]

    @property
    def is_template(self) -> bool:
        return self.template_key is not None


class StrategyVersion(Base):
    """A saved version; `document` holds everything that a restore needs."""

    __tablename__ = "strategy_versions"
    __table_args__ = (UniqueConstraint("strategy_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    strategy_id: Mapped[int] = mapped_column(
        ForeignKey("strategies.id", ondelete="CASCADE"), index=True
    )
    version: Mapped[int]
    name: Mapped[str] = mapped_column(NAME)
    description: Mapped[str] = mapped_column(Text, default="")
    document: Mapped[dict[str, Any]]
    tags: Mapped[list[str]]
    note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
