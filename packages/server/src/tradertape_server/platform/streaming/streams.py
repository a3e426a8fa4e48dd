"""Server-sent events and WebSockets: framing, heartbeats, and an end for those who are gone."""

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
STALLED_S = 30.0  # a reader that takes nothing for so long is let go
PING = b": ping\n\n"
# How soon to come back after a break. It also tells clients that an end which is not announced,
# such as that of a restart, is one.
RETRY_HINT = b"retry: 1000\n\n"
MEDIA_TYPE = "text/event-stream; charset=utf-8"

# Close codes of our sockets.
NOT_AUTHENTICATED, FORBIDDEN, IDLE, TOO_MANY_SYMBOLS, TOO_MANY = 4401, 4403, 4408, 4413, 4429
BAD_MESSAGE, TOO_LARGE, GOING_AWAY = 1007, 1009, 1001


class Heartbeat:
    """When a stream owes its reader a sign of life: so long after the last it sent."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self.sent()

    def sent(self) -> None:
        """Something was sent just now."""
        self._due_s = asyncio.get_running_loop().time() + self._every_s

    @property
    def left_s(self) -> float:
        """Seconds until it is due; 0 when it is."""
        return max(0.0, self._due_s - asyncio.get_running_loop().time())


class Guard(Protocol):
    """Tells when the credential a stream was opened with is good no more."""

    async def ended(self) -> str:
        """Wait for it; why, in words."""
        ...


def ascii_json(value: Any) -> bytes:
    """One line of ASCII. NaN and Infinity become null; U+2028 and its like cannot break a line."""
    line = orjson.dumps(value)
    return line if line.isascii() else json.dumps(orjson.loads(line)).encode()


def sse(data: bytes, *, event: str = "", cursor: int | str | None = None) -> bytes:
    """Frame one line of JSON as an event."""
    head = b"" if cursor is None else b"id: %s\n" % str(cursor).encode()
    name = b"event: %s\n" % event.encode() if event else b""
    return b"%s%sdata: %s\n\n" % (head, name, data)


def sse_end(reason: str) -> bytes:
    """The last event of a stream that is over."""
    return sse(ascii_json({"reason": reason}), event="end")


def sse_error(detail: str, **more: Any) -> bytes:
    """The last event of a stream that failed."""
    return sse(ascii_json({"detail": detail, **more}), event="error")


class EventStream(Response):
    """Sends a stream's events until it ends, the client goes, or its credential is revoked."""

    media_type = "text/event-stream"

    def __init__(
        self,
        events: AsyncIterator[bytes],
        guard: Guard,
        status_code: int = 200,
        *,
        is_gzip: bool = False,
    ) -> None:
        """is_gzip: the events are pieces of a gzip body."""
        self._events = events
        self._guard = guard
        self._is_gzip, self._has_begun = is_gzip, False
        self.status_code = status_code  # FastAPI looks for it, to describe a route
        self.background = None
        self.body = b""
        self.init_headers({"Content-Type": MEDIA_TYPE, "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        if is_gzip:
            self.headers["Content-Encoding"] = "gzip"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve."""
        start = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }
        await send(start)
        mark_endless(scope)
        last = b""
        try:
            gone, revoked = _gone(receive), self._guard.ended()
            last = await first_of(self._pump(send), gone, _farewell(revoked))
        finally:
            await _close(self._events)
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1.0):
                body = self._own(last)
                await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _pump(self, send: Send) -> bytes:
        """Hand on what there is; ends with the events, or when the reader takes nothing."""
        if await _reads(send, self._own(RETRY_HINT)):
            async for chunk in self._events:
                if not await _reads(send, chunk):
                    break
        return b""

    def _own(self, event: bytes) -> bytes:
        """An event of this class as it goes into the body, after what the body begins with."""
        if not self._is_gzip:
            return event
        head = b"" if self._has_begun else gzip_pieces.HEAD
        self._has_begun = True
        return b"".join([head, *gzip_pieces.stored(event)])


async def _reads(send: Send, chunk: bytes) -> bool:
    """Send; False when the reader takes nothing, or is gone."""
    try:
        async with asyncio.timeout(STALLED_S):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    except (TimeoutError, OSError):
        return False
    return True


async def _farewell(revoked: Coroutine[Any, Any, str]) -> bytes:
    return sse_error(await revoked)


async def _gone(receive: Receive) -> bytes:
    while (await receive())["type"] != "http.disconnect":
        pass
    return b""


async def _close(events: AsyncIterator[bytes]) -> None:
    if hasattr(events, "aclose"):
        await events.aclose()  # pyright: ignore[reportAttributeAccessIssue] - a generator has it


async def first_of(*things: Coroutine[Any, Any, Any]) -> Any:
    """Do several things until one is done; give its result, or raise its error."""
    outcomes: list[tuple[Any, Exception | None]] = []
    try:
        async with anyio.create_task_group() as group:

            async def run(thing: Coroutine[Any, Any, Any]) -> None:
                try:
                    outcomes.append((await thing, None))
                except Exception as error:  # noqa: BLE001 - handed on below
                    outcomes.append((None, error))
                group.cancel_scope.cancel()

            for thing in things:
                group.start_soon(run, thing)
    finally:
        for thing in things:
            thing.close()
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
    """An accepted WebSocket with an upper bound on what its client may ask of us."""

    def __init__(
        self, socket: WebSocket, *, per_second: float = 20, burst: float = 100,
        largest: int = 64 * 1024,
    ) -> None:  # fmt: skip
        self._socket = socket
        self._rate, self._left, self._burst = per_second, burst, burst
        self._largest = largest
        self._at = asyncio.get_running_loop().time()

    async def send(self, message: bytes | str) -> None:
        """Send a text frame; raises Closing when the reader takes nothing any more."""
        text = message if isinstance(message, str) else message.decode()
        try:
            async with asyncio.timeout(STALLED_S):
                await self._socket.send_text(text)
        except TimeoutError:
            raise Closing(GOING_AWAY, "nothing is read") from None

    async def receive(self) -> Any:
        """The client's next message as JSON; raises Closing over a limit, or what it is not."""
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


async def run_socket(socket: WebSocket, guard: Guard, *things: Coroutine[Any, Any, Any]) -> None:
    """Do a socket's work until it ends, the client goes, or its credential is revoked."""
    code, reason = 1000, "over"
    try:
        await first_of(*things, _revoked(guard))
    except Closing as closing:
        code, reason = closing.code, closing.reason
    except (WebSocketDisconnect, OSError, RuntimeError):
        return  # the client is gone; a send that raced with it says so in several ways
    with contextlib.suppress(OSError, RuntimeError, TimeoutError):
        async with asyncio.timeout(1.0):
            if socket.application_state is WebSocketState.CONNECTED:
                await socket.close(code, reason)


async def _revoked(guard: Guard) -> None:
    raise Closing(NOT_AUTHENTICATED, await guard.ended())
