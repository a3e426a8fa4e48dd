"""The paper market: matches orders on ticks. Its rules in words: docs/paper-venue.md.

Pure and deterministic: no clock, no randomness; the same calls give the same reports. What it
holds can be rebuilt from open orders, so a restart loses nothing but places in queues.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from tradertape_core.execution import matching
from tradertape_core.execution.book import Book, Resting
from tradertape_core.execution.matching import PaperRules, report
from tradertape_core.execution.pricing import is_no_worse
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
Among = Callable[[Instrument], bool]


def everything(_instrument: Instrument) -> bool:
    """Every instrument."""
    return True


class SimulatedVenue:
    """Holds resting orders by instrument, and answers every call with reports, in order."""

    def __init__(self, rules: PaperRules | None = None) -> None:
        self.rules = rules or PaperRules()
        self._books: dict[str, Book] = {}
        self._orders: dict[str, Resting] = {}
        self._expiries: list[tuple[datetime, str]] = []
        self._arrivals = 0

    def __len__(self) -> int:
        return len(self._orders)

    def __contains__(self, order_id: object) -> bool:
        return order_id in self._orders

    @property
    def instruments(self) -> frozenset[str]:
        """Ids of instruments with resting orders: what must be subscribed to."""
        return frozenset(order.instrument.id for order in self._orders.values())

    def submit(
        self,
        order: Order,
        instrument: Instrument,
        tick: Tick | None,
        now: datetime,
        *,
        in_auction: bool = False,
    ) -> Reports:
        """Take an order: accept or reject it, and fill what a fresh tick fills at once.

        in_auction: no tick fills anything now; the order waits for `match_auction`.
        An order the venue holds already is not taken twice: no reports.
        """
        if order.order_id in self._orders:
            return ()
        book = self._book(instrument.id)
        if tick is not None and matching.is_news(tick, book.tick):
            matching.advance(book, tick)
        resting = self._arrive(order, instrument)
        refusal = matching.refusal_of(order.request, book.tick)
        if refusal:
            return (report(resting, now, status=_S.REJECTED, message=refusal),)
        resting.waits_for_open = order.request.variety is Variety.AMO
        self._hold(resting)
        if resting.waits_for_open:
            return (report(resting, now, status=_S.AMO_REQUESTED),)
        self._expire_at(resting, matching.expiry_of(order.request, now))
        return self._enter(resting, now, in_auction=in_auction)

    def on_tick(self, tick: Tick, now: datetime, *, in_auction: bool = False) -> Reports:
        """Match an instrument's orders against a new tick. An old or stale one fills nothing."""
        reports = self.expire(now)
        book = self._books.get(tick.instrument_id)
        if book is None or not matching.is_news(tick, book.tick):
            return reports
        matching.advance(book, tick)
        if in_auction or not self._is_fresh(tick, now):
            return reports
        triggered = book.triggered_by(tick.last_price)
        for resting in triggered:
            reports += self._trigger(resting, now)
        met = {resting.order_id for resting in triggered}  # the trade that triggers them is over
        for resting in matching.reachable(book, self.rules):
            if resting.order_id not in met:
                reports += self._match(resting, now)
        return reports

    def cancel(self, order_id: str, ask: int, now: datetime) -> Reports:
        """Take an order back; refused when it is not held any more."""
        resting = self._orders.get(order_id)
        if resting is None:
            return (_unknown(order_id, ask, now),)
        return (self._end(resting, CancelReason.REQUESTED, now, answers=ask),)

    def modify(
        self, order_id: str, ask: int, change: Change, now: datetime, *, in_auction: bool = False
    ) -> Reports:
        """Change an order; less quantity keeps its place in the queue, anything else loses it."""
        resting = self._orders.get(order_id)
        if resting is None:
            return (_unknown(order_id, ask, now),)
        request = change.applied_to(resting.request)
        refusal = matching.refusal_of(request, self._book(resting.instrument.id).tick)
        if request.quantity <= resting.filled:
            refusal = f"quantity must be above the {resting.filled} that are filled"
        if refusal:
            return (report(resting, now, answers=ask, refused=True, message=refusal),)
        keeps_place = matching.is_only_smaller(request, resting.request)
        waited = resting.waits_for_trigger
        self._change(resting, request, change, now, keeps_place=keeps_place)
        terms = Change(**{name: getattr(request, name) for name in CHANGEABLE})
        waits = resting.waits_for_trigger
        status = None if waited == waits else _S.TRIGGER_PENDING if waits else _S.OPEN
        done = report(resting, now, answers=ask, terms=terms, status=status)
        if keeps_place or resting.waits_for_open or in_auction:
            return (done,)
        return (done, *self._act_at_once(resting, now))

    def open_session(self, now: datetime, among: Among = everything) -> Reports:
        """Send the after-market orders that waited for the open."""
        reports: Reports = ()
        for resting in self._of(among):
            if resting.waits_for_open:
                resting.waits_for_open = False
                self._index(resting)
                self._expire_at(resting, matching.expiry_of(resting.request, now))
                reports += (report(resting, now, status=_S.PUT_REQUESTED),)
                reports += self._enter(resting, now)
        return reports

    def close_session(self, now: datetime, among: Among = everything) -> Reports:
        """End the day: everything that rests is cancelled, after-market orders apart."""
        ended = [resting for resting in self._of(among) if not resting.waits_for_open]
        return tuple(self._end(resting, CancelReason.DAY, now) for resting in ended)

    def enter_auction(self, now: datetime, among: Among = everything) -> Reports:
        """Cancel what the closing auction does not keep: waiting stops, disclosed quantities."""
        ended = [
            one
            for one in self._of(among)
            if not one.waits_for_open and (one.waits_for_trigger or one.request.disclosed_quantity)
        ]
        return tuple(self._end(resting, CancelReason.AUCTION, now) for resting in ended)

    def match_auction(self, prices: Mapping[str, Decimal], now: datetime) -> Reports:
        """Fill every order that takes its instrument's auction price, at it; the others rest on."""
        reports: Reports = ()
        for resting in self._of(lambda instrument: instrument.id in prices):
            price, limit = prices[resting.instrument.id], resting.limit
            is_in = not (resting.waits_for_open or resting.waits_for_trigger)
            if is_in and is_no_worse(price, limit, resting.request.side):
                reports += self._fill(resting, [matching.Execution(resting.left, price)], now)
        return reports

    def expire(self, now: datetime) -> Reports:
        """Cancel the orders whose time to live is over."""
        reports: Reports = ()
        while self._expiries and self._expiries[0][0] <= now:
            _, order_id = heapq.heappop(self._expiries)
            resting = self._orders.get(order_id)
            if resting and resting.expires_at and resting.expires_at <= now:
                reports += (self._end(resting, CancelReason.TTL, now),)
        return reports

    def drop(self, order_id: str) -> None:
        """Hold an order no longer, and report nothing; one that is not held is none of ours."""
        resting = self._orders.get(order_id)
        if resting is not None:
            self._release(resting)

    def restore(self, orders: Iterable[Order], instruments: Mapping[str, Instrument]) -> None:
        """Hold the orders that were resting here before a restart; reports nothing.

        Orders the venue never acknowledged are not among them: submit those again.
        """
        for order in sorted(orders, key=lambda one: (one.placed_at, one.order_id)):
            reported = order.venue_status
            if order.status_sequence == 0 or reported.is_terminal or order.order_id in self._orders:
                continue
            resting = self._arrive(order, instruments[order.request.instrument])
            resting.sequence = max(order.status_sequence, order.terms_sequence)
            resting.filled = order.request.quantity - order.pending_quantity
            resting.trades = len(order.fills) + len(order.voided)
            resting.has_met_market = True
            resting.waits_for_open = reported is _S.AMO_REQUESTED
            resting.triggered = order.request.order_type.has_trigger and reported is _S.OPEN
            self._hold(resting)
            self._expire_at(resting, matching.expiry_of(order.request, order.placed_at))

    # --- one order's way ----------------------------------------------------------------------

    def _enter(self, resting: Resting, now: datetime, *, in_auction: bool = False) -> Reports:
        status = _S.TRIGGER_PENDING if resting.waits_for_trigger else _S.OPEN
        accepted = report(resting, now, status=status)
        if in_auction:
            return (accepted,)
        return (accepted, *self._act_at_once(resting, now))

    def _act_at_once(self, resting: Resting, now: datetime) -> Reports:
        """What the latest tick does to an order that has just come or changed."""
        book = self._book(resting.instrument.id)
        tick = book.tick
        if tick is None or not self._is_fresh(tick, now):
            return self._end_if_immediate(resting, now)
        if not resting.waits_for_trigger:
            return self._match(resting, now)
        if resting not in book.triggered_by(tick.last_price):
            return self._end_if_immediate(resting, now)
        return self._trigger(resting, now)

    def _trigger(self, resting: Resting, now: datetime) -> Reports:
        self._unindex(resting)
        resting.triggered, resting.has_met_market = True, False
        resting.arrival = self._next_arrival()
        self._index(resting)
        opened = report(resting, now, status=_S.OPEN)
        return (opened, *self._match(resting, now))

    def _match(self, resting: Resting, now: datetime) -> Reports:
        book = self._book(resting.instrument.id)
        self._protect(resting, book)
        fills = matching.fills_of(resting, book, self.rules)
        resting.has_met_market = True
        return self._fill(resting, fills, now) if fills else self._rest(resting, now)

    def _fill(self, resting: Resting, fills: list[matching.Execution], now: datetime) -> Reports:
        self._count(resting, fills)
        trades = matching.trades_of(resting, fills, now)
        if resting.left == 0:
            self._release(resting)
            return (report(resting, now, status=_S.COMPLETE, trades=trades),)
        return (report(resting, now, trades=trades), *self._rest(resting, now))

    def _protect(self, resting: Resting, book: Book) -> None:
        """Give a protected market order its band, once it meets the market."""
        if resting.limit is not None or book.tick is None:
            return
        band = matching.band_of(resting, book.tick)
        if band is not None:
            self._unindex(resting)
            resting.band = band
            self._index(resting)

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
        self._unindex(resting)
        ahead = resting.ahead
        resting.request = request
        if not keeps_place:
            resting.arrival = self._next_arrival()
            resting.band, resting.has_met_market = None, False
        # A new trigger on an order that has been triggered arms it again.
        resting.triggered = resting.triggered and not _rearms(change)
        self._index(resting)
        if keeps_place:
            resting.ahead = ahead
        if change.validity is not None or change.validity_ttl is not None:
            self._expire_at(resting, matching.expiry_of(request, now))

    def _count(self, resting: Resting, fills: list[matching.Execution]) -> None:
        resting.filled += sum(fill.quantity for fill in fills)
        if resting.request.variety is Variety.ICEBERG:
            book = self._book(resting.instrument.id)
            self._unindex(resting)
            resting.arrival = self._next_arrival()  # the next leg queues anew
            self._index(resting)
            is_done = resting.filled % leg_quantity(resting.request) == 0
            resting.leg_after = book.tick if is_done else None

    def _end_if_immediate(self, resting: Resting, now: datetime) -> Reports:
        if resting.request.validity is not Validity.IOC or resting.waits_for_trigger:
            return ()
        return (self._end(resting, CancelReason.IOC, now),)

    def _end(
        self, resting: Resting, reason: CancelReason, now: datetime, answers: int | None = None
    ) -> ExecutionReport:
        self._release(resting)
        status = _S.CANCELLED_AMO if resting.waits_for_open else _S.CANCELLED
        words = matching.CANCELLED_WORDS.get(reason)
        return report(resting, now, status=status, reason=reason, answers=answers, message=words)

    # --- keeping ------------------------------------------------------------------------------

    def _arrive(self, order: Order, instrument: Instrument) -> Resting:
        return Resting(order.order_id, order.request, instrument, self._next_arrival())

    def _next_arrival(self) -> int:
        self._arrivals += 1
        return self._arrivals

    def _hold(self, resting: Resting) -> None:
        self._orders[resting.order_id] = resting
        self._index(resting)

    def _index(self, resting: Resting) -> None:
        if resting.waits_for_open:
            return
        book = self._book(resting.instrument.id)
        book.add(resting)
        resting.ahead = matching.queue_before(resting, book, self.rules)

    def _expire_at(self, resting: Resting, at: datetime | None) -> None:
        resting.expires_at = at
        if at is not None:
            heapq.heappush(self._expiries, (at, resting.order_id))

    def _unindex(self, resting: Resting) -> None:
        if not resting.waits_for_open:
            self._book(resting.instrument.id).remove(resting)

    def _release(self, resting: Resting) -> None:
        self._unindex(resting)
        del self._orders[resting.order_id]

    def _book(self, instrument_id: str) -> Book:
        book = self._books.get(instrument_id)
        if book is None:
            book = self._books[instrument_id] = Book()
        return book

    def _of(self, among: Among) -> list[Resting]:
        orders = sorted(self._orders.values(), key=lambda one: one.arrival)
        return [order for order in orders if among(order.instrument)]

    def _is_fresh(self, tick: Tick, now: datetime) -> bool:
        # A time that is still to come means that the clock was set back: it is as good as unknown.
        return abs(now - tick.at) <= self.rules.stale_after


def _rearms(change: Change) -> bool:
    return change.trigger_price is not None or change.order_type is not None


def _unknown(order_id: str, ask: int, now: datetime) -> ExecutionReport:
    message = "the venue does not hold this order any more"
    return ExecutionReport(
        order_id=order_id, at=now, sequence=0, answers=ask, refused=True, message=message
    )
