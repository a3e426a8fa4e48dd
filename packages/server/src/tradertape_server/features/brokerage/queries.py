"""What other features may read of sessions at brokers, in the caller's transaction; no secrets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from tradertape_server.features.brokerage import repository


@dataclass(frozen=True, slots=True)
class LastSession:
    """A person's last session at a broker. generation: counts the logins. end: how it ended."""

    user_id: int
    broker: str
    environment: str
    generation: int
    expires_at: datetime
    ended_at: datetime | None
    end: str | None
    reason: str


def last_sessions(session: Session) -> list[LastSession]:
    """The last session of every person at every broker."""
    return [
        LastSession(
            row.user_id, row.broker, row.environment, row.generation, row.expires_at,
            row.ended_at, row.end, row.reason or "",
        )
        for row in repository.all_sessions(session)
    ]  # fmt: skip


def set_up(session: Session) -> list[tuple[int, str, str]]:
    """Who has an app at which broker, and in which environment."""
    return [
        (row.user_id, row.broker, row.environment) for row in repository.all_credentials(session)
    ]
