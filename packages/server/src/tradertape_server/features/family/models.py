"""Tables of families."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base


class FamilyGroup(Base):
    """A family. owner_id: its one owner, who is a member too."""

    __tablename__ = "family_groups"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]


class FamilyMember(Base):
    """An account in a group. role: admin | member, of no meaning for the owner.

    shares_…, amounts: what the others see of the account; amounts: full | percent | hidden.
    """

    __tablename__ = "family_members"
    __table_args__ = (UniqueConstraint("group_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("family_groups.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(10))
    shares_holdings: Mapped[bool]
    shares_positions: Mapped[bool]
    shares_mutual_funds: Mapped[bool]
    amounts: Mapped[str] = mapped_column(String(10))
    joined_at: Mapped[datetime]


class FamilyInvitation(Base):
    """An invitation of an address; the link holds the token, this row its hash.

    ended_at: accepted, declined, withdrawn, replaced, or its group was deleted. An ended one is
    kept for a while, as it counts against how many a person may send in a day.
    """

    __tablename__ = "family_invitations"
    __table_args__ = (
        Index("ix_family_invitations_group_id_email", "group_id", "email"),
        Index("ix_family_invitations_invited_by_created_at", "invited_by", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int | None] = mapped_column(
        ForeignKey("family_groups.id", ondelete="SET NULL")
    )
    email: Mapped[str] = mapped_column(String(254), index=True)
    role: Mapped[str] = mapped_column(String(10))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
