"""While the disk's reserve is given up: what a worker and a person may still do (FAULTS §1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from tradertape_server.container import Container
from tradertape_server.features.execution.store.models import ExecutionEvent
from tradertape_server.platform.database.disk_errors import disk_full_error

Json = dict[str, Any]


@pytest.fixture
def overrides() -> Json:
    return {"feed": "off", "disk_reserve_mb": 1}


@pytest.fixture
def caller(worker: Any, new_run: Any) -> Any:
    caller = worker()
    new_run(caller)
    return caller


def events(container: Container) -> int:
    with container.database.read() as session:
        return session.query(ExecutionEvent).count()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_closes_goes_on_and_what_adds_is_refused_until_there_is_room(
    caller: Any,
    api: Any,
    buy: Any,
    market: Any,
    container: Container,
    sign_in: Any,
    new_run: Any,
    clock: Any,
) -> None:
    run = api("runs/run-1")
    assert caller.post(f"{run}/intents", json=buy("key-00001")).status_code == 200
    page, reserve = sign_in("person@example.com"), container.database.reserve
    reserve.stop()  # it would find room at its next check
    reserve.release_if_full(OperationalError("COMMIT", {}, disk_full_error()))

    before = events(container)
    watch_list = {"name": "Mine"}
    note = {"event_type": "thought", "summary": "hm"}
    another = {"strategy_run_id": "run-2", "template_id": "t", "account_scope": "kite:paper-a"}
    for answer in (
        caller.post(f"{run}/intents", json=buy("key-00002")),
        caller.post(f"{run}/decision-events", json=note),
        caller.post(api("runs"), json={**another, "execution_mode": "paper"}),
        page.post("/api/watchlists", json=watch_list),
    ):
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (503, "database_full")
        assert int(answer.headers["Retry-After"]) >= 1
    assert events(container) == before, "a refusal fills the disk"

    again = caller.post(f"{run}/intents", json=buy("key-00001"))
    assert again.headers["Idempotent-Replay"] == "true"
    assert caller.post(f"{run}/claim-session").status_code == 200
    switched = page.post("/api/risk/kill", json={"cancel_orders": False})
    assert (switched.status_code, switched.json()["active"]) == (200, True)
    clock.advance(seconds=61)
    released = page.post("/api/risk/kill/release", json={"confirm": "RELEASE"})
    assert (released.status_code, released.json()["active"]) == (200, False)

    reserve.check()
    assert page.post("/api/watchlists", json=watch_list).status_code == 201


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", ["execution_events", "fills"])
def test_a_stop_is_tried_until_the_disk_of_a_server_has_room(
    caller: Any,
    api: Any,
    buy: Any,
    market: Any,
    container: Container,
    guardian: Any,
    wait_for: Any,
    table: str,
) -> None:
    """PostgreSQL has no reserve: nothing is stored, so nothing is sent, and nothing is given up."""
    run = api("runs/run-1")
    assert caller.post(f"{run}/intents", json=buy("key-00001", product="MIS")).status_code == 200
    body = {"backend_protection": {"basket": {"stoploss_pct": 2.0}}}
    assert caller.patch(f"{run}/protection", json=body).status_code == 200
    guardian.check_all()

    def held() -> list[int]:
        found = container.execution.positions(run_id="run-1", open_only=True)
        return [one.quantity for one in found]

    with full_disk(container, table):
        market.trade("NSE:INFY", "1400.00")
        for _ in range(3):
            guardian.check_all()
        assert held() == [10]
        refused = caller.post(f"{run}/intents", json=buy("key-00002"))
        assert (refused.status_code, refused.headers["X-Error-Code"]) == (503, "database_full")
        health = caller.get("/api/health")
        assert health.json()["checks"]["database"]["facts"] == {"code": "database_full"}

    def is_closed() -> bool:
        guardian.check_all()  # the trader may recover first, in a thread of its own
        return held() == []

    wait_for(is_closed)
    orders = caller.get(api("orders"), params={"strategy_run_id": "run-1"}).json()["orders"]
    assert [one["transaction_type"] for one in orders].count("SELL") == 1


@contextmanager
def full_disk(container: Container, table: str) -> Iterator[None]:
    """Make PostgreSQL fail as on a full disk for every row added to a table."""

    def execute(*statements: str) -> None:
        with container.database.write() as session:
            for statement in statements:
                session.connection().exec_driver_sql(statement)

    execute(
        "CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE "
        "EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; "
        "END $$",
        f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION disk_is_full()",
    )
    yield
    execute(f"DROP TRIGGER full_disk ON {table}", "DROP FUNCTION disk_is_full")
