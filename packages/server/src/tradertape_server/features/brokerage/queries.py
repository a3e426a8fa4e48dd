"""What other features may read of sessions at brokers, in the caller's transaction; no secrets."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import Calendar
from tradertape_server.features.brokerage import repository
from tradertape_server.features.brokerage.accounts import ChangeKind, Environment
from tradertape_server.features.brokerage.models import BrokerSession

REMINDS_AT: Final = time(8, 45)  # India's time, half an hour before the market opens
CLOSES_AT: Final = time(15, 30)
# Whoever has not signed in for so long, and has no live run, does without the broker.
SIGNED_IN_LATELY: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Due:
    """A login that a person should make. runs_live: whether a live run waits for it."""

    user_id: int
    broker: str
    account: str
    runs_live: bool


def is_awaited(calendar: Calendar, moment: datetime) -> bool:
    """Whether a session at a broker is wanted: on a trading day from the reminder to the close."""
    local = moment.astimezone(IST)
    return REMINDS_AT <= local.time() < CLOSES_AT and calendar.is_session(local.date())


def due_logins(session: Session, now: datetime, live: Collection[tuple[int, str]]) -> list[Due]:
    """Who should sign in where. live: people and account scopes with open live runs."""
    found: list[Due] = []
    for row in repository.all_sessions(session):
        scope = f"{row.broker}:{row.broker_user_id}"
        runs_live = (row.user_id, scope) in live
        is_over = row.ended_at is not None or row.expires_at <= now
        if is_over and (runs_live or _is_wanted(row, now)):
            found.append(Due(row.user_id, row.broker, scope, runs_live))
    return found


def _is_wanted(row: BrokerSession, now: datetime) -> bool:
    """Whether a person uses an account: a real one, lately, and did not sign out."""
    is_real = row.environment == Environment.LIVE.value
    is_late = row.logged_in_at > now - SIGNED_IN_LATELY
    return is_real and is_late and row.end != ChangeKind.DISCONNECTED.value


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
