"""Streams of the sync client: iterators that reconnect and resume by themselves."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import Any, Protocol

from kite_algo_worker.config import AlgoWorkerConfig
from kite_algo_worker.exceptions import KiteAlgoWorkerError, TransportError
from kite_algo_worker.models.base import JsonDict
from kite_algo_worker.protocol.reconnection import Reconnection, closed_by_server
from kite_algo_worker.protocol.sse import EventReader
from kite_algo_worker.protocol.stream_health import StreamHealth


class Connection(Protocol):
    """An open response."""

    def lines(self) -> Iterator[str]:
        """Yield its lines. Raises TransportError when the connection is lost."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


Open = Callable[[str], Connection]  # with the cursor to resume after, "" for none


class EventStream(Iterator[JsonDict]):
    """Messages of a stream, one by one; `for` ends when the server ends it.

    After a disconnect the stream is opened again, with pauses that double, and resumes after the
    last message's cursor: no message is missed or repeated. `health` has its state.
    Close it, or use it in a `with`, when you stop reading early.
    """

    def __init__(
        self, open_at: Open, config: AlgoWorkerConfig, health: StreamHealth, sleep: Any
    ) -> None:
        self.health = health
        self._open_at = open_at
        self._sleep = sleep
        self._reader = EventReader()
        self._reconnection = Reconnection(self._reader, config, health)
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
        with suppress(ValueError):  # being read now: the reader sees that it is closed
            self._messages.close()

    def _read(self) -> Generator[JsonDict, None, None]:
        while not self._closed:
            try:
                for message in self._of_connection():
                    self.health.mark_message()
                    yield message
                if self._reader.is_over or not self._reader.resumes:
                    self.close()
                    return
                error = closed_by_server()
            except TransportError as broken:
                error = broken
            if not self._closed:
                self._reconnection.disconnected(error)
                self._open_again()

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
            if not self._closed:  # otherwise another thread closed it during a read
                raise
        finally:
            connection.close()

    def _open_again(self) -> None:
        while not self._closed:
            self._sleep(self._reconnection.pause_s())
            try:
                self._connection = self._open_at(self._reader.last_id)
            except KiteAlgoWorkerError as refused:
                self._reconnection.failed(refused)
            else:
                self.health.mark_connected(replayed=True)
                return
