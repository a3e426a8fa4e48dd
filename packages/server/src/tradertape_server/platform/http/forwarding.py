"""Handing requests to the process that trades, from one that does not.

Which requests: those a rule names beforehand, and those that turn out to need the trader when they
are tried here: they end with the code `not_the_trader` before anything was answered or stored.
A request is handed on at most once, with its caller's own credentials and, signed, its address.

What surely never reached the trader may be sent again; what may have reached it only where that
is harmless: reads, and commands with an idempotency key. Those also wait for a fail-over.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import orjson
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradertape_server.platform.errors import CODE_HEADER, DATABASE_AWAY, error_response
from tradertape_server.platform.http.bodies import replay
from tradertape_server.platform.http.requests import client_ip
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.trader_election import TraderElection
from tradertape_server.platform.processes.trader_lease import Holder
from tradertape_server.platform.secrets import SecretBox, constant_time_equal

HEADER = b"x-tradertape-forwarded"
NOT_THE_TRADER, TRADING_PAUSED, NO_TRADER = "not_the_trader", "trading_paused", "no_trader"
FAIL_OVER_S = 12.0  # how long a request that may be repeated waits for a trader
MOST_AGE_S = 60.0  # of a signature
_LOOK_AGAIN_S = 0.2
_WATCH_S = 1.0
_TIMEOUT = httpx.Timeout(30.0, connect=2.0)
_LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=30)
# Of the connection, not of the message.
_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding "
    b"upgrade".split()
) | {HEADER}
_OURS = _HOP | {b"date", b"server"}  # each server says these itself
_PASSING = (TRADING_PAUSED, DATABASE_AWAY)
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

Rule = Callable[[Scope], bool]

logger = get_logger(__name__)


class ForwardingMetrics:
    """What was handed on, for Prometheus."""

    def __init__(self) -> None:
        self.forwarded = self.received = self.refused = self.waited = self.lost = 0


class Forwarding:
    """A layer of the application: inside what limits bodies, outside what finds the caller."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        election: TraderElection,
        secrets: SecretBox,
        rule: Rule,
        figures: ForwardingMetrics,
    ) -> None:
        self._app = app
        self._election = election
        self._secrets = secrets
        self._rule = rule
        self._figures = figures
        self._client: httpx.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reply here, or pass on what the trader answers."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        if self._accept(scope) or self._election.is_trader:
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        if not self._rule(scope):
            attempt = _Attempt(send)
            await self._app(scope, replay(body, receive), attempt.send)
            if not attempt.is_held_back:
                return
        await self._forward(scope, body, receive, send)

    async def close(self) -> None:
        """Close the connections to the trader."""
        if self._client is not None:
            await self._client.aclose()

    # --- in the trader's process --------------------------------------------------------------

    def _accept(self, scope: Scope) -> bool:
        """Take over the caller's address from a process of ours that hands a request on."""
        given = Headers(scope=scope).get(HEADER.decode())
        if given is None:
            return False
        at, _, rest = given.partition(";")
        address, _, rest = rest.partition(";")
        scheme, _, signature = rest.partition(";")
        is_recent = at.isdecimal() and abs(_now_s() - int(at)) < MOST_AGE_S
        if not is_recent or not constant_time_equal(
            signature, self._sign(scope, at, address, scheme)
        ):
            return False
        self._figures.received += 1
        scope["client"], scope["scheme"] = (address, 0), scheme
        return True

    def _sign(self, scope: Scope, at: str, address: str, scheme: str) -> str:
        target = f"{scope['method']} {scope['path']}"
        return self._secrets.code_hash("forwarded", f"{at};{address};{scheme};{target}")

    # --- in the others ------------------------------------------------------------------------

    async def _forward(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        may_repeat = _may_repeat(scope, body)
        until_s = _elapsed_s() + (FAIL_OVER_S if may_repeat else 0)
        is_first = True
        while True:
            if self._election.is_trader:  # it is our turn now
                await self._app(scope, replay(body, receive), send)
                return
            answer = await self._ask(scope, body, may_repeat=may_repeat, is_first=is_first)
            if isinstance(answer, httpx.Response):
                await self._pass_on(answer, send)
                return
            if _elapsed_s() >= until_s:
                self._figures.refused += 1
                await _refusal(answer)(scope, receive, send)
                return
            if is_first:
                self._figures.waited += 1
            is_first = False
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def _ask(
        self, scope: Scope, body: bytes, *, may_repeat: bool, is_first: bool
    ) -> httpx.Response | str:
        """The trader's answer, or the code of why there is none."""
        try:
            holder = await run_in_threadpool(self._election.holder, fresh=not is_first)
        except SQLAlchemyError:
            return NO_TRADER
        if holder is None or not holder.address or holder.owner == self._election.owner:
            return NO_TRADER
        try:
            answer = await self._answer_of(holder, scope, body)
        except _NEVER_SENT:
            return NO_TRADER
        except (httpx.TransportError, TimeoutError) as error:
            self._figures.lost += 1
            logger.warning("the trader's answer was lost", reason=type(error).__name__)
            return NO_TRADER if may_repeat else "outcome_unknown"
        code = answer.headers.get(CODE_HEADER, "")
        if code == NOT_THE_TRADER or (code in _PASSING and may_repeat):
            await answer.aclose()
            return NO_TRADER
        return answer

    async def _answer_of(self, holder: Holder, scope: Scope, body: bytes) -> httpx.Response:
        """Ask, and give up early on a trader that another one has replaced."""
        asked = asyncio.ensure_future(self._send(holder.address, scope, body))
        try:
            while not (await asyncio.wait({asked}, timeout=_WATCH_S))[0]:
                with suppress(SQLAlchemyError):
                    now = await run_in_threadpool(self._election.holder)
                    if now is not None and now.fence != holder.fence:
                        raise TimeoutError("another process trades now")
        finally:
            if not asked.done():
                asked.cancel()
        return asked.result()

    async def _send(self, address: str, scope: Scope, body: bytes) -> httpx.Response:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=_TIMEOUT, limits=_LIMITS, trust_env=False)
        query = scope.get("query_string", b"")
        path = scope.get("raw_path") or scope["path"].encode()
        url = httpx.URL(address).copy_with(raw_path=path + (b"?" + query if query else b""))
        kept = [(name, value) for name, value in scope["headers"] if name not in _HOP]
        at, scheme = str(int(_now_s())), scope.get("scheme", "http")
        address = client_ip(scope)
        signature = self._sign(scope, at, address, scheme)
        kept.append((HEADER, f"{at};{address};{scheme};{signature}".encode()))
        request = httpx.Request(scope["method"], url, headers=kept, content=body)
        answer = await self._client.send(request, stream=True)
        self._figures.forwarded += 1
        return answer

    async def _pass_on(self, answer: httpx.Response, send: Send) -> None:
        headers = [(n.lower(), v) for n, v in answer.headers.raw if n.lower() not in _OURS]
        try:
            await send(
                {"type": "http.response.start", "status": answer.status_code, "headers": headers}
            )
            async for chunk in answer.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            with suppress(httpx.HTTPError):
                await answer.aclose()


