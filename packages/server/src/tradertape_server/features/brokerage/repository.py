"""SQL of accounts at brokers; what is secret passes through here encrypted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from tradertape_server.features.brokerage.models import (
    BrokerCredential,
    BrokerLogin,
    BrokerPreference,
    BrokerSession,
)

MOST_REASON = 300


@dataclass(frozen=True, slots=True)
class SessionState:
    """What shows whether a stored session has changed."""

    user_id: int
    broker: str
    generation: int
    end: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A login to be stored. token: encrypted."""

    user_id: int
    broker: str
    environment: str
    broker_user_id: str
    token: bytes
    logged_in_at: datetime
    expires_at: datetime


def session_states(session: Session) -> list[SessionState]:
    """The states of all sessions, one of each person and broker."""
    row = BrokerSession
    found = session.execute(select(row.user_id, row.broker, row.generation, row.end, row.reason))
    return [SessionState(*one) for one in found]


def session_of(session: Session, user_id: int, broker: str) -> BrokerSession | None:
    """A person's last session at a broker."""
    return session.scalars(
        select(BrokerSession).where(
            BrokerSession.user_id == user_id, BrokerSession.broker == broker
        )
    ).one_or_none()


def sessions_with(session: Session, ids: Collection[tuple[int, str]]) -> Sequence[BrokerSession]:
    """The sessions of these people and brokers."""
    users = {user_id for user_id, _ in ids}
    found = session.scalars(select(BrokerSession).where(BrokerSession.user_id.in_(users)))
    return [row for row in found if (row.user_id, row.broker) in ids]


def store_session(session: Session, new: NewSession) -> int:
    """Put a login in the place of the person's last one; returns its generation."""
    row = session_of(session, new.user_id, new.broker)
    if row is None:
        row = BrokerSession(user_id=new.user_id, broker=new.broker, generation=0)
        session.add(row)
    row.environment, row.broker_user_id = new.environment, new.broker_user_id
    row.token, row.logged_in_at, row.expires_at = new.token, new.logged_in_at, new.expires_at
    row.ended_at = row.end = row.reason = None
    row.generation += 1
    return row.generation


def end_session(
    session: Session, user_id: int, broker: str, generation: int, end: str, reason: str,
    now: datetime,
) -> bool:  # fmt: skip
    """Note the end of a session and forget its token; False when another process has done so."""
    row = BrokerSession
    done = session.execute(
        update(row)
        .where(row.user_id == user_id, row.broker == broker)
        .where(row.generation == generation, row.ended_at.is_(None))
        .values(ended_at=now, end=end, reason=reason[:MOST_REASON], token=b"")
    )
    return cast("CursorResult[tuple[()]]", done).rowcount == 1


def end_sessions(session: Session, user_id: int, end: str, reason: str, now: datetime) -> list[str]:
    """End all of a person's sessions and forget their tokens; of which brokers there were any."""
    row = BrokerSession
    alive = (row.user_id == user_id, row.ended_at.is_(None))
    brokers = list(session.scalars(select(row.broker).where(*alive).order_by(row.broker)))
    ended = {"ended_at": now, "end": end, "reason": reason[:MOST_REASON], "token": b""}
    session.execute(update(row).where(*alive).values(**ended))
    return brokers


def accounts_of(session: Session, broker: str, broker_user_id: str) -> Sequence[BrokerSession]:
    """The last sessions, of everybody, with this account at the broker."""
    return session.scalars(
        select(BrokerSession).where(
            BrokerSession.broker == broker, BrokerSession.broker_user_id == broker_user_id
        )
    ).all()


def sessions_of(session: Session, user_id: int) -> Sequence[BrokerSession]:
    """A person's last sessions, one of each broker."""
    return session.scalars(select(BrokerSession).where(BrokerSession.user_id == user_id)).all()


def credential_of(session: Session, user_id: int, broker: str) -> BrokerCredential | None:
    """A person's credentials for a broker."""
    return session.scalars(
        select(BrokerCredential).where(
            BrokerCredential.user_id == user_id, BrokerCredential.broker == broker
        )
    ).one_or_none()


def credentials_of_account(
    session: Session, broker: str, broker_user_id: str
) -> Sequence[BrokerCredential]:
    """The credentials of everybody who has connected this account at the broker."""
    owners = [row.user_id for row in accounts_of(session, broker, broker_user_id)]
    return session.scalars(
        select(BrokerCredential).where(
            BrokerCredential.broker == broker, BrokerCredential.user_id.in_(owners)
        )
    ).all()


def take_login(session: Session, state_hash: str) -> BrokerLogin | None:
    """A login by its state, which is gone afterwards: of two callers one gets it."""
    row = session.scalars(
        select(BrokerLogin).where(BrokerLogin.state_hash == state_hash).with_for_update()
    ).one_or_none()
    if row is not None:
        session.delete(row)
        session.flush()
    return row


def delete_old_logins(session: Session, now: datetime) -> None:
    """Delete logins that nobody can finish any more."""
    session.execute(delete(BrokerLogin).where(BrokerLogin.expires_at <= now))


def preference_of(session: Session, user_id: int) -> BrokerPreference | None:
    """Which mails a person wants, if they ever said."""
    return session.get(BrokerPreference, user_id)


def preference_or_default(session: Session, user_id: int) -> BrokerPreference:
    """Which mails a person wants; stored as both, until they say otherwise."""
    found = session.get(BrokerPreference, user_id, with_for_update=True)
    if found is None:
        found = BrokerPreference(user_id=user_id, mails_expiry=True, mails_reminder=True)
        session.add(found)
    return found


def all_sessions(session: Session) -> Sequence[BrokerSession]:
    """The last sessions of everybody."""
    ordered = select(BrokerSession).order_by(BrokerSession.user_id, BrokerSession.broker)
    return session.scalars(ordered).all()
