"""Limits on sign-in attempts and requested links, counted in the database: they survive a restart.

They are the same whether or not an e-mail address has an account, so they do not reveal it.
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
    """At most `max_attempts` of one kind by one subject within a time."""

    kind: str
    max_attempts: int
    within: timedelta


# By what is attempted and by whom. A code has a million values: 40 guesses a day find it with a
# probability of 4e-5. The mailed link has 256 bits and remains valid when the guesses are used.
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
    """Count one attempt against the limits. Raises TooMany, uncounted, when it exceeds one."""
    _serialize(session, f"{limits[0].kind} {subject}")
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - DELETED_AFTER))
    for limit in limits:
        wait_s = _wait_s(session, limit, subject, now)
        if wait_s:
            raise TooMany("Too many attempts; try again later.", retry_after_s=wait_s)
    session.add(SignInAttempt(kind=limits[0].kind, subject=subject, at=now))
    session.flush()


def reset(session: Session, limits: tuple[AttemptLimit, ...], subject: str) -> None:
    """Delete the counted attempts of a subject, after a success."""
    session.execute(
        delete(SignInAttempt).where(
            SignInAttempt.kind == limits[0].kind, SignInAttempt.subject == subject
        )
    )


def _serialize(session: Session, name: str) -> None:
    # SQLite has one writer at a time; on PostgreSQL a lock serializes counts of the same subject.
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
