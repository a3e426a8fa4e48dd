"""The live feed of an account: prices, depth and hints of orders, over one connection.

It runs until it is cancelled. A lost connection is opened again after a pause that doubles, with
jitter; everything wanted is subscribed to anew, and the listener is told from when to when nothing
was heard. Without a session it waits for a new token.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from random import Random
from typing import Final, Protocol

import websockets

from tradertape_brokers.errors import BrokerError, SessionExpired
from tradertape_brokers.feeds import SOCKET_LOG, FeedState, Gap, Pauses
from tradertape_brokers.groww import nats
from tradertape_brokers.groww.answers import as_object
from tradertape_brokers.groww.feed_link import Link, LinkEvents, LinkLost, Patience
from tradertape_brokers.groww.messages import OrderHint, market_update, order_hint
from tradertape_brokers.groww.nkeys import KeyPair
from tradertape_brokers.groww.protobuf import Malformed
from tradertape_brokers.groww.rest import Rest
from tradertape_brokers.groww.subjects import FeedName, is_of_orders, order_subjects
from tradertape_brokers.groww.subscriptions import Subscriptions
from tradertape_brokers.groww.ticks import TickJoiner
from tradertape_core.kernel.clock import Clock
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick

FEED_URL: Final = "wss://socket-api.groww.in"
_SIGN_IN_PATH: Final = "/api/apex/v1/socket/token/create/"
MOST_SUBJECTS: Final = 1_000 - 2  # of a connection; two are the account's orders'


class FeedListener(Protocol):
    """Who is told. Each call is on the feed's event loop, and has to be short."""

    def on_tick(self, tick: Tick) -> None:
        """A price or a depth changed."""
        ...

    def on_order(self, hint: OrderHint) -> None:
        """An order changed: read it from the book."""
        ...

    def on_gap(self, gap: Gap) -> None:
        """The feed is live again."""
        ...

    def on_state(self, state: FeedState, reason: str) -> None:
        """The feed's state changed; reason: why it is not live."""
        ...


class GrowwFeed:
    """Connects an account's feed to a listener.

    listed: the instruments that may be wanted, by the feed's names. `want`, `renew` may be called
    from any thread.
    """

    def __init__(
        self,
        rest: Rest,
        listed: Mapping[FeedName, Instrument],
        listener: FeedListener,
        clock: Clock,
        *,
        url: str = FEED_URL,
        patience: Patience | None = None,
        pauses: Pauses | None = None,
        random: Random | None = None,
    ) -> None:
        self._rest = rest
        self._listener = listener
        self._clock = clock
        self._url = url
        self._patience = patience or Patience()
        self._pauses = pauses or Pauses()
        self._random = random or Random()
        self._names = {instrument.id: name for name, instrument in listed.items()}
        self._joiner = TickJoiner(listed)
        self._lock = threading.Lock()
        self._subscriptions = Subscriptions(MOST_SUBJECTS)
        self._order_subjects: tuple[str, ...] = ()
        self._link: Link | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._renewed = asyncio.Event()
        self._lost_at: datetime | None = None
        self._heard_at: datetime | None = None
        self._live_at: float | None = None
        self.malformed = 0  # messages that could not be read
        self.refused: set[str] = set()  # subjects that Groww does not admit

    def want(self, client: Hashable, wanted: Mapping[str, bool]) -> tuple[str, ...]:
        """What a client wants from now on, by instrument id; True: with depth.

        Returns the ids that the feed does not list. What several clients want is subscribed to
        once, and until the last of them no longer wants it.
        """
        known = {self._names[one]: depth for one, depth in wanted.items() if one in self._names}
        with self._lock:
            self._subscriptions.set(client, known)
        self._call(self._tell_link)
        return tuple(one for one in wanted if one not in self._names)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Subjects beyond what a connection may have."""
        with self._lock:
            return self._subscriptions.left_out

    def renew(self, rest: Rest) -> None:
        """Use another token from the next connection on; a feed that is signed out connects."""
        self._rest = rest
        self._call(self._renewed.set)

    async def run(self) -> None:
        """Keep the feed open until cancelled."""
        self._loop = asyncio.get_running_loop()
        attempts = 0
        while True:
            try:
                await self._connect()
                reason = "the connection ended"
            except SessionExpired as error:
                self._lose()
                await self._wait_for_token(str(error))
                attempts = 0
                continue
            except (BrokerError, LinkLost, OSError, TimeoutError) as error:
                reason = str(error) or type(error).__name__
            except websockets.WebSocketException as error:
                reason = type(error).__name__
            attempts = 1 if self._was_stable() else attempts + 1
            self._lose()
            self._listener.on_state(FeedState.WAITING, reason)
            await asyncio.sleep(self._pauses.before(attempts, self._random))

    async def _connect(self) -> None:
        self._listener.on_state(FeedState.CONNECTING, "")
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

    async def _wait_for_token(self, reason: str) -> None:
        self._listener.on_state(FeedState.SIGNED_OUT, reason)
        await self._renewed.wait()
        self._renewed.clear()

    def _wanted(self) -> tuple[str, ...]:
        with self._lock:
            return (*self._order_subjects, *self._subscriptions.subjects)

    def _take(self, message: nats.Message) -> None:
        now = self._heard_at = self._clock.now()
        try:
            if is_of_orders(message.subject):
                self._listener.on_order(order_hint(message.payload))
                return
            tick = self._joiner.take(message.subject, market_update(message.payload), now)
        except Malformed:
            self.malformed += 1
            return
        if tick is not None:
            self._listener.on_tick(tick)

    def _live(self) -> None:
        self._live_at = self._clock.monotonic()
        self._heard_at = now = self._clock.now()
        self._listener.on_state(FeedState.LIVE, "")
        if self._lost_at is not None:
            self._listener.on_gap(Gap(self._lost_at, now))
            self._lost_at = None

    def _lose(self) -> None:
        """Note since when nothing was heard. What was known before is not joined to what comes."""
        self._live_at = None
        self._lost_at = self._lost_at or self._heard_at
        self._joiner.forget()

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
