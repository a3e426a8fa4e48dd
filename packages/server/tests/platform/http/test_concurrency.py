"""Limits on concurrent requests: who is admitted, in which order, and who is told to retry."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from anyio.to_thread import current_default_thread_limiter
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from tradertape_server.container import Container
from tradertape_server.features.auth.credentials.passwords import MAX_AT_ONCE
from tradertape_server.main import ROUTERS, limit_of
from tradertape_server.platform.errors import Unavailable
from tradertape_server.platform.http import concurrency
from tradertape_server.platform.http.concurrency import (
    URGENT,
    Capacity,
    ConcurrencyLimit,
    OwnThreads,
    Turns,
)
from tradertape_server.platform.http.routing import SAFE_METHODS, request_session
from tradertape_server.wiring import BROKER_READS, PAGES

BASE_URL = "http://localhost:18777"
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scenario)


class Work:
    """Requests that stay at work until they are let go, in a log of who was admitted."""

    def __init__(self, capacity: Capacity) -> None:
        self.limit = ConcurrencyLimit(capacity)
        self.admitted: list[str] = []
        self._leave: dict[str, asyncio.Event] = {}

    def start(self, name: str) -> asyncio.Task[None]:
        """name: the caller, a colon, and which of its requests."""
        self._leave[name] = asyncio.Event()
        return asyncio.create_task(self._run(name))

    async def _run(self, name: str) -> None:
        async with self.limit.enter(name.partition(":")[0]):
            self.admitted.append(name)
            await self._leave[name].wait()

    async def finish(self, name: str) -> None:
        self._leave[name].set()
        await settle()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_callers_take_turns_and_none_has_all_places() -> None:
    async def scenario() -> None:
        work = Work(Capacity(at_once=3, of_one=2, waiting=100, wait_s=30))
        names = ["a:1", "a:2", "a:3", "a:4", "b:1", "b:2", "c:1"]
        tasks = [work.start(name) for name in names]
        await settle()
        assert work.admitted == ["a:1", "a:2", "b:1"]
        await work.finish("a:1")
        await work.finish("b:1")
        await work.finish("a:2")
        assert work.admitted[3:] == ["a:3", "b:2", "c:1"]
        for name in names:
            await work.finish(name)
        await asyncio.gather(*tasks)
        assert work.admitted[-1] == "a:4"
        assert work.limit.waiting == 0

    run(scenario())


def test_who_waits_too_long_or_in_too_long_a_queue_is_told_to_retry() -> None:
    async def scenario() -> None:
        work = Work(Capacity(at_once=1, of_one=1, waiting=8, wait_s=0.05))
        first = work.start("a:1")
        await settle()
        waiting = [work.start(f"a:{number}") for number in (2, 3)]
        await settle()
        with pytest.raises(Unavailable) as full:  # a quarter of the queue is for one caller
            await work.start("a:4")
        assert (full.value.code, full.value.headers["Retry-After"]) == ("busy", "2")
        other = work.start("b:1")
        for task in (*waiting, other):
            with pytest.raises(Unavailable):
                await task
        await work.finish("a:1")
        await first
        assert work.admitted == ["a:1"]
        again = work.start("a:5")
        await settle()
        assert work.admitted == ["a:1", "a:5"]
        await work.finish("a:5")
        await again

    run(scenario())


def test_a_caller_that_leaves_the_queue_or_its_work_frees_the_place() -> None:
    async def scenario() -> None:
        work = Work(Capacity(at_once=1, of_one=1, waiting=8, wait_s=30))
        first, second, third = (work.start(f"{name}:1") for name in "abc")
        await settle()
        second.cancel()
        await settle()
        first.cancel()
        await settle()
        assert work.admitted == ["a:1", "c:1"]
        await work.finish("c:1")
        await third

    run(scenario())


def test_own_threads_are_free_while_those_of_the_routes_are_busy() -> None:
    async def scenario() -> None:
        current_default_thread_limiter().total_tokens = 1
        await current_default_thread_limiter().acquire()
        assert await asyncio.wait_for(OwnThreads("test", 1).run(sum, [1, 2]), 10) == 3

    run(scenario())


class Client:
    """An ASGI application behind `Turns`, whose requests end when they are let go."""

    def __init__(self) -> None:
        limit = ConcurrencyLimit(Capacity(at_once=1, of_one=1, waiting=8, wait_s=30))
        self.app = Turns(self._serve, limits={"some": limit}, classify=lambda one: one["kind"])
        self.served: list[str] = []
        self.go_on = asyncio.Event()

    async def _serve(self, scope: Any, _receive: Any, send: Any) -> None:
        self.served.append(scope["path"])
        await self.go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def ask(self, path: str, kind: str | None, send: Any = None) -> asyncio.Task[None]:
        async def ignore(_message: Any) -> None:
            return

        scope = {"type": "http", "path": path, "kind": kind, "client": ("1.2.3.4", 1), "state": {}}
        return asyncio.create_task(self.app(scope, ignore, send or ignore))  # type: ignore[arg-type]


def test_a_client_that_reads_slowly_keeps_no_place() -> None:
    async def scenario() -> None:
        client, sending = Client(), asyncio.Event()

        async def slow(_message: Any) -> None:
            await sending.wait()

        first, second = client.ask("/1", "some", slow), client.ask("/2", "some")
        free = client.ask("/3", None)
        await settle()
        assert client.served == ["/1", "/3"]
        client.go_on.set()
        await asyncio.gather(second, free)
        assert not first.done()
        sending.set()
        await first

    run(scenario())


def test_changes_wait_a_moment_for_an_order_and_not_for_ever() -> None:
    async def scenario() -> None:
        client = Client()
        order, change = client.ask("/order", URGENT), client.ask("/change", "some")
        await settle()
        assert client.served == ["/order"]
        patience_s = concurrency.URGENT_WAITS * concurrency.URGENT_WAIT_S
        await asyncio.sleep(patience_s * 20)
        assert client.served == ["/order", "/change"]
        client.go_on.set()
        await asyncio.gather(order, change)
        again = client.ask("/again", "some")
        await settle()
        assert client.served[-1] == "/again"  # nobody urgent: at once
        await again

    run(scenario())


def test_every_route_with_a_transaction_of_its_own_waits_its_turn() -> None:
    """Else its threads could all wait for the lock of the database."""
    for router in ROUTERS:
        for route in router.routes:
            if not isinstance(route, APIRoute) or route.methods <= SAFE_METHODS:
                continue
            has_session = any(one.call is request_session for one in route.dependant.dependencies)
            method = next(iter(route.methods))
            scope = {"method": method, "path": route.path, "state": {}}
            assert not has_session or limit_of(scope) == "writers", route.path
    login = {"method": "POST", "path": "/api/auth/password-login", "state": {}}
    order = {**login, "path": "/api/algo-workers/worker/runs/x/intents"}
    assert limit_of(login) == limit_of({**login, "path": "/api/auth/password"}) == "passwords"
    assert limit_of({**login, "path": "/api/auth/verify-link"}) == "writers"
    assert limit_of(order) == URGENT
    assert limit_of({**login, "path": "/api/backtest/run"}) is None
    assert limit_of({**login, "method": "GET"}) is None


def test_of_reads_of_brokers_a_person_has_four_at_once() -> None:
    """A broker that hangs keeps a few threads, and the exits of others keep theirs."""
    read = {"type": "http", "method": "GET", "path": "/api/portfolio/orders"}
    check = {**read, "method": "POST", "path": "/api/brokers/kite/address-check"}
    assert limit_of(read) == limit_of(check) == "at brokers"
    assert limit_of({**read, "path": "/api/brokers"}) is None
    assert (BROKER_READS.at_once, BROKER_READS.of_one) == (16, 4)


def test_of_pages_that_sum_up_all_trades_a_person_has_two_at_once() -> None:
    """More of them would take their time from everybody else's."""
    page = {"method": "GET", "path": "/api/journal/discovery", "state": {}}
    assert limit_of(page) == limit_of({**page, "path": "/api/wealth/summary"}) == "pages"
    assert limit_of({**page, "path": "/api/journal/screenshots/1"}) is None
    assert limit_of({**page, "path": "/api/auth/me"}) is None
    assert PAGES.of_one == 2 < PAGES.at_once


