"""Somebody holds the database file's write lock: a bounded wait, a 503 that says when to come back,
no half order; reads go on (FAULTS §1)."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from tradertape_server.platform import database as databases
from tradertape_server.wiring import Container

RUN = {"strategy_run_id": "run-1"}


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(databases, "BUSY_TIMEOUT_MS", 100)
    with capture_logs():  # to write the traces takes longer than all the rest
        yield


@contextmanager
def locked(container: Container) -> Iterator[None]:
    assert container.database.sqlite_file is not None
    with closing(sqlite3.connect(container.database.sqlite_file, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_writes_are_refused_for_now_and_nothing_is_half_done(
    worker: Any, new_run: Any, api: Any, buy: Any, container: Container, sign_in: Any, wait_for: Any
) -> None:
    caller, page = worker(), sign_in("person@example.com")
    new_run(caller)

    def place(number: int) -> Any:
        return caller.post(api("runs/run-1/intents"), json=buy(f"key-{number:05d}"))

    assert place(0).status_code == 200
    asked: list[Callable[[int], Any]] = [
        place,
        lambda n: page.post("/api/watchlists", json={"name": f"List {n}"}),
        lambda _n: caller.post(api("runs/run-1/heartbeat"), json={}),
        lambda _n: caller.get(api("orders"), params=RUN),
    ]
    with locked(container), ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: asked[n % 4](n), range(4, 36)))
    writes = [one for n, one in enumerate(answers) if n % 4 != 3]
    assert {one.status_code for one in writes} == {503}
    assert {one.headers["X-Error-Code"] for one in writes} == {"trading_paused", "database_away"}
    assert all(int(one.headers["Retry-After"]) >= 1 for one in writes)
    reads = answers[3::4]
    assert [one.status_code for one in reads] == [200] * len(reads)

    wait_for(lambda: place(4).status_code == 200)
    assert [place(n).status_code for n in range(8, 36, 4)] == [200] * 7
    orders = caller.get(api("orders"), params=RUN).json()["orders"]
    assert len(orders) == 9, "one for each key"


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_loop_that_serves_everybody_does_not_wait(
    worker: Any, new_run: Any, api: Any, buy: Any, container: Container, serving: Any,
    wait_for: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Every write waits its seconds; what writes nothing is answered meanwhile."""
    caller = worker()
    new_run(caller)
    monkeypatch.setattr(databases, "BUSY_TIMEOUT_MS", 10_000)
    container.database.engine.dispose()  # connections made before wait for 100 ms
    url = f"http://127.0.0.1:{serving.config.port}"
    headers = {"Authorization": caller.headers["Authorization"]}
    statuses: list[int] = []

    def write(number: int) -> None:
        with httpx.Client(base_url=url, headers=headers, timeout=60) as http:
            intent = buy(f"key-{number:05d}", quantity=1)
            statuses.append(http.post(api("runs/run-1/intents"), json=intent).status_code)

    with ThreadPoolExecutor(8) as pool:
        with locked(container), httpx.Client(base_url=url, headers=headers, timeout=60) as http:
            writing = [pool.submit(write, number) for number in range(8)]
            wait_for(lambda: len(serving.server_state.tasks) == 8)
            took_s = []
            for _ in range(5):
                began_s = time.monotonic()
                assert http.get(api("runs/run-1")).status_code == 200
                took_s.append(time.monotonic() - began_s)
            assert statuses == [], "they wait"
        for one in writing:
            one.result()
    assert max(took_s) < 5, "half of what a write waits"
    assert statuses == [200] * 8
