"""Request bodies: received within limits of size and time, counted, and only then looked into.

`Bodies` receives; what it refuses is answered by `CheckedBodies`, which is inside the rate limits:
refused requests count as others do. Nothing is parsed before that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradertape_server.platform.errors import (
    ApiError,
    NotFound,
    RequestTimeout,
    TooLarge,
    response_for,
    validation_list,
)
from tradertape_server.platform.http.concurrency import OwnThreads
from tradertape_server.platform.http.identity import STATE_KEY
from tradertape_server.platform.http.strict_json import Fault, fault_of

# A refused body is still read up to this size, so that clients see the response, not a reset.
DRAIN_BYTES = 32 * 1024 * 1024
# Of a caller who is not signed in: what signs in is shorter.
ANONYMOUS_BYTES = 16 * 1024
BODY_S = 60.0  # how long a body may take to arrive
# A larger one is checked on a thread: it would hold up everything else on the event loop.
LARGE_BYTES = 64 * 1024
_REFUSED = "refused_body"
_IS_LARGE = "is_large_body"
_threads = OwnThreads("bodies", 2)


class Bodies:
    """Receives the whole body before the application sees the request."""

    def __init__(
        self, app: ASGIApp, *, max_bytes: int, within_s: float = BODY_S,
        larger: Mapping[str, int] | None = None,
    ) -> None:  # fmt: skip
        """larger: limits of paths by how they begin, for signed-in callers."""
        self._larger = larger or {}
        self._app = app
        self._max_bytes = max_bytes
        self._within_s = within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its whole body, or with the reason why it is refused."""
        if scope["type"] != "http" or not has_body(scope):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        may_be_known = "authorization" in headers or "cookie" in headers
        most = self._most(scope) if may_be_known else min(ANONYMOUS_BYTES, self._max_bytes)
        try:
            async with asyncio.timeout(self._within_s):
                body = await _read(receive, most, announced=_announced(headers))
        except _Disconnected:
            return  # what came without its body is not carried out: the route may do without one
        except TimeoutError:
            body = None
            scope["state"][_REFUSED] = RequestTimeout(self._within_s)
        else:
            scope["state"][_IS_LARGE] = body is None or len(body) > LARGE_BYTES
            if body is None:
                scope["state"][_REFUSED] = _too_large(most)
        # Whatever the response is, also 429: nobody waits for the rest of a body.
        to_client = _closing(send) if body is None else send
        await self._app(scope, replay(body or b"", receive), to_client)

    def _most(self, scope: Scope) -> int:
        path: str = scope["path"]
        limits = (most for start, most in self._larger.items() if path.startswith(start))
        return max(limits, default=self._max_bytes)


class CheckedBodies:
    """Middleware that refuses what `Bodies` would not receive and what no route should parse."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or respond with 404, 408, 413 or 422."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if (refusal := _refuse_nul(scope)) is not None:
            await refusal(scope, receive, send)
            return
        if (error := scope["state"].get(_REFUSED)) is not None:
            await response_for(error)(scope, receive, send)
            return
        if not has_body(scope):
            await self._app(scope, receive, send)
            return
        body: bytes = (await receive()).get("body", b"")  # the whole of it, see `Bodies`
        if len(body) > ANONYMOUS_BYTES and scope["state"].get(STATE_KEY) is None:
            await response_for(_too_large(ANONYMOUS_BYTES))(scope, receive, send)
            return
        if body and is_json(Headers(scope=scope)) and (fault := await _fault(body)) is not None:
            await validation_list([fault])(scope, receive, send)
            return
        await self._app(scope, replay(body, receive), send)


class _Disconnected(Exception):
    """The client left before its body was whole."""


async def _fault(body: bytes) -> Fault | None:
    return fault_of(body) if len(body) <= LARGE_BYTES else await _threads.run(fault_of, body)


def _closing(send: Send) -> Send:
    """A `send` whose response closes the connection."""

    async def send_and_close(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["connection"] = "close"
        await send(message)

    return send_and_close


def is_refused(scope: Scope) -> bool:
    """Whether the body was not received, and the response therefore is certain."""
    return _REFUSED in scope.get("state", ())


def is_large(scope: Scope) -> bool:
    """Whether the request's body is over LARGE_BYTES."""
    return bool(scope.get("state", {}).get(_IS_LARGE))


def _too_large(most: int) -> ApiError:
    return TooLarge(f"The body is over the limit of {most} bytes.")


async def _read(receive: Receive, most: int, *, announced: int) -> bytes | None:
    """The body; None if it is larger than `most`."""
    chunks: list[bytes] = []
    size = 0
    is_over = announced > most
    if is_over and announced > DRAIN_BYTES:
        return None
    while size <= DRAIN_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        is_over = is_over or size > most
        if is_over:
            chunks.clear()
        else:
            chunks.append(chunk)
        if not message.get("more_body", False):
            break
    return None if is_over else b"".join(chunks)


def _refuse_nul(scope: Scope) -> Response | None:
    """The response to a NUL in the URL, which PostgreSQL would not store; None without one."""
    if "\x00" in scope["path"]:
        return response_for(NotFound())
    if b"%00" in scope["query_string"]:
        fault = (["query"], "holds a NUL character; leave it out", "invalid_query")
        return validation_list([fault])
    return None


def has_body(scope: Scope) -> bool:
    """Whether the request has a body: a content length, or a chunked one."""
    headers = Headers(scope=scope)
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def is_json(headers: Headers) -> bool:
    """Whether the content type is JSON."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _announced(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length) if length.isdecimal() else 0


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that yields a body which was read already."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
