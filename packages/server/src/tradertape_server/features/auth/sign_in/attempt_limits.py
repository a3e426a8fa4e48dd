"""Limits on guessing and asking, counted in the database: they hold over a restart.

They are the same for addresses we know and those we do not, and so tell nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tradertape_server.features.auth.models import SignInAttempt
from tradertape_server.platform.errors import TooMany

DELETED_AFTER = timedelta(hours=25)


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """At most `most` of one kind by one subject within a time."""

    kind: str
    max_attempts: int
    within: timedelta


# What counts against whom. A code has a million values: 40 guesses a day find it with a chance of
# 4e-5. The link in the mail has 256 bits and goes on working when the code's guesses are used up.
LINKS_OF_EMAIL = (
    AttemptLimit("link:address", 1, timedelta(minutes=1)),
    AttemptLimit("link:address", 5, timedelta(hours=1)),
)
LINKS_OF_IP = (AttemptLimit("link:ip", 20, timedelta(hours=1)),)
CODES_OF_EMAIL = (
    AttemptLimit("code:address", 10, timedelta(hours=1)),
    AttemptLimit("code:address", 40, timedelta(hours=24)),
)
CODES_OF_IP = (AttemptLimit("code:ip", 60, timedelta(hours=1)),)
PASSWORDS_OF_PAIR = (AttemptLimit("password:pair", 5, timedelta(minutes=15)),)
PASSWORDS_OF_EMAIL = (AttemptLimit("password:address", 50, timedelta(hours=1)),)
TOTP_OF_EMAIL = (AttemptLimit("totp:address", 10, timedelta(hours=1)),)
PASSWORDS_OF_IP = (AttemptLimit("password:ip", 50, timedelta(hours=1)),)


def count_attempt(
    session: Session, limits: tuple[AttemptLimit, ...], subject: str, now: datetime
) -> None:
    """Count one against the limits; raises TooMany, counting nothing, when it is one too many."""
    _queue_up(session, f"{limits[0].kind} {subject}")
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - DELETED_AFTER))
    for limit in limits:
        wait_s = _wait_s(session, limit, subject, now)
        if wait_s:
            raise TooMany("Too many attempts; try again later.", retry_after_s=wait_s)
    session.add(SignInAttempt(kind=limits[0].kind, subject=subject, at=now))
    session.flush()


def reset(session: Session, limits: tuple[AttemptLimit, ...], subject: str) -> None:
    """Forget what was counted: it went well."""
    session.execute(
        delete(SignInAttempt).where(
            SignInAttempt.kind == limits[0].kind, SignInAttempt.subject == subject
        )
    )


def _queue_up(session: Session, name: str) -> None:
    # SQLite has one writer at a time; on PostgreSQL those who count the same thing take turns.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def _wait_s(session: Session, limit: AttemptLimit, subject: str, now: datetime) -> int:
    recent = (
        SignInAttempt.kind == limit.kind,
        SignInAttempt.subject == subject,
        SignInAttempt.at > now - limit.within,
    )
    counted, oldest = session.execute(
        select(func.count(), func.min(SignInAttempt.at)).where(*recent)
    ).one()
    if counted < limit.max_attempts or oldest is None:
        return 0
    return max(1, int((oldest + limit.within - now).total_seconds()) + 1)
