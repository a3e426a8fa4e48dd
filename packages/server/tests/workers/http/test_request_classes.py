"""Rate limits by class: nobody who reads too fast, or trades too fast, is kept from getting out."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from tradertape_server.container import Container
from tradertape_server.features.auth.queries import account_by_email
from tradertape_server.features.auth.sign_in.command_line_session import command_line_session
from tradertape_server.features.auth.sign_in.sessions import COOKIE
from tradertape_server.features.workers.http.request_classes import request_class
from tradertape_server.platform.http.rate_limits import RequestClass

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

PER_MINUTE = 40
SWITCH = "/api/risk/kill"
PREFIX = "/api/algo-workers/worker"


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"feed": "off", "requests_per_minute": PER_MINUTE}


def exhaust(caller: TestClient, path: str) -> httpx.Response:
    """Read until the answer is 429."""
    for _ in range(PER_MINUTE + 1):
        answer = caller.get(path)
        if answer.status_code == 429:
            return answer
    raise AssertionError("no limit")


@pytest.mark.parametrize(
    ("request_line", "expected"),
    [
        ("POST /runs/r/exit", RequestClass.SAFETY),
        ("POST /options/runs/r/exit", RequestClass.SAFETY),
        ("POST /orders/7/cancel", RequestClass.SAFETY),
        ("POST /runs/r/heartbeat", RequestClass.SAFETY),
        ("POST /heartbeat", RequestClass.SAFETY),
        ("POST /runs/r/claim-session", RequestClass.SAFETY),
        ("DELETE /runs/r/claim-session", RequestClass.SAFETY),
        ("DELETE /gtt/triggers/3", RequestClass.SAFETY),
        ("POST /runs/r/intents", RequestClass.ORDERS),
        ("POST /orders/7/modify", RequestClass.ORDERS),
        ("POST /options/runs/r/enter", RequestClass.ORDERS),
        ("POST /gtt/triggers", RequestClass.ORDERS),
        ("POST /runs", RequestClass.ORDERS),
        ("GET /orders", RequestClass.READS),
        ("GET /runs/r/exit", RequestClass.READS),
        ("POST /market/quotes", RequestClass.READS),
        ("POST /runs/r/preview/order", RequestClass.READS),
        ("POST /options/runs/r/preview-exit", RequestClass.READS),
    ],
)
def test_each_request_has_a_class(request_line: str, expected: RequestClass, engine: Any) -> None:
    method, path = request_line.split(" ")
    scope = {"method": method, "path": f"{PREFIX}{path}", "state": {}}
    assert request_class(scope) is expected


def test_reading_too_fast_keeps_no_exit_out(
    worker: Any, new_run: Any, buy: Any, api: Any, sign_in: Any
) -> None:
    caller = worker()
    new_run(caller)
    resting = buy("key-00001", order_type="LIMIT", price=1450.0)
    order_id = caller.post(api("runs/run-1/intents"), json=resting).json()["order_id"]
    refused = exhaust(caller, api("funds"))
    assert int(refused.headers["Retry-After"]) >= 1
    assert "reads" in refused.json()["detail"]
    cancel = caller.post(api(f"orders/{order_id}/cancel"), json={"strategy_run_id": "run-1"})
    claim = caller.post(api("runs/run-1/claim-session"))
    assert (cancel.status_code, claim.status_code) == (200, 200)
    nonce = {"X-Worker-Session-Nonce": claim.json()["worker_session_nonce"]}
    assert caller.post(api("runs/run-1/heartbeat"), json={}, headers=nonce).status_code == 200
    # Orders have a bucket of their own, too: an exit by hand is one of them.
    placed = caller.post(api("runs/run-1/intents"), json=buy("key-00002"), headers=nonce)
    assert placed.status_code == 200
    assert caller.post(api("runs/run-1/exit"), json={}, headers=nonce).status_code == 200
    page = sign_in("person@example.com")
    assert page.post(SWITCH, json={"reason": "x"}).status_code == 200


def test_a_console_that_reads_too_fast_can_still_stop_everything(sign_in: Any) -> None:
    page = sign_in("person@example.com")
    exhaust(page, "/api/auth/me")
    for _ in range(3):
        answer = page.post(SWITCH, json={"reason": "x"})
        assert answer.status_code == 200, answer.text


def test_one_key_leaves_room_for_the_others_and_the_account_has_a_limit(
    worker: Any, api: Any
) -> None:
    first, second, third = worker(), worker(), worker()
    stranger = worker("other@example.com")
    exhaust(first, api("runs"))
    assert second.get(api("runs")).status_code == 200
    exhaust(second, api("runs"))
    assert exhaust(third, api("runs")).status_code == 429
    assert third.post(api("heartbeat"), json={}).status_code == 200
    assert stranger.get(api("runs")).status_code == 200


def test_a_key_that_floods_exits_keeps_no_other_key_from_exiting(
    worker: Any, new_run: Any, api: Any
) -> None:
    flood, calm = worker(), worker()
    new_run(calm)
    answers = [flood.post(api("heartbeat"), json={}).status_code for _ in range(3 * PER_MINUTE)]
    assert answers.count(429) == 2 * PER_MINUTE
    assert calm.post(api("runs/run-1/exit"), json={}).status_code == 200


def test_resuming_from_the_command_line_is_never_refused(
    worker: Any, api: Any, sign_in: Any, container: Container, clock: Any
) -> None:
    """All keys and the page of the account are at their limits: the command has its own session."""
    page = sign_in("person@example.com")
    keys = [worker() for _ in range(3)]
    assert page.post(SWITCH, json={"reason": "x"}).status_code == 200
    clock.advance(minutes=2)  # a switch stays on for one
    for caller in keys:
        exhaust(caller, api("funds"))
        beats = [caller.post(api("heartbeat"), json={}).status_code for _ in range(PER_MINUTE + 1)]
        assert beats[-1] == 429
    for path in ("/api/auth/me", SWITCH):
        exhaust(page, path)
    release = {"confirm": "RELEASE", "scope": "user"}
    assert page.post(f"{SWITCH}/release", json=release).status_code == 429
    with container.database.read() as session:
        person = account_by_email(session, "person@example.com")
    assert person is not None
    opened = command_line_session(container.database, container.clock, person.id, user_agent="cli")
    with opened as cookies:
        page.cookies.set(COOKIE, cookies[COOKIE], domain="localhost.local")
        answer = page.post(f"{SWITCH}/release", json=release)
    assert (answer.status_code, answer.json()["active"]) == (200, False)


def test_two_threads_that_read_as_fast_as_they_can_keep_nothing_out(
    serving: Any, worker: Any, new_run: Any, buy: Any, api: Any, sign_in: Any
) -> None:
    """All of ten exits, ten cancellations and six kill switches pass beside them."""
    caller = worker()
    for n in range(10):
        new_run(caller, f"run-{n}")
    bodies = [buy(f"key-0000{n}", order_type="LIMIT", price=1450.0, quantity=1) for n in range(10)]
    placed = [
        caller.post(api(f"runs/run-{n}/intents"), json=body).json()["order_id"]
        for n, body in enumerate(bodies)
    ]
    base = f"http://127.0.0.1:{serving.config.port}"
    token = {"Authorization": caller.headers["Authorization"]}
    stop, counts = threading.Event(), [0, 0]

    def read(index: int) -> None:
        with httpx.Client(base_url=base, headers=token) as reader:
            while not stop.is_set():
                reader.get(api("funds"))
                counts[index] += 1

    readers = [threading.Thread(target=read, args=(n,)) for n in range(2)]
    for reader in readers:
        reader.start()
    page = sign_in("person@example.com")
    statuses: list[int] = []
    try:
        with httpx.Client(base_url=base, headers=token, timeout=20) as out:
            for n, order_id in enumerate(placed):
                body = {"strategy_run_id": f"run-{n}"}
                statuses.append(out.post(api(f"orders/{order_id}/cancel"), json=body).status_code)
                statuses.append(out.post(api(f"runs/run-{n}/exit"), json={}).status_code)
        for _ in range(6):
            body = {"reason": "x"}
            statuses.append(page.post(SWITCH, json=body).status_code)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert statuses == [200] * 26
    assert min(counts) > PER_MINUTE  # they were refused, and went on
