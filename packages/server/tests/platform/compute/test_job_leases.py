"""Jobs that several processes share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from tradertape_server.container import Container
from tradertape_server.features.auth.models import User
from tradertape_server.features.backtests.jobs.job_queue import RUNS, RunJobs
from tradertape_server.features.backtests.models import BacktestRun
from tradertape_server.features.backtests.runs import repository
from tradertape_server.platform.compute.job_leases import JobLeases
from tradertape_server.platform.database.engine import Database

ON_POSTGRES = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


@pytest.fixture
def database(container: Container) -> Iterator[Database]:
    """With three runs that wait, of one person."""
    database, now = container.database, container.clock.now()
    with database.write() as session:
        user = User(email="p@example.com", created_at=now)
        session.add(user)
        session.flush()
        for number in range(3):
            session.add(
                BacktestRun(
                    public_id=f"bt_{number}",
                    user_id=user.id,
                    status="queued",
                    tags=[],
                    strategy_name="s",
                    universe="u",
                    data_set="d",
                    request={},
                    headline={},
                    start_date=now.date(),
                    end_date=now.date(),
                    created_at=now,
                )
            )
    return database


def process(container: Container, *, life_s: float = 30.0) -> RunJobs:
    """The jobs of one more process."""
    leases = JobLeases(container.database, life_s=life_s)
    return RunJobs(container.database, container.backtests.runs, leases)


def states(database: Database) -> list[str]:
    with database.read() as session:
        return [row.status for row in session.query(BacktestRun).order_by(BacktestRun.id).all()]


@ON_POSTGRES
def test_a_job_that_another_process_is_taking_is_left_out(
    container: Container, database: Database
) -> None:
    """Neither waited for nor taken twice."""
    with database.write() as elsewhere:
        assert repository.claim(elsewhere, 1)
        assert process(container).take() == 2
    assert process(container).take() == 3
    assert process(container).take() is None


@ON_POSTGRES
def test_the_job_of_a_process_that_died_is_done_by_another_and_its_late_result_refused(
    container: Container, database: Database
) -> None:
    died, other = process(container, life_s=0.0), process(container)
    assert died.take() == 1
    assert other.take() == 2

    other.recover()
    assert states(database) == ["queued", "running", "queued"]
    assert other.take() == 1

    died.failed(1, OSError("it was only asleep"))
    assert states(database) == ["running", "running", "queued"]
    other.failed(1, OSError("it cannot be done"))
    assert states(database) == ["failed", "running", "queued"]


def test_a_lease_that_is_kept_is_left_alone(container: Container, database: Database) -> None:
    jobs = process(container, life_s=5.0)
    assert jobs.take() == 1
    assert jobs.leases.held == 1
    jobs.leases.renew()
    jobs.recover()
    assert states(database) == ["running", "queued", "queued"]
    with database.read() as session:
        assert set(jobs.leases.active_jobs(session, RUNS)) == {1}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_on_a_file_what_a_former_process_left_is_free_at_once(
    container: Container, database: Database
) -> None:
    assert process(container).take() == 1
    process(container).recover()
    assert states(database) == ["queued"] * 3
    with database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM job_leases")) == 1
