"""Units that were written off do not return to a run that has ended (PO-03)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tradertape_server.container import Container
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.wiring.trading import why_not_back


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
def test_po_03_units_do_not_return_to_a_run_that_has_ended(
    worker: Any, new_run: Any, api: Any, container: Container
) -> None:
    caller = worker()
    new_run(caller)
    with container.database.read() as session:
        name = session.scalars(select(WorkerRun.strategy_run_id)).one()

    def why() -> str:
        return container.execution.trader.execute(Command(lambda uow: why_not_back(uow, name)))

    assert why() == ""
    assert caller.post(api("runs/run-1/exit"), json={}).json()["status"] == "closed"
    assert why() == "Its run run-1 has ended: nothing would guard or sell them."
