"""The state of a stream, and the pause before it reconnects."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass
class StreamHealth:
    """The state of a stream. Times are seconds of the monotonic clock.

    subscription_key: path and query, without the token. is_stale: the connection was lost and no
    message has arrived since.
    """

    stream_name: str = ""
    subscription_key: str = ""
    connected: bool = False
    reconnect_count: int = 0
    last_message_at: float | None = None
    last_reconnect_at: float | None = None
    subscription_replayed: bool = False
    subscription_replayed_at: float | None = None
    is_stale: bool = False
    last_error: str | None = None
    next_reconnect_delay_seconds: float = 0.0

    def mark_connected(self, *, replayed: bool) -> None:
        """Record that it is open; replayed: it was reopened with the same subscription."""
        self.connected = True
        self.is_stale = False
        self.last_error = None
        self.next_reconnect_delay_seconds = 0.0
        if replayed:
            now = time.monotonic()
            self.reconnect_count += 1
            self.last_reconnect_at = now
            self.subscription_replayed = True
            self.subscription_replayed_at = now

    def mark_message(self) -> None:
        """Record a message."""
        self.last_message_at = time.monotonic()
        self.is_stale = False

    def mark_disconnect(self, error: Exception) -> None:
        """Record a disconnect."""
        self.connected = False
        self.is_stale = True
        self.last_error = str(error) or type(error).__name__

    def mark_retry_delay(self, delay_seconds: float) -> None:
        """Record the seconds before the next reconnect."""
        self.next_reconnect_delay_seconds = delay_seconds

    def mark_closed(self) -> None:
        """Record that the worker closed it."""
        self.connected = False

    def mark_reconnect_failed(self, error: Exception) -> None:
        """Record a failed reconnect."""
        self.connected = False
        self.is_stale = True
        self.last_error = str(error) or type(error).__name__


def reconnect_delay(tries: int, first_s: float, longest_s: float = 30.0) -> float:
    """Return the seconds before the next try: doubling from `first_s`, at most `longest_s`."""
    return min(max(first_s, longest_s), first_s * 2.0 ** min(tries, 30))
