"""All SQL of watch lists."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from tradertape_server.features.watchlists.models import Watchlist, name_key


def of_user(session: Session, user_id: int) -> Sequence[Watchlist]:
    """A person's lists, oldest first."""
    query = select(Watchlist).where(Watchlist.user_id == user_id).order_by(Watchlist.id)
    return session.scalars(query).all()


def owned(session: Session, user_id: int, watchlist_id: int, *, lock: bool) -> Watchlist | None:
    """One of a person's lists; locked until the transaction ends when it is to be changed."""
    query = select(Watchlist).where(Watchlist.id == watchlist_id, Watchlist.user_id == user_id)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def has_name(session: Session, user_id: int, name: str, *, apart_from: int | None = None) -> bool:
    """Whether another list of the person has the name, in whatever case."""
    query = select(Watchlist.id).where(
        Watchlist.user_id == user_id, Watchlist.name_key == name_key(name)
    )
    return any(found != apart_from for found in session.scalars(query))
