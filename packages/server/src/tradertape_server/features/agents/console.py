"""The console's page about agents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.agents import console_schemas as out
from tradertape_server.features.agents import repository
from tradertape_server.features.agents.instances import is_online
from tradertape_server.features.agents.models import AgentInstance, AgentLease, AgentSnapshot
from tradertape_server.features.agents.obfuscation import Obfuscation, is_on
from tradertape_server.features.agents.release import LATEST
from tradertape_server.features.agents.status import latest_version
from tradertape_server.features.agents.syncing import mixture, snapshots_of
from tradertape_server.features.agents.tokens import Tokens
from tradertape_server.features.auth.audit import RequestOrigin, record
from tradertape_server.features.brokerage.accounts import Connected
from tradertape_server.features.brokerage.service import BrokerageService
from tradertape_server.features.portfolios.handing import Handing
from tradertape_server.features.portfolios.live.changes import LiveChanges
from tradertape_server.features.portfolios.live.run_ids import named_by
from tradertape_server.features.portfolios.service import PortfolioService
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import NotFound
from tradertape_server.platform.http.identity import Identity

ENDED = "Obfuscation was turned on: the agent alone is connected to the broker."
PAUSED = "obfuscation"


def no_files(_session: Session, _user_id: int) -> int:
    """Nobody has uploaded anything."""
    return 0


@dataclass(frozen=True, slots=True)
class AgentPage:
    """Use cases of the page."""

    database: Database
    clock: Clock
    handing: Handing
    obfuscation: Obfuscation
    tokens: Tokens
    brokerage: BrokerageService
    portfolios: PortfolioService
    changes: LiveChanges
    clear_files: Callable[[Session, int], int]

    def show(self, session: Session, user_id: int) -> out.AgentsOut:
        """Everything that the page shows."""
        return out.AgentsOut(
            obfuscation=is_on(session, user_id),
            clear_files=self.clear_files(session, user_id),
            agents=[self._instance(one) for one in repository.instances(session, user_id)],
            leases=[self._lease(one) for one in repository.open_leases(session, user_id)],
            snapshots=[_snapshot(one) for one in repository.last_snapshots(session, user_id)],
            warnings=mixture(session, user_id),
            latest=latest_version(),
            portfolios=len(self.handing.portfolios(user_id)),
        )

    def snapshot(self, session: Session, user_id: int, snapshot_id: int) -> out.SnapshotDetailOut:
        """What a snapshot holds. Raises NotFound, also for another person's."""
        row = repository.snapshot_by_id(session, user_id, snapshot_id)
        if row is None:
            raise NotFound("Snapshot")
        items = [out.SnapshotRowOut.model_validate(one, extra="ignore") for one in row.rows]
        return out.SnapshotDetailOut(
            snapshot=_snapshot(row),
            items=items,
            margins=_numbers(row.margins or {}),
            weights=row.is_scaled and bool(items) and all(one.value is None for one in items),
            document=row.sealed,
        )

    def set_obfuscation(self, who: Identity, origin: RequestOrigin, *, on: bool) -> None:
        """Turn obfuscation on or off; turned on, the server's sessions at brokers are ended.

        Portfolios whose capital is in the other units buy nothing more: they are paused. The
        setting, the ends and the pauses are one transaction: no crash leaves a session behind it,
        and no purchase is sized by capital of other units. Snapshots in the other units go:
        the agent sends them anew.
        """
        ended: Sequence[Connected] = ()
        with self.database.write() as session:
            changed = self.obfuscation.set(session, who.id, on=on)
            self.handing.mark_scaled(session, self._counted_anew(session, who.id, on=on), scaled=on)
            paused = self.portfolios.pause_in_other_units(session, who.id, by=PAUSED)
            self.database.advisory_lock(session, snapshots_of(who.id))
            repository.drop_snapshots(session, who.id, scaled=not on)
            if on:
                self.tokens.forget(session, who.id)
                ended = self.brokerage.forget_sessions(session, who, ENDED, origin)
            if changed:
                record(
                    session, "obfuscation_on" if on else "obfuscation_off", user_id=who.id,
                    actor=who.email, origin=origin, now=self.clock.now(),
                )  # fmt: skip
        for portfolio_id in paused:
            self.changes.withdrawing.withdraw_marked(portfolio_id)
        if on:
            self.brokerage.tell_brokers(ended)

    def _counted_anew(self, session: Session, user_id: int, *, on: bool) -> list[int]:
        """The portfolios whose figures are counted otherwise from now on: turned off, those of
        which nothing was handed out in scaled units."""
        runs = () if on else repository.runs_in_scaled_units(session, user_id)
        named = [one for run_id in runs if (one := named_by(run_id)) is not None]
        scaled = {(one.portfolio_id, one.epoch) for one in named}
        own = self.handing.portfolios(user_id)
        return [one.id for one in own if (one.id, one.epoch) not in scaled]

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
        id=row.id, kind="holdings" if row.kind == "holdings" else "positions",
        broker=row.broker, day=row.day,
        as_of=row.as_of, instance=row.instance, rows=len(row.rows), scaled=row.is_scaled,
        factor_id=row.factor_id, drift_status=drift.get("status"), drift=drift.get("drift"),
        symbols=drift.get("symbols"), sealed=row.sealed is not None,
    )  # fmt: skip


def _numbers(margins: Mapping[str, Any]) -> dict[str, Decimal]:
    """What of an agent's margins is a number: a later agent may say more."""
    return {
        name: Decimal(str(one))
        for name, one in margins.items()
        if isinstance(one, int | float) and not isinstance(one, bool)
    }
