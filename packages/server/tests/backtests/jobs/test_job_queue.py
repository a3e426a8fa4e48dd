"""Queued runs and studies: fair order, restarts, cancelling and resuming."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_server.container import Container
from tradertape_server.features.backtests.jobs.job_queue import StudyJobs
from tradertape_server.features.backtests.models import BacktestRun, BacktestStudy
from tradertape_server.platform.compute.job_leases import JobLeases
from tradertape_server.platform.compute.service import Compute, Mapper
from tradertape_server.platform.compute.worker_process import Batch

pytestmark = pytest.mark.usefixtures("with_market")

BACKTEST = {
    "strategy": {"name": "Dips", "base_model": "v3_dip_buyer"},
    "universe": "nifty_50",
    "start_date": "2023-01-01",
    "end_date": "2024-01-01",
}
SWEEP = {
    "kind": "sweep",
    "backtest": BACKTEST,
    "parameters": {"/stops/target_pct": [5, 6, 7, 8, 9, 10]},
}
SEARCH = {
    "kind": "search",
    "backtest": BACKTEST,
    "parameters": {"/stops/target_pct": {"min": 4, "max": 14}},
    "trials": 12,
    "seed": 3,
}
SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def _queue(client: TestClient, **changes: Any) -> dict[str, Any]:
    response = client.post("/api/backtest/run", json={**BACKTEST, "async": True, **changes})
    assert response.status_code == 202, response.text
    return response.json()


def _study(client: TestClient, body: dict[str, Any]) -> str:
    response = client.post("/api/backtest/studies", json=body)
    assert response.status_code == 202, response.text
    return response.json()["study_id"]


def test_an_asynchronous_run_has_the_same_result_as_a_synchronous_one(
    signed_in: TestClient, poller: Any
) -> None:
    queued = _queue(signed_in, name="Later")

    run = poller.run(queued["run_id"])

    assert (queued["status"], run["status"], run["name"]) == ("queued", "completed", "Later")
    later = signed_in.get(f"/api/backtest/runs/{queued['run_id']}").json()
    now = signed_in.post("/api/backtest/run", json=BACKTEST).json()
    assert later["hash"] == now["hash"]
    assert later["trades"] == now["trades"]


@SQLITE
def test_a_failed_run_has_the_reason(signed_in: TestClient, poller: Any) -> None:
    queued = _queue(signed_in, start_date="2090-01-01", end_date="2091-01-01")

    run = poller.run(queued["run_id"])

    assert run["status"] == "failed"
    assert "no candles from 2090-01-01" in run["error"]
    refused = signed_in.get(f"/api/backtest/runs/{queued['run_id']}")
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (409, "run_failed")


@SQLITE
def test_a_queued_run_is_cancelled(signed_in: TestClient, container: Container) -> None:
    container.backtests.run_jobs.stop()
    path = f"/api/backtest/runs/{_queue(signed_in)['run_id']}"

    assert signed_in.post(f"{path}/cancel").json()["status"] == "cancelled"
    assert signed_in.post(f"{path}/cancel").status_code == 409
    assert signed_in.delete(path).status_code == 204


@SQLITE
def test_a_run_longer_than_the_request_continues(
    signed_in: TestClient, container: Container, poller: Any
) -> None:
    container.backtests.runner.budget_s = 0

    response = signed_in.post("/api/backtest/run", json=BACKTEST)

    assert response.status_code == 202
    run_id = response.json()["run_id"]
    assert poller.run(run_id)["status"] == "completed"
    assert signed_in.get(f"/api/backtest/runs/{run_id}").json()["trades"]


def test_runs_that_a_crash_interrupted_are_started_again(
    app: Any, container: Container, sign_in: Any, poller: Any, signed_in: TestClient
) -> None:
    container.backtests.run_jobs.stop()
    container.backtests.study_jobs.stop()
    run_id = _queue(signed_in)["run_id"]
    study_id = _study(signed_in, SWEEP)
    with container.database.write() as session:  # as a killed server leaves them
        session.query(BacktestRun).filter_by(public_id=run_id).one().status = "running"
        session.query(BacktestStudy).filter_by(public_id=study_id).one().status = "running"

    again = _restarted(container)

    try:
        assert poller.run(run_id)["status"] == "completed"
        assert poller.study(study_id)["status"] == "completed"
    finally:
        again.close()


def _restarted(container: Container) -> Container:
    from tradertape_server.wiring import build_container

    again = build_container(container.settings, clock=container.clock)
    again.start()
    return again


class _Failing(Mapper):
    """Hands over so many results and breaks."""

    left = 4

    def map(self, items: Sequence[Any]) -> Iterator[Batch]:
        for batch in super().map(items):
            for pair in batch:
                if self.left == 0:
                    raise OSError("the power went")
                self.left -= 1
                yield [pair]


class _FailingCompute(Compute):
    def mapper(self, work: Any, **options: Any) -> Mapper:
        return _Failing(self, work, "here", lambda: False)


class _Counting(Compute):
    """Counts the items it is given."""

    items = 0

    def mapper(self, work: Any, **options: Any) -> Mapper:
        counting = self

        class Counted(Mapper):
            def map(self, items: Sequence[Any]) -> Iterator[Batch]:
                counting.items += len(items)
                yield from super().map(items)

        return Counted(self, work, "here", lambda: False)


@SQLITE
@pytest.mark.parametrize("body", [SWEEP, SEARCH], ids=["sweep", "search"])
def test_a_resumed_study_computes_the_rest_and_has_the_same_result(
    signed_in: TestClient, container: Container, poller: Any, body: dict[str, Any]
) -> None:
    whole = poller.study(_study(signed_in, body))
    container.backtests.study_jobs.stop()
    study_id = _study(signed_in, body)
    path = f"/api/backtest/studies/{study_id}"

    _work_off(container, _FailingCompute())
    broken = signed_in.get(path).json()
    resumed = signed_in.post(f"{path}/resume")
    counting = _Counting()
    _work_off(container, counting)
    study = signed_in.get(path).json()

    assert (broken["status"], broken["done"], broken["rows_total"]) == ("failed", 4, 4)
    assert broken["error"].startswith("Internal error (OSError)")
    assert resumed.json()["status"] == "queued"
    assert counting.items == whole["total"] - 4
    assert study["status"] == "completed"
    assert study["rows"] == whole["rows"]
    assert study["result"] == whole["result"]


def _work_off(container: Container, compute: Compute) -> None:
    import threading

    jobs = StudyJobs(
        container.database,
        container.backtests.studies,
        compute,
        container.clock,
        JobLeases(container.database),
    )
    job = jobs.take()
    assert job is not None
    try:
        jobs.work(job, threading.Event())
    except OSError as error:
        jobs.failed(job, error)


@SQLITE
def test_a_cancelled_study_keeps_its_rows_and_a_stopped_thread_writes_nothing_more(
    signed_in: TestClient, container: Container
) -> None:
    import threading

    container.backtests.study_jobs.stop()
    study_id = _study(signed_in, SWEEP)
    path = f"/api/backtest/studies/{study_id}"
    jobs = StudyJobs(
        container.database,
        container.backtests.studies,
        Compute(),
        container.clock,
        JobLeases(container.database),
    )
    old = jobs.take()
    assert old is not None

    cancelled = signed_in.post(f"{path}/cancel").json()
    signed_in.post(f"{path}/resume")
    new = jobs.take()
    jobs.work(old, threading.Event())  # not notified yet
    between = signed_in.get(path).json()
    assert new is not None
    jobs.work(new, threading.Event())

    assert cancelled["status"] == "cancelled"
    assert (between["status"], between["rows_total"]) == ("running", 0)
    after = signed_in.get(path).json()
    assert (after["status"], after["rows_total"]) == ("completed", 6)
    assert signed_in.post(f"{path}/cancel").status_code == 409
    assert signed_in.post(f"{path}/resume").status_code == 409


@SQLITE
def test_one_account_cannot_fill_the_queue(signed_in: TestClient, container: Container) -> None:
    container.backtests.study_jobs.stop()
    small = {**SWEEP, "parameters": {"/stops/target_pct": [8]}}
    for _ in range(20):
        _study(signed_in, small)

    refused = signed_in.post("/api/backtest/studies", json=small)

    assert refused.status_code == 409
    assert "You have 20 unfinished studies" in refused.text


@SQLITE
def test_rows_of_other_prices_are_not_mixed_in(
    signed_in: TestClient, container: Container, poller: Any
) -> None:
    study_id = _study(signed_in, SWEEP)
    path = f"/api/backtest/studies/{study_id}"
    poller.study(study_id)
    with container.database.write() as session:
        row = session.query(BacktestStudy).filter_by(public_id=study_id).one()
        row.data_version, row.status = "older-prices", "failed"

    counting = _Counting()
    container.backtests.study_jobs.stop()
    signed_in.post(f"{path}/resume")
    _work_off(container, counting)

    assert counting.items == 6
    assert signed_in.get(path).json()["data_version"] != "older-prices"
    assert signed_in.get(path).json()["start_date"] == date(2023, 1, 1).isoformat()
