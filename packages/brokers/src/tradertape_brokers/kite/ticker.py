"""Kite's ticker on asyncio: the port of `feed.FeedPort`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any, Final, cast
from urllib.parse import urlencode

import websockets
from websockets.asyncio.client import ClientConnection

from tradertape_brokers.feed import FeedCondition, FeedGap, FeedListener, FeedState, TickMode
from tradertape_brokers.feeds import SOCKET_LOG, Pauses
from tradertape_brokers.kite.orders_mapping import venue_order
from tradertape_brokers.kite.packets import read_frame
from tradertape_brokers.kite.ticks import ticks_of
from tradertape_brokers.kite.wanted import MOST_OF_A_SOCKET, SOCKETS, Wanted
from tradertape_brokers.sessions import Session
from tradertape_core.kernel.clock import Clock
from tradertape_core.market.instrument import Instrument

SILENT_AFTER_S: Final = 8.0  # Kite sends a heartbeat every second or two
_OPEN_WITHIN_S: Final = 10.0
_SIGNED_OUT: Final = frozenset({401, 403})
_C = FeedCondition
_WORST_FIRST: Final = (_C.SIGNED_OUT, _C.BACKING_OFF, _C.SILENT, _C.CONNECTING, _C.LIVE, _C.IDLE)


class KiteTicker:
    """One account's ticks and order updates, over as many sockets as its instruments need."""

    def __init__(
        self,
        session: Session,
        root: str,
        clock: Clock,
        *,
        pauses: Pauses | None = None,
        silent_after_s: float = SILENT_AFTER_S,
        most_of_a_socket: int = MOST_OF_A_SOCKET,
    ) -> None:
        self.session = session
        self.clock = clock
        self.wanted = Wanted(most_of_a_socket)
        self.pauses = pauses or Pauses()
        self.silent_after_s = silent_after_s
        self.listener: FeedListener | None = None
        self._root = root
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = asyncio.Event()
        self._state = FeedState(condition=_C.CONNECTING, since=clock.now())
        self._links = [_Link(self, number) for number in range(SOCKETS)]
        self._ticks = 0

    @property
    def state(self) -> FeedState:
        """The feed's condition now."""
        return replace(self._state, subscribed=self.wanted.count)

    @property
    def address(self) -> str:
        """Where the next socket connects; it holds the access token."""
        query = {
            "api_key": self.session.api_key,
            "access_token": self.session.access_token.reveal(),
        }
        return f"{self._root}?{urlencode(query)}"

    async def run(self, listener: FeedListener) -> None:
        """Deliver to the listener until `close`; returns then."""
        self.listener, self._loop = listener, asyncio.get_running_loop()
        listener.on_state(self.state)
        links = [asyncio.create_task(link.run()) for link in self._links]
        closed = asyncio.create_task(self._closed.wait())
        try:
            done, _ = await asyncio.wait([closed, *links], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (closed, *links):
                task.cancel()
            await asyncio.gather(closed, *links, return_exceptions=True)
        for task in done:
            task.result()  # a link ends by an error alone
        self._move(_C.CLOSED, "")

    def subscribe(
        self, client: str, instruments: Iterable[Instrument], mode: TickMode = TickMode.QUOTE
    ) -> frozenset[str]:
        """Add instruments for a client, or change their mode for it; returns the refused ids."""
        refused = self.wanted.add(client, instruments, mode)
        self._wake()
        return refused

    def unsubscribe(self, client: str, instruments: Iterable[Instrument] | None = None) -> None:
        """Remove instruments of a client, all of them when None; others' stay."""
        self.wanted.remove(client, instruments)
        self._wake()

    def renew(self, session: Session) -> None:
        """Go on with another session's token."""
        self.session = session
        self._call(lambda: [link.renewed.set() for link in self._links])

    async def close(self) -> None:
        """Close the connections; `run` returns."""
        self._closed.set()

    def take_frame(self, frame: bytes) -> None:
        """Pass a frame's ticks on."""
        read, now = read_frame(frame), self.clock.now()
        ticks = [
            tick
            for packets in read.packets
            for tick in ticks_of(packets, self.wanted.instrument, now, self._ticks)
        ]
        self._ticks += len(ticks)
        if read.dropped:
            self.drop(read.dropped)
        if ticks and self.listener is not None:
            self._state = replace(self._state, last_tick_at=now)
            self.listener.on_ticks(ticks)

    def take_text(self, text: str) -> None:
        """Pass an order's update on; what cannot be read is counted."""
        try:
            message: Any = json.loads(text)
            if message["type"] != "order":
                return
            order = venue_order(cast("Mapping[str, Any]", message["data"]), is_snapshot=False)
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
            self.drop(1)
            return
        if self.listener is not None:
            self.listener.on_order(order)

    def drop(self, count: int) -> None:
        """Count what could not be read."""
        self._state = replace(self._state, dropped=self._state.dropped + count)

    def links_moved(self, reason: str, *, lost: bool) -> None:
        """Take the worst of the links' conditions."""
        worst = min((link.condition for link in self._links), key=_WORST_FIRST.index)
        self._state = replace(self._state, reconnects=self._state.reconnects + lost)
        self._move(worst, reason)

    def _move(self, condition: FeedCondition, reason: str) -> None:
        if condition is self._state.condition:
            return
        now = self.clock.now()
        self._state = replace(self._state, condition=condition, since=now, reason=reason)
        if self.listener is not None:
            self.listener.on_state(self.state)

    def _wake(self) -> None:
        self._call(lambda: [link.changed.set() for link in self._links])

    def _call(self, function: Any) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function)


