"""Worker runs as the owners of protections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from tradertape_core.risk.protection_state import ProtectionState
from tradertape_server.features.execution.orders.replies import Reply
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.protection.owners import AdvanceExit, Change, Owner
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.runs.halting import halt_by_protection
from tradertape_server.features.workers.runs.liveness import Liveness
from tradertape_server.features.workers.runs.protection_columns import columns_of
from tradertape_server.features.workers.runs.transactions import note, ref
from tradertape_server.features.workers.trading.exit_runs import ExitService


class RunOwners:
    """Implements `protection.owners.Owners`; an owner's id is its run's."""

    kind = "run"

    def __init__(self, exits: ExitService, liveness: Liveness) -> None:
        self._exits = exits
        self._liveness = liveness

    def guarded(self, session: Session) -> list[Owner]:
        """Runs with a protection that may still have to act."""
        return [_owner(run) for run in repository.protected_runs(session)]

    def find(self, session: Session, run_id: str) -> Owner | None:
        """One of them."""
        run = repository.any_run(session, run_id)
        if run is None or run.protection_status in ("unarmed", "done") or run.status == "closed":
            return None
        return _owner(run)

    def save(self, session: Session, changes: Sequence[Change]) -> set[str]:
        """Store new states of runs that nobody changed since; their ids."""
        if len(changes) == 1:
            ((owner, state),) = changes
            is_ours = repository.change_protection(
                session, owner.owner_id, version=owner.version, **columns_of(state)
            )
            return {owner.run_id} if is_ours else set()
        return repository.change_protections(
            session,
            {owner.owner_id: (owner.version, columns_of(state)) for owner, state in changes},
        )

    def note(
        self, uow: UnitOfWork, owner: Owner, event_type: str, summary: str, **payload: Any
    ) -> int:
        """Write an event of the protection into the run's timeline."""
        return note(uow, owner.ref, "protection", event_type, summary, **payload)

    def halt(self, uow: UnitOfWork, owner: Owner, reason: str) -> None:
        """Halt a run that is open."""
        halt_by_protection(uow, owner.owner_id, reason)

    def exit_command(self, owner: Owner, *, key: str, reason: str) -> Command[Any]:
        """The command that begins to exit the run."""
        return self._exits.begin_command(owner.ref, key=key, reason=reason)

    def exit(self, owner: Owner, *, key: str, reason: str) -> Reply:
        """Begin or advance the exit of the run."""
        return self._exits.exit_by_server(owner.ref, key=key, reason=reason)

    def exits_under_way(self, session: Session) -> dict[str, AdvanceExit]:
        """What advances the exit of each run that is exiting."""
        exiting = repository.runs_with_status(session, "exiting")
        return {run.strategy_run_id: partial(self._exits.resume, run) for run in exiting}

    def worker_age_s(self, owner: Owner, state: ProtectionState, now: datetime) -> float:
        """Seconds since the run's worker was last known to be alive."""
        return self._liveness.worker_age_s(
            owner.run_id,
            heartbeat_at=owner.heartbeat_at,
            claimed_at=owner.claimed_at,
            armed_at=state.armed_at,
            now=now,
        )

    def updates_were_lost(self) -> None:
        """No heartbeats could be received until now."""
        self._liveness.updates_were_lost()


def _owner(run: WorkerRun) -> Owner:
    return Owner(
        kind=RunOwners.kind,
        owner_id=run.strategy_run_id,
        ref=ref(run),
        version=run.protection_version,
        document=run.protection,
        closes_when_flat=bool(run.option_run),
        heartbeat_at=run.last_heartbeat_at,
        claimed_at=run.session_claimed_at,
    )
