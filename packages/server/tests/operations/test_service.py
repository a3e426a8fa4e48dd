"""The health page (EC-07)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from tradertape_server.container import Container
from tradertape_server.features.operations.service import Check, Health, overall
from tradertape_server.platform.database import disk_errors
from tradertape_server.platform.database.disk_errors import disk_full_error
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.metrics import Metrics

ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def test_health_lists_what_is_up_and_what_is_stale(signed_in: TestClient, engine: str) -> None:
    health = signed_in.get("/api/health")
    checks = health.json()["checks"]
    assert health.status_code == 200
    assert checks["database"]["facts"]["engine"] == engine
    assert checks["market_data"]["status"] == "stale"  # there is none yet
    assert health.json()["status"] == "stale"
    assert checks["disk"]["facts"]["free_bytes"] > 0


def test_without_signing_in_health_tells_nothing_of_host_process_and_disk(
    client: TestClient, container: Container
) -> None:
    container.health.add("trader", lambda: Check("ok", "", {"this_process": "vm7:4711:ab"}))
    found = client.get("/api/health").json()
    assert found["checks"]["database"] == {"status": "ok", "detail": "", "facts": {}}
    assert "disk" not in found["checks"]
    assert all(not (one["detail"] or one["facts"]) for one in found["checks"].values())


@ON_SQLITE
def test_a_locked_database_is_down_until_it_can_be_written_to(
    signed_in: TestClient, container: Container
) -> None:
    def found() -> tuple[int, str]:
        answer = signed_in.get("/api/health")
        return answer.status_code, answer.json()["checks"]["database"]["status"]

    assert found() == (200, "ok")
    file = container.database.sqlite_file
    assert file is not None
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError), container.database.write(wait_s=0.01):
            pass
        assert found() == (503, "down")
        other.execute("ROLLBACK")
    assert found() == (200, "ok")


@ON_SQLITE
def test_a_write_that_succeeds_ends_the_lock_of_before(container: Container) -> None:
    file = container.database.sqlite_file
    assert file is not None
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError), container.database.write(wait_s=0.01):
            pass
        other.execute("ROLLBACK")
        with container.database.write():
            pass
        other.execute("BEGIN IMMEDIATE")  # a moment's lock that refused nobody
        assert not container.database.is_locked


@ON_SQLITE
def test_health_is_503_when_something_is_down(signed_in: TestClient, container: Container) -> None:
    def broken() -> Check:
        raise RuntimeError("secret detail")

    container.health.add("jobs", broken)
    response = signed_in.get("/api/health")
    assert response.status_code == 503
    assert response.json()["checks"]["jobs"] == {
        "status": "down", "detail": "The check failed.", "facts": {},
    }  # fmt: skip
    assert response.json()["checks"]["database"]["status"] == "ok"


@ON_SQLITE
def test_health_names_the_disk_error_of_the_database(
    signed_in: TestClient, container: Container
) -> None:
    container.database.disk_errors.record(OperationalError("COMMIT", {}, disk_full_error()))
    response = signed_in.get("/api/health")
    found = response.json()["checks"]["database"]
    assert (response.status_code, found["status"]) == (503, "down")
    assert found["detail"].startswith("The disk of the database is full. Free up disk space")
    assert found["facts"] == {"code": "database_full"}


@ON_SQLITE
@pytest.mark.parametrize("overrides", [{"disk_reserve_mb": 1}])
def test_a_full_disk_is_over_as_soon_as_its_reserve_is_back(
    signed_in: TestClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> str:
        return signed_in.get("/api/health").json()["checks"]["database"]["status"]

    database = container.database
    database.reserve.stop()  # it would find space at its next check
    refused = OperationalError("COMMIT", {}, disk_full_error())
    database.disk_errors.record(refused)
    database.reserve.release_if_full(refused)
    with monkeypatch.context() as later:
        later.setattr(disk_errors, "monotonic", lambda: monotonic() + 2 * disk_errors.REMEMBERED_S)
        assert found() == "down", "nothing was refused for two minutes, and yet it takes nothing"
    assert found() == "down"
    database.reserve.check()
    assert found() == "ok"


@ON_SQLITE
def test_an_old_schema_is_stale(signed_in: TestClient, container: Container) -> None:
    with container.database.write() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    assert signed_in.get("/api/health").json()["checks"]["database"]["status"] == "stale"


@ON_SQLITE
def test_a_missing_database_is_down(container: Container, tmp_path: Path, clock: Any) -> None:
    gone = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=1")
    health = Health(gone, clock, home=tmp_path, mailer=container.mailer, metrics=Metrics("test"))
    assert overall(health.run_checks()) == "down"
    gone.close()
