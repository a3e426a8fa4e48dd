"""The live market feed of an account: prices and depth over one connection.

Everything wanted is subscribed to anew on each connection. A feed that is silent while a market is
open is given up, although its connection answers.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any, Final, Protocol

from websockets.asyncio.client import ClientConnection

from tradertape_brokers.errors import Refused
from tradertape_brokers.feeds import Pauses
from tradertape_brokers.upstox.feed_loop import (
    FeedLoop,
    LinkLost,
    Patience,
    StateListener,
    first_to_end,
)
from tradertape_brokers.upstox.keys import KeyBook
from tradertape_brokers.upstox.messages import Malformed, Mode, read_message, request, tick_of
from tradertape_brokers.upstox.rest import Rest
from tradertape_brokers.upstox.subscriptions import Subscriptions, requests_between
from tradertape_core.kernel.clock import Clock
from tradertape_core.market.tick import Tick

# Of a connection. Source: upstox.com/developer/api-documentation, "Market data feed V3", the
# smallest of the numbers given for keys in several modes.
MOST_KEYS: Final = 1500
_AUTHORISE: Final = "/v3/feed/market-data-feed/authorize"


class TickListener(StateListener, Protocol):
    """Who is told of prices. Each call is on the feed's event loop, and has to be short."""

    def on_ticks(self, ticks: Sequence[Tick]) -> None:
        """Prices and depths changed: those of one frame."""
        ...


class UpstoxFeed:
    """Connects an account's market feed to a listener. `want`, `renew` may be called from any
    thread; everything else is on the loop that `run` is on."""

    def __init__(
        self,
        rest: Rest,
        keys: KeyBook,
        listener: TickListener,
        clock: Clock,
        *,
        patience: Patience | None = None,
        pauses: Pauses | None = None,
        random: Random | None = None,
    ) -> None:
        self._keys = keys
        self._listener = listener
        self._patience = patience or Patience()
        self._loop = FeedLoop(
            rest, _AUTHORISE, listener, clock, patience=self._patience,
            pauses=pauses or Pauses(), random=random or Random(),
        )  # fmt: skip
        self._lock = threading.Lock()
        self._subscriptions = Subscriptions(MOST_KEYS)
        self._changed = asyncio.Event()
        self._is_open = False
        self._numbers = 0
        self._frames = 0
        self.malformed = 0  # frames and instruments in them that could not be read

    def want(self, client: Hashable, wanted: Mapping[str, Mode]) -> tuple[str, ...]:
        """What a client wants from now on, by instrument id.

        Returns the ids that Upstox has no key for. What several clients want is subscribed to once,
        in the fullest mode of theirs, and until the last of them no longer wants it.
        """
        keys = {name: self._key(name) for name in wanted}
        known = {key: wanted[name] for name, key in keys.items() if key is not None}
        with self._lock:
            self._subscriptions.set(client, known)
        self._loop.call(self._changed.set)
        return tuple(name for name, key in keys.items() if key is None)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Keys beyond what a connection may have."""
        with self._lock:
            return self._subscriptions.left_out

    def renew(self, rest: Rest) -> None:
        """Use another token from the next connection on; a feed that is signed out connects."""
        self._loop.renew(rest)

    async def run(self) -> None:
        """Keep the feed open until cancelled."""
        await self._loop.run(self._serve)

    async def _serve(self, socket: ClientConnection) -> None:
        self._is_open = False
        await first_to_end(self._read(socket), self._subscribe(socket), self._watch(socket))

    async def _read(self, socket: ClientConnection) -> None:
        async for frame in socket:
            self._frames += 1
            self._take(frame if isinstance(frame, bytes) else frame.encode())

    def _take(self, frame: bytes) -> None:
        now = self._loop.heard()
        try:
            message = read_message(frame)
        except Malformed:
            self.malformed += 1
            return
        self._loop.live()
        if message.is_open is not None:
            self._is_open = message.is_open
        ticks = [
            tick for key, feed in message.feeds.items() if (tick := self._tick(key, feed, now))
        ]
        if ticks:
            self._listener.on_ticks(ticks)

    def _tick(self, key: str, feed: Any, now: datetime) -> Tick | None:
        instrument = self._keys.find(key)
        if instrument is None:
            return None
        try:
            tick = tick_of(feed, instrument, now, self._numbers + 1)
        except Malformed:
            self.malformed += 1
            return None
        self._numbers += tick is not None
        return tick

    async def _subscribe(self, socket: ClientConnection) -> None:
        """Follow what is wanted."""
        sent: dict[str, Mode] = {}
        while True:
            with self._lock:
                wanted = self._subscriptions.modes
            for frame in requests_between(sent, wanted):
                await socket.send(frame)
            sent = wanted
            await self._changed.wait()
            self._changed.clear()

    async def _watch(self, socket: ClientConnection) -> None:
        """Give the connection up when an open market is silent for too long.

        Nothing may have traded: a key is subscribed to once more, which is answered with its price.
        """
        quiet = 0
        while True:
            before = self._frames
            await asyncio.sleep(self._patience.silent_after_s)
            with self._lock:
                wanted = self._subscriptions.modes
            if not wanted or not self._is_open or self._frames != before:
                quiet = 0
                continue
            quiet += 1
            if quiet > 1:
                raise LinkLost("the feed is silent while the market is open")
            key = next(iter(wanted))
            await socket.send(request("sub", [key], wanted[key]))

    def _key(self, name: str) -> str | None:
        exchange, _, symbol = name.partition(":")
        try:
            return self._keys.key_of(exchange, symbol)
        except Refused:
            return None