@ON_SQLITE
def test_fifty_sign_ins_hash_two_passwords_at_a_time(
    client: TestClient, app: FastAPI, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes 64 MB; fifty at once took 1.4 GB. Who waits holds no thread, and one address has
    a quarter of the queue."""
    lock, at_once, most = threading.Lock(), 0, 0
    verify = container.auth.sign_in._passwords._hasher.verify

    def counted(stored: str, password: str) -> bool:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        with lock:
            at_once -= 1
        return bool(verify(stored, password))

    monkeypatch.setattr(PasswordHasher, "verify", lambda _self, *given: counted(*given))
    assert client.portal is not None

    def login(number: int) -> httpx.Response:
        # An address of its own for each of five; the portal makes them one event loop's.
        caller = TestClient(app, base_url=BASE_URL, client=(f"198.51.100.{number % 5}", 1))
        caller.portal = client.portal
        body = {"email": f"p{number}@example.com", "password": "some password"}
        return caller.post("/api/auth/password-login", json=body)

    with ThreadPoolExecutor(50) as threads:
        statuses = Counter(answer.status_code for answer in threads.map(login, range(50)))
    assert most <= MAX_AT_ONCE
    assert statuses == {401: 50}


@ON_SQLITE
def test_many_parallel_writes_are_stored_although_there_are_few_threads(
    signed_in: TestClient, client: TestClient, container: Container
) -> None:
    """FAULTS: fifty parallel writes froze the server for ten seconds: who held the lock of the
    database waited for a thread, and all threads waited for the lock."""
    assert client.portal is not None

    def few_threads() -> None:
        current_default_thread_limiter().total_tokens = 2

    client.portal.call(few_threads)
    client.cookies.update(signed_in.cookies)

    def write(number: int) -> httpx.Response:
        return client.put("/api/auth/profile", json={"name": f"Person {number}"})

    with ThreadPoolExecutor(60) as threads:
        answers = list(threads.map(write, range(60)))
    assert [answer.status_code for answer in answers] == [200] * 60
    assert container.database.write_lock is not None
    assert container.database.write_lock.acquire(wait_s=5)  # longer than a job holds it


@ON_SQLITE
def test_a_request_is_read_although_its_session_cannot_be_marked_as_used(
    signed_in: TestClient, container: Container, clock: Any
) -> None:
    """FAULTS: database locked: what only reads goes on."""
    clock.advance(minutes=10)
    with container.database.write():
        assert signed_in.get("/api/auth/me").status_code == 200
    assert "set-cookie" in signed_in.get("/api/auth/me").headers