class _Link:
    """One socket, opened again whenever it is lost. The first one carries the order updates."""

    def __init__(self, ticker: KiteTicker, number: int) -> None:
        self.condition = _C.IDLE
        self.changed, self.renewed = asyncio.Event(), asyncio.Event()
        self._ticker, self._number = ticker, number
        self._random = Random()
        self._heard_at: datetime | None = None
        self._is_lost = False
        self._attempts = 0

    async def run(self) -> None:
        """Keep the socket open until cancelled."""
        while True:
            await self._until_needed()
            self._move(_C.CONNECTING)
            try:
                await self._connect()
                reason = "the connection ended"
            except websockets.InvalidStatus as error:
                status = error.response.status_code
                if status in _SIGNED_OUT:
                    await self._sign_in_awaited()
                    continue
                reason = f"Kite's ticker answers {status}"
            except TimeoutError:
                reason = "Kite's ticker is silent"
            except (OSError, websockets.WebSocketException) as error:
                reason = type(error).__name__  # its text may quote the address
            self._is_lost = True
            self._attempts += 1
            self._move(_C.BACKING_OFF, reason, lost=True)
            await asyncio.sleep(self._ticker.pauses.before(self._attempts, self._random))

    async def _until_needed(self) -> None:
        """The first socket is always needed: for the order updates."""
        while self._number and not self._ticker.wanted.of_socket(self._number):
            self._move(_C.IDLE)
            self.changed.clear()
            await self.changed.wait()

    async def _sign_in_awaited(self) -> None:
        """Ask nothing of Kite until there is another token."""
        self._is_lost, self._attempts = True, 0
        self._move(_C.SIGNED_OUT, "Kite's session is over: sign in again")
        await self.renewed.wait()
        self.renewed.clear()

    async def _connect(self) -> None:
        self.renewed.clear()
        async with websockets.connect(
            self._ticker.address, additional_headers={"X-Kite-Version": "3"}, compression=None,
            open_timeout=_OPEN_WITHIN_S, close_timeout=1.0, max_size=None, logger=SOCKET_LOG,
        ) as socket:  # fmt: skip
            writer = asyncio.create_task(self._write(socket))
            try:
                await self._read(socket)
            finally:
                writer.cancel()
                await asyncio.gather(writer, return_exceptions=True)

    async def _read(self, socket: ClientConnection) -> None:
        while True:
            message = await asyncio.wait_for(socket.recv(), self._ticker.silent_after_s)
            if self.condition is not _C.LIVE:
                self._live()
            self._heard_at = self._ticker.clock.now()
            if isinstance(message, bytes):
                self._ticker.take_frame(message)
            elif self._number == 0:  # every socket carries every update
                self._ticker.take_text(message)

    async def _write(self, socket: ClientConnection) -> None:
        """Keep what the socket is subscribed to as it is wanted."""
        sent: dict[int, TickMode] = {}
        while True:
            self.changed.clear()
            wanted = self._ticker.wanted.of_socket(self._number)
            if gone := [token for token in sent if token not in wanted]:
                await socket.send(json.dumps({"a": "unsubscribe", "v": gone}))
            if new := [token for token in wanted if token not in sent]:
                await socket.send(json.dumps({"a": "subscribe", "v": new}))
            for mode in TickMode:
                moved = [t for t, one in wanted.items() if one is mode and sent.get(t) is not mode]
                if moved:
                    await socket.send(json.dumps({"a": "mode", "v": [mode.value, moved]}))
            sent = dict(wanted)
            await self.changed.wait()

    def _live(self) -> None:
        self._attempts = 0
        self._move(_C.LIVE)
        ticker = self._ticker
        if self._is_lost and self._heard_at is not None and ticker.listener is not None:
            found = (ticker.wanted.instrument(t) for t in ticker.wanted.of_socket(self._number))
            names = frozenset(one.id for one in found if one is not None)
            ticker.listener.on_gap(
                FeedGap(instruments=names, start=self._heard_at, end=ticker.clock.now())
            )
        self._is_lost = False

    def _move(self, condition: FeedCondition, reason: str = "", *, lost: bool = False) -> None:
        self.condition = condition
        self._ticker.links_moved(reason, lost=lost)
