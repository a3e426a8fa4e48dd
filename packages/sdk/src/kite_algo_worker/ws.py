"""The asyncio WebSocket client: ticks, candles, a run's profit and loss."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode

from kite_algo_worker.exceptions import (
    KiteAlgoWorkerError,
    StreamDisconnectedError,
    error_for_status,
)
from kite_algo_worker.protocol.call import part
from kite_algo_worker.protocol.http import without_token
from kite_algo_worker.protocol.stream_health import StreamHealth, reconnect_delay

__all__ = [
    "StreamHealth",
    "WorkerCandleWebSocketClient",
    "WorkerRunPnlWebSocketClient",
    "WorkerTickWebSocketClient",
    "WorkerWebSocketClient",
    "WorkerWebSocketStream",
]

_NORMAL_END = 1000


@dataclass
class WorkerWebSocketStream:
    """An open stream: `await stream.recv()`, or `async for message in stream`."""

    manager: Any
    websocket: Any
    health: StreamHealth

    async def recv(self, *, ignore_heartbeats: bool = False) -> Any:
        """Wait for the next message and return it as parsed JSON.

        ignore_heartbeats: skip `{"event": "heartbeat"}`. A lost connection is reopened up to
        `reconnect_attempts` times. Raises StreamDisconnectedError after that, and when the server
        ends the stream.
        """
        while True:
            message = _parsed(await self._raw())
            self.health.mark_message()
            if not (ignore_heartbeats and _is_heartbeat(message)):
                return message

    async def close(self) -> None:
        """Close the stream."""
        self.health.mark_closed()
        with suppress(OSError, EOFError):
            await self.websocket.close()

    def __aiter__(self) -> WorkerWebSocketStream:
        return self

    async def __anext__(self) -> Any:
        try:
            return await self.recv(ignore_heartbeats=True)
        except StreamDisconnectedError as error:
            if error.code == "stream_ended":
                raise StopAsyncIteration from error
            raise

    async def _raw(self) -> Any:
        from websockets.exceptions import WebSocketException

        try:
            return await self.websocket.recv()
        except (WebSocketException, OSError, EOFError) as error:
            self.health.mark_disconnect(error)
            with suppress(WebSocketException, OSError, EOFError):
                await self.websocket.close()
            if _was_ended(error):
                raise StreamDisconnectedError(
                    "the server ended the stream", status_code=0, code="stream_ended"
                ) from error
            self.websocket = await self.manager.reopen(self.health, error)
        return await self._raw()


@dataclass
class WorkerWebSocketClient:
    """Opens streams; each method is an `async with` that yields a `WorkerWebSocketStream`.

    base_url: `ws://…` or `wss://…`; `http` becomes `ws`. token: sent in a header;
    `token_in_query` sends it in the query, for servers that accept no header. reconnect_attempts:
    how often a lost stream is opened again, first after `reconnect_delay_seconds`, then doubling
    up to 30. health: of the stream opened last.

    ```python
    client = WorkerWebSocketClient("ws://localhost:18777", "kwa_...", reconnect_attempts=10)
    async with client.stream_ticks(symbols=["NSE:INFY"]) as stream:
        message = await stream.recv(ignore_heartbeats=True)
    ```
    """

    base_url: str
    token: str = field(repr=False)
    reconnect_attempts: int = 0
    reconnect_delay_seconds: float = 1.0
    health: StreamHealth | None = None
    api_prefix: str = "/api/algo-workers"
    token_in_query: bool = False

    @asynccontextmanager
    async def stream_ticks(
        self,
        *,
        symbols: Iterable[str | int],
        mode: str = "quote",
        instrument_tokens: Iterable[str | int] | None = None,
    ) -> AsyncGenerator[WorkerWebSocketStream, None]:
        """Stream ticks, `{"ticks": [{"last_price": …}]}`, rupees; mode `ltp`, `quote`, `full`."""
        asked = {
            "symbols": ",".join(str(one) for one in symbols),
            "tokens": ",".join(str(one) for one in instrument_tokens or ()),
            "mode": mode,
        }
        async with self._stream("ticks", "/worker/ws/market/ticks", asked) as stream:
            yield stream

    @asynccontextmanager
    async def stream(
        self,
        *,
        symbols: Iterable[str | int],
        mode: str = "quote",
        instrument_tokens: Iterable[str | int] | None = None,
    ) -> AsyncGenerator[WorkerWebSocketStream, None]:
        """Stream ticks; as `stream_ticks`."""
        async with self.stream_ticks(
            symbols=symbols, mode=mode, instrument_tokens=instrument_tokens
        ) as stream:
            yield stream

    @asynccontextmanager
    async def stream_candles(
        self,
        *,
        symbol: str | None = None,
        instrument_token: str | int | None = None,
        interval: str = "5minute",
    ) -> AsyncGenerator[WorkerWebSocketStream, None]:
        """Stream the current candle, `{"current": {…}}`, whenever it changes."""
        asked = {"symbol": symbol, "instrument_token": instrument_token, "interval": interval}
        async with self._stream("candles", "/worker/ws/market/candles", asked) as stream:
            yield stream

    @asynccontextmanager
    async def stream_run_pnl(
        self, strategy_run_id: str, *, interval_seconds: float = 1.0
    ) -> AsyncGenerator[WorkerWebSocketStream, None]:
        """Stream a run's profit and loss at this interval; it ends when the run is closed."""
        path = f"/worker/ws/runs/{part(strategy_run_id)}/pnl"
        asked = {"interval_seconds": interval_seconds}
        async with self._stream("run_pnl", path, asked) as stream:
            yield stream

    @asynccontextmanager
    async def _stream(
        self, name: str, path: str, asked: Mapping[str, Any]
    ) -> AsyncGenerator[WorkerWebSocketStream, None]:
        query = urlencode({key: one for key, one in asked.items() if one not in (None, "")})
        health = StreamHealth(stream_name=name, subscription_key=f"{path}?{query}")
        self.health = health
        subscription = _Subscription(self, path, query)
        stream = WorkerWebSocketStream(subscription, await subscription.open(), health)
        health.mark_connected(replayed=False)
        try:
            yield stream
        finally:
            await stream.close()


