"""`WS /api/ws/ticks`: prices and account events for the console."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fastapi import APIRouter, WebSocket

from tradertape_core.market.instrument import Instrument
from tradertape_server.features.auth.http.websocket_auth import is_own_page, session_caller
from tradertape_server.features.feed.live.feed import TICKS, Feed
from tradertape_server.features.feed.live.frames import TickFrame, TickSelection
from tradertape_server.features.feed.sources.tick_source import Mode
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.streaming.bus import Delivery, Mailbox
from tradertape_server.platform.streaming.streams import (
    FORBIDDEN,
    HEARTBEAT_S,
    IDLE,
    NOT_AUTHENTICATED,
    TOO_MANY,
    TOO_MANY_SYMBOLS,
    Closing,
    Socket,
    ascii_json,
    run_socket,
)

router = APIRouter()

MAX_SYMBOLS = 500
MAX_SOCKETS = 5  # of one account
IDLE_AFTER_S = 300.0  # without a subscription
LAGGED = "events_lost"
MAX_CHANNELS = 30
CHANNEL_POLL_S = 1.0

# Reads the present content of a channel, for a caller and the channel's argument: JSON or None.
Channel = Callable[[Identity, str], Any]

_open: Counter[int] = Counter()


def events_topic(user_id: int) -> str:
    """The bus topic of an account's orders, positions, signals and risk."""
    return f"events:{user_id}"


@router.websocket("/api/ws/ticks")
async def ticks(websocket: WebSocket) -> None:
    """Send prices and events to a signed-in browser."""
    container = websocket.app.state.container
    await websocket.accept()
    caller = await session_caller(websocket, container.auth.authenticator)
    if caller is None:
        await websocket.close(NOT_AUTHENTICATED, "not signed in")
        return
    if not is_own_page(websocket, container.settings.effective_public_url):
        await websocket.close(FORBIDDEN, "another site's page")
        return
    if _open[caller.id] >= MAX_SOCKETS:
        await websocket.close(TOO_MANY, f"more than {MAX_SOCKETS} connections")
        return
    _open[caller.id] += 1
    client = TickClient(
        Socket(websocket), caller, container.feed, container.instruments, container.channels
    )
    try:
        with container.credentials.monitor(caller) as guard:
            await run_socket(
                websocket,
                guard,
                client.handle_requests(),
                client.send_updates(),
                client.poll_channels(),
            )
    finally:
        client.close()
        _open[caller.id] -= 1


