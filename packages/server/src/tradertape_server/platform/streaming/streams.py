"""Server-sent events and WebSockets: framing, heartbeats, and detection of dead connections."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Protocol

import anyio
import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from tradertape_server.platform.streaming import gzip_pieces
from tradertape_server.platform.streaming.connections import mark_endless

HEARTBEAT_S = 15.0
STALLED_S = 30.0  # the connection of a reader that reads nothing for so long is closed
PING = b": ping\n\n"
# How soon to reconnect after a break, such as a restart, which ends a stream without an end event.
RETRY_HINT = b"retry: 1000\n\n"
MEDIA_TYPE = "text/event-stream; charset=utf-8"

# Close codes of our sockets.
NOT_AUTHENTICATED, FORBIDDEN, IDLE, TOO_MANY_SYMBOLS, TOO_MANY = 4401, 4403, 4408, 4413, 4429
BAD_MESSAGE, TOO_LARGE, GOING_AWAY = 1007, 1009, 1001


class Heartbeat:
    """When the next heartbeat of a stream is due: `every_s` after the last message."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self.sent()

    def sent(self) -> None:
        """Record that a message was sent just now."""
        self._due_s = asyncio.get_running_loop().time() + self._every_s

    @property
    def left_s(self) -> float:
        """Seconds until it is due; 0 when it is."""
        return max(0.0, self._due_s - asyncio.get_running_loop().time())


class Guard(Protocol):
    """Reports when the credential that opened a stream becomes invalid."""

    async def ended(self) -> str:
        """Wait until the credential is invalid; returns the reason, as a sentence."""
        ...


def ascii_json(value: Any) -> bytes:
    """Write one line of ASCII JSON. NaN and Infinity become null; no character breaks the line."""
    line = orjson.dumps(value)
    return line if line.isascii() else json.dumps(orjson.loads(line)).encode()


def sse(data: bytes, *, event: str = "", cursor: int | str | None = None) -> bytes:
    """Frame one line of JSON as a server-sent event."""
    head = b"" if cursor is None else b"id: %s\n" % str(cursor).encode()
    name = b"event: %s\n" % event.encode() if event else b""
    return b"%s%sdata: %s\n\n" % (head, name, data)


def sse_end(reason: str) -> bytes:
    """The last event of a stream that ended."""
    return sse(ascii_json({"reason": reason}), event="end")


def sse_error(detail: str, **more: Any) -> bytes:
    """The last event of a stream that failed."""
    return sse(ascii_json({"detail": detail, **more}), event="error")


class EventStream(Response):
    """Sends events until they end, the client disconnects, or its credential is revoked."""

    media_type = "text/event-stream"

    def __init__(
        self,
        events: AsyncIterator[bytes],
        guard: Guard,
        status_code: int = 200,
        *,
        is_gzip: bool = False,
    ) -> None:
        """is_gzip: the events are pieces of a gzip body (`gzip_pieces`)."""
        self._events = events
        self._guard = guard
        self._is_gzip, self._has_begun = is_gzip, False
        self.status_code = status_code  # FastAPI reads it to describe the route
        self.background = None
        self.body = b""
        self.init_headers({"Content-Type": MEDIA_TYPE, "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        if is_gzip:
            self.headers["Content-Encoding"] = "gzip"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        start = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }
        await send(start)
        mark_endless(scope)
        last = b""
        try:
            disconnected, revoked = _disconnected(receive), self._guard.ended()
            last = await first_of(self._send_events(send), disconnected, _revocation(revoked))
        finally:
            await _close(self._events)
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1.0):
                body = self._encoded(last)
                await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _send_events(self, send: Send) -> bytes:
        """Send the events until they end or the client stops reading."""
        if await _is_sent(send, self._encoded(RETRY_HINT)):
            async for chunk in self._events:
                if not await _is_sent(send, chunk):
                    break
        return b""

    def _encoded(self, event: bytes) -> bytes:
        """Encode an event of this class for the body; the first one with the gzip header."""
        if not self._is_gzip:
            return event
        head = b"" if self._has_begun else gzip_pieces.HEAD
        self._has_begun = True
        return b"".join([head, *gzip_pieces.stored(event)])


