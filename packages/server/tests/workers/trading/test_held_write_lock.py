"""Another process holds the database's write lock: a bounded wait, a 503 with Retry-After,
no half order; reads go on (FAULTS §1)."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import event
from structlog.testing import capture_logs

from tradertape_server.container import Container
from tradertape_server.platform.database import engine as databases

RUN = {"strategy_run_id": "run-1"}


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(databases, "BUSY_TIMEOUT_MS", 100)
    with capture_logs():  # to write the traces takes longer than all the rest
        yield


@contextmanager
def locked(container: Container) -> Iterator[None]:
    """Somebody else holds what every order writes."""
    if container.database.sqlite_file is None:
        with container.database.engine.connect() as holder:
            holder.exec_driver_sql("SELECT * FROM execution_cursor FOR UPDATE")
            yield
            holder.rollback()
        return
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


def test_the_loop_that_serves_everybody_does_not_wait(
    worker: Any, new_run: Any, api: Any, buy: Any, container: Container, serving: Any,
    wait_for: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Every write waits for the lock; health, reads and streams are answered meanwhile."""
    caller = worker()
    new_run(caller)
    monkeypatch.setattr(databases, "BUSY_TIMEOUT_MS", 30_000)
    container.database.engine.dispose()  # connections made before wait for 100 ms
    url = f"http://127.0.0.1:{serving.config.port}"
    headers = {"Authorization": caller.headers["Authorization"]}
    statuses: list[int] = []
    asked_by: set[int] = set()
    for what in ("checkout", "before_cursor_execute"):
        event.listen(
            container.database.engine, what, lambda *_: asked_by.add(threading.get_ident())
        )

    def write(number: int) -> None:
        with httpx.Client(base_url=url, headers=headers, timeout=60) as http:
            intent = buy(f"key-{number:05d}", quantity=1)
            statuses.append(http.post(api("runs/run-1/intents"), json=intent).status_code)

    with ThreadPoolExecutor(8) as pool:
        with locked(container), httpx.Client(base_url=url, headers=headers, timeout=60) as http:
            writing = [pool.submit(write, number) for number in range(8)]
            wait_for(lambda: len(serving.server_state.tasks) == 8)
            with LoopWatch(loop_of(serving)) as watch:
                for _ in range(5):
                    assert http.get("/api/health").json()["checks"]["database"]["status"] == "ok"
                    assert http.get(api("runs/run-1")).status_code == 200
                    with http.stream("GET", api("runs/run-1/timeline/stream")) as stream:
                        assert any("run_created" in line for line in stream.iter_lines())
            assert statuses == [], "they wait"
        for one in writing:
            one.result()
    assert statuses == [200] * 8
    assert watch.worst_s - watch.worst_beside_s < 0.25
    assert asked_by, "somebody asked the database"
    assert watch.thread not in asked_by, "but the loop never did"


class LoopWatch:
    """How long a loop kept a caller waiting at worst, and how long a thread beside it was not run:
    what a busy machine does to both is no fault of the loop's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=one) for one in (self._ask, self._sleep)]
        self.worst_s = self.worst_beside_s = 0.0
        self.thread = 0

    def __enter__(self) -> LoopWatch:
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_over.set()
        for one in self._threads:
            one.join()

    def _ask(self) -> None:
        async def answer() -> int:
            return threading.get_ident()

        while not self._is_over.wait(0.005):
            began_s = time.monotonic()
            self.thread = asyncio.run_coroutine_threadsafe(answer(), self._loop).result(60)
            self.worst_s = max(self.worst_s, time.monotonic() - began_s)

    def _sleep(self) -> None:
        while True:
            began_s = time.monotonic()
            if self._is_over.wait(0.005):
                return
            self.worst_beside_s = max(self.worst_beside_s, time.monotonic() - began_s)


def loop_of(serving: Any) -> asyncio.AbstractEventLoop:
    return next(iter(serving.server_state.connections)).loop
