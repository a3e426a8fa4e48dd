"""Direct writing to a stream's connection, to send a frame to many clients without waking tasks.

A message sent through ASGI costs a task switch and a call in every layer, many times the cost of
writing it. Our protocol classes for uvicorn put a direct writer into the ASGI scope. A stream whose
client keeps up writes there; one that is behind uses ASGI. Under another server there is no direct
writer, and everything is sent through ASGI.

A message is written to the connection's socket. What the socket does not accept at once is copied
into the transport's buffer, so that the message's memory can be reused for the next one.
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
    """Writes whole messages to a connection without waiting."""

    @property
    def is_idle(self) -> bool:
        """Whether everything written has been sent: only then may more be written."""
        ...

    def write(self, *parts: bytes | memoryview) -> None:
        """Send a message if idle; does not wait, and does not keep a reference to the parts."""
        ...


class ChunkWriter:
    """Writes the body of a chunked HTTP response whose head was sent."""

    is_endless = False  # true of a stream: its response ends only when one side closes it

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        self._transport = transport
        # With TLS the bytes must go through the transport, which encrypts them.
        is_plain = transport.get_extra_info("sslcontext") is None
        self._socket = transport.get_extra_info("socket") if is_plain else None

    @property
    def is_idle(self) -> bool:
        """Whether the connection is open and its write buffer is empty."""
        return self._transport.get_write_buffer_size() == 0 and not self._transport.is_closing()

    def write(self, *parts: bytes | memoryview) -> None:
        """Send one chunk."""
        length = sum(map(len, parts))
        head = b"%x\r\n" % length
        self._send(len(head) + length + 2, head, *parts, b"\r\n")

    def _send(self, length: int, *parts: bytes | memoryview) -> None:
        sent = 0
        if self._socket is not None and self.is_idle:
            # A full buffer or closed connection: the transport detects it as well.
            with contextlib.suppress(OSError):
                sent = os.writev(self._socket.fileno(), parts)
        if sent < length:
            self._transport.write(b"".join(parts)[sent:])

    def end(self) -> None:
        """End the response; abort the connection if its reader is behind."""
        if self.is_idle:
            self._transport.write(b"0\r\n\r\n")
            self._transport.close()
        else:
            self._transport.abort()


class FrameWriter(ChunkWriter):
    """Writes to an accepted WebSocket: each message is one text frame."""

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
    """Uvicorn's HTTP protocol, with a direct writer in the scope of each request."""

    _writer: ChunkWriter | None = None

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._writer = ChunkWriter(self.transport)
        extensions: dict[str, Any] = {_NAME: self._writer}
        self.scope["extensions"] = extensions  # pyright: ignore[reportGeneralTypeIssues]

    def shutdown(self) -> None:
        """Shut down; end a stream at once: it would delay the shutdown, and its reader reconnects
        and resumes."""
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
    """Uvicorn's WebSocket protocol, with a direct writer in the scope of each connection."""

    async def run_asgi(self) -> None:
        """Serve one connection."""
        extensions: dict[str, Any] = dict(self.scope.get("extensions") or {})
        extensions[_NAME] = FrameWriter(self.transport)
        self.scope["extensions"] = extensions
        await super().run_asgi()


def mark_endless(scope: Scope) -> None:
    """Mark a response as a stream, which does not end by itself; its head must have been sent."""
    direct_writer = direct_writer_of(scope)
    if isinstance(direct_writer, ChunkWriter):
        direct_writer.is_endless = True


def direct_writer_of(scope: Scope) -> DirectWriter | None:
    """Return the direct writer of a response or WebSocket; None if it has none or sends no body."""
    has_body = scope.get("method", "GET") == "GET"
    return scope.get("extensions", {}).get(_NAME) if has_body else None
