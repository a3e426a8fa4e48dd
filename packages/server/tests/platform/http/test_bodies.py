"""Request bodies: what is refused is counted, and what is large is not parsed on the event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from tradertape_server.container import Container
from tradertape_server.platform.errors import MOST_PROBLEMS
from tradertape_server.platform.http import bodies
from tradertape_server.platform.http.bodies import ANONYMOUS_BYTES, Bodies, CheckedBodies
from tradertape_server.platform.http.identity import STATE_KEY
from tradertape_server.platform.http.strict_json import MAX_VALUES, fault_of

ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
SIGN_IN = "/api/auth/password-login"
JSON = {"Content-Type": "application/json"}
MB = 1024 * 1024
NESTED = b"[" + b",".join([b"[" * 60 + b"]" * 60] * (2_000_000 // 121)) + b"]"


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"anonymous_requests_per_minute": 5}


@ON_SQLITE
@pytest.mark.parametrize(
    ("content", "status"),
    [(b"{", 422), (b"[" * 10_000, 422), (b"x" * (ANONYMOUS_BYTES + 1), 413), (b"x" * 3 * MB, 413)],
    ids=["malformed", "deep", "too large", "over the server's limit"],
)
def test_malformed_bodies_meet_the_rate_limit(
    client: TestClient, container: Container, content: bytes, status: int
) -> None:
    """FAULTS §8: 700 of them got no 429."""
    allowed = container.settings.anonymous_requests_per_minute
    answers = [
        client.post(SIGN_IN, content=content, headers=JSON).status_code for _ in range(allowed + 3)
    ]
    assert answers == [status] * allowed + [429] * 3


@ON_SQLITE
def test_a_nul_in_the_address_is_counted_too(client: TestClient, container: Container) -> None:
    allowed = container.settings.anonymous_requests_per_minute
    answers = [client.get("/api/market/symbols?q=%00").status_code for _ in range(allowed + 1)]
    assert answers == [422] * allowed + [429]


@ON_SQLITE
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer zt_x"}, {"Cookie": "a=b"}])
def test_an_anonymous_body_is_small(client: TestClient, headers: dict[str, str]) -> None:
    """A credential that is none does not help."""
    name = "x" * ANONYMOUS_BYTES
    answer = client.post(SIGN_IN, json={"email": name, "password": "b"}, headers=headers)
    assert answer.status_code == 413
    assert answer.json()["detail"] == f"The body is over the limit of {ANONYMOUS_BYTES} bytes."


@ON_SQLITE
def test_a_signed_in_body_may_be_large_within_the_limits(signed_in: TestClient) -> None:
    large = {"name": "x" * 30_000}
    assert signed_in.post("/api/watchlists", json=large).status_code == 422
    many = signed_in.post("/api/watchlists", content=NESTED, headers=JSON)
    assert many.status_code == 422
    assert f"more than {MAX_VALUES} values" in many.json()["detail"][0]["msg"]


GONE: Message = {"type": "http.disconnect"}


def part(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def asked(parts: list[Message], *, most: int = 1000) -> tuple[int, bytes | None]:
    """The status that the middleware gives a request, 0 for none, and the body it passes on."""
    statuses: list[int] = []
    passed: list[bytes] = []
    kind, chunked = (b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")
    headers = [kind, chunked, (b"cookie", b"a=b")]
    scope: Scope = {"type": "http", "method": "POST", "path": "/api/t", "query_string": b""}
    scope |= {"headers": headers, "state": {STATE_KEY: "somebody"}}
    left = iter(parts)

    async def receive() -> Message:
        message = next(left, None)
        return await asyncio.Future() if message is None else message

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def application(_scope: Scope, receive: Receive, _send: Send) -> None:
        passed.append((await receive())["body"])

    app = Bodies(CheckedBodies(application), max_bytes=most, within_s=0.05)
    asyncio.run(app(scope, receive, send))
    return next(iter(statuses), 0), next(iter(passed), None)


def test_a_body_is_passed_on_whole() -> None:
    assert asked([part(b"[1"), part(b"]", more=False)]) == (0, b"[1]")


def test_a_body_that_does_not_arrive_in_time_is_a_408() -> None:
    assert asked([part(b"[1")]) == (408, None)


@pytest.mark.parametrize("status", [408, 413, 429])
@pytest.mark.parametrize("body", [part(b"[1"), part(b"x" * 2000, more=False)])
def test_a_connection_on_which_a_body_was_refused_is_closed(status: int, body: Message) -> None:
    """Whatever refuses it: a 429 left the connection to a client that sent a byte a second."""
    headers: list[Headers] = []
    arrived = [body]

    async def receive() -> Message:
        return arrived.pop(0) if arrived else await asyncio.Future()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers.append(Headers(scope=message))

    app = Bodies(Response(status_code=status), max_bytes=1000, within_s=0.05)
    chunked = [(b"transfer-encoding", b"chunked"), (b"cookie", b"a=b")]
    scope: Scope = {"type": "http", "method": "POST", "path": "/api/t", "query_string": b""}
    asyncio.run(app(scope | {"headers": chunked, "state": {}}, receive, send))
    assert headers[0]["connection"] == "close"


def test_a_client_that_left_before_its_body_was_whole_changes_nothing() -> None:
    assert asked([part(b"[1"), GONE]) == (0, None)
    assert asked([GONE]) == (0, None)


def test_nested_lists_cost_the_event_loop_little() -> None:
    """2 MB of lists nested 60 deep took about a second."""
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - before)

    async def run() -> None:
        beating = asyncio.create_task(beat())
        await asyncio.sleep(0)
        assert await bodies._fault(NESTED) is not None  # pyright: ignore[reportPrivateUsage]
        beating.cancel()

    assert len(NESTED) > 1_900_000
    asyncio.run(run())
    assert longest < 0.05


def test_a_large_body_is_checked_off_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[bool] = []

    def watched(body: bytes) -> object:
        threads.append(threading.current_thread() is threading.main_thread())
        return fault_of(body)

    monkeypatch.setattr(bodies, "fault_of", watched)
    for size in (10, bodies.LARGE_BYTES):
        asked([part(b'["' + b"x" * size + b'"]', more=False)], most=MB)
    assert threads == [True, False]


@pytest.mark.parametrize("value", [b"1", b'"a"', b"null"])
def test_the_most_values_of_a_body(value: bytes) -> None:
    assert fault_of(b"[" + b",".join([value] * MAX_VALUES) + b"]") is None
    assert fault_of(b"[" + b",".join([value] * (MAX_VALUES + 1)) + b"]") is not None


@ON_SQLITE
def test_a_body_with_thousands_of_problems_has_a_short_answer(signed_in: TestClient) -> None:
    """130,000 unknown names held the event loop for more than a second."""
    unknown = {f"name{number}": 1 for number in range(MAX_VALUES - 10)}
    answer = signed_in.post("/api/watchlists", json={"name": "Mine", **unknown})
    assert answer.status_code == 422
    assert len(answer.json()["detail"]) == MOST_PROBLEMS
