"""What is kept of a run's line, and what asking for open runs costs once most are closed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text, update

from tradertape_server.container import Container
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.models import PnlPoint, WorkerRun
from tradertape_server.features.workers.monitoring import pnl_points

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def run_id(worker: Any, new_run: Any, container: Container) -> int:
    new_run(worker(), "run-1")
    with container.database.read() as session:
        return session.scalars(select(WorkerRun.id)).one()


def store(container: Container, run_id: int, *ages: timedelta) -> None:
    now = container.clock.now()
    rows = [
        {"run_id": run_id, "at": now - age, "net_paise": 1, "realised_paise": 0} for age in ages
    ]
    with container.database.write() as session:
        session.execute(insert(PnlPoint), rows)


def stored(container: Container) -> int:
    with container.database.read() as session:
        return session.scalar(select(func.count()).select_from(PnlPoint)) or 0


def test_old_points_go_some_at_a_time_until_none_is_left(
    container: Container, run_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one statement, those of a quarter of a year would keep orders from being written."""
    monkeypatch.setattr(pnl_points, "PRUNED_AT_ONCE", 3)
    old, young = pnl_points.KEPT_FOR + timedelta(days=1), timedelta(days=1)
    store(container, run_id, *[old] * 7, *[young] * 2)
    recorder = container.workers.recorder

    left = list[int]()
    for _ in range(4):
        with container.database.write() as session:
            recorder._prune(session, container.clock.now())
        left.append(stored(container))

    assert left == [6, 3, 2, 2]


def test_pruning_reads_no_more_points_than_it_may_delete(container: Container, run_id: int) -> None:
    """A year of points is not read to find that none is old."""
    store(container, run_id, *[timedelta(days=1)] * 3)
    read = list[str]()
    with container.database.write() as session:
        session.connection().connection.driver_connection.set_trace_callback(read.append)  # type: ignore[union-attr]
        container.workers.recorder._prune(session, container.clock.now())
        session.connection().connection.driver_connection.set_trace_callback(None)  # type: ignore[union-attr]
        [query] = [one for one in read if "worker_pnl_points" in one]
        plan = session.execute(text(f"EXPLAIN QUERY PLAN {query}")).all()

    assert "LIMIT 10000" in " ".join(query.split())
    assert "TEMP B-TREE" not in str(plan)
    assert stored(container) == 3


@pytest.mark.parametrize("status", repository.NOT_OVER)
def test_a_run_of_every_other_status_is_not_over(
    container: Container, run_id: int, status: str
) -> None:
    with container.database.write() as session:
        session.execute(update(WorkerRun).values(status=status))
        assert [run.id for run in repository.runs_not_over(session, None)] == [run_id]
        session.execute(update(WorkerRun).values(status="closed"))
        assert list(repository.runs_not_over(session, None)) == []


def test_closed_runs_are_not_read_to_find_the_open_ones(container: Container) -> None:
    read = list[str]()
    with container.database.write() as session:
        session.connection().connection.driver_connection.set_trace_callback(read.append)  # type: ignore[union-attr]
        repository.runs_not_over(session, None)
        session.connection().connection.driver_connection.set_trace_callback(None)  # type: ignore[union-attr]
        [query] = [one for one in read if "worker_runs" in one]
        plan = str(session.execute(text(f"EXPLAIN QUERY PLAN {query}")).all())

    assert "SCAN worker_runs" not in plan
    assert "ix_worker_runs_status" in plan
