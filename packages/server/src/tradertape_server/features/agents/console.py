"""The console's page about agents."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.agents import console_schemas as out
from tradertape_server.features.agents import repository
from tradertape_server.features.agents.instances import is_online
from tradertape_server.features.agents.models import AgentInstance, AgentLease, AgentSnapshot
from tradertape_server.features.agents.obfuscation import Obfuscation, is_on
from tradertape_server.features.agents.release import LATEST
from tradertape_server.features.agents.status import latest_version
from tradertape_server.features.agents.syncing import mixture
from tradertape_server.features.agents.tokens import Tokens
from tradertape_server.features.auth.audit import RequestOrigin, record
from tradertape_server.features.brokerage.service import BrokerageService
from tradertape_server.features.portfolios.handing import Handing
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.http.identity import Identity


@dataclass(frozen=True, slots=True)
class AgentPage:
    """Use cases of the page."""

    database: Database
    clock: Clock
    handing: Handing
    obfuscation: Obfuscation
    tokens: Tokens
    brokerage: BrokerageService

    def show(self, session: Session, user_id: int) -> out.AgentsOut:
        """Everything that the page shows."""
        return out.AgentsOut(
            obfuscation=is_on(session, user_id),
            agents=[self._instance(one) for one in repository.instances(session, user_id)],
            leases=[self._lease(one) for one in repository.open_leases(session, user_id)],
            snapshots=[_snapshot(one) for one in repository.last_snapshots(session, user_id)],
            warnings=mixture(session, user_id),
            latest=latest_version(),
            portfolios=len(self.handing.portfolios(user_id)),
        )

    def set_obfuscation(self, who: Identity, origin: RequestOrigin, *, on: bool) -> None:
        """Turn obfuscation on or off; turned on, the server's sessions at brokers are ended."""
        with self.database.write() as session:
            changed = self.obfuscation.set(session, who.id, on=on)
            if on:
                self.tokens.forget(session, who.id)
            if changed:
                record(
                    session, "obfuscation_on" if on else "obfuscation_off", user_id=who.id,
                    actor=who.email, origin=origin, now=self.clock.now(),
                )  # fmt: skip
        if on:  # from now on none can be opened: the setting is on disk
            for state in self.brokerage.states_of(who.id):
                if state.connected:
                    self.brokerage.end_session(who, state.name, origin)

    def _instance(self, row: AgentInstance) -> out.AgentInstanceOut:
        return out.AgentInstanceOut(
            instance=row.instance, version=row.version,
            online=is_online(row, self.clock.now()),
            update_available=LATEST.is_newer_than(row.version), auto_execute=row.auto_execute,
            obfuscation=row.obfuscation,
            brokers=[out.AgentBrokerOut.model_validate(one) for one in row.brokers],
            last_poll_at=row.last_poll_at, last_seen_at=row.last_seen_at,
        )  # fmt: skip

    def _lease(self, row: AgentLease) -> out.LeaseOut:
        return out.LeaseOut(
            id=row.id, signal_id=row.signal_id, symbol=row.symbol,
            side="BUY" if row.side == "BUY" else "SELL", instance=row.instance,
            leased_at=row.leased_at, lease_until=row.lease_until,
            overdue=row.lease_until <= self.clock.now(),
        )  # fmt: skip


def _snapshot(row: AgentSnapshot) -> out.SnapshotOut:
    drift = row.drift or {}
    return out.SnapshotOut(
        kind="holdings" if row.kind == "holdings" else "positions", broker=row.broker, day=row.day,
        as_of=row.as_of, instance=row.instance, rows=len(row.rows), scaled=row.is_scaled,
        factor_id=row.factor_id, drift_status=drift.get("status"), drift=drift.get("drift"),
        symbols=drift.get("symbols"),
    )  # fmt: skip
