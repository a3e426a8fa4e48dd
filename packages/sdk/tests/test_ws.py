"""The WebSocket client against a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

import kite_algo_worker as kaw
from kite_algo_worker.ws import _Subscription

Talk = Callable[[ServerConnection, int], Any]


class Listener:
    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.paths: list[str] = []
        self.tokens: list[str] = []
        self.refuse_after = 1_000
        self.url = ""

    async def handle(self, connection: ServerConnection) -> None:
        await self.talk(connection, len(self.paths))

    def look(self, connection: ServerConnection, request: Request) -> Response | None:
        self.paths.append(request.path)
        self.tokens.append(request.headers.get("Authorization", ""))
        if len(self.paths) > self.refuse_after:
            return connection.respond(403, "no")
        return None


@asynccontextmanager
async def listening(talk: Talk) -> AsyncIterator[Listener]:
    listener = Listener(talk)
    async with serve(listener.handle, "127.0.0.1", 0, process_request=listener.look) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        listener.url = f"ws://127.0.0.1:{port}"
        yield listener


def client_of(listener: Listener, attempts: int = 0) -> kaw.WorkerWebSocketClient:
    return kaw.WorkerWebSocketClient(
        listener.url, "kwa_secret", reconnect_attempts=attempts, reconnect_delay_seconds=0.0
    )


async def say(connection: ServerConnection, *messages: Any) -> None:
    for message in messages:
        await connection.send(json.dumps(message))


def test_messages_are_parsed_and_heartbeats_can_be_ignored() -> None:
    """KC-07, KD-07."""

    async def talk(connection: ServerConnection, _nth: int) -> None:
        await say(connection, {"event": "heartbeat"}, {"ticks": [1]}, {"event": "heartbeat"})

    async def run() -> None:
        async with listening(talk) as listener:
            client = client_of(listener)
            async with client.stream_ticks(
                symbols=["NSE:INFY", "NSE:TCS"], instrument_tokens=[408065], mode="ltp"
            ) as stream:
                assert await stream.recv(ignore_heartbeats=True) == {"ticks": [1]}
                assert await stream.recv() == {"event": "heartbeat"}
                assert client.health is stream.health
                assert stream.health.connected
            assert not stream.health.connected
            asked = "symbols=NSE%3AINFY%2CNSE%3ATCS&tokens=408065&mode=ltp"
            path = "/api/algo-workers/worker/ws/market/ticks"
            assert listener.paths == [f"{path}?{asked}"]
            assert listener.tokens == ["Bearer kwa_secret"]
            assert stream.health.subscription_key == f"/worker/ws/market/ticks?{asked}"

    asyncio.run(run())


def test_a_lost_stream_is_reopened_with_its_subscription() -> None:
    """KD-07."""

    async def talk(connection: ServerConnection, nth: int) -> None:
        await say(connection, {"n": nth})
        await connection.close(1012, "restarting")

    async def run() -> None:
        async with listening(talk) as listener:
            async with client_of(listener, attempts=3).stream(symbols=["NSE:INFY"]) as stream:
                assert [(await stream.recv())["n"] for _ in range(4)] == [1, 2, 3, 4]
            assert len(set(listener.paths)) == 1
            assert stream.health.reconnect_count == 3
            assert stream.health.subscription_replayed

    asyncio.run(run())


def test_a_stream_without_attempts_is_lost() -> None:
    async def talk(connection: ServerConnection, _nth: int) -> None:
        connection.transport.abort()

    async def run() -> None:
        async with listening(talk) as it, client_of(it).stream_run_pnl("r-1") as stream:
            with pytest.raises(kaw.StreamDisconnectedError, match="disconnected") as caught:
                await stream.recv()
            assert caught.value.status_code == 0
            assert stream.health.is_stale

    asyncio.run(run())


def test_a_stream_that_is_refused_on_reconnect_ends_with_the_error() -> None:
    async def talk(connection: ServerConnection, _nth: int) -> None:
        await connection.close(4401, "revoked")

    async def run() -> None:
        async with listening(talk) as listener:
            listener.refuse_after = 1
            client = client_of(listener, attempts=9)
            async with client.stream_candles(symbol="NSE:INFY") as stream:
                with pytest.raises(kaw.PermissionDeniedError, match="token"):
                    await stream.recv()
            assert len(listener.paths) == 2

    asyncio.run(run())


def test_a_stream_ends_where_the_server_ends_it() -> None:
    async def talk(connection: ServerConnection, _nth: int) -> None:
        await say(connection, {"n": 1}, {"event": "heartbeat"}, {"n": 2})

    async def run() -> None:
        async with listening(talk) as listener:
            async with client_of(listener, attempts=5).stream_run_pnl("r-1") as stream:
                assert [one["n"] async for one in stream] == [1, 2]
            assert len(listener.paths) == 1

    asyncio.run(run())


def test_a_handshake_that_is_refused_shows_no_token() -> None:
    async def talk(_connection: ServerConnection, _nth: int) -> None:
        raise AssertionError("never accepted")

    async def run() -> None:
        async with listening(talk) as listener:
            listener.refuse_after = 0
            client = client_of(listener)
            client.token_in_query = True
            with pytest.raises(kaw.PermissionDeniedError) as caught:
                async with client.stream_ticks(symbols=["NSE:INFY"]):
                    pass
            assert "token=kwa_secret" in listener.paths[0]
            assert listener.tokens == [""]
            assert "kwa_secret" not in f"{caught.value}{client!r}{client.health!r}"

    asyncio.run(run())


def test_a_server_that_is_not_there_is_a_stream_error() -> None:
    async def run() -> None:
        client = kaw.WorkerWebSocketClient("http://127.0.0.1:9", "kwa_secret")
        with pytest.raises(kaw.StreamDisconnectedError, match="no stream"):
            async with client.stream_ticks(symbols=[]):
                pass

    asyncio.run(run())


def test_a_message_that_is_not_json_is_a_stream_error() -> None:
    async def talk(connection: ServerConnection, _nth: int) -> None:
        await connection.send("{broken")

    async def run() -> None:
        async with listening(talk) as listener, client_of(listener).stream(symbols=[]) as stream:
            with pytest.raises(kaw.StreamDisconnectedError, match="not JSON"):
                await stream.recv()

    asyncio.run(run())


def test_a_token_in_the_query_comes_first() -> None:
    """KC-07, KD-07."""
    client = kaw.WorkerWebSocketClient("ws://h", "kwa_x", token_in_query=True)
    url = _Subscription(client, "/worker/ws/market/ticks", "symbols=NSE%3AINFY&mode=quote")._url
    assert url == (
        "ws://h/api/algo-workers/worker/ws/market/ticks?token=kwa_x&symbols=NSE%3AINFY&mode=quote"
    )
