"""Live ticks and candles as messages: the same for server-sent events and WebSockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import APIRouter, WebSocket
from starlette.concurrency import run_in_threadpool

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.candle import Candle, Interval, parse_interval
from tradertape_core.market.instrument import Instrument
from tradertape_server.features.auth.http.dependencies import require_scope
from tradertape_server.features.auth.http.websocket_auth import accepted_protocol, key_caller
from tradertape_server.features.feed.http.responses import asked_instrument, identifiers, mode_of
from tradertape_server.features.feed.live.feed import CANDLES, TICKS, CandleFrame, Feed
from tradertape_server.features.feed.live.frames import Message, Parts, TickFrame, TickSelection
from tradertape_server.features.feed.live.wire_shapes import kite_candle
from tradertape_server.features.feed.sources.tick_source import Mode
from tradertape_server.features.instruments.service import UnknownInstrument
from tradertape_server.platform.errors import (
    ApiError,
    BadRequest,
    Forbidden,
    TooMany,
    Unauthenticated,
    response_for,
)
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.streaming import gzip_pieces
from tradertape_server.platform.streaming.bus import Direct
from tradertape_server.platform.streaming.connections import DirectWriter, direct_writer_of
from tradertape_server.platform.streaming.streams import (
    HEARTBEAT_S,
    PING,
    TOO_MANY,
    Heartbeat,
    Socket,
    ascii_json,
    run_socket,
    sse,
)

sockets = APIRouter()

Written = Callable[[TickFrame, TickSelection], Parts]


def _whole(write: Callable[[TickFrame, TickSelection], Message]) -> Written:
    def parts(frame: TickFrame, wanted: TickSelection) -> Parts:
        message = write(frame, wanted)
        return (message,) if message else ()

    return parts


_AS_TEXT, _AS_EVENT = _whole(TickFrame.worker), _whole(TickFrame.worker_event)

HEARTBEAT = ascii_json({"event": "heartbeat"})


def _sender(direct_writer: DirectWriter, write: Written, wanted: TickSelection) -> Direct:
    """Write frames directly into the client's connection while the client keeps up."""

    def send(_topic: str, frame: TickFrame) -> bool:
        if not direct_writer.is_idle:
            return False
        if parts := write(frame, wanted):
            direct_writer.write(*parts)
        return True

    return send


async def tick_messages(
    feed: Feed,
    instruments: list[Instrument],
    mode: Mode,
    *,
    write: Written = _AS_TEXT,
    direct_writer: DirectWriter | None = None,
) -> AsyncIterator[bytes | None]:
    """Yield the present state, then the ticks of every beat; None when a heartbeat is due.

    write: how a frame is written. direct_writer: frames go there, past this, while the client keeps
    up.
    """
    owner = object()
    wanted = TickSelection.of({one.instrument_token: mode for one in instruments})
    direct = None if direct_writer is None else _sender(direct_writer, write, wanted)
    box = feed.bus.open([TICKS], direct=direct)
    feed.subscribe(owner, instruments, mode)
    try:
        quotes = await run_in_threadpool(feed.quotes, instruments, mode)
        if parts := write(TickFrame(quotes), wanted):
            yield b"".join(parts)
        beat = Heartbeat(HEARTBEAT_S)
        while True:
            delivery = await box.take(beat.left_s)
            frame: TickFrame | None = delivery.frames.get(TICKS) if delivery else None
            parts = write(frame, wanted) if frame else ()
            if parts or not beat.left_s:
                yield b"".join(parts) or None
                beat.sent()
    finally:
        feed.bus.close(box)
        feed.unsubscribe(owner)


async def candle_messages(
    feed: Feed, instrument: Instrument, interval: Interval
) -> AsyncIterator[bytes | None]:
    """Yield the current candle whenever it changes, and once more when it is complete."""
    owner, key = object(), (instrument.instrument_token, interval)
    box = feed.bus.open([CANDLES])
    try:
        await run_in_threadpool(feed.subscribe_candles, owner, instrument, interval)
        recent = await run_in_threadpool(feed.candles, instrument, interval, count=1)
        for candle in recent:
            yield _candle(instrument, interval, candle)
        beat = Heartbeat(HEARTBEAT_S)
        while True:
            delivery = await box.take(beat.left_s)
            frame: CandleFrame | None = delivery.frames.get(CANDLES) if delivery else None
            for candle in frame.updates.get(key, ()) if frame else ():
                yield _candle(instrument, interval, candle)
                beat.sent()
            if not beat.left_s:
                yield None
                beat.sent()
    finally:
        feed.bus.close(box)
        feed.unsubscribe(owner)


