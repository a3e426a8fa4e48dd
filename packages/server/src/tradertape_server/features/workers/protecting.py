"""Changing a run's protection by hand."""

from __future__ import annotations

from typing import Any

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.risk.protection_snapshot import protection_snapshot
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.errors import RunClosed
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.protections import (
    Arming,
    Instruments,
    armed_values,
    arming,
)
from tradertape_server.features.workers.runs.batches import Turns, note
from tradertape_server.features.workers.runs.halting import KILL_SWITCH
from tradertape_server.features.workers.runs.service import locked
from tradertape_server.features.workers.runs.sessions import demand_nonce
from tradertape_server.features.workers.runs.views import protection_of
from tradertape_server.features.workers.schemas import ProtectionPatch
from tradertape_server.platform.errors import Conflict
from tradertape_server.platform.http.identity import Identity

Json = dict[str, Any]


class ProtectionService:
    """A new protection replaces the old one: version and generation move on."""

    def __init__(self, execution: ExecutionService, instruments: Instruments) -> None:
        self._instruments = instruments
        self._turns = Turns(execution)

    def change(
        self, caller: Identity, run_id: str, wanted: ProtectionPatch, nonce: str | None
    ) -> Json:
        """Arm a run anew. A run that was halted by its protection is open again.

        Raises InvalidDocument, SessionConflict, RunClosed, Conflict while a trigger is settled.
        """
        armed = arming(self._instruments, wanted.backend_protection)

        def decide(uow: UnitOfWork) -> Json:
            run = locked(uow, caller, run_id)
            demand_nonce(run, caller, nonce)
            if run.status in ("closed", "exiting"):
                raise RunClosed(run_id, run.status)
            values = _values(run, armed, wanted, uow)
            repository.change(uow.session, run_id, **values, updated_at=uow.now)
            uow.session.refresh(run)
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

        return self._turns.do(decide)


def _values(run: WorkerRun, armed: Arming, wanted: ProtectionPatch, uow: UnitOfWork) -> Json:
    """The columns of the run that change."""
    reset, why = wanted.reset_trailing, wanted.reason
    try:
        values = armed_values(run, armed, uow.now, reason=why, reset_trailing=reset)
    except InvalidInput as error:
        raise Conflict(error.message, code="protection_exiting") from None
    if run.status == "halted" and run.halted_by != KILL_SWITCH:
        values |= {"status": "open", "status_reason": "", "halted_by": None}
    if run.option_run:  # its own words for a protection hold no more
        kept = {k: v for k, v in run.option_run.items() if k != "protection"}
        values |= {"option_run": kept}
    return values
