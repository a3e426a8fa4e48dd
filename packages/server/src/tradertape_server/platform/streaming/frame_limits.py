"""How many frames a WebSocket's client may send: more end the connection, and cost nobody else.

What an application is sent it can count itself (`streams.Socket`). Pings, which are answered before
it hears of them, and pieces of messages that never end it cannot: without a limit a client that
sends them and reads nothing fills our memory with answers, and keeps the loop from all others.
"""

from __future__ import annotations

from typing import Any

from websockets.protocol import State

from tradertape_server.platform.streaming.connections import StreamingSocket
from tradertape_server.platform.streaming.streams import TOO_MANY

PER_SECOND, BURST = 60.0, 300.0
_SLICE = 4096  # bytes; what is read at once may hold tens of thousands of frames
_MOST_UNSENT = 64 * 1024


class LimitedSocket(StreamingSocket):
    """Counts every frame; a flood is closed with 4429."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._left = BURST
        self._counted_at = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """Take in what the client sent, and nothing after a flood was noticed."""
        for start in range(0, len(data), _SLICE):
            if self.transport.is_closing():
                return
            super().data_received(data[start : start + _SLICE])

    def handle_events(self) -> None:
        """Do what the frames say that came, if there are not too many of them."""
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
        if self.transport.get_write_buffer_size() > _MOST_UNSENT:
            self.transport.abort()  # it reads nothing: the answers to its pings would wait for it
        else:
            self.transport.close()
