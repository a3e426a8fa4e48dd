"""The feed's WebSocket: carries bytes between a connection and its client's state."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from tradertape_sandbox.wire.groww.feed import Feed
from tradertape_sandbox.wire.groww.feed_client import FeedClient

PING_EVERY_S = 120.0
SIGN_IN_WITHIN_S = 10.0
_CHECK_EVERY_S = 0.5


def feed_endpoint(
    feed: Feed, *, ping_every_s: float = PING_EVERY_S, sign_in_within_s: float = SIGN_IN_WITHIN_S
) -> Callable[[WebSocket], Awaitable[None]]:
    """The endpoint of the feed."""

    async def serve(socket: WebSocket) -> None:
        await socket.accept()
        client = feed.join()
        tasks = {
            asyncio.create_task(_read(socket, client)),
            asyncio.create_task(_write(socket, client)),
            asyncio.create_task(_watch(feed, client, ping_every_s, sign_in_within_s)),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except (WebSocketDisconnect, RuntimeError, OSError):
            return  # the client is gone
        finally:
            feed.part(client)
            await _stop(tasks)
        await _say_goodbye(socket, client)

    return serve


async def _stop(tasks: set[asyncio.Task[None]]) -> None:
    """Cancel tasks and see them end."""
    for task in tasks:
        task.cancel()
    # Not gather: where this wait is cancelled itself, gather raises the cancellation of a task.
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # looked at, so that it is not reported as unread


async def _read(socket: WebSocket, client: FeedClient) -> None:
    while not client.is_over:
        message = await socket.receive()
        if message["type"] != "websocket.receive":
            raise WebSocketDisconnect
        chunk = message.get("bytes")
        client.receive(chunk if chunk is not None else (message.get("text") or "").encode())


async def _write(socket: WebSocket, client: FeedClient) -> None:
    while not client.is_over:
        await client.ready.wait()
        if not client.is_over:
            await socket.send_bytes(client.take())


async def _watch(
    feed: Feed, client: FeedClient, ping_every_s: float, sign_in_within_s: float
) -> None:
    """Ping, and end a connection that is not signed in in time or whose session is over."""
    age_s = since_ping_s = 0.0
    while not client.is_over:
        await asyncio.sleep(_CHECK_EVERY_S)
        age_s, since_ping_s = age_s + _CHECK_EVERY_S, since_ping_s + _CHECK_EVERY_S
        if not client.is_known and age_s >= sign_in_within_s:
            client.end("Authentication Timeout")
        elif feed.has_expired(client):
            client.end("User Authentication Expired")
        elif since_ping_s >= ping_every_s:
            since_ping_s = 0.0
            client.ping()


async def _say_goodbye(socket: WebSocket, client: FeedClient) -> None:
    """Send the last line, the reason, if the connection still takes it; then close."""
    try:
        async with asyncio.timeout(1.0):
            last = client.take()
            if last:
                await socket.send_bytes(last)
            await socket.close()
    except (TimeoutError, WebSocketDisconnect, RuntimeError, OSError):
        return
