"""All SQL of agents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tradertape_server.features.agents.models import (
    AgentInstance,
    AgentLease,
    AgentSetting,
    AgentSnapshot,
    AgentToken,
)


def instances(session: Session, user_id: int) -> Sequence[AgentInstance]:
    """A person's installations, the last seen first."""
    query = select(AgentInstance).where(AgentInstance.user_id == user_id)
    return session.scalars(query.order_by(AgentInstance.last_seen_at.desc())).all()


def instance(session: Session, user_id: int, name: str) -> AgentInstance | None:
    """One installation."""
    query = select(AgentInstance).where(
        AgentInstance.user_id == user_id, AgentInstance.instance == name
    )
    return session.scalar(query)


def silent_instances(session: Session, before: datetime) -> Sequence[AgentInstance]:
    """Everybody's installations that were online and are silent since before a time."""
    query = select(AgentInstance).where(
        AgentInstance.is_watched, AgentInstance.last_seen_at < before
    )
    return session.scalars(query).all()


def leases(session: Session, user_id: int, keys: Collection[str]) -> dict[str, AgentLease]:
    """Leases by their keys."""
    query = select(AgentLease).where(AgentLease.user_id == user_id, AgentLease.key.in_(keys))
    return {row.key: row for row in session.scalars(query)}


def lease(session: Session, user_id: int, key: str) -> AgentLease | None:
    """The lease of an attempt."""
    return leases(session, user_id, (key,)).get(key)


def scaled_runs(session: Session, user_id: int, run_ids: Collection[str]) -> dict[str, bool]:
    """Whether what was first handed out of these runs was counted in scaled units."""
    query = (
        select(AgentLease.run_id, AgentLease.is_scaled)
        .where(
            AgentLease.user_id == user_id, AgentLease.run_id.in_(run_ids),
            AgentLease.state != "withdrawn",
        )
        .order_by(AgentLease.id.desc())
    )  # fmt: skip
    return {run_id: scaled for run_id, scaled in session.execute(query)}  # noqa: C416 - rows are typed tuples


def runs_in_scaled_units(session: Session, user_id: int) -> Sequence[str]:
    """The runs of which something was handed out in scaled units."""
    query = select(AgentLease.run_id).where(
        AgentLease.user_id == user_id, AgentLease.is_scaled, AgentLease.state != "withdrawn"
    )
    return session.scalars(query.distinct()).all()


def lease_by_id(session: Session, user_id: int, lease_id: int) -> AgentLease | None:
    """One of a person's leases."""
    query = select(AgentLease).where(AgentLease.user_id == user_id, AgentLease.id == lease_id)
    return session.scalar(query)


def open_leases(session: Session, user_id: int) -> Sequence[AgentLease]:
    """Leases without a report, oldest first."""
    query = select(AgentLease).where(AgentLease.user_id == user_id, AgentLease.state == "leased")
    return session.scalars(query.order_by(AgentLease.id)).all()


def unwanted(session: Session, user_id: int) -> Sequence[AgentLease]:
    """Orders that were reported and are to be cancelled at the broker."""
    query = select(AgentLease).where(AgentLease.user_id == user_id, AgentLease.cancel_wanted)
    return session.scalars(query.order_by(AgentLease.id)).all()


def snapshot(
    session: Session, user_id: int, kind: str, broker: str, day: date
) -> AgentSnapshot | None:
    """What was sent of a day."""
    query = select(AgentSnapshot).where(
        AgentSnapshot.user_id == user_id, AgentSnapshot.kind == kind,
        AgentSnapshot.broker == broker, AgentSnapshot.day == day,
    )  # fmt: skip
    return session.scalar(query)


def last_snapshots(session: Session, user_id: int) -> list[AgentSnapshot]:
    """The newest snapshot of each kind and broker."""
    query = (
        select(AgentSnapshot)
        .where(AgentSnapshot.user_id == user_id)
        .order_by(AgentSnapshot.day.desc(), AgentSnapshot.id)
        .limit(50)
    )
    found: dict[tuple[str, str], AgentSnapshot] = {}
    for row in session.scalars(query):
        found.setdefault((row.kind, row.broker), row)
    return list(found.values())


def newest_snapshots(session: Session, user_id: int) -> list[AgentSnapshot]:
    """The newest snapshot of each kind and broker, however old."""
    newest = (
        select(AgentSnapshot.kind, AgentSnapshot.broker, func.max(AgentSnapshot.day).label("day"))
        .where(AgentSnapshot.user_id == user_id)
        .group_by(AgentSnapshot.kind, AgentSnapshot.broker)
        .subquery()
    )
    query = (
        select(AgentSnapshot)
        .join(
            newest,
            (AgentSnapshot.kind == newest.c.kind)
            & (AgentSnapshot.broker == newest.c.broker)
            & (AgentSnapshot.day == newest.c.day),
        )
        .where(AgentSnapshot.user_id == user_id)
        .order_by(AgentSnapshot.id)
    )
    return list(session.scalars(query))


def snapshot_by_id(session: Session, user_id: int, snapshot_id: int) -> AgentSnapshot | None:
    """One of a person's snapshots."""
    query = select(AgentSnapshot).where(
        AgentSnapshot.user_id == user_id, AgentSnapshot.id == snapshot_id
    )
    return session.scalar(query)


def factors(session: Session, user_id: int) -> set[str]:
    """The labels of the factors with which what is stored was scaled; "" of what was not."""
    query = select(AgentSnapshot.is_scaled, AgentSnapshot.factor_id).where(
        AgentSnapshot.user_id == user_id
    )
    return {
        (factor or "") if scaled else "" for scaled, factor in session.execute(query.distinct())
    }


def drop_snapshots(session: Session, user_id: int, *, scaled: bool) -> None:
    """Delete a person's snapshots in scaled figures, or those in real ones."""
    session.execute(
        delete(AgentSnapshot).where(
            AgentSnapshot.user_id == user_id, AgentSnapshot.is_scaled.is_(scaled)
        )
    )


def drop_old_snapshots(session: Session, user_id: int, kind: str, broker: str, keep: int) -> None:
    """Delete all but the newest snapshots of a kind at a broker."""
    ids = (
        select(AgentSnapshot.id)
        .where(
            AgentSnapshot.user_id == user_id, AgentSnapshot.kind == kind,
            AgentSnapshot.broker == broker,
        )
        .order_by(AgentSnapshot.day.desc())
        .offset(keep)
    )  # fmt: skip
    old = session.scalars(ids).all()
    if old:
        session.execute(delete(AgentSnapshot).where(AgentSnapshot.id.in_(old)))


def setting(session: Session, user_id: int) -> AgentSetting | None:
    """A person's settings."""
    return session.get(AgentSetting, user_id)


def token(session: Session, user_id: int, kind: str, broker: str) -> AgentToken | None:
    """A token of a kind for a broker."""
    query = select(AgentToken).where(
        AgentToken.user_id == user_id, AgentToken.kind == kind, AgentToken.broker == broker
    )
    return session.scalar(query)


def tokens(session: Session, user_id: int, kind: str) -> Sequence[AgentToken]:
    """Tokens of a kind, oldest first."""
    query = select(AgentToken).where(AgentToken.user_id == user_id, AgentToken.kind == kind)
    return session.scalars(query.order_by(AgentToken.created_at, AgentToken.id)).all()
