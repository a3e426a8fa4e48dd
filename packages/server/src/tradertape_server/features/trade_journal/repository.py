"""All SQL of the trade journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tradertape_server.features.trade_journal.models import JournalEntry, JournalScreenshot


def entries(session: Session, user_id: int) -> Sequence[JournalEntry]:
    """All that a person wrote."""
    return session.scalars(select(JournalEntry).where(JournalEntry.user_id == user_id)).all()


def entry(
    session: Session, user_id: int, trip_key: str, *, lock: bool = False
) -> JournalEntry | None:
    """What a person wrote about one trip."""
    query = select(JournalEntry).where(
        JournalEntry.user_id == user_id, JournalEntry.trip_key == trip_key
    )
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def setups(session: Session, user_id: int) -> list[tuple[str, str]]:
    """Keys with the setups that a person wrote."""
    query = select(JournalEntry.trip_key, JournalEntry.setup).where(
        JournalEntry.user_id == user_id, JournalEntry.setup != ""
    )
    return [(key, setup) for key, setup in session.execute(query)]


def words(
    session: Session, user_id: int, kind: Literal["tags", "mistakes"]
) -> list[tuple[str, list[str]]]:
    """Keys with the tags or mistakes that a person wrote."""
    column = JournalEntry.tags if kind == "tags" else JournalEntry.mistakes
    query = select(JournalEntry.trip_key, column).where(JournalEntry.user_id == user_id)
    return [(key, found) for key, found in session.execute(query) if found]


def entries_of(
    session: Session, user_id: int, trip_keys: Sequence[str], *, lock: bool = False
) -> Sequence[JournalEntry]:
    """What a person wrote about some trips."""
    query = select(JournalEntry).where(
        JournalEntry.user_id == user_id, JournalEntry.trip_key.in_(trip_keys)
    )
    return session.scalars(query.with_for_update() if lock else query).all()


def count_entries(session: Session, user_id: int) -> int:
    """How many trips a person wrote about."""
    query = select(func.count()).where(JournalEntry.user_id == user_id)
    return session.scalar(query) or 0


def screenshots(
    session: Session, user_id: int, trip_keys: Sequence[str]
) -> Sequence[JournalScreenshot]:
    """The pictures of a trip under its keys, oldest first, without their content."""
    return session.scalars(
        select(JournalScreenshot)
        .where(JournalScreenshot.user_id == user_id, JournalScreenshot.trip_key.in_(trip_keys))
        .order_by(JournalScreenshot.id)
    ).all()


def screenshot(session: Session, user_id: int, screenshot_id: int) -> JournalScreenshot | None:
    """One of a person's pictures."""
    return session.scalars(
        select(JournalScreenshot).where(
            JournalScreenshot.id == screenshot_id, JournalScreenshot.user_id == user_id
        )
    ).one_or_none()


def counts(session: Session, user_id: int) -> dict[str, int]:
    """How many pictures each trip has."""
    found = session.execute(
        select(JournalScreenshot.trip_key, func.count())
        .where(JournalScreenshot.user_id == user_id)
        .group_by(JournalScreenshot.trip_key)
    ).all()
    return {row[0]: row[1] for row in found}


def used_bytes(session: Session, user_id: int) -> int:
    """What a person's pictures take."""
    query = select(func.sum(JournalScreenshot.size_bytes)).where(
        JournalScreenshot.user_id == user_id
    )
    return session.scalar(query) or 0
