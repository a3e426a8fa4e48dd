"""The market feed v3: binary JSON requests in, protobuf messages out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import anyio
import orjson
from starlette.websockets import WebSocket

from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_sandbox.exchange.events import Event, Ticked
from tradertape_sandbox.wire.sessions import Session
from tradertape_sandbox.wire.upstox.door import UpstoxDoor
from tradertape_sandbox.wire.upstox.feed_access import admitted, until_one_ends
from tradertape_sandbox.wire.upstox.feed_shapes import MODES, feed_of, market_info, ms, statuses
from tradertape_sandbox.wire.upstox.greeks import NO_VIEW
from tradertape_sandbox.wire.upstox.keys import find, key_of
from tradertape_sandbox.wire.upstox.schema import FeedResponse

_CHECK_EVERY_S = 2.0
_INITIAL, _LIVE = 0, 1


class MarketFeed:
    """The open connections of the market feed."""

    def __init__(self, door: UpstoxDoor) -> None:
        self._door = door
        self._open: set[_Connection] = set()
        door.exchange.listen(self._hear)

    async def serve(self, socket: WebSocket) -> None:
        """Serve a connection until it ends; one without a session is answered with 401."""
        others = [one.session for one in self._open]
        session = await admitted(self._door, socket, others)
        if session is None:
            return
        connection = _Connection(self._door, socket, session, self._watch)
        self._open.add(connection)
        try:
            await socket.accept()
            await connection.run()
        finally:
            self._open.discard(connection)
            self._watch()

    def _watch(self) -> None:
        names = {name for connection in self._open for name in connection.modes}
        self._door.exchange.watch(self, names)

    def _hear(self, event: Event) -> None:
        if isinstance(event, Ticked):
            for tick in event.ticks:
                for connection in self._open:
                    connection.push(tick)


class _Connection:
    """One client. A tick that was not sent yet is replaced by the next of its instrument."""

    def __init__(
        self,
        door: UpstoxDoor,
        socket: WebSocket,
        session: Session,
        subscriptions_changed: Callable[[], None],
    ) -> None:
        self.session = session
        self.modes: dict[str, str] = {}
        self._door = door
        self._socket = socket
        self._subscriptions_changed = subscriptions_changed
        self._waiting: dict[str, Tick] = {}
        self._new: set[str] = set()
        self._statuses: dict[str, int] = {}
        self._wake = anyio.Event()

    async def run(self) -> None:
        """Read and write until either ends; the market's status is sent first."""
        await until_one_ends(self._read, self._write)

    def push(self, tick: Tick) -> None:
        """Have a tick sent if its instrument is subscribed to."""
        if tick.instrument_id in self.modes:
            self._waiting[tick.instrument_id] = tick
            self._wake.set()

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            self._take(message.get("bytes") or b"")
            self._subscriptions_changed()

    async def _write(self) -> None:
        await self._send_statuses()
        while self._door.sessions.find(self.session.access_token) is not None:
            with anyio.move_on_after(_CHECK_EVERY_S):
                await self._wake.wait()
            self._wake = anyio.Event()
            await self._send_statuses()
            waiting, self._waiting = self._waiting, {}
            new, self._new = self._new, set()
            for kind, names in ((_INITIAL, new), (_LIVE, waiting.keys() - new)):
                ticks = [waiting[name] for name in sorted(names) if name in waiting]
                if ticks:
                    await self._socket.send_bytes(self._message(kind, ticks))
        await self._socket.close(1008, "The session has ended")

    async def _send_statuses(self) -> None:
        """Say whether each segment trades, if that is not what was said before."""
        found = statuses(self._door)
        if found != self._statuses:
            self._statuses = found
            await self._socket.send_bytes(market_info(found, self._door.exchange.now()))

    def _message(self, kind: int, ticks: list[Tick]) -> bytes:
        reply = FeedResponse(type=kind, currentTs=ms(self._door.exchange.now()))
        for tick in ticks:
            instrument = self._door.exchange.instruments.get(tick.instrument_id)
            mode = self.modes.get(tick.instrument_id)
            if instrument is not None and mode is not None:
                view = NO_VIEW if mode == "ltpc" else self._door.options.view(instrument)
                feed = feed_of(instrument, tick, mode, view)
                reply.feeds[key_of(instrument)].CopyFrom(feed)
        return reply.SerializeToString()

    def _take(self, body: bytes) -> None:
        """Obey a request; one that makes no sense is passed over, as the broker does."""
        try:
            request: object = orjson.loads(body)
        except orjson.JSONDecodeError:
            return
        if not isinstance(request, Mapping):
            return
        fields = cast(Mapping[str, Any], request)
        data = fields.get("data")
        if not isinstance(data, Mapping):
            return
        wanted = cast(Mapping[str, Any], data)
        keys, mode = wanted.get("instrumentKeys"), str(wanted.get("mode", "ltpc"))
        if not isinstance(keys, list) or mode not in MODES:
            return
        found = [find(self._door.exchange.instruments, str(k)) for k in cast(list[object], keys)]
        for instrument in found:
            if instrument is not None:
                self._apply(str(fields.get("method")), instrument, mode)

    def _apply(self, method: str, instrument: Instrument, mode: str) -> None:
        name = instrument.id
        if method == "unsub":
            self.modes.pop(name, None)
            self._waiting.pop(name, None)
            return
        if method not in ("sub", "change_mode") or (
            method == "change_mode" and name not in self.modes
        ):
            return
        others = sum(one == mode for other, one in self.modes.items() if other != name)
        if others >= MODES[mode][1]:
            return
        self.modes[name] = mode
        tick = self._door.exchange.tick(name)
        if tick is not None:
            self._new.add(name)
            self.push(tick)