WorkerTickWebSocketClient = WorkerWebSocketClient
WorkerCandleWebSocketClient = WorkerWebSocketClient
WorkerRunPnlWebSocketClient = WorkerWebSocketClient


class _Subscription:
    """The address and headers that open a stream, at first and at every reconnect."""

    def __init__(self, client: WorkerWebSocketClient, path: str, query: str) -> None:
        base = client.base_url.rstrip("/")
        base = f"ws{base[4:]}" if base.startswith(("http://", "https://")) else base
        prefix = client.api_prefix.strip("/")
        self._client = client
        self._headers = {"Authorization": f"Bearer {client.token}"}
        if client.token_in_query:
            query = "&".join(filter(None, (urlencode({"token": client.token}), query)))
            self._headers = {}
        self._url = f"{base}/{prefix}{path}?{query}"

    async def open(self) -> Any:
        """Connect. Raises AuthError, PermissionDeniedError, StreamDisconnectedError."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidStatus, WebSocketException

        try:
            return await connect(self._url, additional_headers=self._headers)
        except InvalidStatus as error:
            status = error.response.status_code
            detail = f"the server refused the stream ({status}): check token, scope and names"
            raise error_for_status(status, None, fallback=detail) from error
        except (WebSocketException, OSError, EOFError, asyncio.TimeoutError) as error:
            why = without_token(f"{type(error).__name__}: {error}", self._client.token)
            raise StreamDisconnectedError(f"no stream: {why}", status_code=0) from error

    async def reopen(self, health: StreamHealth, broken: Exception) -> Any:
        """Reconnect, with pauses. Raises StreamDisconnectedError after the last failed try."""
        last: Exception = broken
        for tries in range(self._client.reconnect_attempts):
            delay_s = reconnect_delay(tries, self._client.reconnect_delay_seconds)
            health.mark_retry_delay(delay_s)
            await asyncio.sleep(delay_s)
            try:
                websocket = await self.open()
            except KiteAlgoWorkerError as error:
                health.mark_reconnect_failed(error)
                if error.status_code in (401, 403):
                    raise
                last = error
            else:
                health.mark_connected(replayed=True)
                return websocket
        why = without_token(str(last), self._client.token)
        raise StreamDisconnectedError(
            f"websocket stream disconnected: {why}", status_code=0
        ) from last


def _parsed(raw: Any) -> Any:
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    try:
        return json.loads(text)
    except ValueError:
        raise StreamDisconnectedError(
            f"the stream sent a message that is not JSON: {text[:80]}", status_code=0
        ) from None


def _is_heartbeat(message: Any) -> bool:
    return isinstance(message, dict) and cast("dict[str, Any]", message).get("event") == "heartbeat"


def _was_ended(error: Exception) -> bool:
    received = getattr(error, "rcvd", None)
    return received is not None and received.code == _NORMAL_END
