"""Health, figures and the changelog: EC-07, D21, AU-01."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from tradertape_server.features.changelog.service import Changelog, parse
from tradertape_server.features.operations.service import Check, Health, overall
from tradertape_server.platform.database import disk_errors
from tradertape_server.platform.database.disk_errors import disk_full_error
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.metrics import Metrics
from tradertape_server.wiring import Container

BASE_URL = "http://localhost:18777"
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def test_health_tells_what_is_up_and_what_is_stale(client: TestClient, engine: str) -> None:
    health = client.get("/api/health")
    checks = health.json()["checks"]
    assert health.status_code == 200
    assert checks["database"]["facts"]["engine"] == engine
    assert checks["market_data"]["status"] == "stale"  # there is none yet
    assert health.json()["status"] == "stale"
    assert checks["disk"]["facts"]["free_bytes"] > 0


@ON_SQLITE
def test_health_is_503_when_something_is_down(client: TestClient, container: Container) -> None:
    def broken() -> Check:
        raise RuntimeError("secret detail")

    container.health.add("jobs", broken)
    answer = client.get("/api/health")
    assert answer.status_code == 503
    assert answer.json()["checks"]["jobs"] == {
        "status": "down", "detail": "The check failed.", "facts": {},
    }  # fmt: skip
    assert answer.json()["checks"]["database"]["status"] == "ok"


@ON_SQLITE
def test_health_says_what_is_wrong_with_the_databases_disk(
    client: TestClient, container: Container
) -> None:
    container.database.disk_errors.record(OperationalError("COMMIT", {}, disk_full_error()))
    answer = client.get("/api/health")
    told = answer.json()["checks"]["database"]
    assert (answer.status_code, told["status"]) == (503, "down")
    assert told["detail"].startswith("The disk of the database is full. Free up disk space")
    assert told["facts"] == {"code": "database_full"}


@ON_SQLITE
@pytest.mark.parametrize("overrides", [{"disk_reserve_mb": 1}])
def test_a_full_disk_is_over_as_soon_as_its_reserve_is_back(
    client: TestClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> str:
        return client.get("/api/health").json()["checks"]["database"]["status"]

    database = container.database
    database.reserve.stop()  # it would find room at its next look
    refused = OperationalError("COMMIT", {}, disk_full_error())
    database.disk_errors.record(refused)
    database.reserve.release_if_full(refused)
    with monkeypatch.context() as later:
        later.setattr(disk_errors, "monotonic", lambda: monotonic() + 2 * disk_errors.REMEMBERED_S)
        assert told() == "down", "nothing was refused for two minutes, and yet it takes nothing"
    assert told() == "down"
    database.reserve.check()
    assert told() == "ok"


@ON_SQLITE
def test_an_old_schema_is_stale(client: TestClient, container: Container) -> None:
    with container.database.write() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    assert client.get("/api/health").json()["checks"]["database"]["status"] == "stale"


@ON_SQLITE
def test_a_database_that_is_gone_is_down(container: Container, tmp_path: Path, clock: Any) -> None:
    gone = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=1")
    health = Health(gone, clock, home=tmp_path, mailer=container.mailer, metrics=Metrics("test"))
    assert overall(health.run_checks()) == "down"
    gone.close()


@ON_SQLITE
def test_figures_count_requests_by_route_and_not_by_address(app: FastAPI) -> None:
    local = TestClient(app, base_url=BASE_URL, client=("127.0.0.1", 1))
    for number in range(3):
        local.get(f"/api/strategies/{number}")
    local.request("BREW", "/api/strategies/1")
    text = local.get("/metrics").text
    assert (
        'tradertape_http_request_seconds_count{method="GET",'
        'route="/api/strategies/{strategy_id}",status="401"} 3.0'
    ) in text
    assert "BREW" not in text
    assert 'tradertape_build_info{version="' in text
    assert "tradertape_database_up 1.0" in text


@ON_SQLITE
def test_figures_are_for_this_machine_unless_set_otherwise(app: FastAPI) -> None:
    """A proxy on this machine that we were not told of looks local and is not."""
    far = TestClient(app, base_url=BASE_URL, client=("203.0.113.9", 1))
    proxied = TestClient(app, base_url=BASE_URL, client=("127.0.0.1", 1))
    assert far.get("/metrics").status_code == 404
    headers = {"X-Forwarded-For": "203.0.113.9"}
    assert proxied.get("/metrics", headers=headers).status_code == 404


CHANGES = """# Changelog

## [Unreleased]

## [0.2.0] - 2026-02-01

### Changed
- **Breaking:** the field `a` is now
  called `b`.
- Another thing.

### Fixed
* A fault.

## 0.1.0 – 2026-01-01

The first one.

### Added
- Everything.
"""


def test_the_changelog_is_read_into_versions() -> None:
    """D21: versioned entries with `breaking`."""
    coming, second, first = parse(CHANGES)
    assert (coming.version, coming.date, coming.sections) == ("Unreleased", None, {})
    assert second.breaking
    assert str(second.date) == "2026-02-01"
    assert second.sections == {
        "Changed": ["**Breaking:** the field `a` is now called `b`.", "Another thing."],
        "Fixed": ["A fault."],
    }
    assert (first.version, first.breaking, first.sections) == (
        "0.1.0", False, {"Added": ["Everything."]},
    )  # fmt: skip


def test_a_changed_changelog_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "CHANGELOG.md"
    changelog = Changelog(path)
    assert changelog.entries() == []
    path.write_text(CHANGES)
    assert [entry.version for entry in changelog.entries()] == ["Unreleased", "0.2.0", "0.1.0"]


@ON_SQLITE
def test_the_changelog_is_public_and_has_the_running_version(client: TestClient) -> None:
    """AU-01, EC-07."""
    entries = client.get("/api/changelog").json()
    assert "0.1.0" in [entry["version"] for entry in entries]
    assert client.get("/api/openapi.json").json()["info"]["version"] == "0.1.0"
