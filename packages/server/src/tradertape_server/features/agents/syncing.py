"""What agents send of holdings and positions: the last snapshot of each day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST, Clock
from tradertape_server.features.agents import repository
from tradertape_server.features.agents.models import AgentSnapshot
from tradertape_server.features.agents.obfuscation import demand_scaled
from tradertape_server.features.agents.schemas import (
    Row,
    Snapshot,
    SyncHoldings,
    SyncOut,
    SyncPositions,
    SyncWarning,
)
from tradertape_server.platform.database.engine import Database

HOLDINGS, POSITIONS = "holdings", "positions"
DAYS = 400
MIXTURE = (
    "Snapshots scaled with different factors, or with none, are stored for this account: sums over "
    "them mean nothing. Send all of them again with one factor."
)


@dataclass(frozen=True, slots=True)
class Synced:
    """What an agent sent last of a broker. factor: the label of what it is scaled with, else None.

    is_sealed: the figures are encrypted, and the rows say little or nothing.
    """

    kind: str
    broker: str
    as_of: datetime
    factor: str | None
    rows: Sequence[Mapping[str, Any]]
    margins: Mapping[str, Any]
    is_sealed: bool


@dataclass(frozen=True, slots=True)
class Syncing:
    """Stores snapshots."""

    database: Database
    clock: Clock

    def holdings(self, user_id: int, instance: str, given: SyncHoldings) -> SyncOut:
        """Store holdings and margins. Raises Conflict for real figures of an obfuscated account."""
        drift = None if given.drift_summary is None else given.drift_summary.model_dump()
        return self._store(
            user_id, instance, HOLDINGS, given, given.holdings, margins=given.margins, drift=drift
        )

    def latest(self, user_id: int) -> list[Synced]:
        """The newest snapshot of each kind and broker."""
        with self.database.read() as session:
            return [
                Synced(
                    row.kind, row.broker, row.as_of, row.factor_id if row.is_scaled else None,
                    row.rows, row.margins or {}, row.sealed is not None,
                )
                for row in repository.newest_snapshots(session, user_id)
            ]  # fmt: skip

    def positions(self, user_id: int, instance: str, given: SyncPositions) -> SyncOut:
        """Store positions; raises as `holdings` does."""
        return self._store(user_id, instance, POSITIONS, given, given.positions)

    def _store(
        self, user_id: int, instance: str, kind: str, given: Snapshot, rows: Sequence[Row],
        *, margins: dict[str, Any] | None = None, drift: dict[str, Any] | None = None,
    ) -> SyncOut:  # fmt: skip
        day = min(given.as_of, self.clock.now()).astimezone(IST).date()
        with self.database.write() as session:
            self.database.advisory_lock(session, snapshots_of(user_id))
            demand_scaled(session, user_id, scaled=given.scaled)
            row = repository.snapshot(session, user_id, kind, given.broker, day)
            if row is not None and row.as_of > given.as_of:
                return SyncOut(stored=False, day=day, warnings=[])
            if row is None:
                row = AgentSnapshot(user_id=user_id, kind=kind, broker=given.broker, day=day)
                session.add(row)
            row.as_of, row.instance = given.as_of, instance
            row.is_scaled, row.factor_id = given.scaled, given.factor_id if given.scaled else None
            row.rows = [one.model_dump(mode="json") for one in rows]
            row.margins, row.drift, row.sealed = margins, drift, given.sealed
            session.flush()
            repository.drop_old_snapshots(session, user_id, kind, given.broker, DAYS)
            return SyncOut(stored=True, day=day, warnings=mixture(session, user_id))


def snapshots_of(user_id: int) -> str:
    """The name of the lock under which a person's snapshots change."""
    return f"agent-snapshots:{user_id}"


def mixture(session: Session, user_id: int) -> list[SyncWarning]:
    """A warning where what is stored was scaled with more than one factor."""
    is_mixed = len(repository.factors(session, user_id)) > 1
    return [SyncWarning(code="factor_mixture", detail=MIXTURE)] if is_mixed else []
