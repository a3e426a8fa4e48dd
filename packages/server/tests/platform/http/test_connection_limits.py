"""Limits on heads and slow clients, over a real server: FAULTS §8, "a neighbour floods"."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvicorn

from tradertape_server.platform.http.connection_limits import LimitedHttp

MOST = LimitedHttp.MOST_HEAD_BYTES
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
Address = tuple[str, int]


class Impatient(LimitedHttp):
    HEAD_S = 0.2
    UNREAD_S = 0.2


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body and answers with its size; /large sends more than any socket's buffer."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = b"x" * 50_000_000 if scope["path"] == "/large" else str(size).encode()
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def served(protocol: type[LimitedHttp]) -> AsyncIterator[Address]:
    config = uvicorn.Config(application, http=protocol, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = server.force_exit = True
        async with asyncio.timeout(10):
            await serving
        listener.close()


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[Any]]


def talk(protocol: type[LimitedHttp], conversation: Talk) -> Any:
    async def run() -> Any:
        async with served(protocol) as address, asyncio.timeout(20):
            reader, writer = await asyncio.open_connection(*address)
            try:
                return await conversation(reader, writer)
            finally:
                writer.close()

    return asyncio.run(run())


def answer_to(request: bytes, protocol: type[LimitedHttp] = LimitedHttp) -> bytes:
    """All that a server sends until it closes the connection."""

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(request)
        return await reader.read()

    return talk(protocol, conversation)


def headed(size: int, end: bytes = b"Connection: close\r\n\r\n") -> bytes:
    return GET[:-2] + b"X-Long: " + b"x" * size + b"\r\n" + end


def test_a_head_below_the_limit_is_read() -> None:
    assert answer_to(headed(MOST - 200)).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "request_",
    [
        headed(MOST),
        headed(MOST, end=b"X: "),  # without an end
        GET[:-2] + b"A: b\r\n" * (MOST // 6) + b"\r\n",
        b"GET /" + b"x" * MOST + b" HTTP/1.1\r\n\r\n",
    ],
    ids=["one header", "an endless one", "many headers", "the path"],
)
def test_a_head_over_the_limit_is_refused_and_the_connection_closed(request_: bytes) -> None:
    answer = answer_to(request_)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"x-error-code: headers_too_large" in answer
    assert b'{"detail": "The headers are over the limit of 32768 bytes."}' in answer


def test_200_mb_of_header_are_not_read() -> None:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        sent = 0
        writer.write(GET[:-2] + b"X-Long: ")
        with suppress(ConnectionError):
            while sent < 200_000_000:
                writer.write(b"x" * 65_536)
                await writer.drain()
                sent += 65_536
        return sent

    assert talk(LimitedHttp, conversation) < 20_000_000  # what the sockets' buffers hold


@pytest.mark.parametrize(
    ("request_", "answered"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\nHos", b"HTTP/1.1 408 "),
        (b"\r\n", b"HTTP/1.1 408 "),
        (GET + b"GET / HTTP", b"HTTP/1.1 200 "),  # a second one that does not go on
    ],
    ids=["nothing", "half a head", "an empty line", "after a request"],
)
def test_a_head_that_does_not_arrive_ends_the_connection(request_: bytes, answered: bytes) -> None:
    assert answer_to(request_, Impatient).startswith(answered)


def test_a_connection_stays_open_between_requests() -> None:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            writer.write(GET)
            assert (await reader.readuntil(b"\r\n\r\n0")).startswith(b"HTTP/1.1 200 ")
            with pytest.raises(TimeoutError):  # longer than a head may take
                async with asyncio.timeout(2 * Impatient.HEAD_S):
                    await reader.read(1)

    talk(Impatient, conversation)


def test_300_slow_sockets_are_closed_while_others_are_served() -> None:
    class Unhurried(Impatient):
        HEAD_S = 2.0  # longer than a busy machine needs to read the first of each

    async def run() -> None:
        async with served(Unhurried) as address, asyncio.timeout(30):
            slow = []
            for _ in range(300):
                slow.append(await asyncio.open_connection(*address))
                slow[-1][1].write(b"GET / HTTP/1.1\r\nA: ")
            reader, writer = await asyncio.open_connection(*address)
            writer.write(headed(1))
            assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
            ends = await asyncio.gather(*(one.read() for one, _ in slow))
            assert all(end.startswith(b"HTTP/1.1 408 ") for end in ends)
            for _, opened in (*slow, (reader, writer)):
                opened.close()

    asyncio.run(run())


def test_a_client_that_reads_nothing_of_its_answer_is_dropped() -> None:
    class Watched(Impatient):
        lost: asyncio.Future[None]

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self.lost.set_result(None)

    async def run() -> None:
        Watched.lost = asyncio.get_running_loop().create_future()
        async with served(Watched) as address, asyncio.timeout(20):
            with socket.create_connection(address) as client:
                client.send(GET.replace(b"/ ", b"/large "))
                await Watched.lost

    asyncio.run(run())


POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n12"


@pytest.mark.parametrize(
    ("rest", "answered"),
    [(b"", b""), (b"34", b"HTTP/1.1 200 ")],
    ids=["stays away", "arrives"],
)
def test_a_server_that_stops_waits_for_the_rest_of_a_body_only_briefly(
    rest: bytes, answered: bytes
) -> None:
    class Stopping(LimitedHttp):
        STOP_S = 0.5

    async def run() -> bytes:
        config = uvicorn.Config(application, http=Stopping, log_config=None, lifespan="off")
        server = uvicorn.Server(config)
        listener = socket.create_server(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve([listener]))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(POST)
        await asyncio.sleep(0.3)
        assert server.server_state.tasks, "the request has begun"
        server.should_exit = True
        await asyncio.sleep(0.2)
        writer.write(rest)
        async with asyncio.timeout(15):  # the graceful stop has no limit of its own here
            answer = await reader.read()
            await serving
        writer.close()
        return answer

    assert asyncio.run(run())[: len(answered) or 1] == answered
