"""Installations of agents: when each was heard of, and what it said of itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.agents import repository
from tradertape_server.features.agents.models import AgentInstance, Json
from tradertape_server.platform.database.engine import Database

ONLINE_WITHIN = timedelta(minutes=3)
_STORED_EVERY = timedelta(seconds=20)
POLL_AFTER_S = 5  # no sooner; how often, is the agent's setting
MOST = 20  # installations of one person that are remembered


@dataclass(frozen=True, slots=True)
class Instances:
    """Use cases of installations."""

    database: Database
    clock: Clock

    def heard(self, user_id: int, name: str, *, polled: bool = False) -> None:
        """An installation has made a request; stored at most every 20 seconds."""
        now = self.clock.now()
        with self.database.read() as session:
            row = repository.instance(session, user_id, name)
            if row is not None and not _is_due(row, now, polled=polled):
                return
        with self.database.write() as session:
            self._touch(session, user_id, name, now, polled=polled)

    def heartbeat(
        self, user_id: int, name: str, *, version: str, brokers: list[Json], auto_execute: bool,
        obfuscation: bool,
    ) -> None:  # fmt: skip
        """Store what an installation says of itself."""
        with self.database.write() as session:
            row = self._touch(session, user_id, name, self.clock.now(), polled=False)
            row.version, row.brokers = version, brokers
            row.auto_execute, row.obfuscation = auto_execute, obfuscation

    def _touch(
        self, session: Session, user_id: int, name: str, now: datetime, *, polled: bool
    ) -> AgentInstance:
        self.database.advisory_lock(session, f"agent-instances:{user_id}")
        row = repository.instance(session, user_id, name)
        if row is None:
            for old in repository.instances(session, user_id)[MOST - 1 :]:
                session.delete(old)
            row = AgentInstance(
                user_id=user_id, instance=name, brokers=[], auto_execute=False, obfuscation=False,
                is_watched=True, last_seen_at=now, created_at=now,
            )  # fmt: skip
            session.add(row)
        row.last_seen_at, row.is_watched = now, True
        if polled:
            row.last_poll_at = now
        session.flush()
        return row


def is_online(row: AgentInstance, now: datetime) -> bool:
    """Whether it was heard of a moment ago."""
    return now - row.last_seen_at <= ONLINE_WITHIN


def _is_due(row: AgentInstance, now: datetime, *, polled: bool) -> bool:
    last = row.last_poll_at if polled else row.last_seen_at
    return last is None or not row.is_watched or abs(now - last) >= _STORED_EVERY