async def tick_events(
    feed: Feed,
    instruments: list[Instrument],
    mode: Mode,
    *,
    direct_writer: DirectWriter | None = None,
    is_gzip: bool = False,
) -> AsyncIterator[bytes]:
    """Ticks as server-sent events, or with is_gzip as pieces of a gzip body."""
    write = TickFrame.worker_event_gzip if is_gzip else _AS_EVENT
    ping = b"".join(gzip_pieces.stored(PING)) if is_gzip else PING
    async for message in tick_messages(
        feed, instruments, mode, write=write, direct_writer=direct_writer
    ):
        yield ping if message is None else message


async def candle_events(
    feed: Feed, instrument: Instrument, interval: Interval
) -> AsyncIterator[bytes]:
    """Candles as server-sent events."""
    async for message in candle_messages(feed, instrument, interval):
        yield PING if message is None else sse(message)


@sockets.websocket("/api/algo-workers/worker/ws/market/ticks")
async def ticks_socket(socket: WebSocket) -> None:
    """Ticks of the query's `symbols` and `tokens`."""
    container, query = socket.app.state.container, socket.query_params
    caller = await holder_of_data(socket)
    if caller is None:
        return
    try:
        mode = mode_of(query.get("mode") or "quote")
        tokens = [part for part in query.get("tokens", "").split(",") if part.strip()]
        asked = identifiers([*query.get("symbols", "").split(","), *tokens], [])
        found = await run_in_threadpool(container.instruments.resolve_many, asked)
        for error in found.unknown.values():
            raise error
    except (InvalidInput, UnknownInstrument) as wrong:
        await refuse(socket, wrong)
        return
    instruments = list(found.instruments.values())
    direct_writer = direct_writer_of(socket.scope)
    messages = tick_messages(container.feed, instruments, mode, direct_writer=direct_writer)
    await serve_socket(socket, caller, messages)


@sockets.websocket("/api/algo-workers/worker/ws/market/candles")
async def candles_socket(socket: WebSocket) -> None:
    """Candles of the query's `symbol` or `instrument_token`."""
    container, query = socket.app.state.container, socket.query_params
    caller = await holder_of_data(socket)
    if caller is None:
        return
    token = query.get("instrument_token", "")
    try:
        interval = parse_interval(query.get("interval") or "5minute")
        asked = int(token) if token.isascii() and token.isdigit() else None
        one = await run_in_threadpool(
            asked_instrument, container.instruments, query.get("symbol"), asked
        )
    except (InvalidInput, UnknownInstrument) as wrong:
        await refuse(socket, wrong)
        return
    await serve_socket(socket, caller, candle_messages(container.feed, one, interval))


async def refuse(socket: WebSocket, wrong: ApiError | InvalidInput) -> None:
    """Refuse the handshake as an HTTP request for the same thing would be refused."""
    error = BadRequest(wrong.message) if isinstance(wrong, InvalidInput) else wrong
    await socket.send_denial_response(response_for(error))


async def holder_of_data(socket: WebSocket, scope: str = "data") -> Identity | None:
    """The token's holder; None when the handshake was refused, with the reason as its body."""
    try:
        caller = await key_caller(socket, socket.app.state.container.auth.authenticator)
        if caller is None:
            raise Unauthenticated("Send a worker token (kwa_…) with the handshake.")
        require_scope(caller, scope)
    except (Unauthenticated, Forbidden) as wrong:
        await refuse(socket, wrong)
        return None
    return caller


async def serve_socket(
    socket: WebSocket, caller: Identity, messages: AsyncIterator[bytes | None]
) -> None:
    """Accept, and send messages, or heartbeats for None, until one side disconnects."""
    await socket.accept(accepted_protocol(socket))
    client, credentials = Socket(socket), socket.app.state.container.credentials
    try:
        credentials.check_stream_limit(caller)
    except TooMany as full:
        await socket.close(TOO_MANY, full.detail)
        return
    with credentials.monitor(caller) as guard:
        await run_socket(socket, guard, _send(client, messages), _listen(client))


async def _send(client: Socket, messages: AsyncIterator[bytes | None]) -> None:
    try:
        async for message in messages:
            await client.send(HEARTBEAT if message is None else message)
    finally:
        await messages.aclose()  # pyright: ignore[reportAttributeAccessIssue] - a generator


async def _listen(client: Socket) -> None:
    while True:
        await client.receive()  # these clients send nothing; this notices that they disconnect


def _candle(instrument: Instrument, interval: Interval, candle: Candle) -> bytes:
    body: dict[str, Any] = {
        "symbol": instrument.id,
        "instrument_token": instrument.instrument_token,
        "interval": interval.value,
        "current": kite_candle(candle),
    }
    return ascii_json(body)
