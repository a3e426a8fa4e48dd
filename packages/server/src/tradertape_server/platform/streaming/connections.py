"""The connection beneath a stream: hundreds of clients are sent a frame without waking a task each.

A message sent through ASGI costs a task's turn and a call in every layer, many times what writing
it costs. Our server's protocol hands the connection out in the scope, and a stream whose client
keeps up writes there; one that is behind waits its turn as any other does. Under another server
there is no direct_writer, and everything is sent the usual way.

A message goes straight into the connection's socket. What that does not take at once is copied, so
that the message's memory is the next one's, and waits in the transport.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
from typing import Any, Protocol

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_NAME = "tradertape.direct_writer"
_TEXT = 0x81  # a frame's first byte: text, and the whole of it (RFC 6455, 5.2)


class DirectWriter(Protocol):
    """Takes whole messages at once."""

    @property
    def is_idle(self) -> bool:
        """Whether all that was written has gone out: only then may more be."""
        ...

    def write(self, *parts: bytes | memoryview) -> None:
        """Send a message, if free: it does not wait, and has no need of its parts afterwards."""
        ...


class ChunkWriter:
    """The body of an answer that is sent in chunks, once its head is out."""

    is_endless = False  # a stream's: its answer is over when one of both sides goes

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        self._transport = transport
        # Over TLS what is written is not what goes over the wire.
        is_plain = transport.get_extra_info("sslcontext") is None
        self._socket = transport.get_extra_info("socket") if is_plain else None

    @property
    def is_idle(self) -> bool:
        """Whether the connection is there and nothing waits in it."""
        return self._transport.get_write_buffer_size() == 0 and not self._transport.is_closing()

    def write(self, *parts: bytes | memoryview) -> None:
        """Send one chunk."""
        length = sum(map(len, parts))
        head = b"%x\r\n" % length
        self._send(len(head) + length + 2, head, *parts, b"\r\n")

    def _send(self, length: int, *parts: bytes | memoryview) -> None:
        sent = 0
        if self._socket is not None and self.is_idle:
            # Full, or gone: of that the transport hears as well.
            with contextlib.suppress(OSError):
                sent = os.writev(self._socket.fileno(), parts)
        if sent < length:
            self._transport.write(b"".join(parts)[sent:])

    def end(self) -> None:
        """End the answer; one whose reader is behind is cut off."""
        if self.is_idle:
            self._transport.write(b"0\r\n\r\n")
            self._transport.close()
        else:
            self._transport.abort()


class FrameWriter(ChunkWriter):
    """A WebSocket that was accepted: each message is one text frame, as it is."""

    def write(self, *parts: bytes | memoryview) -> None:
        """Send one frame."""
        length = sum(map(len, parts))
        if length < 126:
            head = struct.pack("!BB", _TEXT, length)
        elif length < 1 << 16:
            head = struct.pack("!BBH", _TEXT, 126, length)
        else:
            head = struct.pack("!BBQ", _TEXT, 127, length)
        self._send(len(head) + length, head, *parts)


class StreamingHttp(HttpToolsProtocol):
    """Uvicorn's HTTP, with an direct_writer in the scope of each request."""

    _writer: ChunkWriter | None = None

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._writer = ChunkWriter(self.transport)
        extensions: dict[str, Any] = {_NAME: self._writer}
        self.scope["extensions"] = extensions  # pyright: ignore[reportGeneralTypeIssues]

    def shutdown(self) -> None:
        """Stop. A stream is ended: waiting for it would keep the server from going down, and its
        reader comes back where it was."""
        direct_writer = self._writer
        if (
            direct_writer is not None
            and direct_writer.is_endless
            and not self.cycle.response_complete
        ):
            direct_writer.end()
        else:
            super().shutdown()


class StreamingSocket(WebSocketsSansIOProtocol):
    """Uvicorn's WebSocket, with an direct_writer in the scope of each."""

    async def run_asgi(self) -> None:
        """Serve one."""
        extensions: dict[str, Any] = dict(self.scope.get("extensions") or {})
        extensions[_NAME] = FrameWriter(self.transport)
        self.scope["extensions"] = extensions
        await super().run_asgi()


def mark_endless(scope: Scope) -> None:
    """Say that an answer whose head is out is a stream: it does not end by itself."""
    direct_writer = direct_writer_of(scope)
    if isinstance(direct_writer, ChunkWriter):
        direct_writer.is_endless = True


def direct_writer_of(scope: Scope) -> DirectWriter | None:
    """The direct writer of an answer or a socket; None where there is none, or no body is sent."""
    has_body = scope.get("method", "GET") == "GET"
    return scope.get("extensions", {}).get(_NAME) if has_body else None
