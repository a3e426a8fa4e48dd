"""Turns hints of the feed into orders: each is read from the book, once at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from tradertape_brokers.errors import BrokerError
from tradertape_brokers.groww.messages import OrderHint
from tradertape_core.orders.reports import VenueOrder

logger = logging.getLogger(__name__)


class OrderReader:
    """Reads the orders that were hinted at. Hints of one order that come meanwhile are one."""

    def __init__(
        self, read: Callable[[OrderHint], VenueOrder], told: Callable[[VenueOrder], None]
    ) -> None:
        self._read = read
        self._told = told
        self._hints: dict[str, OrderHint] = {}
        self._woken = asyncio.Event()

    def take(self, hint: OrderHint) -> None:
        """Note that an order changed."""
        self._hints[hint.venue_order_id] = hint
        self._woken.set()

    async def run(self) -> None:
        """Read what is hinted at until cancelled. An order that cannot be read is left to the
        next reading of the book."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._hints:
                hint = self._hints.pop(next(iter(self._hints)))
                try:
                    order = await asyncio.to_thread(self._read, hint)
                except BrokerError as error:
                    logger.warning("an order of the feed was not read: %s", error)
                    continue
                self._told(order)
