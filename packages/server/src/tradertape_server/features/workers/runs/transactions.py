"""Changes of runs: one transaction of the trader each, together with their timeline events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tradertape_server.features.execution.service import ExecutionService, RunRef
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.workers.models import WorkerRun

T = TypeVar("T")


class RunTransactions:
    """Executes changes one after the other, among the trader's own."""

    def __init__(self, execution: ExecutionService) -> None:
        self._trader = execution.trader

    def execute(self, decide: Callable[[UnitOfWork], T]) -> T:
        """Call `decide` in a transaction; its result is on disk when this returns.

        decide: checks first, then changes. What it raises is raised here.
        """
        return self._trader.execute(Command(decide))


def note(
    uow: UnitOfWork,
    run: WorkerRun | RunRef,
    kind: str,
    event_type: str,
    summary: str,
    **payload: Any,
) -> int:
    """Write an event into a run's timeline; return its cursor."""
    of = run if isinstance(run, RunRef) else ref(run)
    happened = uow.note(
        account_id=of.account_id,
        run_id=of.run_id,
        kind=kind,
        event_type=event_type,
        source="worker_backend",
        summary=summary,
        payload=payload,
        resource=("run", of.run_id),
    )
    return happened.seq


def ref(run: WorkerRun) -> RunRef:
    """The run as execution knows it."""
    return RunRef(account_id=run.account_id, run_id=run.strategy_run_id, venue=run.venue)
