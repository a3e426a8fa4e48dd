"""The live updates of an account's orders. What was missed in a gap is read from the book."""

from __future__ import annotations

import json
from random import Random
from typing import Final, Protocol

from websockets.asyncio.client import ClientConnection

from tradertape_brokers.feeds import Pauses
from tradertape_brokers.upstox.answers import as_object
from tradertape_brokers.upstox.feed_loop import FeedLoop, Patience, StateListener
from tradertape_brokers.upstox.keys import KeyBook
from tradertape_brokers.upstox.orders_mapping import UnknownRow, venue_order
from tradertape_brokers.upstox.rest import Rest
from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.reports import VenueOrder

_AUTHORISE: Final = "/v2/feed/portfolio-stream-feed/authorize?update_types=order"


class OrderListener(StateListener, Protocol):
    """Who is told of orders. Each call is on the feed's event loop, and has to be short."""

    def on_order(self, order: VenueOrder) -> None:
        """An order changed; its trades are in the book alone."""
        ...


class UpstoxOrderFeed:
    """Connects an account's order updates to a listener."""

    def __init__(
        self,
        rest: Rest,
        keys: KeyBook,
        listener: OrderListener,
        clock: Clock,
        *,
        patience: Patience | None = None,
        pauses: Pauses | None = None,
        random: Random | None = None,
    ) -> None:
        self._keys = keys
        self._listener = listener
        self._loop = FeedLoop(
            rest, _AUTHORISE, listener, clock, patience=patience or Patience(),
            pauses=pauses or Pauses(), random=random or Random(),
        )  # fmt: skip
        self.malformed = 0  # messages that could not be read

    def renew(self, rest: Rest) -> None:
        """Use another token from the next connection on; a feed that is signed out connects."""
        self._loop.renew(rest)

    async def run(self) -> None:
        """Keep the feed open until cancelled."""
        await self._loop.run(self._serve)

    async def _serve(self, socket: ClientConnection) -> None:
        self._loop.live()  # nothing is sent until an order changes
        async for message in socket:
            self._loop.heard()
            self._take(message)

    def _take(self, message: str | bytes) -> None:
        try:
            row = as_object(json.loads(message))
            if row is None:
                raise UnknownRow("the update is no object")
            if row.get("update_type", "order") != "order":
                return
            order = venue_order(row, self._keys, is_snapshot=False)
        except ValueError:
            self.malformed += 1
            return
        self._listener.on_order(order)
