"""Turning what happened into rows: a notification, and a delivery for each channel of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.notifications import repository
from tradertape_server.features.notifications.catalogue import CATALOGUE
from tradertape_server.features.notifications.models import Delivery
from tradertape_server.features.notifications.preferences import DIGEST_AT, IN_APP, Wishes

MOST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened to a person.

    key: what makes it this one; published again under it, nothing happens. path: the page of the
    console that shows more. subject: ids for programs and buttons.
    """

    user_id: int
    event: str
    key: str
    title: str
    text: str
    at: datetime
    path: str = "/"
    subject: Mapping[str, Any] = field(default_factory=dict)


class Publisher:
    """Stores notices in the caller's transaction."""

    def __init__(self, clock: Clock, wake: Callable[[], None] = lambda: None) -> None:
        self._clock = clock
        self.wake = wake  # called after a commit: something is to be sent

    def publish(self, session: Session, notices: Iterable[Notice]) -> int:
        """Store what was not stored before; return how many that are."""
        wishes: dict[int, Wishes] = {}
        count = 0
        for notice in notices:
            if notice.user_id not in wishes:
                wishes[notice.user_id] = wishes_of(session, notice.user_id)
            count += self._store(session, notice, wishes[notice.user_id])
        if count:
            event.listen(session, "after_commit", lambda _: self.wake(), once=True)
        return count

    def deliver_to(self, session: Session, notice: Notice, channel_id: int) -> None:
        """Store a notice for one channel alone, whatever the person chose, and not for the bell."""
        made = repository.add(session, self._values(notice, is_shown=False))
        if made is not None:
            session.add(self._delivery(notice, made, channel_id, self._clock.now()))
        event.listen(session, "after_commit", lambda _: self.wake(), once=True)

    def _store(self, session: Session, notice: Notice, wishes: Wishes) -> bool:
        kind, now = CATALOGUE[notice.event], self._clock.now()
        due: dict[int, datetime] = {}
        for channel in repository.channels(session, notice.user_id, usable=True):
            mode = wishes.mode(kind, str(channel.id))
            if mode != "off":
                due[channel.id] = wishes.due_at(kind, mode, now)
        is_shown = wishes.mode(kind, IN_APP) != "off"
        if not due and not is_shown:
            return False
        made = repository.add(session, self._values(notice, is_shown=is_shown))
        if made is None:
            return False
        session.add_all(
            self._delivery(notice, made, channel_id, due_at) for channel_id, due_at in due.items()
        )
        return True

    def _values(self, notice: Notice, *, is_shown: bool) -> dict[str, Any]:
        return {
            "user_id": notice.user_id,
            "event": notice.event,
            "severity": CATALOGUE[notice.event].severity,
            "key": notice.key[:200],
            "title": notice.title[:200],
            "text": notice.text[:MOST_TEXT],
            "path": notice.path[:300],
            "subject": dict(notice.subject),
            "at": notice.at,
            "is_shown": is_shown,
        }

    def _delivery(
        self, notice: Notice, notification_id: int, channel_id: int, due_at: datetime
    ) -> Delivery:
        return Delivery(
            user_id=notice.user_id,
            notification_id=notification_id,
            channel_id=channel_id,
            status=repository.WAITING,
            due_at=due_at,
            is_repeat=False,
            attempts=[],
            created_at=self._clock.now(),
        )


def wishes_of(session: Session, user_id: int) -> Wishes:
    """What a person chose, or the defaults."""
    row = repository.preferences(session, user_id)
    if row is None:
        return Wishes(digest_at=DIGEST_AT)
    return Wishes(row.modes, row.quiet_from, row.quiet_to, row.digest_at)
