"""Requests that reach a process which does not trade."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tradertape_server.platform.errors import error_response
from tradertape_server.platform.http import forwarding
from tradertape_server.platform.http.forwarding import NOT_THE_TRADER, Forwarding, ForwardingMetrics
from tradertape_server.platform.processes.trader_lease import Holder
from tradertape_server.platform.secrets import SecretBox

Reply = Callable[[Request], Any]


class Lead:
    """What a process knows of the lease."""

    def __init__(self, *, is_trader: bool = False, is_there: bool = True) -> None:
        self.is_trader = is_trader
        self.owner = "trader" if is_trader else "web"
        self.is_there = is_there
        self.looks = 0

    def holder(self, *, fresh: bool = False) -> Holder | None:
        self.looks += 1
        return Holder(1, "trader", "http://trader", 5.0) if self.is_there else None


def app_of(answer: Reply) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response: Response = await answer(request)
        await response(scope, receive, send)

    return app


async def told(request: Request) -> Response:
    """The trader: says what it was asked, and by whom."""
    return JSONResponse(
        {
            "path": str(request.url.path), "query": str(request.url.query),
            "body": (await request.body()).decode(), "method": request.method,
            "by": request.client.host if request.client else "", "scheme": request.url.scheme,
            "cookie": request.headers.get("cookie", ""),
        },
        headers={"X-Kept": "yes"},
    )  # fmt: skip


async def not_here(_request: Request) -> Response:
    return error_response(503, "not here", code=NOT_THE_TRADER)


class Pair:
    """A web process in front of a trader, without a network between them."""

    def __init__(
        self, folder: Path, *, trader: Reply = told, here: Reply = not_here, rule: bool = False
    ) -> None:
        secrets = SecretBox.open(folder)
        self.web_lead, self.trader_lead = Lead(), Lead(is_trader=True)
        self.figures = ForwardingMetrics()
        self.behind = Forwarding(
            app_of(trader), election=self.trader_lead, secrets=secrets,  # type: ignore[arg-type]
            rule=lambda _scope: False, counts=ForwardingMetrics(),
        )  # fmt: skip
        self.front = Forwarding(
            app_of(here), election=self.web_lead, secrets=secrets,  # type: ignore[arg-type]
            rule=lambda _scope: rule, counts=self.figures,
        )  # fmt: skip
        self.wire: httpx.AsyncBaseTransport = httpx.ASGITransport(self.behind)

    def ask(self, method: str, path: str, **parts: Any) -> httpx.Response:
        async def story() -> httpx.Response:
            self.front._client = httpx.AsyncClient(transport=self.wire)
            outside = httpx.ASGITransport(self.front, client=("203.0.113.9", 5))
            async with httpx.AsyncClient(transport=outside, base_url="https://me") as client:
                return await client.request(method, path, **parts)

        return asyncio.run(story())


@pytest.mark.parametrize("rule", [False, True])
def test_the_trader_answers_as_if_it_had_been_asked(tmp_path: Path, *, rule: bool) -> None:
    """After a try here, or at once where a rule says so."""
    pair = Pair(tmp_path, rule=rule)
    answer = pair.ask("POST", "/api/x%20y?a=1&a=2", content=b"body", headers={"Cookie": "c=1"})
    assert answer.status_code == 200
    assert answer.headers["X-Kept"] == "yes"
    assert answer.json() == {
        "path": "/api/x y", "query": "a=1&a=2", "body": "body", "method": "POST",
        "by": "203.0.113.9", "scheme": "https", "cookie": "c=1",
    }  # fmt: skip
    assert pair.figures.forwarded == 1


def test_what_can_be_answered_here_is(tmp_path: Path) -> None:
    async def here(request: Request) -> Response:
        return Response(b"here " + await request.body())

    pair = Pair(tmp_path, here=here)
    assert pair.ask("POST", "/api/x", content=b"b").text == "here b"
    assert pair.figures.forwarded == 0


def test_an_address_nobody_signed_is_not_believed(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.front = pair.behind
    forged = {"X-TraderTape-Forwarded": "1;10.0.0.1;https;00"}
    assert pair.ask("GET", "/api/x", headers=forged).json()["by"] == "203.0.113.9"


def test_what_was_handed_on_is_not_handed_on_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trader lost its lease meanwhile: it says so, and does not send it back."""
    monkeypatch.setattr(forwarding, "FAIL_OVER_S", 0.0)
    pair = Pair(tmp_path, trader=not_here)
    pair.trader_lead.is_trader = False
    answer = pair.ask("POST", "/api/x", content=b'{"idempotency_key": "k"}')
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (503, "no_trader")
    assert pair.trader_lead.looks == 0


def test_without_a_trader_a_plain_change_is_refused_at_once(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.web_lead.is_there = False
    answer = pair.ask("POST", "/api/x", content=b"{}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "another takes over" in answer.json()["detail"]
    assert (pair.figures.refused, pair.figures.waited) == (1, 0)


class Cut(httpx.AsyncBaseTransport):
    """Loses the answer to the first requests."""

    def __init__(self, behind: httpx.AsyncBaseTransport, error: type[httpx.TransportError]) -> None:
        self._behind, self._error = behind, error
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.asked == 1:
            raise self._error("cut")
        return await self._behind.handle_async_request(request)


@pytest.mark.parametrize(
    ("body", "error", "status", "asked"),
    [
        (b'{"idempotency_key": "k"}', httpx.ReadError, 200, 2),
        (b'{"idempotency_key": "k"}', httpx.ConnectError, 200, 2),
        (b"{}", httpx.ReadError, 503, 1),
        (b"{}", httpx.ConnectError, 503, 1),
    ],
)
def test_a_lost_answer_is_asked_for_again_only_with_a_key(
    tmp_path: Path, body: bytes, error: type[httpx.TransportError], status: int, asked: int
) -> None:
    pair = Pair(tmp_path)
    pair.wire = cut = Cut(pair.wire, error)
    answer = pair.ask("POST", "/api/x", content=body)
    assert (answer.status_code, cut.asked) == (status, asked)
    if status == 503:
        unknown = error is httpx.ReadError
        assert answer.headers["X-Error-Code"] == ("outcome_unknown" if unknown else "no_trader")


def test_a_request_that_waited_is_done_here_when_it_is_our_turn(tmp_path: Path) -> None:
    async def here(_request: Request) -> Response:
        if pair.web_lead.looks < 3:
            return await not_here(_request)
        return Response("here")

    pair = Pair(tmp_path, here=here)
    pair.web_lead.is_there = False
    looked = pair.web_lead.holder

    def holder(*, fresh: bool = False) -> Holder | None:
        pair.web_lead.is_trader = pair.web_lead.looks >= 2
        return looked(fresh=fresh)

    pair.web_lead.holder = holder  # type: ignore[method-assign]
    assert pair.ask("GET", "/api/x").text == "here"
    assert pair.figures.waited == 1


def test_an_answer_in_parts_comes_whole(tmp_path: Path) -> None:
    async def parts(_request: Request) -> Response:
        return StreamingResponse(iter([b"a" * 70_000, b"b" * 70_000]))

    answer = Pair(tmp_path, trader=parts).ask("GET", "/api/x")
    assert answer.content == b"a" * 70_000 + b"b" * 70_000
