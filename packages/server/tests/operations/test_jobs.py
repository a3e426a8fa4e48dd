"""The page of jobs: every job with its last and next run, its failures, and what may be run now."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_server.container import Container
from tradertape_server.platform.errors import Conflict
from tradertape_server.platform.processes.job_log import JobLog

on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def jobs_of(client: TestClient) -> dict[str, Any]:
    reply = client.get("/api/jobs")
    assert reply.status_code == 200, reply.text
    return {one["name"]: one for one in reply.json()}


def test_a_run_is_noted_with_its_end_and_a_failure_with_words_for_people(clock: Any) -> None:
    log = JobLog(clock)
    with log.running("scans"):
        assert log.runs()["scans"].is_running
        clock.advance(seconds=2)
    run = log.runs()["scans"]
    assert (run.runs, run.failures, run.took_ms, run.is_running) == (1, 0, 2000.0, False)
    clock.advance(seconds=60)
    with pytest.raises(RuntimeError), log.running("scans"):
        raise RuntimeError("secret of the host")
    failed = log.runs()["scans"]
    assert (failed.runs, failed.failures, failed.error) == (2, 1, "RuntimeError")
    assert failed.has_failed
    with pytest.raises(Conflict), log.running("scans"):
        raise Conflict("A scan is already running.")
    assert log.runs()["scans"].error == "A scan is already running."
    with log.running("scans"):
        assert not log.runs()["scans"].has_failed
    clock.advance(seconds=1)
    with log.running("scans"):
        pass
    assert not log.runs()["scans"].has_failed
    assert log.runs()["scans"].failures == 2


@on_sqlite
def test_every_job_is_listed_with_its_policy_and_next_run(
    signed_in: TestClient, container: Container, client: TestClient
) -> None:
    found = jobs_of(signed_in)
    assert set(found) == {
        "scans", "reconciliation", "reminders", "risk", "portfolios", "execution",
        "notifications", "market_data",
    }  # fmt: skip
    assert all(one["when"] and one["if_missed"] and one["does"] for one in found.values())
    assert found["scans"]["next_at"].endswith("T16:15:00+05:30")
    assert found["reminders"]["next_at"].endswith("T08:45:00+05:30")
    runnable = {name for name, one in found.items() if one["run_now"]}
    assert runnable == {"scans", "reconciliation"}


@on_sqlite
def test_threads_note_their_runs(signed_in: TestClient, container: Container) -> None:
    """Each duty that was given the log writes into it from its own thread."""
    container.reconciliation_cycle.stop()
    cycle = type(container.reconciliation_cycle)(container.reconciliation, every_s=0.01)
    cycle.log = container.jobs.log
    done = threading.Event()
    cycle.step = lambda: (done.set(), None)[1]  # type: ignore[method-assign]
    cycle.start()
    assert done.wait(10)
    cycle.stop()
    found = jobs_of(signed_in)["reconciliation"]
    assert found["runs"] >= 1
    assert found["status"] == "ok"
    assert found["next_at"] is not None
    assert found["last_at"] is None  # nothing of this person has been compared


@on_sqlite
def test_a_failed_job_is_shown_until_it_succeeds(
    signed_in: TestClient, container: Container, clock: Any
) -> None:
    log = container.jobs.log
    clock.advance(seconds=1)
    with pytest.raises(LookupError), log.running("reminders"):
        raise LookupError("host and password")
    shown = jobs_of(signed_in)["reminders"]
    assert (shown["status"], shown["failures"]) == ("failed", 1)
    assert "password" not in str(shown)
    clock.advance(seconds=1)
    with log.running("reminders"):
        pass
    assert jobs_of(signed_in)["reminders"]["status"] == "ok"


@on_sqlite
def test_scans_are_known_over_a_restart(
    with_market: None, signed_in: TestClient, container: Container, clock: Any
) -> None:
    assert jobs_of(signed_in)["scans"]["last_at"] is None
    assert signed_in.post("/api/model/scan", json={}).status_code == 200
    last = jobs_of(signed_in)["scans"]["last_at"]
    assert last is not None
    container.jobs.log.__init__(clock)  # as a new process begins
    assert jobs_of(signed_in)["scans"]["last_at"] == last


@on_sqlite
def test_jobs_are_shown_to_people_who_signed_in(client: TestClient) -> None:
    assert client.get("/api/jobs").status_code == 401
