"""The paper venue: the pure book, told what the outbox holds."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from tradertape_core.execution.decision import Alter, Submit, VenueRequest, Withdraw
from tradertape_core.execution.matching import PaperRules
from tradertape_core.execution.simulated import Among, SimulatedVenue
from tradertape_core.kernel.clock import Clock
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import AUCTIONS
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
        tick: Callable[[str], Tick | None],
        clock: Clock,
        rules: PaperRules,
    ) -> None:
        self._market = market
        self._known = known
        self._tick = tick
        self._clock = clock
        self._rules = rules
        self._book = SimulatedVenue(rules)
        self._rounds: deque[list[Tick]] = deque()

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
        self._rounds.clear()
        self._book.restore(known, {name: self._known(name) for name in names})

    def send(self, request: VenueRequest, order: Order) -> Reports:
        """Do what a request asks, and say what came of it."""
        now = self._clock.now()
        match request:
            case Submit():
                name = order.request.instrument
                instrument = self._known(name)
                tick, in_auction = self._tick(name), self._in_auction(name, now)
                return self._book.submit(order, instrument, tick, now, in_auction=in_auction)
            case Alter():
                in_auction = self._in_auction(order.request.instrument, now)
                return self._book.modify(
                    request.order_id, request.ask, request.change, now, in_auction=in_auction
                )
            case Withdraw():
                return self._book.cancel(request.order_id, request.ask, now)

    def on_ticks(self, ticks: Iterable[Tick]) -> list[ExecutionReport]:
        """Match orders on ticks, in their order, until one yields reports (`match_remaining`)."""
        seen: Counter[str] = Counter()
        for tick in ticks:
            place = seen[tick.instrument_id]
            seen[tick.instrument_id] += 1
            if place == len(self._rounds):
                self._rounds.append([])
            self._rounds[place].append(tick)
        return self.match_remaining()

    def match_remaining(self) -> list[ExecutionReport]:
        """Match on the ticks that are left, one of an instrument at a time.

        What follows from a fill is told before the next price: a stop that filled ends its target.
        """
        reports: list[ExecutionReport] = []
        while self._rounds and not reports:
            for tick in self._rounds.popleft():
                reports += self._on_tick(tick)
        return reports

    def _on_tick(self, tick: Tick) -> Reports:
        now = self._clock.now()
        in_auction = self._in_auction(tick.instrument_id, now)
        return self._book.on_tick(tick, now, in_auction=in_auction)

    def expire(self, now: datetime) -> Reports:
        """End the orders whose minutes are over."""
        return self._book.expire(now)

    def open_session(self, now: datetime, among: Among) -> Reports:
        """Send the after-market orders that waited."""
        return self._book.open_session(now, among)

    def close_session(self, now: datetime, among: Among) -> Reports:
        """End the day's orders."""
        return self._book.close_session(now, among)

    def enter_auction(self, now: datetime, among: Among) -> Reports:
        """End the orders the closing auction does not keep."""
        return self._book.enter_auction(now, among)

    def match_auction(self, prices: Mapping[str, Decimal], now: datetime) -> Reports:
        """Fill what takes its auction's price."""
        return self._book.match_auction(prices, now)

    def _in_auction(self, name: str, now: datetime) -> bool:
        """Whether the instrument's orders wait for an auction instead of meeting ticks."""
        if self._market.never_closes:
            return False
        return self._market.phase(self._known(name), now) in AUCTIONS
