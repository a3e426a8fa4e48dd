"""All SQL of family."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tradertape_server.features.family.models import FamilyGroup, FamilyInvitation, FamilyMember


def groups_of(session: Session, user_id: int) -> Sequence[FamilyGroup]:
    """The groups a person is a member of, oldest first."""
    query = (
        select(FamilyGroup)
        .join(FamilyMember, FamilyMember.group_id == FamilyGroup.id)
        .where(FamilyMember.user_id == user_id)
        .order_by(FamilyGroup.id)
    )
    return session.scalars(query).all()


def group(session: Session, group_id: int, *, lock: bool) -> FamilyGroup | None:
    """A group. lock: until the transaction ends, as what its members may do follows from it."""
    query = select(FamilyGroup).where(FamilyGroup.id == group_id)
    query = query.execution_options(populate_existing=True)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def member(session: Session, group_id: int, user_id: int) -> FamilyMember | None:
    """A person's membership."""
    query = select(FamilyMember).where(
        FamilyMember.group_id == group_id, FamilyMember.user_id == user_id
    )
    return session.scalars(query).one_or_none()


def members(session: Session, group_ids: Sequence[int]) -> Sequence[FamilyMember]:
    """The members of groups, in the order in which they joined."""
    query = select(FamilyMember).where(FamilyMember.group_id.in_(group_ids))
    return session.scalars(query.order_by(FamilyMember.id)).all()


def pending(
    session: Session, group_ids: Sequence[int], now: datetime
) -> Sequence[FamilyInvitation]:
    """Invitations to groups that can still be answered, oldest first."""
    query = select(FamilyInvitation).where(FamilyInvitation.group_id.in_(group_ids), *_open(now))
    return session.scalars(query.order_by(FamilyInvitation.id)).all()


def pending_for(session: Session, email: str, now: datetime) -> Sequence[FamilyInvitation]:
    """Invitations of an address that can still be answered, oldest first."""
    query = select(FamilyInvitation).where(
        FamilyInvitation.email == email, FamilyInvitation.group_id.is_not(None), *_open(now)
    )
    return session.scalars(query.order_by(FamilyInvitation.id)).all()


def invitation_by_token(
    session: Session, token_hash: str, now: datetime
) -> FamilyInvitation | None:
    """The invitation of a link, while it can be answered."""
    query = select(FamilyInvitation).where(
        FamilyInvitation.token_hash == token_hash,
        FamilyInvitation.group_id.is_not(None), *_open(now),
    )  # fmt: skip
    return session.scalars(query).one_or_none()


def sent_since(session: Session, user_id: int, since: datetime) -> int:
    """How many invitations a person has made since, ended ones too."""
    query = select(func.count()).where(
        FamilyInvitation.invited_by == user_id, FamilyInvitation.created_at >= since
    )
    return session.scalar(query) or 0


def end_invitations(
    session: Session, group_id: int, now: datetime, *, email: str | None = None,
    invited_by: int | None = None, role: str | None = None,
) -> None:  # fmt: skip
    """End a group's invitations, or those of one address, by one person, or to one role."""
    query = update(FamilyInvitation).where(
        FamilyInvitation.group_id == group_id, FamilyInvitation.ended_at.is_(None)
    )
    if email is not None:
        query = query.where(FamilyInvitation.email == email)
    if invited_by is not None:
        query = query.where(FamilyInvitation.invited_by == invited_by)
    if role is not None:
        query = query.where(FamilyInvitation.role == role)
    session.execute(query.values(ended_at=now))


def forget_invitations(session: Session, before: datetime) -> None:
    """Delete those that could be answered until then at most, or were ended."""
    session.execute(delete(FamilyInvitation).where(FamilyInvitation.expires_at < before))


def _open(now: datetime):
    return FamilyInvitation.ended_at.is_(None), FamilyInvitation.expires_at > now
