"""An account's feed of prices and orders: the port of `feed.FeedPort`, over Upstox's two feeds."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from tradertape_brokers import feeds
from tradertape_brokers.feed import FeedCondition, FeedGap, FeedListener, FeedState, TickMode
from tradertape_brokers.feeds import Gap, Pauses
from tradertape_brokers.sessions import Session
from tradertape_brokers.upstox.feed import UpstoxFeed
from tradertape_brokers.upstox.feed_loop import Patience, first_to_end
from tradertape_brokers.upstox.keys import KeyBook
from tradertape_brokers.upstox.messages import Mode
from tradertape_brokers.upstox.order_feed import UpstoxOrderFeed
from tradertape_brokers.upstox.rest import Rest
from tradertape_core.kernel.clock import Clock
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.reports import VenueOrder

_CONDITIONS = {
    feeds.FeedState.CONNECTING: FeedCondition.CONNECTING,
    feeds.FeedState.LIVE: FeedCondition.LIVE,
    feeds.FeedState.WAITING: FeedCondition.BACKING_OFF,
    feeds.FeedState.SIGNED_OUT: FeedCondition.SIGNED_OUT,
}
_MODES = {TickMode.LTP: Mode.LTPC, TickMode.QUOTE: Mode.FULL, TickMode.FULL: Mode.FULL}


class UpstoxFeedPort:
    """Both feeds as one. Its condition is that of the prices; a gap of either is told."""

    def __init__(
        self,
        rest_of: Callable[[Session], Rest],
        session: Session,
        keys: KeyBook,
        clock: Clock,
        *,
        patience: Patience | None = None,
        pauses: Pauses | None = None,
    ) -> None:
        self._rest_of = rest_of
        self._clock = clock
        self._lock = threading.Lock()
        self._wanted: dict[str, dict[str, Mode]] = {}
        self._listener: FeedListener | None = None
        self._state = FeedState(condition=FeedCondition.CONNECTING, since=clock.now())
        self._closed = asyncio.Event()
        rest = rest_of(session)
        self._prices = UpstoxFeed(rest, keys, self, clock, patience=patience, pauses=pauses)
        ear = _OrderEar(self)
        self._orders = UpstoxOrderFeed(rest, keys, ear, clock, patience=patience, pauses=pauses)
        self._keys = keys

    @property
    def state(self) -> FeedState:
        """The feed's condition now."""
        with self._lock:
            subscribed = {name for wanted in self._wanted.values() for name in wanted}
        dropped = self._prices.malformed + self._orders.malformed
        return replace(self._state, subscribed=len(subscribed), dropped=dropped)

    async def run(self, listener: FeedListener) -> None:
        """Deliver to the listener until `close`; returns then."""
        self._listener = listener
        await first_to_end(self._prices.run(), self._orders.run(), self._wait_for_close())
        self._move(FeedCondition.CLOSED, "")

    def subscribe(
        self, client: str, instruments: Iterable[Instrument], mode: TickMode = TickMode.QUOTE
    ) -> frozenset[str]:
        """Add instruments for a client, or change their mode for it; returns the refused ids."""
        names = [one.id for one in instruments]
        with self._lock:
            before = dict(self._wanted.get(client, {}))
            wanted = {**before, **dict.fromkeys(names, _MODES[mode])}
        refused = set(self._prices.want(client, wanted))
        left_out = set(self._prices.left_out)
        for name in names:
            if name not in refused and self._key(name) in left_out:
                refused.add(name)
        kept = {name: one for name, one in wanted.items() if name not in refused}
        self._keep(client, kept)
        return frozenset(refused)

    def unsubscribe(self, client: str, instruments: Iterable[Instrument] | None = None) -> None:
        """Remove instruments of a client, all of them when None; others' stay."""
        gone = None if instruments is None else {one.id for one in instruments}
        with self._lock:
            before = self._wanted.get(client, {})
            kept = {
                name: mode for name, mode in before.items() if gone is not None and name not in gone
            }
        self._keep(client, kept)

    def renew(self, session: Session) -> None:
        """Go on with another session's token."""
        rest = self._rest_of(session)
        self._prices.renew(rest)
        self._orders.renew(rest)

    async def close(self) -> None:
        """Close the connections; `run` returns."""
        self._closed.set()

    # --- what the two feeds tell ----------------------------------------------------------------

    def on_ticks(self, ticks: Sequence[Tick]) -> None:
        """Pass the ticks of a frame on."""
        self._state = replace(self._state, last_tick_at=ticks[-1].at)
        if self._listener is not None:
            self._listener.on_ticks(ticks)

    def on_gap(self, gap: Gap) -> None:
        """Prices were missed."""
        with self._lock:
            names = frozenset(name for wanted in self._wanted.values() for name in wanted)
        self.told_gap(names, gap.since, gap.until)

    def on_state(self, state: feeds.FeedState, reason: str) -> None:
        """Take the condition of the prices over."""
        self._move(_CONDITIONS[state], reason)

    def told_gap(self, names: frozenset[str], start: datetime, end: datetime) -> None:
        """Tell of a gap; without instruments it is one of the orders alone."""
        if self._listener is not None:
            self._listener.on_gap(FeedGap(instruments=names, start=start, end=end))

    def told_order(self, order: VenueOrder) -> None:
        """Pass an order's update on."""
        if self._listener is not None:
            self._listener.on_order(order)

    def _move(self, condition: FeedCondition, reason: str) -> None:
        lost = condition is FeedCondition.BACKING_OFF
        self._state = replace(
            self._state,
            condition=condition,
            since=self._clock.now(),
            reason=reason,
            reconnects=self._state.reconnects + lost,
        )
        if self._listener is not None:
            self._listener.on_state(self.state)

    def _keep(self, client: str, kept: dict[str, Mode]) -> None:
        with self._lock:
            if kept:
                self._wanted[client] = kept
            else:
                self._wanted.pop(client, None)
        self._prices.want(client, kept)

    def _key(self, name: str) -> str:
        exchange, _, symbol = name.partition(":")
        return self._keys.key_of(exchange, symbol)

    async def _wait_for_close(self) -> None:
        await self._closed.wait()


class _OrderEar:
    """Hears the orders' feed for the port: their gaps are told, their state is not."""

    def __init__(self, port: UpstoxFeedPort) -> None:
        self._port = port

    def on_order(self, order: VenueOrder) -> None:
        """Pass an update on."""
        self._port.told_order(order)

    def on_gap(self, gap: Gap) -> None:
        """Updates were missed: the book is to be read."""
        self._port.told_gap(frozenset(), gap.since, gap.until)

    def on_state(self, state: feeds.FeedState, reason: str) -> None:
        """Nothing: the prices' state stands for both."""
