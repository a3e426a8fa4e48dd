"""What others may read of notifications, in the caller's transaction."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tradertape_server.features.notifications import repository
from tradertape_server.features.notifications.catalogue import CATALOGUE
from tradertape_server.features.notifications.publishing import wishes_of


def is_sent(session: Session, user_id: int, event: str) -> bool:
    """Whether one of a person's channels is sent an event as it happens."""
    wishes, kind = wishes_of(session, user_id), CATALOGUE[event]
    channels = repository.channels(session, user_id, usable=True)
    return any(wishes.mode(kind, str(one.id)) == "now" for one in channels)
