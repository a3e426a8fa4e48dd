"""Limits on a connection: the size of a request's head, and how long its client keeps us waiting.

The server library has none of its own for the parser we use: it would read a head of any length,
and keep a connection on which nothing arrives, or whose client reads nothing, for ever.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

from tradertape_server.platform.errors import CODE_HEADER, STATUS_CODES
from tradertape_server.platform.streaming.connections import StreamingHttp


class LimitedHttp(StreamingHttp):
    """Refuses heads that are too large or arrive too slowly, and drops clients that do not read.

    A head is the request line with all headers. Between requests the server's keep-alive limit
    applies.
    """

    MOST_HEAD_BYTES = 32 * 1024
    HEAD_S = 20.0  # from the connection, or the head's first byte, to its last
    UNREAD_S = 60.0  # without reading anything of what waits to be sent
    STOP_S = 2.0  # while the server stops: from then to the end of a body that is arriving

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._is_in_head = True
        self._head_bytes = 0
        self._refused: int | None = None
        self._head_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_timers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what arrived; nothing more once the head is refused."""
        if self._refused is not None:
            return
        was_in_head = self._is_in_head
        if was_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if not self._is_in_head or self.transport.is_closing():
            return
        if was_in_head and self._head_bytes > self.MOST_HEAD_BYTES:
            self._refuse_large()
        elif self._head_bytes:
            self._expect_head()

    def shutdown(self) -> None:
        """Finish what was asked; a request of which only a part has arrived is given up soon.

        Nothing of it was carried out: routes run once the body is whole. Without this, the client
        who sends it decides when the server has stopped.
        """
        super().shutdown()
        if not self._is_in_head:
            self.loop.call_later(self.STOP_S, self._body_is_late)

    def on_message_begin(self) -> None:
        """Begin a head, possibly in the middle of what arrived."""
        super().on_message_begin()
        self._head_bytes = self._head_bytes or 1

    def on_headers_complete(self) -> None:
        """Begin the request, unless its head is too large."""
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.MOST_HEAD_BYTES:
            self._refused = 431
            raise ValueError(size)  # the parser ends here, and the server asks for a 400
        self._is_in_head = False
        self._stop_head_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End the request's body; another head may follow."""
        super().on_message_complete()
        self._is_in_head, self._head_bytes = True, 0

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, or a head that is too large."""
        if self._refused == 431:
            self._refuse_large()
        else:
            self._refuse(400, msg)

    def pause_writing(self) -> None:
        """The client reads slower than it is sent to."""
        super().pause_writing()
        self._watch_unread()

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.HEAD_S, self._head_is_late)

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self.transport.is_closing() or not self._is_in_head:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._expect_head()  # the response to an earlier request is on its way
        elif self._head_bytes:
            self._refuse(408, f"The headers did not arrive within {self.HEAD_S:g} seconds.")
        else:
            self.transport.close()

    def _body_is_late(self) -> None:
        if not self._is_in_head:
            self.transport.close()

    def _watch_unread(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._unread_timer = self.loop.call_later(self.UNREAD_S, self._nothing_was_read, left)

    def _nothing_was_read(self, left: int) -> None:
        if self.transport.get_write_buffer_size() >= left:
            self.transport.abort()
        else:
            self._watch_unread()

    def _refuse_large(self) -> None:
        self._refuse(431, f"The headers are over the limit of {self.MOST_HEAD_BYTES} bytes.")

    def _refuse(self, status: int, detail: str) -> None:
        self._refused = status
        self._stop_head_timer()
        body = json.dumps({"detail": detail}).encode()
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"{CODE_HEADER.lower()}: {STATUS_CODES[status]}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_timers(self) -> None:
        self._stop_head_timer()
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None
