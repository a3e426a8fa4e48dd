"""The portfolio feed: orders, positions, holdings and GTTs as they change, in JSON."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import anyio
import orjson
from starlette.websockets import WebSocket

from tradertape_sandbox.exchange.events import AccountKey, Event, OrderChanged, Traded
from tradertape_sandbox.wire.sessions import Session
from tradertape_sandbox.wire.upstox.door import BROKER, UpstoxDoor
from tradertape_sandbox.wire.upstox.envelope import UpstoxError, failure
from tradertape_sandbox.wire.upstox.feed_access import admitted, until_one_ends, update_types_of
from tradertape_sandbox.wire.upstox.gtt import gtt_json
from tradertape_sandbox.wire.upstox.gtt_rules import UpstoxGtt
from tradertape_sandbox.wire.upstox.order_shapes import update_json
from tradertape_sandbox.wire.upstox.portfolio import holding_json, position_json

_CHECK_EVERY_S = 2.0
_MOST_WAITING = 10_000  # a client that reads nothing loses the oldest


class PortfolioFeed:
    """The open connections of the portfolio feed."""

    def __init__(self, door: UpstoxDoor) -> None:
        self._door = door
        self._open: set[_Connection] = set()
        door.exchange.listen(self._hear)
        door.gtts.listen(self._hear_gtt)

    async def serve(self, socket: WebSocket) -> None:
        """Serve a connection until it ends; one without a session is answered with 401."""
        try:
            kinds = update_types_of(socket.query_params.get("update_types"))
        except UpstoxError as error:
            await socket.send_denial_response(failure(error))
            return
        session = await admitted(self._door, socket, [one.session for one in self._open])
        if session is None:
            return
        connection = _Connection(self._door, socket, session, kinds)
        self._open.add(connection)
        try:
            await socket.accept()
            await connection.run()
        finally:
            self._open.discard(connection)

    def _hear(self, event: Event) -> None:
        if isinstance(event, OrderChanged):
            self._send(event.key, "order", lambda: [update_json(self._door.exchange, event)])
        elif isinstance(event, Traded):
            self._send(event.key, "position", lambda: self._positions(event))
            self._send(event.key, "holding", lambda: self._holdings(event))

    def _hear_gtt(self, gtt: UpstoxGtt) -> None:
        self._send(gtt.account.key, "gtt_order", lambda: [gtt_json(gtt)])

    def _send(self, key: AccountKey, kind: str, rows: Callable[[], list[dict[str, Any]]]) -> None:
        """Send updates of an account to its connections that ask for their kind."""
        if key.broker != BROKER:
            return
        wanted = [one for one in self._open if one.key == key and kind in one.kinds]
        if not wanted:
            return
        texts = [orjson.dumps({"update_type": kind, **row}).decode() for row in rows()]
        for connection in wanted:
            connection.push(texts)

    def _positions(self, event: Traded) -> list[dict[str, Any]]:
        rows = self._door.exchange.positions(event.key).net
        return [
            position_json(row)
            for row in rows
            if (row.instrument.id, row.product) == (event.trade.instrument, event.trade.product)
        ]

    def _holdings(self, event: Traded) -> list[dict[str, Any]]:
        rows = self._door.exchange.holdings(event.key)
        return [holding_json(row) for row in rows if row.instrument.id == event.trade.instrument]


class _Connection:
    """One client; updates are sent in their order."""

    def __init__(
        self, door: UpstoxDoor, socket: WebSocket, session: Session, kinds: frozenset[str]
    ) -> None:
        self.session = session
        self.kinds = kinds
        self.key = AccountKey(BROKER, session.user_id)
        self._door = door
        self._socket = socket
        self._waiting: deque[str] = deque(maxlen=_MOST_WAITING)
        self._wake = anyio.Event()

    async def run(self) -> None:
        """Write until either side ends."""
        await until_one_ends(self._read, self._write)

    def push(self, texts: list[str]) -> None:
        """Have messages sent."""
        self._waiting += texts
        self._wake.set()

    async def _read(self) -> None:
        """What a client says is passed over, until it leaves."""
        while (await self._socket.receive())["type"] != "websocket.disconnect":
            pass

    async def _write(self) -> None:
        while self._door.sessions.find(self.session.access_token) is not None:
            with anyio.move_on_after(_CHECK_EVERY_S):
                await self._wake.wait()
            self._wake = anyio.Event()
            while self._waiting:
                await self._socket.send_text(self._waiting.popleft())
        await self._socket.close(1008, "The session has ended")
