"""The live feed of an account: prices, depth and hints of orders, over one connection.

It runs until it is cancelled. A lost connection is opened again after a pause that doubles, with
jitter; everything wanted is subscribed to anew, and the listener is told from when to when nothing
was heard. Without a session it waits for a new token.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Final

import websockets

from tradertape_brokers.errors import BrokerError, Refused, SessionExpired
from tradertape_brokers.feed import FeedCondition, FeedGap, FeedListener, FeedState, TickMode
from tradertape_brokers.feeds import SOCKET_LOG, Pauses
from tradertape_brokers.groww import nats
from tradertape_brokers.groww.answers import as_object
from tradertape_brokers.groww.contracts import feed_name_of
from tradertape_brokers.groww.feed_link import Link, LinkEvents, LinkLost, LinkSilent, Patience
from tradertape_brokers.groww.messages import OrderHint, market_update, order_hint
from tradertape_brokers.groww.nkeys import KeyPair
from tradertape_brokers.groww.order_reader import OrderReader
from tradertape_brokers.groww.orders import GrowwOrders
from tradertape_brokers.groww.protobuf import Malformed
from tradertape_brokers.groww.rest import Rest
from tradertape_brokers.groww.subjects import MOST_SUBJECTS, FeedName, is_of_orders, order_subjects
from tradertape_brokers.groww.subscriptions import Subscriptions
from tradertape_brokers.groww.ticks import TickJoiner
from tradertape_brokers.sessions import Session
from tradertape_core.kernel.clock import Clock
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.reports import VenueOrder

FEED_URL: Final = "wss://socket-api.groww.in"
_SIGN_IN_PATH: Final = "/api/apex/v1/socket/token/create/"


class GrowwFeed:
    """The port of `feed.FeedPort`. `subscribe`, `unsubscribe` and `renew` may be called from any
    thread.
    """

    def __init__(
        self,
        rest: Rest,
        clock: Clock,
        connect: Callable[[Session], Rest],
        *,
        url: str = FEED_URL,
        patience: Patience | None = None,
        pauses: Pauses | None = None,
        random: Random | None = None,
    ) -> None:
        self._rest = rest
        self._clock = clock
        self._connect_with = connect
        self._url = url
        self._patience = patience or Patience()
        self._pauses = pauses or Pauses()
        self._random = random or Random()
        self._joiner = TickJoiner()
        self._lock = threading.Lock()
        self._subscriptions = Subscriptions(MOST_SUBJECTS)
        self._instruments: dict[str, FeedName] = {}
        self._order_subjects: tuple[str, ...] = ()
        self._link: Link | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._renewed = asyncio.Event()
        self._listener: FeedListener | None = None
        self._reader: OrderReader | None = None
        self._lost_at: datetime | None = None
        self._heard_at: datetime | None = None
        self._live_at: float | None = None
        self._state = FeedState(condition=FeedCondition.CONNECTING, since=clock.now())
        self.refused: set[str] = set()  # subjects that Groww does not admit

    @property
    def state(self) -> FeedState:
        """The feed's condition now."""
        with self._lock:
            return replace(self._state, subscribed=self._subscriptions.count)

    def subscribe(
        self, client: str, instruments: Iterable[Instrument], mode: TickMode = TickMode.QUOTE
    ) -> frozenset[str]:
        """Add instruments for a client, or change their mode for it; only FULL has the depth.

        Returns the ids of those that were refused: the feed is full, or has no such instrument.
        """
        refused: set[str] = set()
        with self._lock:
            for one in instruments:
                if not self._add(client, one, mode):
                    refused.add(one.id)
        self._call(self._tell_link)
        return frozenset(refused)

    def unsubscribe(self, client: str, instruments: Iterable[Instrument] | None = None) -> None:
        """Remove instruments of a client, all of them when None; others' stay."""
        names: list[FeedName] | None = None
        if instruments is not None:
            known = (self._instruments.get(one.id) for one in instruments)
            names = [one for one in known if one is not None]
        with self._lock:
            self._subscriptions.remove(client, names)
        self._call(self._tell_link)

    def renew(self, session: Session) -> None:
        """Go on with another session's token; a feed that is signed out connects."""
        self._rest = self._connect_with(session)
        self._call(self._renewed.set)

    async def run(self, listener: FeedListener) -> None:
        """Deliver to the listener until `close`."""
        self._loop = asyncio.get_running_loop()
        self._listener = listener
        self._reader = OrderReader(self._order, listener.on_order)
        reading = asyncio.create_task(self._reader.run())
        self._task = asyncio.create_task(self._keep_open())
        try:
            await asyncio.wait({self._task, reading}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended = [one for one in (self._task, reading) if one.done() and not one.cancelled()]
            for task in (self._task, reading):
                task.cancel()
            await asyncio.wait({self._task, reading})
            self._enter(FeedCondition.CLOSED)
        for task in ended:
            task.result()

    async def close(self) -> None:
        """Close the connection; `run` returns."""
        if self._task is not None:
            self._task.cancel()

    async def _keep_open(self) -> None:
        attempts = 0
        while True:
            try:
                await self._connect()
                reason = "the connection ended"
            except SessionExpired as error:
                self._lose()
                self._enter(FeedCondition.SIGNED_OUT, str(error))
                await self._renewed.wait()
                self._renewed.clear()
                attempts = 0
                continue
            except LinkSilent as error:
                self._enter(FeedCondition.SILENT, str(error))
                reason = str(error)
            except (BrokerError, LinkLost, OSError, TimeoutError) as error:
                reason = str(error) or type(error).__name__
            except websockets.WebSocketException as error:
                reason = type(error).__name__
            attempts = 1 if self._was_stable() else attempts + 1
            self._lose()
            self._enter(FeedCondition.BACKING_OFF, reason)
            await asyncio.sleep(self._pauses.before(attempts, self._random))

    async def _connect(self) -> None:
        self._enter(FeedCondition.CONNECTING)
        keys = KeyPair()
        body = {"socketKey": keys.public}
        answer = as_object(await asyncio.to_thread(self._rest.ask, _SIGN_IN_PATH, body)) or {}
        token, owner = str(answer.get("token") or ""), str(answer.get("subscriptionId") or "")
        if not token or not owner:
            raise LinkLost("Groww's answer has no token for the feed")
        self._order_subjects = order_subjects(owner)
        events = LinkEvents(message=self._take, subscribed=self._live, refused=self.refused.add)
        async with websockets.connect(
            self._url, open_timeout=self._patience.sign_in_within_s, close_timeout=1.0,
            ping_interval=None, compression=None, max_size=None, logger=SOCKET_LOG,
        ) as socket:  # fmt: skip
            link = Link(socket, keys, token, self._wanted, events, self._patience)
            self._link = link
            try:
                await link.run()
            finally:
                self._link = None

    def _order(self, hint: OrderHint) -> VenueOrder:
        """Read an order with the token of now."""
        orders = GrowwOrders(self._rest, self._clock)
        return orders.order(hint.venue_order_id, hint.segment)

    def _add(self, client: str, one: Instrument, mode: TickMode) -> bool:
        try:
            name = feed_name_of(one)
        except Refused:
            return False
        before = self._subscriptions.wanted(client, name)
        self._subscriptions.add(client, {name: mode is TickMode.FULL})
        if self._subscriptions.left_out:
            self._subscriptions.remove(client, [name])
            if before is not None:
                self._subscriptions.add(client, {name: before})
            return False
        self._instruments[one.id] = name
        self._joiner.add(name, one)
        return True

    def _wanted(self) -> tuple[str, ...]:
        with self._lock:
            return (*self._order_subjects, *self._subscriptions.subjects)

    def _take(self, message: nats.Message) -> None:
        now = self._heard_at = self._clock.now()
        listener, reader = self._listener, self._reader
        if listener is None or reader is None:
            return
        try:
            if is_of_orders(message.subject):
                reader.take(order_hint(message.payload))
                return
            tick = self._joiner.take(message.subject, market_update(message.payload), now)
        except Malformed:
            self._state = replace(self._state, dropped=self._state.dropped + 1)
            return
        if tick is not None:
            self._state = replace(self._state, last_tick_at=now)
            listener.on_ticks((tick,))

    def _live(self) -> None:
        self._live_at = self._clock.monotonic()
        self._heard_at = now = self._clock.now()
        self._enter(FeedCondition.LIVE)
        since, self._lost_at = self._lost_at, None
        if since is not None and self._listener is not None:
            with self._lock:
                names = frozenset(self._instruments)
            self._listener.on_gap(FeedGap(instruments=names, start=since, end=now))

    def _lose(self) -> None:
        """Note since when nothing was heard. What was known before is not joined to what comes."""
        if self._live_at is not None:
            self._state = replace(self._state, reconnects=self._state.reconnects + 1)
        self._live_at = None
        self._lost_at = self._lost_at or self._heard_at
        self._joiner.forget()

    def _enter(self, condition: FeedCondition, reason: str = "") -> None:
        since = self._clock.now()
        self._state = replace(self._state, condition=condition, reason=reason, since=since)
        if self._listener is not None:
            self._listener.on_state(self.state)

    def _was_stable(self) -> bool:
        live_at = self._live_at
        return (
            live_at is not None and self._clock.monotonic() - live_at >= self._pauses.stable_after_s
        )

    def _tell_link(self) -> None:
        if self._link is not None:
            self._link.changed.set()

    def _call(self, function: Callable[[], None]) -> None:
        """Call on the feed's loop; before it runs, at once."""
        if self._loop is None:
            function()
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function)