class TickClient:
    """One connection: its subscriptions and the messages to send."""

    def __init__(
        self,
        socket: Socket,
        caller: Identity,
        feed: Feed,
        instruments: InstrumentService,
        channels: Mapping[str, Channel],
    ) -> None:
        self._socket = socket
        self._caller = caller
        self._feed = feed
        self._instruments = instruments
        self._box: Mailbox = feed.bus.open([TICKS])
        self._modes: dict[int, Mode] = {}
        self._names: dict[int, str] = {}
        self._selection = TickSelection.of({})
        self._receives_events = False
        self._channels = channels
        self._topics: dict[str, bytes] = {}  # with the last message sent
        self._channels_changed = asyncio.Event()
        self._replies: asyncio.Queue[bytes] = asyncio.Queue(maxsize=200)

    def close(self) -> None:
        """End all subscriptions."""
        self._feed.bus.close(self._box)
        self._feed.unsubscribe(self)

    async def handle_requests(self) -> None:
        """Handle the client's messages."""
        handlers = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "list": self._list,
            "ping": self._pong,
        }
        while True:
            message = await self._socket.receive()
            action = message.get("action") if isinstance(message, dict) else None
            handler = handlers.get(action) if isinstance(action, str) else None
            if handler is None:
                self._reply(_error("action must be subscribe, unsubscribe, list or ping", "action"))
            else:
                await handler(message)

    async def send_updates(self) -> None:
        """Send status, prices, events, replies and heartbeats."""
        status = None
        idle_since = last_heartbeat = asyncio.get_running_loop().time()
        while True:
            now = asyncio.get_running_loop().time()
            if (found := self._status()) != status:
                status = found
                await self._socket.send(ascii_json(status))
            delivery = await self._box.take(1.0)
            await self._drain()
            if delivery is not None:
                await self._deliver(delivery)
            if now - last_heartbeat >= HEARTBEAT_S:
                last_heartbeat = now
                await self._socket.send(ascii_json({"type": "heartbeat", "event": "heartbeat"}))
            if self._modes or self._receives_events or self._topics:
                idle_since = now
            elif now - idle_since >= IDLE_AFTER_S:
                raise Closing(IDLE, "no subscriptions")

    async def poll_channels(self) -> None:
        """Send the content of the subscribed channels whenever it changes."""
        while True:
            for topic in list(self._topics):
                name, _, argument = topic.partition(":")
                content = await asyncio.to_thread(self._channels[name], self._caller, argument)
                line = ascii_json({"type": "channel", "channel": topic, "data": content})
                # The client may have unsubscribed while it was read.
                if content is not None and line != self._topics.get(topic, line):
                    self._topics[topic] = line
                    self._reply(line)
            self._channels_changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHANNEL_POLL_S if self._topics else None):
                    await self._channels_changed.wait()

    async def _deliver(self, delivery: Delivery) -> None:
        frame: TickFrame | None = delivery.frames.get(TICKS)
        if frame is not None and (message := frame.console(self._selection)):
            await self._socket.send(bytes(message))
        for event in delivery.events:
            body = {"type": "event", "cursor": event.cursor, **event.data}
            await self._socket.send(ascii_json(body))
        if delivery.overflowed:
            raise Closing(TOO_MANY, LAGGED)

    async def _drain(self) -> None:
        while not self._replies.empty():
            await self._socket.send(self._replies.get_nowait())

    def _reply(self, message: bytes) -> None:
        try:
            self._replies.put_nowait(message)
        except asyncio.QueueFull:
            raise Closing(TOO_MANY, "replies are not read") from None
        self._box.wake()

    async def _subscribe(self, message: dict[str, Any]) -> None:
        self._subscribe_channels(_texts(message.get("channels")))
        mode = _mode(message.get("mode", "quote"))
        if mode is None:
            self._reply(_error("mode must be ltp, quote or full", "mode"))
            return
        symbols = _texts(message.get("symbols"))
        found = await asyncio.to_thread(self._instruments.resolve_many, symbols)
        wanted = {str(name): one for name, one in found.instruments.items()}
        tokens = {one.instrument_token for one in wanted.values()}
        if len(tokens | set(self._modes)) > MAX_SYMBOLS:
            raise Closing(TOO_MANY_SYMBOLS, f"more than {MAX_SYMBOLS} symbols")
        self._subscribe_symbols(wanted.values(), mode)
        rejected = [{"symbol": str(n), "detail": e.detail} for n, e in found.unknown.items()]
        reply = {
            "type": "subscribed",
            "symbols": [one.id for one in wanted.values()],
            "mode": mode.name.lower(),
            "rejected": rejected,
            **self._origins(wanted.values()),
        }
        self._reply(ascii_json(reply))
        await self._snapshot(list(wanted.values()), mode)

    def _subscribe_channels(self, topics: list[str]) -> None:
        if "events" in topics:
            self._feed.bus.add_topic(self._box, events_topic(self._caller.id))
            self._receives_events = True
        for topic in topics:
            if topic == "events" or topic in self._topics:
                continue
            if topic.partition(":")[0] not in self._channels:
                self._reply(_error(f"There is no channel {topic}.", "channel"))
            elif len(self._topics) >= MAX_CHANNELS:
                self._reply(_error(f"At most {MAX_CHANNELS} channels.", "channel"))
            else:
                self._topics[topic] = b""
        self._channels_changed.set()

    async def _snapshot(self, instruments: list[Instrument], mode: Mode) -> None:
        if not instruments:
            return
        quotes = await asyncio.to_thread(self._feed.quotes, instruments, mode)
        if message := TickFrame(quotes).console(self._selection):
            self._reply(bytes(message))

    async def _unsubscribe(self, message: dict[str, Any]) -> None:
        for topic in _texts(message.get("channels")):
            self._topics.pop(topic, None)
        symbols = _texts(message.get("symbols"))
        found = await asyncio.to_thread(self._instruments.resolve_many, symbols)
        tokens = {one.instrument_token for one in found.instruments.values()}
        for token in tokens:
            self._modes.pop(token, None)
            self._names.pop(token, None)
        self._selection = TickSelection.of(self._modes)
        self._feed.unsubscribe(self, tokens)
        ids = [one.id for one in found.instruments.values()]
        self._reply(ascii_json({"type": "unsubscribed", "symbols": ids}))

    async def _list(self, _message: dict[str, Any]) -> None:
        modes = {self._names[token]: mode.name.lower() for token, mode in self._modes.items()}
        self._reply(ascii_json({"type": "subscriptions", "data": modes}))

    async def _pong(self, _message: dict[str, Any]) -> None:
        self._reply(ascii_json({"type": "pong"}))

    def _subscribe_symbols(self, instruments: Any, mode: Mode) -> None:
        for one in instruments:
            self._modes[one.instrument_token] = mode
            self._names[one.instrument_token] = one.id
        self._selection = TickSelection.of(self._modes)
        self._feed.subscribe(self, instruments, mode)

    def _origins(self, instruments: Iterable[Instrument]) -> dict[str, Any]:
        """Of a market through brokers: what has no price and why."""
        details = self._feed.details
        why = {one.id: reason for one in instruments if (reason := details.why_unpriced(one.id))}
        return {"unpriced": why} if why else {}

    def _status(self) -> dict[str, Any]:
        status = self._feed.status()
        last = status.last_tick_at
        return {
            "type": "status",
            "connected": status.connected,
            "source": status.source,
            "label": status.label,
            "brokers": {one.broker: one.condition for one in status.feeds},
            "simulated": status.is_simulated,
            "demo": status.is_demo,
            "stale": status.stale,
            # To the minute: a status is sent when it changes; ticks carry exact times.
            "last_tick_at": None if last is None else last.replace(second=0, microsecond=0),
            **({"reason": status.reason} if status.reason else {}),
        }


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        return []
    return list(dict.fromkeys(text for text in value if isinstance(text, str) and len(text) < 140))


def _mode(value: Any) -> Mode | None:
    return Mode.__members__.get(value.upper()) if isinstance(value, str) else None


def _error(detail: str, code: str) -> bytes:
    return ascii_json({"type": "error", "detail": detail, "code": code})
