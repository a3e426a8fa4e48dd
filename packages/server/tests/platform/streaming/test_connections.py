"""A stream's direct way to its connection, over a real server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any, Self

import httpx
import uvicorn
import uvloop
from websockets.asyncio.client import connect

from tradertape_server.platform.streaming.connections import (
    ChunkWriter,
    DirectWriter,
    StreamingHttp,
    StreamingSocket,
    direct_writer_of,
)
from tradertape_server.platform.streaming.streams import EventStream, sse


class Guard:
    async def ended(self) -> str:
        await asyncio.Event().wait()
        return ""


class Served:
    """A server of its own for an application, until the end or until it is told to stop."""

    def __init__(self, application: Any) -> None:
        config = uvicorn.Config(
            application, http=StreamingHttp, ws=StreamingSocket, log_config=None, lifespan="off"
        )
        self._server = uvicorn.Server(config)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()
        self.place = f"127.0.0.1:{self.address[1]}/"

    async def __aenter__(self) -> Self:
        self._serving = asyncio.create_task(self._server.serve([self._listener]))
        return self

    def stop(self) -> None:
        self._server.should_exit = True

    async def __aexit__(self, *_: object) -> None:
        self.stop()
        async with asyncio.timeout(10):
            await self._serving
        self._listener.close()


def test_what_goes_past_the_application_and_what_does_not_are_one_answer() -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        direct_writer = direct_writer_of(scope)
        assert direct_writer is not None

        async def events(direct_writer: DirectWriter) -> AsyncIterator[bytes]:
            yield sse(b"1")
            direct_writer.write(sse(b"2" * 300_000))
            yield sse(b"3")

        await EventStream(events(direct_writer), Guard())(scope, receive, send)

    async def story() -> None:
        async with Served(application) as served, httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"http://{served.place}")
        said = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
        assert said == ["1", "2" * 300_000, "3"]

    asyncio.run(story())


def test_a_stop_waits_for_no_stream() -> None:
    """FAULTS §1: with open streams too, a server told to stop is gone at once."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        async def events() -> AsyncIterator[bytes]:
            yield sse(b"1")
            while scope["path"] == "/much":
                yield sse(b"x" * 100_000)
                await asyncio.sleep(0)
            await asyncio.Event().wait()

        await EventStream(events(), Guard())(scope, receive, send)

    async def story() -> None:
        async with Served(application) as served:
            _, silent = await asyncio.open_connection(*served.address)
            _, behind = await asyncio.open_connection(*served.address, limit=1)
            behind.write(b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n")
            client = httpx.AsyncClient(trust_env=False)
            async with client, client.stream("GET", f"http://{served.place}") as answer:
                lines = answer.aiter_lines()
                while "data: 1" not in await anext(lines):
                    pass
                served.stop()
                assert [line async for line in lines if line] == [], "it ends as it should"
        silent.close()
        behind.close()

    asyncio.run(story())


def test_a_socket_takes_messages_of_any_length_past_the_application() -> None:
    said = [size * "x" for size in (1, 125, 126, 65_535, 65_536, 300_000)]

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        direct_writer = direct_writer_of(scope)
        assert direct_writer is not None
        await send({"type": "websocket.send", "text": "first"})
        for one in said:
            direct_writer.write(one.encode())
        await send({"type": "websocket.send", "text": "last"})
        await receive()

    async def story() -> None:
        async with (
            Served(application) as served,
            connect(f"ws://{served.place}", proxy=None) as client,
        ):
            assert [await client.recv() for _ in range(8)] == ["first", *said, "last"]

    asyncio.run(story())


def test_what_a_slow_reader_has_not_taken_is_not_written_over() -> None:
    """A message's memory is the next one's: thirty from the same place, to one who reads late."""
    messages = [b"%02d" % n * 200_000 for n in range(30)]

    async def application(scope: Any, receive: Any, send: Any) -> None:
        direct_writer = direct_writer_of(scope)
        assert direct_writer is not None

        async def events(direct_writer: DirectWriter) -> AsyncIterator[bytes]:
            yield sse(b"begun")
            place = bytearray(len(messages[0]))
            for one in messages:
                place[:] = one
                direct_writer.write(memoryview(place))
            place[:] = bytes(len(place))
            yield sse(b"over")

        await EventStream(events(direct_writer), Guard())(scope, receive, send)

    async def story() -> None:
        async with (
            Served(application) as served,
            httpx.AsyncClient(trust_env=False) as client,
            client.stream("GET", f"http://{served.place}") as answer,
        ):
            await asyncio.sleep(0.2)
            said = await answer.aread()
        assert b"".join(messages) in said
        assert said.endswith(sse(b"over"))

    uvloop.run(story())  # what our server runs on


class Transport(asyncio.WriteTransport):
    def __init__(self) -> None:
        super().__init__()
        self.waiting = 0
        self.closing = False

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return self.closing


def test_a_connection_is_free_when_nothing_waits_in_it_and_it_is_there() -> None:
    transport = Transport()
    direct_writer = ChunkWriter(transport)
    assert direct_writer.is_idle
    transport.waiting = 1
    assert not direct_writer.is_idle
    transport.waiting, transport.closing = 0, True
    assert not direct_writer.is_idle


def test_there_is_no_outlet_under_another_server_or_where_no_body_is_sent() -> None:
    direct_writer = ChunkWriter(Transport())
    extensions = {"tradertape.direct_writer": direct_writer}
    assert direct_writer_of({"type": "http", "method": "GET"}) is None
    assert direct_writer_of({"type": "http", "method": "HEAD", "extensions": extensions}) is None
    assert (
        direct_writer_of({"type": "http", "method": "GET", "extensions": extensions})
        is direct_writer
    )
