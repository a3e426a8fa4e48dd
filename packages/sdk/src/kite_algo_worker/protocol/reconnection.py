"""When a lost stream reconnects, and when it gives up."""

from __future__ import annotations

from kite_algo_worker.config import AlgoWorkerConfig
from kite_algo_worker.exceptions import KiteAlgoWorkerError, StreamDisconnectedError, TransportError
from kite_algo_worker.protocol.sse import EventReader
from kite_algo_worker.protocol.stream_health import StreamHealth, reconnect_delay

_RETRYABLE = frozenset({0, 429, 500, 502, 503, 504})


class Reconnection:
    """Decides how long a stream waits before it reconnects, and when it gives up."""

    def __init__(self, reader: EventReader, config: AlgoWorkerConfig, health: StreamHealth) -> None:
        self._reader = reader
        self._config = config
        self._health = health
        self._tries = 0
        self._error: KiteAlgoWorkerError = closed_by_server()

    def disconnected(self, error: KiteAlgoWorkerError) -> None:
        """Record a disconnect; a connection that delivered something resets the tries."""
        self._health.mark_disconnect(error)
        self._error = error
        if self._reader.has_received:
            self._tries = 0

    def pause_s(self) -> float:
        """Return the seconds before the next try. Raises StreamDisconnectedError after the last."""
        if self._tries >= self._config.stream_reconnects:
            raise StreamDisconnectedError(
                f"the stream {self._health.stream_name} was lost: {self._error}",
                status_code=0,
                request_id=self._error.request_id,
            ) from self._error
        pause_s = reconnect_delay(self._tries, self._reader.retry_s or self._config.retry_delay_s)
        self._tries += 1
        self._health.mark_retry_delay(pause_s)
        return pause_s

    def failed(self, error: KiteAlgoWorkerError) -> None:
        """Record a failed reconnect. Raises `error` if another try cannot succeed."""
        self._error = error
        self._health.mark_reconnect_failed(error)
        if error.status_code not in _RETRYABLE:
            raise error


def closed_by_server() -> TransportError:
    """Return the error of a response that ends unannounced."""
    return TransportError("the server closed the stream", status_code=0)
