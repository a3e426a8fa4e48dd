"""How a stream is doing."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass
class StreamHealth:
    """What is known of a stream. Times are of the monotonic clock, in seconds.

    subscription_key: path and query, without the token. is_stale: messages may have been missed
    and none has come since.
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
        """It is open; `replayed` when it was opened again with the same subscription."""
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
        """A message came."""
        self.last_message_at = time.monotonic()
        self.is_stale = False

    def mark_disconnect(self, error: Exception) -> None:
        """It broke."""
        self.connected = False
        self.is_stale = True
        self.last_error = str(error) or type(error).__name__

    def mark_retry_delay(self, delay_seconds: float) -> None:
        """It will be opened again after so many seconds."""
        self.next_reconnect_delay_seconds = delay_seconds

    def mark_closed(self) -> None:
        """It was closed on purpose."""
        self.connected = False

    def mark_reconnect_failed(self, error: Exception) -> None:
        """A try to open it again failed."""
        self.connected = False
        self.is_stale = True
        self.last_error = str(error) or type(error).__name__


def reconnect_delay(tries: int, first_s: float, longest_s: float = 30.0) -> float:
    """Seconds before the next try: doubling from `first_s`, at most `longest_s`."""
    return min(max(first_s, longest_s), first_s * 2.0 ** min(tries, 30))
