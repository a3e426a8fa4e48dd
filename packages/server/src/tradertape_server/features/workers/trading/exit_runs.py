"""Leaving a run, and what becomes of it: exiting, then closed, or error when it did not succeed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from tradertape_server.features.execution.errors import KeyReused
from tradertape_server.features.execution.orders.replies import EXIT_RUN, Reply
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.errors import UnknownRun
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.runs.batches import Turns, note, ref
from tradertape_server.features.workers.runs.sessions import demand_nonce
from tradertape_server.features.workers.schemas import ExitIn
from tradertape_server.platform.http.identity import Identity


class LeavingService:
    """Exits are never refused for what a run may not do: only for who asks."""

    def __init__(self, execution: ExecutionService) -> None:
        self._execution = execution
        self._turns = Turns(execution)

    def leave(
        self,
        caller: Identity,
        run: WorkerRun,
        wanted: ExitIn,
        nonce: str | None,
        *,
        guard: Callable[[UnitOfWork, WorkerRun], None] | None = None,
    ) -> Reply:
        """Cancel the run's orders, close its positions and the run; the same key does it once.

        Without a key, the exit that is under way or was done is meant, if there is one.
        guard: looks at the run before it begins, in the same transaction; raises to refuse.
        """
        if wanted.dry_run:
            return self._execution.exit_run(ref(run), reason=wanted.reason, dry_run=True)

        def begin(uow: UnitOfWork) -> tuple[str, str | None]:
            current = _locked(uow, run.strategy_run_id)
            demand_nonce(current, caller, nonce)
            if guard is not None:
                guard(uow, current)
            return self._begin(uow, current, wanted.idempotency_key, wanted.reason)

        key, reason = self._turns.do(begin)
        return self.go_on(run, key, reason=reason)

    def force(self, run: WorkerRun, *, key: str, reason: str) -> Reply:
        """The same by the server itself: a protection fired."""
        return self.go_on(run, key, reason=reason, before=self._beginning(run, key, reason))

    def force_command(self, run: WorkerRun, *, key: str, reason: str) -> Command:
        """What `force` begins with, to be decided on together with something else."""
        before = self._beginning(run, key, reason)
        return self._execution.exit_command(ref(run), key=key, reason=reason, before=before)

    def go_on(
        self,
        run: WorkerRun,
        key: str,
        *,
        reason: str | None,
        before: Callable[[UnitOfWork], None] | None = None,
    ) -> Reply:
        """Take the exit as far as it goes now, and the run's state along."""
        answer = self._execution.exit_run(ref(run), key=key, reason=reason, before=before)
        # Also one that was done by somebody else: the job that looks after exits knows no runs.
        if answer.status_code == 200:
            self.settle(run.strategy_run_id, answer)
        return answer

    def resume(self, run: WorkerRun) -> bool:
        """Go on with an exit that is under way; whether it is done."""
        if run.exit_key is None:
            return False
        # Asked for again from its first step: a stop may have come before that was stored.
        answer = self._execution.exit_run(
            ref(run), key=run.exit_key, reason=run.status_reason or None
        )
        is_done = answer.status_code == 200
        if is_done:
            self.settle(run.strategy_run_id, answer)
        return is_done

    def settle(self, run_id: str, answer: Reply) -> None:
        """Write down what became of the run."""
        failed = answer.document.get("status") == "failed"

        def decide(uow: UnitOfWork) -> None:
            run = _locked(uow, run_id)
            if run.status != "exiting":
                return
            run.status = "error" if failed else "closed"
            if failed:
                run.status_reason = "positions could not be closed"
            else:
                run.closed_at = uow.now
                run.recovery_status = "none"
            run.updated_at = uow.now
            note(uow, run, "execution", f"run_{run.status}", f"Run {run.status}")
            uow.session.flush()

        self._turns.do(decide)

    def _beginning(self, run: WorkerRun, key: str, reason: str) -> Callable[[UnitOfWork], None]:
        def begin(uow: UnitOfWork) -> None:
            self._begin(uow, _locked(uow, run.strategy_run_id), key, reason)

        return begin

    def _begin(
        self, uow: UnitOfWork, run: WorkerRun, key: str | None, reason: str | None
    ) -> tuple[str, str | None]:
        """The key and the reason of the exit that is meant; the run is being left from now on."""
        wanted = (key or "").strip()
        taken = uow.intent(run.strategy_run_id, wanted) if wanted else None
        if taken is not None and taken["kind"] != EXIT_RUN:
            raise KeyReused(wanted)
        if taken is not None and taken["answer"] is not None:
            return wanted, reason  # it was done, maybe in an earlier life of the run
        if run.exit_key and not wanted and run.status in ("exiting", "closed"):
            return run.exit_key, run.status_reason or None
        if run.status == "closed" or (run.status == "exiting" and wanted == run.exit_key):
            return wanted, reason
        chosen = wanted or f"exit:{secrets.token_hex(8)}"
        run.status, run.exit_key = "exiting", chosen
        run.status_reason = reason or ""
        run.updated_at = uow.now
        note(
            uow,
            run,
            "execution",
            "run_exiting",
            f"Leaving the run{f': {reason}' if reason else ''}",
        )
        uow.session.flush()
        return chosen, reason


def _locked(uow: UnitOfWork, run_id: str) -> WorkerRun:
    run: Any = repository.any_run(uow.session, run_id, lock=True)
    if run is None:
        raise UnknownRun
    return run
