"""Forwarding of requests to the process that trades, from one that does not.

Forwarded are the requests that a rule names beforehand, and those that turn out to need the trader
when they are tried here: they end with the code `not_the_trader` before anything was sent or
stored. A request is forwarded at most once, with its caller's credentials and signed address.

A request that certainly never reached the trader may be sent again; one that may have reached it
only if repeating it is harmless: reads, and commands with an idempotency key. Those also wait for a
fail-over.
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
from tradertape_server.platform.http.bodies import is_refused, replay
from tradertape_server.platform.http.requests import client_ip
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.trader_election import TraderElection
from tradertape_server.platform.processes.trader_lease import Holder
from tradertape_server.platform.secrets import SecretBox, constant_time_equal

HEADER = b"x-tradertape-forwarded"
NOT_THE_TRADER, TRADING_PAUSED, NO_TRADER = "not_the_trader", "trading_paused", "no_trader"
FAIL_OVER_S = 12.0  # how long a repeatable request waits for a trader
MAX_SIGNATURE_AGE_S = 60.0
_RETRY_S = 0.2
_CHECK_HOLDER_S = 1.0
_TIMEOUT = httpx.Timeout(30.0, connect=2.0)
_LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=30)
# Hop-by-hop headers, which belong to the connection and not to the message.
_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding "
    b"upgrade".split()
) | {HEADER}
_NOT_COPIED = _HOP | {b"date", b"server"}  # each server sends its own
_TRANSIENT = (TRADING_PAUSED, DATABASE_AWAY)
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

Rule = Callable[[Scope], bool]

logger = get_logger(__name__)


class ForwardingMetrics:
    """Counts of forwarded requests, for Prometheus."""

    def __init__(self) -> None:
        self.forwarded = self.received = self.refused = self.waited = self.lost = 0


class Forwarding:
    """Middleware that forwards requests: inside the body limit, outside the authentication."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        election: TraderElection,
        secrets: SecretBox,
        rule: Rule,
        counts: ForwardingMetrics,
    ) -> None:
        self._app = app
        self._election = election
        self._secrets = secrets
        self._rule = rule
        self._counts = counts
        self._client: httpx.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request here, or pass on the trader's response."""
        if scope["type"] == "lifespan":
            try:
                await self._app(scope, receive, send)
            finally:
                await self.close()
            return
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        if is_refused(scope) or self._accept(scope) or self._election.is_trader:
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
        """Adopt the caller's address that one of our processes signed; False if not forwarded."""
        given = Headers(scope=scope).get(HEADER.decode())
        if given is None:
            return False
        at, _, rest = given.partition(";")
        address, _, rest = rest.partition(";")
        scheme, _, signature = rest.partition(";")
        is_recent = at.isdecimal() and abs(_now_s() - int(at)) < MAX_SIGNATURE_AGE_S
        if not is_recent or not constant_time_equal(
            signature, self._sign(scope, at, address, scheme)
        ):
            return False
        self._counts.received += 1
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
            if self._election.is_trader:  # this process has become the trader
                await self._app(scope, replay(body, receive), send)
                return
            reply = await self._ask(scope, body, may_repeat=may_repeat, is_first=is_first)
            if isinstance(reply, httpx.Response):
                await self._pass_on(reply, send)
                return
            if _elapsed_s() >= until_s:
                self._counts.refused += 1
                await _refusal(reply)(scope, receive, send)
                return
            if is_first:
                self._counts.waited += 1
            is_first = False
            await asyncio.sleep(_RETRY_S)

    async def _ask(
        self, scope: Scope, body: bytes, *, may_repeat: bool, is_first: bool
    ) -> httpx.Response | str:
        """Return the trader's response, or the error code of why there is none."""
        try:
            holder = await run_in_threadpool(self._election.holder, fresh=not is_first)
        except SQLAlchemyError:
            return NO_TRADER
        if holder is None or not holder.address or holder.owner == self._election.owner:
            return NO_TRADER
        try:
            response = await self._response_of(holder, scope, body)
        except _NEVER_SENT:
            return NO_TRADER
        except (httpx.TransportError, TimeoutError) as error:
            self._counts.lost += 1
            logger.warning("the trader's response was lost", reason=type(error).__name__)
            return NO_TRADER if may_repeat else "outcome_unknown"
        code = response.headers.get(CODE_HEADER, "")
        if code == NOT_THE_TRADER or (code in _TRANSIENT and may_repeat):
            await response.aclose()
            return NO_TRADER
        return response

    async def _response_of(self, holder: Holder, scope: Scope, body: bytes) -> httpx.Response:
        """Send the request; raises TimeoutError early if another process becomes the trader."""
        sent = asyncio.ensure_future(self._send(holder.address, scope, body))
        try:
            while not (await asyncio.wait({sent}, timeout=_CHECK_HOLDER_S))[0]:
                with suppress(SQLAlchemyError):
                    now = await run_in_threadpool(self._election.holder)
                    if now is not None and now.fence != holder.fence:
                        raise TimeoutError("another process trades now")
        finally:
            if not sent.done():
                sent.cancel()
        return sent.result()

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
        response = await self._client.send(request, stream=True)
        self._counts.forwarded += 1
        return response

    async def _pass_on(self, response: httpx.Response, send: Send) -> None:
        headers = [
            (name.lower(), value)
            for name, value in response.headers.raw
            if name.lower() not in _NOT_COPIED
        ]
        try:
            await send(
                {"type": "http.response.start", "status": response.status_code, "headers": headers}
            )
            async for chunk in response.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            with suppress(httpx.HTTPError):
                await response.aclose()


class _Attempt:
    """Sends a response unless its head says that only the trader can give it."""

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
    """Read the whole body, whose size the outer layers have limited."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return b"".join(chunks)


def _may_repeat(scope: Scope, body: bytes) -> bool:
    """Whether the request is idempotent."""
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
            "retry."
        )
        return error_response(503, detail, code=code, headers={"Retry-After": "2"})
    detail = (
        "The trading process did not respond. Check whether the request was carried out before you "
        "retry; with an idempotency key you may simply repeat it."
    )
    return error_response(503, detail, code=code, headers={"Retry-After": "5"})


def _now_s() -> float:
    return time.time()  # noqa: TID251 - only compared between our processes, no trading depends on it


def _elapsed_s() -> float:
    return time.monotonic()
