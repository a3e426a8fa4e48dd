"""The paper market: matches orders on ticks. Its rules in words: docs/paper-venue.md.

Pure and deterministic: no clock, no randomness; the same calls give the same reports. An order
meets each tick of its instrument once, in their order. What decides its fills is in the order or
among the changes to be stored, and a tick without effect leaves nothing behind: a venue restored
from both fills as the one before would have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from tradertape_core.execution import matching
from tradertape_core.execution.book import Book, Resting
from tradertape_core.execution.matching import PaperRules, report
from tradertape_core.execution.pricing import is_no_worse
from tradertape_core.execution.resting_orders import Among, Changes, NextOpen, RestingOrders
from tradertape_core.execution.resting_state import BookState, RestingState
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.checks import leg_quantity
from tradertape_core.orders.order import (
    CHANGEABLE,
    NIL,
    Change,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Validity,
    Variety,
)
from tradertape_core.orders.reports import CancelReason, ExecutionReport

_S = OrderStatus
Reports = tuple[ExecutionReport, ...]


def everything(_instrument: Instrument) -> bool:
    """Every instrument."""
    return True


def any_open(_instrument: Instrument, _placed_at: datetime) -> None:
    """Have after-market orders wait for the next open, whenever that is."""


class SimulatedVenue:
    """Holds resting orders by instrument, and answers every call with reports, in order."""

    def __init__(self, rules: PaperRules | None = None, next_open: NextOpen = any_open) -> None:
        self.rules = rules or PaperRules()
        self._resting = RestingOrders(self.rules, next_open)

    def __len__(self) -> int:
        return len(self._resting.orders)

    def __contains__(self, order_id: object) -> bool:
        return order_id in self._resting.orders

    @property
    def instruments(self) -> frozenset[str]:
        """Ids of instruments with resting orders: what must be subscribed to."""
        return frozenset(order.instrument.id for order in self._resting.orders.values())

    @property
    def has_changes(self) -> bool:
        """Whether states of resting orders are to be stored."""
        return self._resting.has_changes

    def changes(self, only: Collection[str] | None = None) -> Changes:
        """The states to store: with the reports that came with them, or by themselves where a tick
        changed what it did not fill. only: of these orders alone."""
        return self._resting.changes(only)

    def stored(self, changes: Changes) -> None:
        """Have these changes not be given again: they are on disk."""
        self._resting.stored(changes)

    def state(self, order_id: str) -> RestingState | None:
        """The state of an order; None of one that is not held."""
        resting = self._resting.orders.get(order_id)
        return None if resting is None else resting.state

    @property
    def waiting_for_open(self) -> int:
        """How many after-market orders wait for an open."""
        return self._resting.waiting

    def latest(self, instrument_id: str) -> Tick | None:
        """The tick that an instrument's orders met last; None where none of them rests."""
        book = self._resting.books.get(instrument_id)
        return book.tick if book is not None and book.orders else None

    def submit(
        self,
        order: Order,
        instrument: Instrument,
        tick: Tick | None,
        now: datetime,
        *,
        in_auction: bool = False,
    ) -> Reports:
        """Accept or reject an order, and fill what a fresh tick fills at once.

        tick: the latest, which the orders that rest meet first. in_auction: no tick fills anything
        now; the order waits for `match_auction`. An order the venue holds already is not taken
        twice: no reports.
        """
        if order.order_id in self:
            return ()
        book = self._resting.book(instrument.id)
        reports = () if tick is None else self.on_tick(tick, now, in_auction=in_auction)
        resting = self._resting.new(order, instrument)
        refusal = matching.refusal_of(order.request, book.tick)
        if refusal:
            return (*reports, report(resting, now, status=_S.REJECTED, message=refusal))
        resting.waits_for_open = order.request.variety is Variety.AMO
        if resting.waits_for_open:
            resting.opens_at = self._resting.next_open(instrument, order.placed_at)
            self._resting.hold(resting)
            return (*reports, *self._reported(report(resting, now, status=_S.AMO_REQUESTED)))
        self._resting.hold(resting)
        self._resting.mark(resting)
        self._resting.expire_at(resting, matching.expiry_of(order.request, now))
        return (*reports, *self._enter(resting, now, in_auction=in_auction))

    def on_tick(self, tick: Tick, now: datetime, *, in_auction: bool = False) -> Reports:
        """Match an instrument's orders against a new tick. An old or stale one fills nothing."""
        reports = self.expire(now)
        book = self._resting.books.get(tick.instrument_id)
        if book is None or not self._advance(book, tick):
            return reports
        if in_auction or not self._is_fresh(tick, now):
            return reports
        triggered = [one for one in book.triggered_by(tick.last_price) if one.concerns(tick)]
        for resting in triggered:
            reports += self._trigger(resting, now)
        met = {resting.order_id for resting in triggered}  # the trade that triggers them is over
        for resting in matching.reachable(book, self.rules):
            if resting.order_id not in met and resting.concerns(tick):
                reports += self._match(resting, now)
        # Out of reach: they rest from now on.
        for resting in [one for one in book.newcomers.values() if one.concerns(tick)]:
            reports += self._match(resting, now)
        return self._reported(*reports)

    def cancel(self, order_id: str, ask: int, now: datetime) -> Reports:
        """Cancel an order; refused when it is no longer held."""
        resting = self._resting.orders.get(order_id)
        if resting is None:
            return (_unknown(order_id, ask, now),)
        return self._reported(self._end(resting, CancelReason.REQUESTED, now, answers=ask))

    def modify(
        self, order_id: str, ask: int, change: Change, now: datetime, *, in_auction: bool = False
    ) -> Reports:
        """Change an order; less quantity keeps its place in the queue, anything else loses it."""
        resting = self._resting.orders.get(order_id)
        if resting is None:
            return (_unknown(order_id, ask, now),)
        request = change.applied_to(resting.request)
        refusal = matching.refusal_of(request, self._resting.book(resting.instrument.id).tick)
        if request.quantity <= resting.filled:
            refusal = f"quantity must be above the {resting.filled} that are filled"
        if refusal:
            refused = report(resting, now, answers=ask, refused=True, message=refusal)
            return self._reported(refused)
        keeps_place = matching.is_only_smaller(request, resting.request)
        waited = resting.waits_for_trigger
        self._change(resting, request, change, now, keeps_place=keeps_place)
        terms = Change(**{name: getattr(request, name) for name in CHANGEABLE})
        waits = resting.waits_for_trigger
        status = _S.TRIGGER_PENDING if waits else _S.OPEN
        is_as_before = waited == waits or resting.waits_for_open
        done = report(
            resting, now, answers=ask, terms=terms, status=None if is_as_before else status
        )
        if keeps_place or resting.waits_for_open or in_auction:
            return self._reported(done)
        return self._reported(done, *self._act_at_once(resting, now))

    def open_session(self, now: datetime, among: Among = everything) -> Reports:
        """Send the after-market orders that waited for this open."""
        reports: Reports = ()
        for resting in self._resting.among(among):
            is_due = resting.opens_at is None or resting.opens_at <= now
            if resting.waits_for_open and is_due:
                self._resting.opens(resting)
                self._resting.expire_at(resting, matching.expiry_of(resting.request, now))
                reports += (report(resting, now, status=_S.PUT_REQUESTED),)
                reports += self._enter(resting, now)
        return self._reported(*reports)

    def close_session(self, now: datetime, among: Among = everything) -> Reports:
        """End the day: everything that rests is cancelled, after-market orders apart."""
        ended = [one for one in self._resting.among(among) if not one.waits_for_open]
        return self._reported(*(self._end(one, CancelReason.DAY, now) for one in ended))

    def enter_auction(self, now: datetime, among: Among = everything) -> Reports:
        """Cancel what the closing auction does not keep: waiting stops, disclosed quantities."""
        ended = [
            one
            for one in self._resting.among(among)
            if not one.waits_for_open and (one.waits_for_trigger or one.request.disclosed_quantity)
        ]
        return self._reported(*(self._end(one, CancelReason.AUCTION, now) for one in ended))

    def match_auction(self, prices: Mapping[str, Decimal], now: datetime) -> Reports:
        """Fill every order that takes its instrument's auction price, at it; the others rest on."""
        reports: Reports = ()
        for resting in self._resting.among(lambda instrument: instrument.id in prices):
            price, limit = prices[resting.instrument.id], resting.limit
            is_in = not (resting.waits_for_open or resting.waits_for_trigger)
            if is_in and is_no_worse(price, limit, resting.request.side):
                reports += self._fill(resting, [matching.Execution(resting.left, price)], now)
        return self._reported(*reports)

    def expire(self, now: datetime) -> Reports:
        """Cancel the orders whose time to live is over."""
        expired = self._resting.expired(now)
        return self._reported(*(self._end(one, CancelReason.TTL, now) for one in expired))

    def drop(self, order_id: str) -> None:
        """Remove an order without a report, for it to be restored; without effect on one that is
        not held."""
        self._resting.drop(order_id)

    def restore(
        self,
        orders: Iterable[Order],
        instruments: Mapping[str, Instrument],
        now: datetime,
        *,
        states: Mapping[str, RestingState],
        books: Mapping[str, BookState],
    ) -> None:
        """Hold the orders that were resting here before a restart; reports nothing.

        states, books: what was stored of `changes`, by order and by instrument. Orders the venue
        never acknowledged are not among them: submit those again.
        """
        for name, state in books.items():
            self._resting.restore_book(name, state, now)
        for order in sorted(orders, key=lambda one: _rank(one, states)):
            is_acknowledged = order.status_sequence > 0 and not order.venue_status.is_terminal
            if is_acknowledged and order.order_id not in self:
                instrument = instruments[order.request.instrument]
                self._resting.restore(order, instrument, states.get(order.order_id), now)

    # --- one order ----------------------------------------------------------------------------

    def _enter(self, resting: Resting, now: datetime, *, in_auction: bool = False) -> Reports:
        status = _S.TRIGGER_PENDING if resting.waits_for_trigger else _S.OPEN
        accepted = report(resting, now, status=status)
        if in_auction:
            return self._reported(accepted)
        return self._reported(accepted, *self._act_at_once(resting, now))

    def _act_at_once(self, resting: Resting, now: datetime) -> Reports:
        """What the latest tick does to an order that has just come or changed."""
        tick = self._resting.book(resting.instrument.id).tick
        if tick is None or not self._is_fresh(tick, now):
            return self._end_if_immediate(resting, now)
        if not resting.waits_for_trigger:
            return self._match(resting, now)
        return self._trigger(resting, now) if resting.is_reached_by(tick.last_price) else ()

    def _trigger(self, resting: Resting, now: datetime) -> Reports:
        self._resting.unindex(resting)
        resting.triggered, resting.has_met_market = True, False
        resting.arrival = self._resting.next_arrival()
        self._resting.index(resting)
        self._resting.mark(resting)
        opened = report(resting, now, status=_S.OPEN)
        return (opened, *self._match(resting, now))

    def _match(self, resting: Resting, now: datetime) -> Reports:
        book = self._resting.book(resting.instrument.id)
        self._protect(resting, book)
        before = resting.ahead, resting.has_met_market
        fills = matching.fills_of(resting, book, self.rules)
        if not resting.has_met_market:
            book.meets(resting)
        if (resting.ahead, resting.has_met_market) != before:
            self._resting.changed([resting])
        return self._fill(resting, fills, now) if fills else self._rest(resting, now)

    def _fill(self, resting: Resting, fills: list[matching.Execution], now: datetime) -> Reports:
        resting.filled += sum(fill.quantity for fill in fills)
        trades = matching.trades_of(resting, fills, now)
        self._resting.book_changed(resting.instrument.id)
        if resting.left == 0:
            self._resting.release(resting)
            return (report(resting, now, status=_S.COMPLETE, trades=trades),)
        if resting.request.variety is Variety.ICEBERG:
            self._next_leg(resting)
        self._resting.mark(resting)
        return (report(resting, now, trades=trades), *self._rest(resting, now))

    def _next_leg(self, resting: Resting) -> None:
        """Have the next leg of an iceberg come anew, once the one before is filled."""
        if resting.filled % leg_quantity(resting.request) == 0:
            self._resting.unindex(resting)
            resting.arrival = self._resting.next_arrival()
            resting.has_met_market = False
            self._resting.index(resting)

    def _protect(self, resting: Resting, book: Book) -> None:
        """Give a protected market order its band, once it meets the market."""
        if resting.limit is not None or book.tick is None:
            return
        band = matching.band_of(resting, book.tick)
        if band is not None:
            self._resting.unindex(resting)
            resting.band = band
            self._resting.index(resting)

    def _rest(self, resting: Resting, now: datetime) -> Reports:
        """What becomes of the part that was not filled at once."""
        gone = self._end_if_immediate(resting, now)
        if gone or resting.band is None or resting.request.order_type.has_limit:
            return gone
        # As the broker does: the rest of a protected market order stays as a limit at its band.
        terms = Change(order_type=OrderType.LIMIT, price=resting.band, trigger_price=NIL)
        resting.request = terms.applied_to(resting.request)
        return (report(resting, now, terms=terms),)

    def _change(
        self,
        resting: Resting,
        request: OrderRequest,
        change: Change,
        now: datetime,
        *,
        keeps_place: bool,
    ) -> None:
        self._resting.unindex(resting)
        ahead = resting.ahead
        resting.request = request
        if not keeps_place:
            resting.arrival = self._resting.next_arrival()
            resting.band, resting.has_met_market = None, False
        # A new trigger on an order that has been triggered arms it again.
        resting.triggered = resting.triggered and not _rearms(change)
        self._resting.index(resting)
        if keeps_place:
            resting.ahead = ahead
        elif not resting.waits_for_open:
            self._resting.mark(resting)
        has_new_life = change.validity is not None or change.validity_ttl is not None
        if has_new_life and not resting.waits_for_open:
            self._resting.expire_at(resting, matching.expiry_of(request, now))

    def _end_if_immediate(self, resting: Resting, now: datetime) -> Reports:
        if resting.request.validity is not Validity.IOC or resting.waits_for_trigger:
            return ()
        return (self._end(resting, CancelReason.IOC, now),)

    def _end(
        self, resting: Resting, reason: CancelReason, now: datetime, answers: int | None = None
    ) -> ExecutionReport:
        self._resting.release(resting)
        status = _S.CANCELLED_AMO if resting.waits_for_open else _S.CANCELLED
        words = matching.CANCELLED_WORDS.get(reason)
        return report(resting, now, status=status, reason=reason, answers=answers, message=words)

    # --- ticks and reports --------------------------------------------------------------------

    def _advance(self, book: Book, tick: Tick) -> bool:
        """Make a tick the market of its book, unless it is no news."""
        known = book.restored if book.tick is None else None
        if known is not None and (known.seq, known.at) == (tick.seq, tick.at):
            book.tick = tick  # the tick of before the restart: what was taken of it is known
            return False
        if not matching.is_news(tick, book):
            return False
        self._resting.changed(book.advance(tick))
        self._resting.book_changed(tick.instrument_id)
        return True

    def _reported(self, *reports: ExecutionReport) -> Reports:
        return self._resting.reported(reports)

    def _is_fresh(self, tick: Tick, now: datetime) -> bool:
        # A time in the future means that the clock was set back: it counts as unknown.
        return abs(now - tick.at) <= self.rules.stale_after


def _rearms(change: Change) -> bool:
    return change.trigger_price is not None or change.order_type is not None


def _rank(order: Order, states: Mapping[str, RestingState]) -> tuple[bool, int, datetime, str]:
    """Orders with a state by their arrival, then those without."""
    state = states.get(order.order_id)
    return state is None, state.arrival if state else 0, order.placed_at, order.order_id


def _unknown(order_id: str, ask: int, now: datetime) -> ExecutionReport:
    message = "the venue no longer holds this order"
    return ExecutionReport(
        order_id=order_id, at=now, sequence=0, answers=ask, refused=True, message=message
    )
