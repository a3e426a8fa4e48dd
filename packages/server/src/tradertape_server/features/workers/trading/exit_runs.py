"""Exits of runs, and what becomes of a run: exiting, then closed, or error when it failed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from tradertape_core.execution.decision import server_key
from tradertape_server.features.execution.errors import KeyReused
from tradertape_server.features.execution.orders.idempotency import callers_key
from tradertape_server.features.execution.orders.replies import EXIT_RUN, Reply
from tradertape_server.features.execution.service import ExecutionService, RunRef
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.errors import UnknownRun
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.runs.sessions import demand_nonce
from tradertape_server.features.workers.runs.transactions import RunTransactions, note, ref
from tradertape_server.features.workers.schemas import ExitIn
from tradertape_server.platform.http.identity import Identity


class ExitService:
    """An exit is refused for who asks, never for what the run may not do."""

    def __init__(self, execution: ExecutionService) -> None:
        self._execution = execution
        self._transactions = RunTransactions(execution)

    def exit(
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
        guard: checks the run before its exit begins, in the same transaction; raises to refuse.
        Raises SessionConflict, KeyReused, InvalidDocument for a key that cannot be one.
        """
        if wanted.dry_run:
            return self._execution.exit_run(ref(run), reason=wanted.reason, dry_run=True)
        asked = callers_key(wanted.idempotency_key) if wanted.idempotency_key else None

        def begin(uow: UnitOfWork) -> tuple[str, str | None]:
            current = _locked(uow, run.strategy_run_id)
            demand_nonce(current, caller, nonce)
            if guard is not None:
                guard(uow, current)
            return _begin(uow, current, asked, wanted.reason)

        key, reason = self._transactions.execute(begin)
        return self._advance(ref(run), key, reason=reason)

    def exit_by_server(self, run: RunRef, *, key: str, reason: str) -> Reply:
        """The same without a caller: a protection triggered."""
        return self._advance(run, key, reason=reason, before=_beginning(run, key, reason))

    def begin_command(self, run: RunRef, *, key: str, reason: str) -> Command[Any]:
        """What `exit_by_server` begins with, as a command to be decided on with others."""
        before = _beginning(run, key, reason)
        return self._execution.exit_command(run, key=key, reason=reason, before=before)

    def resume(self, run: WorkerRun) -> bool:
        """Advance an exit that is under way; whether it is done."""
        if run.exit_key is None:
            return False
        # Requested again from its first step: a stop may have come before that was stored.
        reply = self._advance(ref(run), run.exit_key, reason=run.status_reason or None)
        return reply.status_code == 200

    def _advance(
        self,
        run: RunRef,
        key: str,
        *,
        reason: str | None,
        before: Callable[[UnitOfWork], None] | None = None,
    ) -> Reply:
        """Advance an exit as far as it goes now; 200 once it is done, and the run with it."""
        reply = self._execution.exit_run(run, key=key, reason=reason, before=before)
        # Also one that somebody else finished: the job that advances exits knows no runs.
        if reply.status_code == 200:
            self._settle(run.run_id, reply)
        return reply

    def _settle(self, run_id: str, reply: Reply) -> None:
        """Store what became of the run."""
        failed = reply.document.get("status") == "failed"

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

        self._transactions.execute(decide)


def _beginning(run: RunRef, key: str, reason: str) -> Callable[[UnitOfWork], None]:
    def begin(uow: UnitOfWork) -> None:
        _begin(uow, _locked(uow, run.run_id), key, reason)

    return begin


def _begin(
    uow: UnitOfWork, run: WorkerRun, key: str | None, reason: str | None
) -> tuple[str, str | None]:
    """Make the run exiting, unless it is; return the key and the reason of the exit meant."""
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
    chosen = wanted or server_key(f"exit:{secrets.token_hex(8)}")
    run.status, run.exit_key = "exiting", chosen
    run.status_reason = reason or ""
    run.updated_at = uow.now
    why = f": {reason}" if reason else ""
    note(uow, run, "execution", "run_exiting", f"Exiting the run{why}")
    uow.session.flush()
    return chosen, reason


def _locked(uow: UnitOfWork, run_id: str) -> WorkerRun:
    run = repository.any_run(uow.session, run_id, lock=True)
    if run is None:
        raise UnknownRun
    return run
