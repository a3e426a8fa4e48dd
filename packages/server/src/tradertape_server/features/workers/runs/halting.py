"""Runs that are halted without being exited: by a kill switch, or by their own protection."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from tradertape_server.features.execution.halts import Halt
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.risk.owners import Belongs
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.runs.transactions import note

KILL_SWITCH, PROTECTION = "kill_switch", "protection"


def halt_runs(uow: UnitOfWork, runs: Iterable[WorkerRun], halt: Halt) -> None:
    """Halt open runs; give those that are halted already the new reason."""
    for run in runs:
        if run.status == "open" or run.halted_by == KILL_SWITCH:
            repository.change(
                uow.session, run.strategy_run_id, status="halted", halted_by=KILL_SWITCH,
                status_reason=f"kill switch: {halt.words}", updated_at=uow.now,
            )  # fmt: skip
        note(
            uow, run, "protection", "kill_switch_on", f"Kill switch on: {halt.words}",
            scope=halt.scope, reason=halt.reason, by=halt.by,
        )  # fmt: skip


def release_runs(uow: UnitOfWork, runs: Iterable[WorkerRun], *, by: str) -> None:
    """Open the runs that no kill switch halts any more."""
    for run in runs:
        halt = uow.halts.over(run.user_id)
        if run.halted_by == KILL_SWITCH and run.status == "halted":
            values = {"status": "open", "status_reason": "", "halted_by": None}
            if halt is not None:
                values = {"status_reason": f"kill switch: {halt.words}"}
            repository.change(uow.session, run.strategy_run_id, **values, updated_at=uow.now)
        still = "" if halt is None else f"; still stopped: {halt.words}"
        note(
            uow, run, "protection", "kill_switch_off", f"Kill switch off (by {by}){still}", by=by,
        )  # fmt: skip


class RunHalting:
    """Halts worker runs with a kill switch; implements `risk.kill_switch.Halting`."""

    def halt(self, uow: UnitOfWork, user_id: int | None, halt: Halt) -> set[int]:
        """Halt the open runs of a person, or of everybody; returns whose they are."""
        runs = repository.runs_not_over(uow.session, user_id)
        halt_runs(uow, runs, halt)
        return {run.user_id for run in runs}

    def release(self, uow: UnitOfWork, user_id: int | None, *, by: str) -> set[int]:
        """Open the runs that no switch halts any more; returns whose they are."""
        runs = repository.runs_not_over(uow.session, user_id)
        release_runs(uow, runs, by=by)
        return {run.user_id for run in runs}


def belongs_to(session: Session, run_id: str) -> Belongs | None:
    """The strategy of a worker's run: its template; None for what is no worker's run."""
    found = repository.template_of(session, run_id)
    return None if found is None else Belongs(strategy=found)


def halt_by_protection(uow: UnitOfWork, run_id: str, why: str) -> None:
    """Halt an open run whose basket rule has triggered: it is open again once it is armed again."""
    repository.change_if_open(
        uow.session, run_id, status="halted", halted_by=PROTECTION, status_reason=why,
        updated_at=uow.now,
    )  # fmt: skip


def halt_new_run(uow: UnitOfWork, run: WorkerRun) -> None:
    """Create a run halted while the kill switch is on."""
    halt = uow.halts.over(run.user_id)
    if halt is not None:
        run.status, run.halted_by = "halted", KILL_SWITCH
        run.status_reason = f"kill switch: {halt.words}"