class _Attempt:
    """Passes an answer on unless its first line says that this process cannot give it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.is_held_back = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            code = Headers(raw=message.get("headers", [])).get(CODE_HEADER, "")
            self.is_held_back = message["status"] == 503 and code == NOT_THE_TRADER
        if not self.is_held_back:
            await self._send(message)


async def _read(receive: Receive) -> bytes:
    """The whole body, whose size the layers outside have limited."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return b"".join(chunks)


def _may_repeat(scope: Scope, body: bytes) -> bool:
    """Whether doing it twice is doing it once."""
    if scope["method"] in {"GET", "HEAD", "OPTIONS"}:
        return True
    if "idempotency-key" in Headers(scope=scope):
        return True
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(document, dict) and bool(document.get("idempotency_key"))


def _refusal(code: str) -> Any:
    if code == NO_TRADER:
        detail = (
            "No process trades at the moment; another takes over within seconds. Nothing was done: "
            "ask again."
        )
        return error_response(503, detail, code=code, headers={"Retry-After": "2"})
    detail = (
        "The trading process did not answer any more. Look whether it was done before you ask "
        "again; with an idempotency key you may simply repeat it."
    )
    return error_response(503, detail, code=code, headers={"Retry-After": "5"})


def _now_s() -> float:
    return time.time()  # noqa: TID251 - two processes of ours compare it, nothing is traded by it


def _elapsed_s() -> float:
    return time.monotonic()
