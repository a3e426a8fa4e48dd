"""Limit on the frames a WebSocket client may send; a flood ends the connection.

The application counts the messages it receives (`streams.Socket`). It never sees pings, which the
protocol answers, nor fragments of unfinished messages: without this limit a client that sends them
and reads nothing would fill our memory with responses and occupy the event loop.
"""

from __future__ import annotations

from typing import Any

from websockets.protocol import State

from tradertape_server.platform.streaming.connections import StreamingSocket
from tradertape_server.platform.streaming.streams import TOO_MANY

PER_SECOND, BURST = 60.0, 300.0
_SLICE = 4096  # bytes; one read may contain tens of thousands of frames
_MAX_UNSENT = 64 * 1024


class LimitedSocket(StreamingSocket):
    """Counts every frame and closes a flood with code 4429."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._left = BURST
        self._counted_at = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """Process what the client sent, and nothing after a flood was detected."""
        for start in range(0, len(data), _SLICE):
            if self.transport.is_closing():
                return
            super().data_received(data[start : start + _SLICE])

    def handle_events(self) -> None:
        """Handle the received frames, unless there are too many."""
        now = self.loop.time()
        self._left = min(BURST, self._left + (now - self._counted_at) * PER_SECOND)
        self._counted_at = now
        self._left -= len(self.conn.events)
        if self._left >= 0:
            super().handle_events()
        else:
            self._end()

    def _end(self) -> None:
        reason = "too many frames"
        self.conn.events_received()  # they are dropped
        self.queue.put_nowait({"type": "websocket.disconnect", "code": TOO_MANY, "reason": reason})
        if self.conn.state is State.OPEN:
            self.conn.fail(TOO_MANY, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.transport.get_write_buffer_size() > _MAX_UNSENT:
            self.transport.abort()  # the client reads nothing, so closing would wait for ever
        else:
            self.transport.close()
