"""The ticker: ticks as binary frames and order updates as texts, over WebSockets."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeGuard, cast

import anyio
import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from tradertape_core.market.tick import Tick
from tradertape_sandbox.exchange.events import Event, OrderChanged, Ticked
from tradertape_sandbox.wire.kite.door import BROKER, KiteDoor, session_of
from tradertape_sandbox.wire.kite.packets import HEARTBEAT, Mode, frame, packet
from tradertape_sandbox.wire.kite.postbacks import update_of
from tradertape_sandbox.wire.sessions import Session

MOST_INSTRUMENTS = 3000  # of a connection
MOST_CONNECTIONS = 3  # of an API key
_HEARTBEAT_S = 1.0
_SESSION_OVER = 1008  # the close code of a broken rule


class Ticker:
    """The open connections of the door. It listens to the exchange while there are any."""

    def __init__(self, door: KiteDoor) -> None:
        self._door = door
        self._open: set[_Connection] = set()
        door.exchange.listen(self._hear)

    async def serve(self, socket: WebSocket) -> None:
        """Serve a connection until the client leaves or its session ends."""
        query = socket.query_params
        session = session_of(self._door, query.get("api_key", ""), query.get("access_token", ""))
        if session is None or self._connections_of(session.api_key) >= MOST_CONNECTIONS:
            await socket.close()  # before the connection is accepted: answered with 403
            return
        connection = _Connection(self._door, socket, session, self._watch)
        self._open.add(connection)
        try:
            await socket.accept()
            await connection.run()
        finally:
            self._open.discard(connection)
            self._watch()

    def _connections_of(self, api_key: str) -> int:
        return sum(connection.session.api_key == api_key for connection in self._open)

    def _watch(self) -> None:
        """Have the exchange tell of everything that a connection is subscribed to."""
        find = self._door.exchange.instruments.by_token
        tokens = {token for connection in self._open for token in connection.modes}
        found = [find(token) for token in tokens]
        self._door.exchange.watch(self, [one.id for one in found if one is not None])

    def _hear(self, event: Event) -> None:
        if not self._open:
            return
        if isinstance(event, Ticked):
            self._push(event.ticks)
        elif isinstance(event, OrderChanged) and event.key.broker == BROKER:
            for connection in self._open:
                if connection.session.user_id == event.key.user_id:
                    connection.push_order(event)

    def _push(self, ticks: Iterable[Tick]) -> None:
        packets: dict[tuple[int, Mode], bytes] = {}  # made once for all connections
        for tick in ticks:
            for connection in self._open:
                mode = connection.modes.get(tick.instrument_token)
                if mode is None:
                    continue
                key = (tick.instrument_token, mode)
                if key not in packets:
                    packets[key] = packet(tick, mode)
                connection.push(tick.instrument_token, packets[key])


class _Connection:
    """One client. A tick that was not sent yet is replaced by the next of its instrument."""

    def __init__(
        self,
        door: KiteDoor,
        socket: WebSocket,
        session: Session,
        subscriptions_changed: Callable[[], None],
    ) -> None:
        self.session = session
        self._subscriptions_changed = subscriptions_changed
        self.modes: dict[int, Mode] = {}
        self._door = door
        self._socket = socket
        self._packets: dict[int, bytes] = {}
        self._texts: list[bytes] = []
        self._wake = anyio.Event()

    async def run(self) -> None:
        """Read and write until either ends."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._end_with, group.cancel_scope, self._write)
            await self._end_with(group.cancel_scope, self._read)

    def push(self, token: int, one: bytes) -> None:
        """Have a packet sent."""
        self._packets[token] = one
        self._wake.set()

    def push_order(self, event: OrderChanged) -> None:
        """Have an order update sent."""
        app = self._door.sessions.app(self.session.api_key)
        if app is not None:
            self._say("order", update_of(self._door.exchange, event, app))

    async def _end_with(
        self, scope: anyio.CancelScope, work: Callable[[], Awaitable[None]]
    ) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            await work()
        scope.cancel()

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            self._take(message.get("text") or message.get("bytes") or "")
            self._subscriptions_changed()

    async def _write(self) -> None:
        while self._is_current():
            with anyio.move_on_after(_HEARTBEAT_S):
                await self._wake.wait()
            self._wake = anyio.Event()
            texts, self._texts = self._texts, []
            packets, self._packets = self._packets, {}
            for text in texts:
                await self._socket.send_text(text.decode())
            if packets:
                await self._socket.send_bytes(frame(list(packets.values())))
            elif not texts:
                await self._socket.send_bytes(HEARTBEAT)
        await self._socket.close(_SESSION_OVER, "The session has ended")

    def _is_current(self) -> bool:
        """Whether the session is open: it ends at its hour, or by another login."""
        return self._door.sessions.find(self.session.access_token) is not None

    def _take(self, text: str | bytes) -> None:
        try:
            message: object = orjson.loads(text)
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, Mapping):
            self._say("error", "Invalid JSON in the message")
            return
        request = cast(Mapping[str, Any], message)
        action, value = request.get("a"), request.get("v")
        if action == "subscribe" and _are_tokens(value):
            self._subscribe(value, Mode.QUOTE, keeps_mode=True)
        elif action == "unsubscribe" and _are_tokens(value):
            for token in value:
                self.modes.pop(token, None)
                self._packets.pop(token, None)
        elif action == "mode" and _is_mode(value):
            self._subscribe(value[1], Mode(value[0]), keeps_mode=False)
        else:
            self._say("error", "Invalid message: `a` must be subscribe, unsubscribe or mode")

    def _subscribe(self, tokens: list[int], mode: Mode, *, keeps_mode: bool) -> None:
        for token in dict.fromkeys(tokens):
            instrument = self._door.exchange.instruments.by_token(token)
            if instrument is None:
                continue
            if token not in self.modes and len(self.modes) >= MOST_INSTRUMENTS:
                message = f"At most {MOST_INSTRUMENTS} instruments can be subscribed"
                self._say("error", message)
                return
            chosen = self.modes.get(token, mode) if keeps_mode else mode
            self.modes[token] = chosen
            tick = self._door.exchange.tick(instrument.id)
            if tick is not None:
                self.push(token, packet(tick, chosen))

    def _say(self, kind: str, data: object) -> None:
        self._texts.append(orjson.dumps({"type": kind, "data": data}))
        self._wake.set()


def _are_tokens(value: object) -> TypeGuard[list[int]]:
    if not isinstance(value, list):
        return False
    return all(type(token) is int for token in cast(list[object], value))


def _is_mode(value: object) -> TypeGuard[tuple[Mode, list[int]]]:
    if not isinstance(value, list) or len(cast(list[object], value)) != 2:
        return False
    mode, tokens = cast(list[object], value)
    return mode in list(Mode) and _are_tokens(tokens)
