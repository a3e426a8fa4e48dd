"""Streams of the asyncio client: asynchronous iterators that reconnect and resume."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from kite_algo_worker.config import AlgoWorkerConfig
from kite_algo_worker.exceptions import KiteAlgoWorkerError, TransportError
from kite_algo_worker.models.base import JsonDict
from kite_algo_worker.protocol.reconnection import Reconnection, closed_by_server
from kite_algo_worker.protocol.sse import EventReader
from kite_algo_worker.protocol.stream_health import StreamHealth


class AsyncConnection(Protocol):
    """An open response."""

    def lines(self) -> AsyncGenerator[str, None]:
        """Yield its lines. Raises TransportError when the connection is lost."""
        ...

    async def close(self) -> None:
        """Close the connection."""
        ...


AsyncOpen = Callable[[str], Awaitable[AsyncConnection]]  # with the cursor to resume after


class AsyncEventStream(AsyncIterator[JsonDict]):
    """Messages of a stream, one by one; `async for` ends when the server ends it.

    It is opened when it is entered or first read, and a refusal is raised there. After a
    disconnect the stream is opened again, with pauses that double, and resumes after the last
    message's cursor: no message is missed or repeated. `health` has its state.
    Close it, or use it in an `async with`, when you stop reading early.
    """

    def __init__(self, open_at: AsyncOpen, config: AlgoWorkerConfig, health: StreamHealth) -> None:
        self.health = health
        self._open_at = open_at
        self._reader = EventReader()
        self._reconnection = Reconnection(self._reader, config, health)
        self._connection: AsyncConnection | None = None
        self._closed = False
        self._messages = self._read()

    def __aiter__(self) -> AsyncEventStream:
        return self

    async def __anext__(self) -> JsonDict:
        if self._closed:
            raise StopAsyncIteration
        return await self._messages.__anext__()

    async def __aenter__(self) -> AsyncEventStream:
        await self._open()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    @property
    def last_event_id(self) -> str:
        """The cursor of the last message; "" where the stream has none."""
        return self._reader.last_id

    async def close(self) -> None:
        """Stop reading; from another task too."""
        self._closed = True
        self.health.mark_closed()
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
        with suppress(RuntimeError):  # being read now: the reader sees that it is closed
            await self._messages.aclose()

    async def _open(self) -> None:
        if self._connection is None and not self._closed:
            self._connection = await self._open_at("")
            self.health.mark_connected(replayed=False)

    async def _read(self) -> AsyncGenerator[JsonDict, None]:
        await self._open()
        while not self._closed:
            try:
                async for message in self._of_connection():
                    self.health.mark_message()
                    yield message
                if self._reader.is_over or not self._reader.resumes:
                    await self.close()
                    return
                error = closed_by_server()
            except TransportError as broken:
                error = broken
            if not self._closed:
                self._reconnection.disconnected(error)
                await self._open_again()

    async def _of_connection(self) -> AsyncGenerator[JsonDict, None]:
        connection = self._connection
        if connection is None:
            return
        self._reader.begin()
        try:
            async for line in connection.lines():
                for message in self._reader.messages(line):
                    yield message
                if self._reader.is_over:
                    return
        except RuntimeError:
            if not self._closed:  # otherwise another task closed it during a read
                raise
        finally:
            await connection.close()

    async def _open_again(self) -> None:
        while not self._closed:
            await asyncio.sleep(self._reconnection.pause_s())
            try:
                self._connection = await self._open_at(self._reader.last_id)
            except KiteAlgoWorkerError as refused:
                self._reconnection.failed(refused)
            else:
                self.health.mark_connected(replayed=True)
                return
