"""Limits on sign-in attempts and requested links, counted in the database: they survive a restart.

They are the same whether or not an e-mail address has an account, so they do not reveal it.

A stranger must not keep the owner of an account out. What a browser that has signed in to the
account before attempts is counted by itself (`known_devices`). All others of the account share
limits on passwords and codes; when those are reached, a mailed link is asked for, whose requests
are limited by who asks alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tradertape_server.features.auth.models import SignInAttempt
from tradertape_server.features.auth.repository import CLOCK_SKEW
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import TooMany

DELETED_AFTER = timedelta(hours=25)
LINK_NEEDED = "link_needed"


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """At most `max_attempts` of one kind by one subject within a time.

    link_helps: whether another way to sign in remains, by a mailed link.
    """

    kind: str
    max_attempts: int
    within: timedelta
    link_helps: bool = False


Limits = tuple[AttemptLimit, ...]

# Requests of links, by who asks. What one mailbox gets is limited by `mail_is_due`.
LINKS_OF_PAIR: Limits = (
    AttemptLimit("link:pair", 1, timedelta(minutes=1)),
    AttemptLimit("link:pair", 5, timedelta(hours=1)),
)
LINKS_OF_DEVICE: Limits = (
    AttemptLimit("link:device", 1, timedelta(minutes=1)),
    AttemptLimit("link:device", 5, timedelta(hours=1)),
)
LINKS_OF_IP: Limits = (AttemptLimit("link:ip", 20, timedelta(hours=1)),)
# A code has a million values: 40 guesses a day find it with a probability of 4e-5. The mailed link
# has 256 bits and remains valid when the guesses are used.
CODES_OF_EMAIL: Limits = (
    AttemptLimit("code:address", 10, timedelta(hours=1), link_helps=True),
    AttemptLimit("code:address", 40, timedelta(hours=24), link_helps=True),
)
CODES_OF_DEVICE: Limits = (AttemptLimit("code:device", 10, timedelta(minutes=15), link_helps=True),)
CODES_OF_IP: Limits = (AttemptLimit("code:ip", 60, timedelta(hours=1)),)
PASSWORDS_OF_PAIR: Limits = (
    AttemptLimit("password:pair", 5, timedelta(minutes=15), link_helps=True),
)
PASSWORDS_OF_EMAIL: Limits = (
    AttemptLimit("password:address", 50, timedelta(hours=1), link_helps=True),
)
PASSWORDS_OF_DEVICE: Limits = (
    AttemptLimit("password:device", 10, timedelta(minutes=15), link_helps=True),
)
PASSWORDS_OF_IP: Limits = (AttemptLimit("password:ip", 50, timedelta(hours=1), link_helps=True),)
# Of somebody who is signed in, or has passed the first factor.
PASSWORDS_OF_SESSION: Limits = (AttemptLimit("password:session", 5, timedelta(minutes=15)),)
TOTP_OF_SESSION: Limits = (AttemptLimit("totp:session", 10, timedelta(hours=1)),)
TOTP_OF_EMAIL: Limits = (AttemptLimit("totp:address", 10, timedelta(hours=1)),)
TOTP_OF_DEVICE: Limits = (AttemptLimit("totp:device", 10, timedelta(hours=1)),)

_MAIL = "mail:address"
MAILS_SOON = 5  # so many mails an hour may be a minute apart
MAIL_SPACING, LATER_MAIL_SPACING = timedelta(minutes=1), timedelta(minutes=5)

Counted = tuple[Limits, str]  # limits, and the subject they count


def after_clock_was_set_back(database: Database, now: datetime) -> None:
    """Have attempts of a time to come count from now on; else they would until it is there again.

    Call it before attempts are counted, outside of that transaction, which a refusal takes back.
    """
    of_the_future = SignInAttempt.at > now + CLOCK_SKEW
    with database.read() as session:
        if session.scalar(select(SignInAttempt.id).where(of_the_future).limit(1)) is None:
            return
    with database.write(from_reserve=True) as session:
        session.execute(update(SignInAttempt).where(of_the_future).values(at=now))


def count_attempts(session: Session, counted: Collection[Counted], now: datetime) -> list[int]:
    """Count one attempt against all limits; returns the ids under which it is counted.

    Raises TooMany, uncounted, when it exceeds one.
    """
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - DELETED_AFTER))
    for limits, subject in counted:
        _check(session, limits, subject, now)
    rows = [SignInAttempt(kind=limits[0].kind, subject=who, at=now) for limits, who in counted]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def count_attempt(session: Session, limits: Limits, subject: str, now: datetime) -> None:
    """Count one attempt against the limits of one subject. Raises TooMany, uncounted."""
    count_attempts(session, [(limits, subject)], now)


def take_back(session: Session, attempts: Collection[int]) -> None:
    """Count attempts no longer: they succeeded."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.id.in_(attempts)))


def reset(session: Session, limits: Limits, subject: str) -> None:
    """Delete the counted attempts of a subject, after a success."""
    session.execute(
        delete(SignInAttempt).where(
            SignInAttempt.kind == limits[0].kind, SignInAttempt.subject == subject
        )
    )


def mail_is_due(session: Session, email: str, now: datetime) -> bool:
    """Whether one more mail may be sent to an address; counts it.

    Otherwise there is one in the mailbox that is still valid, whoever asked for it.
    """
    _serialize(session, f"{_MAIL} {email}")
    mails, newest = session.execute(
        select(func.count(), func.max(SignInAttempt.at)).where(
            SignInAttempt.kind == _MAIL,
            SignInAttempt.subject == email,
            SignInAttempt.at > now - timedelta(hours=1),
        )
    ).one()
    spacing = MAIL_SPACING if mails < MAILS_SOON else LATER_MAIL_SPACING
    if newest is not None and now - newest < spacing:
        return False
    session.add(SignInAttempt(kind=_MAIL, subject=email, at=now))
    return True


def _check(session: Session, limits: Limits, subject: str, now: datetime) -> None:
    _serialize(session, f"{limits[0].kind} {subject}")
    for limit in limits:
        wait_s = _wait_s(session, limit, subject, now)
        if wait_s and limit.link_helps:
            raise TooMany(
                "Too many wrong attempts: sign in with a mailed link, or in a browser that has "
                "signed in to this account before; or try again later.",
                retry_after_s=wait_s,
                code=LINK_NEEDED,
            )
        if wait_s:
            raise TooMany("Too many attempts; try again later.", retry_after_s=wait_s)


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
