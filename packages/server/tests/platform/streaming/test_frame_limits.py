"""Floods of frames over a real server (FAULTS §5): ended, and nobody else waits for them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tradertape_server.cli.server import serve
from tradertape_server.platform.streaming.frame_limits import LimitedSocket
from tradertape_server.platform.streaming.streams import HEARTBEAT_S
from tradertape_server.settings import Settings

MASK = b"\x00\x00\x00\x00"
PING = struct.pack("!BB", 0x89, 0x80 | 125) + MASK + b"x" * 125
PONG = struct.pack("!BB", 0x8A, 0x80) + MASK
PIECE = struct.pack("!BB", 0x00, 0x80) + MASK  # of a message that goes on, and never ends
BEGIN = struct.pack("!BB", 0x01, 0x80) + MASK


async def echo(_scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[str]:
    config = uvicorn.Config(echo, ws=LimitedSocket, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        running = asyncio.create_task(server.serve([listener]))
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}/"
        server.should_exit = True
        await running


async def longest_turn(until: asyncio.Task[Any]) -> float:
    """The most time of the processor that passed between two turns of the loop, in seconds."""
    longest, last = 0.0, time.thread_time()
    while not until.done():
        await asyncio.sleep(0)
        now = time.thread_time()
        longest, last = max(longest, now - last), now
    return longest


@pytest.mark.parametrize(
    "flood",
    [PING * 20_000, PONG * 100_000, BEGIN + PIECE * 100_000],
    ids=["pings", "pongs", "pieces"],
)
def test_a_flood_of_frames_ends_its_connection_and_holds_nobody_up(flood: bytes) -> None:
    async def sent(url: str) -> None:
        async with connect(url, proxy=None) as client:
            client.transport.pause_reading()  # it sends, and reads nothing
            for start in range(0, len(flood), 1 << 16):
                client.transport.write(flood[start : start + (1 << 16)])
                await asyncio.sleep(0)
                if client.transport.is_closing():
                    break
            client.transport.resume_reading()
            with pytest.raises(ConnectionClosed) as closed:
                await client.recv()
            assert closed.value.rcvd is None or closed.value.rcvd.code == 4429

    async def story() -> None:
        async with asyncio.timeout(30), serving() as url, connect(url, proxy=None) as other:
            flooding = asyncio.create_task(sent(url))
            assert await longest_turn(flooding) < 0.25
            await flooding
            await other.send("still here")
            assert await other.recv() == "still here"

    asyncio.run(story())


def test_a_client_that_keeps_to_its_pace_is_not_ended() -> None:
    async def story() -> None:
        async with asyncio.timeout(30), serving() as url, connect(url, proxy=None) as client:
            for number in range(60):
                await (await client.ping())
                await client.send([f"{number}", " in", " pieces"] if number % 2 else f"{number}")
                assert await client.recv() == (f"{number} in pieces" if number % 2 else f"{number}")
            await client.send("x" * 60_000)
            assert len(str(await client.recv())) == 60_000

    asyncio.run(story())


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is one of Linux")
def test_a_client_that_vanished_is_let_go_within_a_minute(tmp_path: Path) -> None:
    """Every connection inherits it: what we say on a stream must be confirmed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    listener = serve._listen(Settings(home=tmp_path, host="127.0.0.1", port=port))
    with listener, socket.socket() as client:
        listener.listen()
        client.connect(("127.0.0.1", port))
        ours, _ = listener.accept()
        with ours:
            limit_ms = ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            sends_at_once = ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert sends_at_once
    assert 0 < HEARTBEAT_S + limit_ms / 1000 < 60
