"""Changes to runs happen in the trader's turns: one transaction with what the timeline says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tradertape_server.features.execution.service import ExecutionService, RunRef
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.workers.models import WorkerRun

T = TypeVar("T")


class Turns:
    """Does a thing as the only writer; it is on disk when `do` returns."""

    def __init__(self, execution: ExecutionService) -> None:
        self._trader = execution.trader

    def do(self, decide: Callable[[UnitOfWork], T]) -> T:
        """Take a turn. decide: checks first and then changes; what it raises is raised here."""
        return self._trader.execute(Command(decide))


def note(
    uow: UnitOfWork, run: WorkerRun, kind: str, event_type: str, summary: str, **payload: Any
) -> int:
    """Write something into a run's timeline; its cursor."""
    happened = uow.note(
        account_id=run.account_id,
        run_id=run.strategy_run_id,
        kind=kind,
        event_type=event_type,
        source="worker_backend",
        summary=summary,
        payload=payload,
        resource=("run", run.strategy_run_id),
    )
    return happened.seq


def ref(run: WorkerRun) -> RunRef:
    """The run as execution knows it."""
    return RunRef(account_id=run.account_id, run_id=run.strategy_run_id, venue=run.execution_mode)
