"""The orders that the paper market holds, their books, and what of both is to be stored."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tradertape_core.execution import matching
from tradertape_core.execution.book import Book, Resting
from tradertape_core.execution.matching import PaperRules
from tradertape_core.execution.resting_state import BookState, Mark, RestingState
from tradertape_core.kernel.python310 import UTC
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.order import Order, OrderStatus, Side
from tradertape_core.orders.reports import ExecutionReport

Among = Callable[[Instrument], bool]
# The open that an after-market order placed at a moment waits for; None: the next one.
NextOpen = Callable[[Instrument, datetime], datetime | None]
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be stored: states by order and by instrument.

    added: of orders nothing is stored of yet; removed: orders that rest no longer.
    """

    added: Mapping[str, RestingState]
    changed: Mapping[str, RestingState]
    removed: frozenset[str]
    added_books: Mapping[str, BookState]
    changed_books: Mapping[str, BookState]


@dataclass(slots=True)
class RestingOrders:
    """Orders by id, and in the books of their instruments unless they wait for the open."""

    rules: PaperRules
    next_open: NextOpen
    orders: dict[str, Resting] = field(default_factory=dict[str, Resting])
    books: dict[str, Book] = field(default_factory=dict[str, Book])
    _expiries: list[tuple[datetime, str]] = field(default_factory=list[tuple[datetime, str]])
    _arrivals: int = 0
    _waiting: set[str] = field(default_factory=set[str])  # for the open
    _changed: dict[str, None] = field(default_factory=dict[str, None])
    _moved: dict[str, None] = field(default_factory=dict[str, None])
    _stored: set[str] = field(default_factory=set[str])
    _stored_books: set[str] = field(default_factory=set[str])

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
        if resting.waits_for_open:
            self._waiting.add(resting.order_id)

    def release(self, resting: Resting) -> None:
        """Hold an order no longer."""
        order_id = resting.order_id
        self.unindex(resting)
        del self.orders[order_id]
        self._waiting.discard(order_id)
        if order_id in self._stored:
            self._changed[order_id] = None
        else:
            self._changed.pop(order_id, None)

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

    @property
    def waiting(self) -> int:
        """How many orders wait for an open."""
        return len(self._waiting)

    def opens(self, resting: Resting) -> None:
        """Put an order into its book that waited for the open."""
        resting.waits_for_open, resting.opens_at = False, None
        self._waiting.discard(resting.order_id)
        self.index(resting)
        self.mark(resting)

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
            if report.order_id in self.orders:
                self._changed[report.order_id] = None
        return reports

    def changed(self, orders: Iterable[Resting]) -> None:
        """Note orders whose state changed without a report."""
        for resting in orders:
            self._changed[resting.order_id] = None

    def book_changed(self, instrument_id: str) -> None:
        """Note a tick, or what was taken of it, where fills depend on quantities."""
        if self.rules.counts_quantities and self.book(instrument_id).mark is not None:
            self._moved[instrument_id] = None

    def changes(self, only: Collection[str] | None = None) -> Changes:
        """What is to be stored, until it is `stored`. only: of these orders alone."""
        noted = self._changed if only is None else [one for one in self._changed if one in only]
        states = {one: self.orders[one].state for one in noted if one in self.orders}
        found = {one: _state_of(self.book(one)) for one in self._moved} if only is None else {}
        books = {name: state for name, state in found.items() if state is not None}
        return Changes(
            added={one: state for one, state in states.items() if one not in self._stored},
            changed={one: state for one, state in states.items() if one in self._stored},
            removed=frozenset(self._stored.intersection(noted).difference(states)),
            added_books={k: v for k, v in books.items() if k not in self._stored_books},
            changed_books={k: v for k, v in books.items() if k in self._stored_books},
        )

    def stored(self, changes: Changes) -> None:
        """Changes are on disk."""
        self._stored.update(changes.added)
        self._stored -= changes.removed
        self._stored_books.update(changes.added_books)
        for order_id in (*changes.added, *changes.changed, *changes.removed):
            self._changed.pop(order_id, None)
        for name in (*changes.added_books, *changes.changed_books):
            self._moved.pop(name, None)

    def drop(self, order_id: str) -> None:
        """Hold an order no longer, and leave what is stored of it; without effect on another."""
        resting = self.orders.get(order_id)
        if resting is not None:
            self.release(resting)
            self._changed.pop(order_id, None)
            self._stored.discard(order_id)

    def restore(
        self, order: Order, instrument: Instrument, state: RestingState | None, now: datetime
    ) -> None:
        """Hold an order with its stored state. Without one it comes anew: it has met no tick."""
        reported, request = order.venue_status, order.request
        arrival = self.next_arrival() if state is None else state.arrival
        resting = Resting(order.order_id, request, instrument, arrival)
        resting.sequence = max(order.status_sequence, order.terms_sequence)
        resting.filled = request.quantity - order.pending_quantity
        resting.trades = len(order.fills) + len(order.voided)
        resting.waits_for_open = reported is OrderStatus.AMO_REQUESTED
        if state is None:
            resting.triggered = request.order_type.has_trigger and reported is OrderStatus.OPEN
            if resting.waits_for_open:
                resting.opens_at = self.next_open(instrument, order.placed_at)
            else:
                resting.expires_at = matching.expiry_of(request, order.placed_at)
            self._changed[order.order_id] = None
        else:
            self._resume(resting, state, now)
        self.orders[order.order_id] = resting
        if resting.waits_for_open:
            self._waiting.add(order.order_id)
        book = self.book(instrument.id)  # it is told ticks, even where all wait for the open
        if not resting.waits_for_open:
            book.add(resting)
        self.expire_at(resting, resting.expires_at)

    def restore_book(self, instrument_id: str, state: BookState, now: datetime) -> None:
        """Continue a book with its stored state."""
        book = self.book(instrument_id)
        book.restored = self._believed(state.mark, now)
        book.taken = {
            side: taken
            for side, taken in ((Side.BUY, state.bought), (Side.SELL, state.sold))
            if taken
        }
        self._stored_books.add(instrument_id)

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
