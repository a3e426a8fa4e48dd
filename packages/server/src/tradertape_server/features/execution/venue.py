"""The paper venue: the pure book, told what the outbox holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from tradertape_core.execution.decision import Alter, Submit, VenueRequest, Withdraw
from tradertape_core.execution.matching import PaperRules
from tradertape_core.execution.simulated import SimulatedVenue
from tradertape_core.kernel.clock import Clock
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import Order
from tradertape_core.orders.reports import ExecutionReport
from tradertape_server.features.execution.ports import Market

PAPER = "paper"
Reports = tuple[ExecutionReport, ...]


class PaperVenue:
    """Holds the resting orders of every paper account; used by the trader's thread alone."""

    def __init__(
        self,
        market: Market,
        known: Callable[[str], Instrument],
        clock: Clock,
        rules: PaperRules,
    ) -> None:
        self._market = market
        self._known = known
        self._clock = clock
        self._rules = rules
        self._book = SimulatedVenue(rules)

    @property
    def resting(self) -> int:
        """How many orders it holds."""
        return len(self._book)

    def holds(self, order_id: str) -> bool:
        """Whether it has the order."""
        return order_id in self._book

    def restore(self, orders: Iterable[Order]) -> None:
        """Begin anew with the orders that rest, as the database has them."""
        known = list(orders)
        names = {order.request.instrument for order in known}
        self._book = SimulatedVenue(self._rules)
        self._book.restore(known, {name: self._known(name) for name in names})

    def send(self, request: VenueRequest, order: Order) -> Reports:
        """Do what a request asks, and say what came of it."""
        now = self._clock.now()
        match request:
            case Submit():
                name = order.request.instrument
                instrument = self._known(name)
                return self._book.submit(order, instrument, self._market.tick(name), now)
            case Alter():
                return self._book.modify(request.order_id, request.ask, request.change, now)
            case Withdraw():
                return self._book.cancel(request.order_id, request.ask, now)

    def on_tick(self, tick: Tick) -> Reports:
        """Match the orders of one instrument."""
        return self._book.on_tick(tick, self._clock.now())

    def expire(self, now: datetime) -> Reports:
        """End the orders whose minutes are over."""
        return self._book.expire(now)

    def open_session(self, now: datetime, exchanges: frozenset[str]) -> Reports:
        """Send the after-market orders that waited."""
        return self._book.open_session(now, exchanges)

    def close_session(self, now: datetime, exchanges: frozenset[str]) -> Reports:
        """End the day's orders."""
        return self._book.close_session(now, exchanges)
