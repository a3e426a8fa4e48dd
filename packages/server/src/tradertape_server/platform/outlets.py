"""The connection beneath a stream: hundreds of clients are sent a frame without waking a task each.

A message sent through ASGI costs a task's turn and a call in every layer, many times what writing
it costs. Our server's protocol hands the connection out in the scope, and a stream whose client
keeps up writes there; one that is behind waits its turn as any other does. Under another server
there is no outlet, and everything is sent the usual way.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_NAME = "tradertape.outlet"


class Outlet(Protocol):
    """Takes whole messages at once."""

    @property
    def is_free(self) -> bool:
        """Whether all that was written has gone out: only then may more be."""
        ...

    def write(self, message: bytes) -> None:
        """Send a message; it does not wait."""
        ...


class ChunkOutlet:
    """The body of an answer that is sent in chunks, once its head is out."""

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        self._transport = transport

    @property
    def is_free(self) -> bool:
        """Whether the connection is there and nothing waits in it."""
        transport = self._transport
        return not transport.is_closing() and transport.get_write_buffer_size() == 0

    def write(self, message: bytes) -> None:
        """Send one chunk."""
        self._transport.writelines((b"%x\r\n" % len(message), message, b"\r\n"))


class StreamingHttp(HttpToolsProtocol):
    """Uvicorn's HTTP, with an outlet in the scope of each request."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        extensions: dict[str, Any] = {_NAME: ChunkOutlet(self.transport)}
        self.scope["extensions"] = extensions  # pyright: ignore[reportGeneralTypeIssues]


def outlet_of(scope: Scope) -> Outlet | None:
    """The outlet of a request's answer; None where the server has none, or it has no chunks."""
    return scope.get("extensions", {}).get(_NAME) if scope["method"] == "GET" else None
