"""Request bodies: a size limit while they are received, and validation of JSON."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradertape_server.platform.errors import (
    NotFound,
    error_response,
    response_for,
    validation_list,
)
from tradertape_server.platform.http.strict_json import fault_of

# A refused body is still read up to this size, so that clients see the response, not a reset.
DRAIN_BYTES = 32 * 1024 * 1024


class Bodies:
    """Reads the whole body and checks it before the application sees the request."""

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its whole body, or respond with 404, 413 or 422."""
        if scope["type"] == "http" and (refusal := _refuse_nul(scope)) is not None:
            await refusal(scope, receive, send)
            return
        if scope["type"] != "http" or not has_body(scope):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        body = await self._read(receive, announced=_announced(headers))
        if body is None:
            detail = f"The body is over the limit of {self._max_bytes} bytes."
            await error_response(413, detail)(scope, receive, send)
            return
        if body and is_json(headers) and (fault := fault_of(body)) is not None:
            await validation_list([fault])(scope, receive, send)
            return
        await self._app(scope, replay(body, receive), send)

    async def _read(self, receive: Receive, *, announced: int) -> bytes | None:
        chunks: list[bytes] = []
        size = 0
        is_over = announced > self._max_bytes
        if is_over and announced > DRAIN_BYTES:
            return None
        while size <= DRAIN_BYTES:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            chunk = message.get("body", b"")
            size += len(chunk)
            is_over = is_over or size > self._max_bytes
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
