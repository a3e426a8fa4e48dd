"""Changing a run's protection by hand."""

from __future__ import annotations

from typing import Any

from tradertape_core.risk.protection_snapshot import protection_snapshot
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.protection.arming import Arming, Instruments, read_arming
from tradertape_server.features.workers.errors import RunClosed
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.runs.halting import KILL_SWITCH
from tradertape_server.features.workers.runs.protection_columns import (
    protection_of,
    set_protection,
)
from tradertape_server.features.workers.runs.service import locked
from tradertape_server.features.workers.runs.sessions import demand_nonce
from tradertape_server.features.workers.runs.transactions import RunTransactions, note
from tradertape_server.features.workers.schemas import ProtectionPatch
from tradertape_server.platform.http.identity import Identity

Json = dict[str, Any]


class ProtectionService:
    """A new protection replaces the old one; its version and generation increase."""

    def __init__(self, execution: ExecutionService, instruments: Instruments) -> None:
        self._instruments = instruments
        self._transactions = RunTransactions(execution)

    def change(
        self, caller: Identity, run_id: str, wanted: ProtectionPatch, nonce: str | None
    ) -> Json:
        """Arm a run again. A run that its protection has halted is open after it.

        Raises InvalidDocument, SessionConflict, RunClosed, Conflict while a triggered exit is not
        done.
        """
        armed = read_arming(self._instruments, wanted.backend_protection)

        def decide(uow: UnitOfWork) -> Json:
            run = locked(uow, caller, run_id)
            demand_nonce(run, caller, nonce)
            if run.status in ("closed", "exiting"):
                raise RunClosed(run_id, run.status)
            _change(uow, run, armed, wanted)
            snapshot = protection_snapshot(protection_of(run))
            cursor = note(
                uow, run, "protection", "protection_updated",
                f"Protection changed to generation {snapshot['generation']}",
                reason=wanted.reason, state=snapshot,
            )  # fmt: skip
            return {
                "strategy_run_id": run_id,
                "backend_protection": snapshot["backend_protection"],
                "backend_protection_state": snapshot,
                "timeline_cursor": cursor,
            }

        return self._transactions.execute(decide)


def _change(uow: UnitOfWork, run: WorkerRun, armed: Arming, wanted: ProtectionPatch) -> None:
    state = armed.replacing(
        protection_of(run), uow.now, reason=wanted.reason, reset_trailing=wanted.reset_trailing
    )
    set_protection(run, state)
    if run.status == "halted" and run.halted_by != KILL_SWITCH:
        run.status, run.status_reason, run.halted_by = "open", "", None
    if run.option_run:  # the protection of its own document is replaced too
        run.option_run = {k: v for k, v in run.option_run.items() if k != "protection"}
    run.updated_at = uow.now
    uow.session.flush()
