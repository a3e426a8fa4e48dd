"""The market feed v3: binary JSON requests in, protobuf messages out."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Mapping
from typing import Any, cast

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.tick import Tick
from tradertape_sandbox.exchange.events import Event, Ticked
from tradertape_sandbox.wire.sessions import Session
from tradertape_sandbox.wire.upstox.door import Call, Endpoint, UpstoxDoor, session_of
from tradertape_sandbox.wire.upstox.keys import find, key_of
from tradertape_sandbox.wire.upstox.schema import Feed, FeedResponse

MOST_KEYS = 2000
MOST_CONNECTIONS = 2  # of a user
MODES = {"ltpc": 0, "full": 1}  # those the sandbox has prices for
_LEVELS = 5
_CHECK_EVERY_S = 2.0
_SEGMENTS = ("NSE_EQ", "NSE_FO", "NSE_INDEX", "BSE_EQ", "BSE_FO", "BSE_INDEX")
_INITIAL, _LIVE, _MARKET_INFO = 0, 1, 2
_OPEN, _CLOSED = 2, 3


def authorise(call: Call) -> dict[str, Any]:
    """The address of a feed, with a code for one connection."""
    code = secrets.token_urlsafe(24)
    call.door.tickets[code] = call.session.access_token
    address = f"{call.door.socket_origin}{call.root}/feed?code={code}"
    return {"authorizedRedirectUri": address, "authorized_redirect_uri": address}


ENDPOINTS = (Endpoint("GET", "/v3/feed/market-data-feed/authorize", authorise),)


class MarketFeed:
    """The open connections of the market feed."""

    def __init__(self, door: UpstoxDoor) -> None:
        self._door = door
        self._open: set[_Connection] = set()
        door.exchange.listen(self._hear)

    async def serve(self, socket: WebSocket) -> None:
        """Serve a connection until it ends; one without a session is answered with 403."""
        session = self._session(socket)
        if session is None or self._count(session) >= MOST_CONNECTIONS:
            await socket.close()
            return
        connection = _Connection(self._door, socket, session, self._watch)
        self._open.add(connection)
        try:
            await socket.accept()
            await connection.run()
        finally:
            self._open.discard(connection)
            self._watch()

    def _session(self, socket: WebSocket) -> Session | None:
        code = socket.query_params.get("code")
        if code is not None:
            return self._door.sessions.find(self._door.tickets.pop(code, ""))
        return session_of(self._door, socket.headers.get("authorization", ""))

    def _count(self, session: Session) -> int:
        return sum(one.session.user_id == session.user_id for one in self._open)

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
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Send the market's status, then read and write until either ends."""
        with contextlib.suppress(WebSocketDisconnect):
            await self._socket.send_bytes(market_info(self._door))
        tasks = {asyncio.create_task(self._read()), asyncio.create_task(self._write())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            with contextlib.suppress(WebSocketDisconnect):
                task.result()

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
        while self._door.sessions.find(self.session.access_token) is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _CHECK_EVERY_S)
            self._wake.clear()
            waiting, self._waiting = self._waiting, {}
            new, self._new = self._new, set()
            for kind, names in ((_INITIAL, new), (_LIVE, waiting.keys() - new)):
                ticks = [waiting[name] for name in sorted(names) if name in waiting]
                if ticks:
                    await self._socket.send_bytes(self._message(kind, ticks))
        await self._socket.close(1008, "The session has ended")

    def _message(self, kind: int, ticks: list[Tick]) -> bytes:
        reply = FeedResponse(type=kind, currentTs=_now_ms(self._door))
        for tick in ticks:
            instrument = self._door.exchange.instruments.get(tick.instrument_id)
            mode = self.modes.get(tick.instrument_id)
            if instrument is not None and mode is not None:
                reply.feeds[key_of(instrument)].CopyFrom(feed_of(instrument, tick, mode))
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
        keys, mode = wanted.get("instrumentKeys"), wanted.get("mode", "ltpc")
        if not isinstance(keys, list) or mode not in MODES:
            return
        found = [find(self._door.exchange.instruments, str(k)) for k in cast(list[object], keys)]
        for instrument in found:
            if instrument is not None:
                self._apply(str(fields.get("method")), instrument, str(mode))

    def _apply(self, method: str, instrument: Instrument, mode: str) -> None:
        name = instrument.id
        if method == "unsub":
            self.modes.pop(name, None)
            self._waiting.pop(name, None)
            return
        is_known = name in self.modes
        if method not in ("sub", "change_mode") or (method == "change_mode" and not is_known):
            return
        if not is_known and len(self.modes) >= MOST_KEYS:
            return
        self.modes[name] = mode
        tick = self._door.exchange.tick(name)
        if tick is not None:
            self._new.add(name)
            self.push(tick)


def market_info(door: UpstoxDoor) -> bytes:
    """The first message of a connection: whether each segment trades."""
    status = _OPEN if door.exchange.times.hours(door.exchange.now()) else _CLOSED
    reply = FeedResponse(type=_MARKET_INFO, currentTs=_now_ms(door))
    for segment in _SEGMENTS:
        reply.marketInfo.segmentStatus[segment] = status
    return reply.SerializeToString()


def feed_of(instrument: Instrument, tick: Tick, mode: str) -> Any:
    """A tick in the form of a mode."""
    feed = Feed(requestMode=MODES[mode])
    if mode == "ltpc":
        _set_ltpc(feed.ltpc, tick)
    elif instrument.instrument_type is InstrumentType.INDEX:
        _set_ltpc(feed.fullFeed.indexFF.ltpc, tick)
        _set_ohlc(feed.fullFeed.indexFF.marketOHLC, tick)
    else:
        _set_full(feed.fullFeed.marketFF, tick)
    return feed


def _set_ltpc(ltpc: Any, tick: Tick) -> None:
    ltpc.ltp = float(tick.last_price)
    ltpc.ltt = int((tick.exchange_at or tick.at).timestamp() * 1000)
    ltpc.ltq = tick.last_quantity
    ltpc.cp = float(tick.close or 0)


def _set_ohlc(target: Any, tick: Tick) -> None:
    target.ohlc.add(
        interval="1d",
        open=float(tick.open or 0),
        high=float(tick.high or 0),
        low=float(tick.low or 0),
        close=float(tick.last_price),
        vol=tick.volume,
        ts=int((tick.exchange_at or tick.at).timestamp() * 1000),
    )


def _set_full(full: Any, tick: Tick) -> None:
    _set_ltpc(full.ltpc, tick)
    _set_ohlc(full.marketOHLC, tick)
    buy, sell = ((), ()) if tick.depth is None else (tick.depth.buy, tick.depth.sell)
    for place in range(_LEVELS):
        row = full.marketLevel.bidAskQuote.add()
        if place < len(buy):
            row.bidQ, row.bidP = buy[place].quantity, float(buy[place].price)
        if place < len(sell):
            row.askQ, row.askP = sell[place].quantity, float(sell[place].price)
    full.atp = float(tick.average_price or 0)
    full.vtt, full.oi = tick.volume, float(tick.oi)
    full.tbq = float(sum(one.quantity for one in buy))
    full.tsq = float(sum(one.quantity for one in sell))


def _now_ms(door: UpstoxDoor) -> int:
    return int(door.exchange.now().timestamp() * 1000)
