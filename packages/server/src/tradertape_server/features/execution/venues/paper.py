"""The paper venue: an order gateway within the batch, and the clock of its exchange.

Both work on one pure book (`core.execution.simulated`) and are used by the trader's thread alone.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from tradertape_core.execution.decision import Alter, Submit, VenueRequest, Withdraw
from tradertape_core.execution.matching import PaperRules
from tradertape_core.execution.resting_orders import Among
from tradertape_core.execution.resting_state import BookState, RestingState
from tradertape_core.execution.simulated import SimulatedVenue
from tradertape_core.kernel.clock import Clock
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.hours import next_open
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import AUCTIONS
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import Order
from tradertape_core.orders.reports import ExecutionReport
from tradertape_server.features.execution.ports import Market

Reports = tuple[ExecutionReport, ...]


def _nothing_is_queued(_instrument_id: str) -> bool:
    return False


@dataclass(slots=True)
class PaperBook:
    """The resting orders of every paper account, and what they are matched with.

    known: finds instruments that were traded; tick: the latest price of one; is_queued: whether
    ticks of one are still to be matched.
    """

    market: Market
    known: Callable[[str], Instrument]
    tick: Callable[[str], Tick | None]
    clock: Clock
    rules: PaperRules
    is_queued: Callable[[str], bool] = _nothing_is_queued
    orders: SimulatedVenue = field(init=False)

    def __post_init__(self) -> None:
        self.orders = SimulatedVenue(self.rules, self._next_open)

    @property
    def resting(self) -> int:
        """How many orders it holds."""
        return len(self.orders)

    def holds(self, order_id: str) -> bool:
        """Whether it has the order."""
        return order_id in self.orders

    def restore(
        self,
        orders: Iterable[Order],
        states: Mapping[str, RestingState],
        books: Mapping[str, BookState],
    ) -> None:
        """Begin anew with the orders that rest and their states, as the database has them."""
        open_orders = list(orders)
        names = {order.request.instrument for order in open_orders}
        self.orders = SimulatedVenue(self.rules, self._next_open)
        known = {name: self.known(name) for name in names}
        now = self.clock.now()
        self.orders.restore(open_orders, known, now, states=states, books=books)

    def failing_alone(
        self, orders: Iterable[Order], ask: Callable[[PaperExchange], object]
    ) -> list[tuple[Order, Exception]]:
        """Those of the orders with which the market cannot do something, each tried by itself."""
        found: list[tuple[Order, Exception]] = []
        for order in orders:
            alone = PaperBook(self.market, self.known, self.tick, self.clock, self.rules)
            state = self.orders.state(order.order_id)
            try:
                alone.restore([order], {} if state is None else {order.order_id: state}, {})
                ask(PaperExchange(alone))
            except Exception as error:  # noqa: BLE001 - that is what is looked for
                found.append((order, error))
        return found

    def drop(self, order_id: str) -> None:
        """Hold an order no longer, and report nothing of it."""
        self.orders.drop(order_id)

    def _next_open(self, instrument: Instrument, placed_at: datetime) -> datetime | None:
        """The open that an after-market order waits for: it is settled when it is placed."""
        if self.market.never_closes:
            return None
        found = next_open(nse_calendar(), placed_at, self.market.segment(instrument))
        return None if found is None else found.astimezone(UTC)

    def in_auction(self, name: str, now: datetime) -> bool:
        """Whether the instrument's orders rest for an auction instead of meeting ticks."""
        if self.market.never_closes:
            return False
        return self.market.phase(self.known(name), now) in AUCTIONS


class PaperGateway:
    """Takes orders within the batch: every request is answered at once."""

    def __init__(self, book: PaperBook) -> None:
        self._book = book

    def take_again(self, order: Order, state: RestingState | None) -> Reports:
        """Hold an order again that was dropped, as it is stored; a new one is submitted."""
        book, name = self._book, order.request.instrument
        if order.is_open and order.status_sequence == 0:
            return self.send(Submit(order.order_id), order)
        states = {} if state is None else {order.order_id: state}
        known = {name: book.known(name)}
        book.orders.restore([order], known, book.clock.now(), states=states, books={})
        return ()

    def send(self, request: VenueRequest, order: Order) -> Reports:
        """Do what a request asks, and return what came of it."""
        book, now = self._book, self._book.clock.now()
        name = order.request.instrument
        match request:
            case Submit():
                instrument, in_auction = book.known(name), book.in_auction(name, now)
                # The latest tick must not overtake those on their way to the orders that rest.
                is_behind = book.is_queued(name) and book.orders.latest(name) is not None
                tick = None if is_behind else book.tick(name)
                return book.orders.submit(order, instrument, tick, now, in_auction=in_auction)
            case Alter():
                return book.orders.modify(
                    request.order_id,
                    request.ask,
                    request.change,
                    now,
                    in_auction=book.in_auction(name, now),
                )
            case Withdraw():
                return book.orders.cancel(request.order_id, request.ask, now)


class PaperExchange:
    """Matches resting orders on ticks, and moves them through sessions, auctions and expiries."""

    def __init__(self, book: PaperBook) -> None:
        self._book = book
        self._rounds: deque[list[Tick]] = deque()

    def forget(self) -> None:
        """Drop the ticks that are not matched yet: the book begins anew."""
        self._rounds.clear()

    @property
    def has_ticks(self) -> bool:
        """Whether ticks are left to match on."""
        return bool(self._rounds)

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

        What follows from a fill is reported before the next price: a stop that filled ends its
        target.
        """
        reports: list[ExecutionReport] = []
        while self._rounds and not reports:
            for tick in self._rounds.popleft():
                reports += self._on_tick(tick)
        return reports

    def expire(self, now: datetime) -> Reports:
        """End the orders whose minutes are over."""
        return self._book.orders.expire(now)

    def open_session(self, now: datetime, among: Among) -> Reports:
        """Send the after-market orders that waited for the session."""
        return self._book.orders.open_session(now, among)

    def close_session(self, now: datetime, among: Among) -> Reports:
        """End the day's orders."""
        return self._book.orders.close_session(now, among)

    def enter_auction(self, now: datetime, among: Among) -> Reports:
        """End the orders the closing auction does not keep."""
        return self._book.orders.enter_auction(now, among)

    def match_auction(self, prices: Mapping[str, Decimal], now: datetime) -> Reports:
        """Fill what takes its auction's price."""
        return self._book.orders.match_auction(prices, now)

    def _on_tick(self, tick: Tick) -> Reports:
        # One of an auction is one of it, however late it is told.
        in_auction = self._book.in_auction(tick.instrument_id, tick.at)
        return self._book.orders.on_tick(tick, self._book.clock.now(), in_auction=in_auction)