async def _is_sent(send: Send, chunk: bytes) -> bool:
    """Send; False when the client does not read or has disconnected."""
    try:
        async with asyncio.timeout(STALLED_S):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    except (TimeoutError, OSError):
        return False
    return True


async def _revocation(revoked: Coroutine[Any, Any, str]) -> bytes:
    return sse_error(await revoked)


async def _disconnected(receive: Receive) -> bytes:
    while (await receive())["type"] != "http.disconnect":
        pass
    return b""


async def _close(events: AsyncIterator[bytes]) -> None:
    if hasattr(events, "aclose"):
        await events.aclose()  # pyright: ignore[reportAttributeAccessIssue] - a generator has it


async def first_of(*coroutines: Coroutine[Any, Any, Any]) -> Any:
    """Run coroutines until one is done and cancel the others; return its result or raise."""
    outcomes: list[tuple[Any, Exception | None]] = []
    try:
        async with anyio.create_task_group() as group:

            async def run(coroutine: Coroutine[Any, Any, Any]) -> None:
                try:
                    outcomes.append((await coroutine, None))
                except Exception as error:  # noqa: BLE001 - raised below
                    outcomes.append((None, error))
                group.cancel_scope.cancel()

            for coroutine in coroutines:
                group.start_soon(run, coroutine)
    finally:
        for coroutine in coroutines:
            coroutine.close()
    result, error = outcomes[0]
    if error is not None:
        raise error
    return result


class Closing(Exception):
    """Ends a socket with one of our codes."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Socket:
    """An accepted WebSocket with limits on the rate and size of its client's messages."""

    def __init__(
        self, socket: WebSocket, *, per_second: float = 20, burst: float = 100,
        largest: int = 64 * 1024,
    ) -> None:  # fmt: skip
        self._socket = socket
        self._rate, self._left, self._burst = per_second, burst, burst
        self._largest = largest
        self._at = asyncio.get_running_loop().time()

    async def send(self, message: bytes | str) -> None:
        """Send a text frame; raises Closing when the client has stopped reading."""
        text = message if isinstance(message, str) else message.decode()
        try:
            async with asyncio.timeout(STALLED_S):
                await self._socket.send_text(text)
        except TimeoutError:
            raise Closing(GOING_AWAY, "the client does not read") from None

    async def receive(self) -> Any:
        """Receive the client's next message as JSON, None if it is not JSON.

        Raises Closing over a limit, WebSocketDisconnect when the client has left.
        """
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        raw = message.get("text") or message.get("bytes") or ""
        self._count()
        if len(raw) > self._largest:
            raise Closing(TOO_LARGE, f"a message is larger than {self._largest} bytes")
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError:
            return None

    def _count(self) -> None:
        now = asyncio.get_running_loop().time()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            raise Closing(TOO_MANY, "too many messages")
        self._left -= 1


async def run_socket(
    socket: WebSocket, guard: Guard, *coroutines: Coroutine[Any, Any, Any]
) -> None:
    """Run a socket's coroutines until one ends, the client leaves, or its credential is revoked."""
    code, reason = 1000, "over"
    try:
        await first_of(*coroutines, _revoked(guard))
    except Closing as closing:
        code, reason = closing.code, closing.reason
    except (WebSocketDisconnect, OSError, RuntimeError):
        return  # the client has left; a concurrent send reports that in several ways
    with contextlib.suppress(OSError, RuntimeError, TimeoutError):
        async with asyncio.timeout(1.0):
            if socket.application_state is WebSocketState.CONNECTED:
                await socket.close(code, reason)


async def _revoked(guard: Guard) -> None:
    raise Closing(NOT_AUTHENTICATED, await guard.ended())
