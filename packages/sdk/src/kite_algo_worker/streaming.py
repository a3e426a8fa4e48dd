"""Streams of the sync client: an iterator that comes back by itself where it broke off."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import Any, Protocol

from kite_algo_worker.config import AlgoWorkerConfig
from kite_algo_worker.exceptions import KiteAlgoWorkerError, StreamDisconnectedError, TransportError
from kite_algo_worker.models.base import JsonDict
from kite_algo_worker.sse import EventReader
from kite_algo_worker.stream_health import StreamHealth, reconnect_delay

_RETRYABLE = frozenset({0, 429, 500, 502, 503, 504})


class Connection(Protocol):
    """An open answer."""

    def lines(self) -> Iterator[str]:
        """Its lines; raises TransportError when it breaks."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


Open = Callable[[str], Connection]  # with the cursor to go on after, "" for none


class EventStream(Iterator[JsonDict]):
    """Messages of a stream, one by one; `for` ends when the server ends it.

    A break is mended: the stream is opened again, after a pause that doubles, and goes on after the
    last message's cursor, so nothing is missed and nothing comes twice. `health` tells how it is.
    Close it, or use it in a `with`, when you stop reading early.
    """

    def __init__(
        self, open_at: Open, config: AlgoWorkerConfig, health: StreamHealth, sleep: Any
    ) -> None:
        self.health = health
        self._open_at = open_at
        self._config = config
        self._sleep = sleep
        self._reader = EventReader()
        self._connection: Connection | None = open_at("")
        self._closed = False
        health.mark_connected(replayed=False)
        self._messages = self._read()

    def __iter__(self) -> EventStream:
        return self

    def __next__(self) -> JsonDict:
        return next(self._messages)

    def __enter__(self) -> EventStream:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @property
    def last_event_id(self) -> str:
        """The cursor of the last message; "" where the stream has none."""
        return self._reader.last_id

    def close(self) -> None:
        """Stop reading; from another thread too."""
        self._closed = True
        self.health.mark_closed()
        if self._connection is not None:
            self._connection.close()
        with suppress(ValueError):  # it is being read just now: it will see that it is closed
            self._messages.close()

    def _read(self) -> Generator[JsonDict, None, None]:
        failures = 0
        while not self._closed:
            try:
                for message in self._of_connection():
                    self.health.mark_message()
                    yield message
                if self._reader.is_over or not self._reader.resumes:
                    self.close()
                    return
                error: KiteAlgoWorkerError = TransportError(
                    "the server closed the stream", status_code=0
                )
            except TransportError as broken:
                error = broken
            if self._closed:
                return
            self.health.mark_disconnect(error)
            failures = self._open_again(0 if self._reader.heard else failures, error)

    def _of_connection(self) -> Iterator[JsonDict]:
        connection = self._connection
        if connection is None:
            return
        self._reader.begin()
        try:
            for line in connection.lines():
                yield from self._reader.messages(line)
                if self._reader.is_over:
                    return
        except (AttributeError, ValueError):
            if not self._closed:  # else it was read from while another thread closed it
                raise
        finally:
            connection.close()

    def _open_again(self, failures: int, error: KiteAlgoWorkerError) -> int:
        while failures < self._config.stream_reconnects and not self._closed:
            first_s = self._reader.retry_s or self._config.retry_delay_s
            delay_s = reconnect_delay(failures, first_s)
            failures += 1
            self.health.mark_retry_delay(delay_s)
            self._sleep(delay_s)
            try:
                self._connection = self._open_at(self._reader.last_id)
            except KiteAlgoWorkerError as refused:
                error = refused
                self.health.mark_reconnect_failed(refused)
                if refused.status_code not in _RETRYABLE:
                    raise
            else:
                self.health.mark_connected(replayed=True)
                return failures
        raise StreamDisconnectedError(
            f"the stream {self.health.stream_name} was lost: {error}",
            status_code=0,
            request_id=error.request_id,
        ) from error
