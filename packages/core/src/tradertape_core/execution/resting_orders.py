"""The orders that the paper market holds, their books, and what of both is to be stored."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from tradertape_core.execution import matching
from tradertape_core.execution.book import Book, Resting
from tradertape_core.execution.matching import PaperRules
from tradertape_core.execution.resting_state import BookState, Mark, RestingState
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.order import Order, OrderStatus, Side
from tradertape_core.orders.reports import ExecutionReport

Among = Callable[[Instrument], bool]
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Changes:
    """States to store, by order and by instrument; None: of an order that rests no longer."""

    orders: Mapping[str, RestingState | None]
    books: Mapping[str, BookState]


@dataclass(slots=True)
class RestingOrders:
    """Orders by id, and in the books of their instruments unless they wait for the open."""

    rules: PaperRules
    orders: dict[str, Resting] = field(default_factory=dict[str, Resting])
    books: dict[str, Book] = field(default_factory=dict[str, Book])
    _expiries: list[tuple[datetime, str]] = field(default_factory=list[tuple[datetime, str]])
    _arrivals: int = 0
    _changed: dict[str, None] = field(default_factory=dict[str, None])
    _moved: dict[str, None] = field(default_factory=dict[str, None])
    _stored: set[str] = field(default_factory=set[str])

    def new(self, order: Order, instrument: Instrument) -> Resting:
        """An order that has just come; it is not held yet."""
        return Resting(order.order_id, order.request, instrument, self.next_arrival())

    def next_arrival(self) -> int:
        """The rank of an order that comes now."""
        self._arrivals += 1
        return self._arrivals

    def book(self, instrument_id: str) -> Book:
        """The book of an instrument."""
        book = self.books.get(instrument_id)
        if book is None:
            book = self.books[instrument_id] = Book()
        return book

    def hold(self, resting: Resting) -> None:
        """Hold an order."""
        self.orders[resting.order_id] = resting
        self.index(resting)
        self.book_changed(resting.instrument.id)

    def release(self, resting: Resting) -> None:
        """Hold an order no longer."""
        self.unindex(resting)
        del self.orders[resting.order_id]
        self._changed[resting.order_id] = None

    def index(self, resting: Resting) -> None:
        """Put an order into its book, behind what is shown at its price."""
        if not resting.waits_for_open:
            book = self.book(resting.instrument.id)
            book.add(resting)
            resting.ahead = matching.queue_before(resting, book, self.rules)

    def unindex(self, resting: Resting) -> None:
        """Take an order out of its book: its place there is about to change."""
        if not resting.waits_for_open:
            self.book(resting.instrument.id).remove(resting)

    def mark(self, resting: Resting) -> None:
        """Have only ticks after the latest concern an order."""
        self.book(resting.instrument.id).set_mark(resting)

    def among(self, among: Among) -> list[Resting]:
        """Orders in some instruments, earliest first."""
        orders = sorted(self.orders.values(), key=lambda one: one.arrival)
        return [order for order in orders if among(order.instrument)]

    def expire_at(self, resting: Resting, at: datetime | None) -> None:
        """Set when an order's time to live ends; None: it has none."""
        resting.expires_at = at
        if at is not None:
            heapq.heappush(self._expiries, (at, resting.order_id))

    def expired(self, now: datetime) -> Iterator[Resting]:
        """Orders whose time to live is over, earliest end first."""
        while self._expiries and self._expiries[0][0] <= now:
            _, order_id = heapq.heappop(self._expiries)
            resting = self.orders.get(order_id)
            if resting and resting.expires_at and resting.expires_at <= now:
                yield resting

    # --- what is stored -----------------------------------------------------------------------

    @property
    def has_changes(self) -> bool:
        """Whether something is to be stored."""
        return bool(self._changed or self._moved)

    def reported(self, reports: tuple[ExecutionReport, ...]) -> tuple[ExecutionReport, ...]:
        """Note the orders of reports; returns the reports."""
        for report in reports:
            self._changed[report.order_id] = None
        return reports

    def changed(self, orders: Iterable[Resting]) -> None:
        """Note orders whose state changed without a report."""
        for resting in orders:
            self._changed[resting.order_id] = None

    def book_changed(self, instrument_id: str) -> None:
        """Note a tick, or what was taken of it, where fills depend on quantities."""
        if self.rules.counts_quantities:
            self._moved[instrument_id] = None

    def take_changes(self) -> Changes:
        """What is to be stored since it was last asked for."""
        orders: dict[str, RestingState | None] = {}
        for order_id in self._changed:
            resting = self.orders.get(order_id)
            if resting is not None:
                orders[order_id] = resting.state
                self._stored.add(order_id)
            elif order_id in self._stored:
                orders[order_id] = None
                self._stored.remove(order_id)
        states = {name: _state_of(self.book(name)) for name in self._moved}
        books = {name: state for name, state in states.items() if state is not None}
        self._changed.clear()
        self._moved.clear()
        return Changes(orders, books)

    def drop(self, order_id: str) -> None:
        """Hold an order no longer, and leave what is stored of it; without effect on another."""
        resting = self.orders.get(order_id)
        if resting is not None:
            self.release(resting)
            self._changed.pop(order_id, None)
            self._stored.discard(order_id)

    def restore(
        self, order: Order, instrument: Instrument, state: RestingState | None, now: datetime
    ) -> Resting:
        """Hold an order with its stored state. Without one it comes anew: it has met no tick."""
        reported, request = order.venue_status, order.request
        resting = Resting(
            order.order_id, request, instrument, 0 if state is None else state.arrival
        )
        resting.sequence = max(order.status_sequence, order.terms_sequence)
        resting.filled = request.quantity - order.pending_quantity
        resting.trades = len(order.fills) + len(order.voided)
        resting.waits_for_open = reported is OrderStatus.AMO_REQUESTED
        if state is None:
            resting.triggered = request.order_type.has_trigger and reported is OrderStatus.OPEN
            self._changed[order.order_id] = None
        else:
            self._resume(resting, state, now)
        self.orders[order.order_id] = resting
        book = self.book(instrument.id)  # it is told ticks, even where all wait for the open
        if not resting.waits_for_open:
            book.add(resting)
        self.expire_at(resting, resting.expires_at)
        return resting

    def restore_book(self, instrument_id: str, state: BookState, now: datetime) -> None:
        """Continue a book with its stored state."""
        book = self.book(instrument_id)
        book.restored = self._believed(state.mark, now)
        book.taken = {
            side: taken
            for side, taken in ((Side.BUY, state.bought), (Side.SELL, state.sold))
            if taken
        }

    def _resume(self, resting: Resting, state: RestingState, now: datetime) -> None:
        resting.sequence = max(state.sequence, resting.sequence)
        resting.triggered, resting.has_met_market = state.triggered, state.has_met_market
        resting.ahead = state.ahead
        resting.opens_at, resting.expires_at = state.opens_at, state.expires_at
        resting.mark = None if state.mark is None else self._believed(state.mark, now)
        self._arrivals = max(self._arrivals, state.arrival)
        self._stored.add(resting.order_id)

    def _believed(self, mark: Mark, now: datetime) -> Mark:
        """A mark in the future is of a clock that was set back: every tick of now is later."""
        if mark.at <= now + self.rules.stale_after:
            return mark
        return replace(mark, seq=-1, at=_LONG_AGO)


def _state_of(book: Book) -> BookState | None:
    if book.mark is None:
        return None
    taken = book.taken
    return BookState(mark=book.mark, bought=taken.get(Side.BUY, 0), sold=taken.get(Side.SELL, 0))
