"""A broker's account that does what a test tells it: late, lost, doubled and shuffled answers,
orders from another terminal, an expired session. It outlives the servers connected to it."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum

from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.order import Change, Order, OrderRequest, OrderStatus, OrderType
from tradertape_core.orders.reports import ExecutionReport, Trade, VenueOrder
from tradertape_server.features.execution.venues.gateway import (
    GttGateway,
    NotSent,
    OutcomeUnknown,
    Pace,
    RequestRefused,
    SessionExpired,
    Updated,
)

_S = OrderStatus


class Fault(Enum):
    """What becomes of one request."""

    NONE = "answered"
    DROP_BEFORE = "lost on the way there"
    DROP_AFTER = "accepted, and the answer is lost"
    EMPTY = "accepted, and the answer is empty"
    NOT_SENT = "surely not sent"
    REFUSE = "refused"
    REJECT_LATER = "accepted, and rejected after that"


@dataclass(slots=True)
class Kept:
    """An order as the venue has it."""

    entry: VenueOrder
    seen_from: datetime  # when its order book first shows it
    trades: list[Trade] = field(default_factory=list[Trade])


Plan = Callable[[str, Order], Fault]


def no_faults(_action: str, _order: Order) -> Fault:
    return Fault.NONE


class ScriptedVenue:
    """One account. `connect` gives a server its gateway; `updates` are what it would send."""

    def __init__(self, clock: Clock, plan: Plan = no_faults, *, price: str = "1500.00") -> None:
        self.clock = clock
        self.plan = plan
        self.price = Decimal(price)
        self.delay_s = 0.0
        self.book_lag = timedelta(0)
        self.fills_at_once = False
        self.is_expired = False
        self.book_fails = False
        self.gtts: GttGateway | None = None
        self.received: list[tuple[str, str]] = []  # action and tag of what reached it
        self.updates: deque[VenueOrder] = deque()
        self.orders: dict[str, Kept] = {}
        self.lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._sequences = itertools.count(1_000_000)

    def connect(self) -> Gateway:
        """A gateway of one server; close it when that server dies."""
        return Gateway(self)

    @property
    def submitted(self) -> Counter[str]:
        """How often each tag was submitted."""
        return Counter(tag for action, tag in self.received if action == "submit")

    def by_tag(self, tag: str) -> list[Kept]:
        """Its orders with a tag."""
        with self.lock:
            return [one for one in self.orders.values() if one.entry.tag == tag]

    def book(self) -> list[VenueOrder]:
        """The order book, without what it does not show yet."""
        with self.lock:
            now = self.clock.now()
            return [one.entry for one in self.orders.values() if one.seen_from <= now]

    # --- what happens at the exchange ---------------------------------------------------------

    def fill(
        self,
        venue_order_id: str,
        quantity: int | None = None,
        *,
        price: Decimal | None = None,
        at: datetime | None = None,
    ) -> VenueOrder:
        """Execute an order, or some of it."""
        with self.lock:
            kept = self.orders[venue_order_id]
            left = kept.entry.request.quantity - sum(one.quantity for one in kept.trades)
            quantity = left if quantity is None else quantity
            kept.trades.append(
                Trade(
                    trade_id=f"T{venue_order_id}-{len(kept.trades) + 1}",
                    quantity=quantity,
                    price=price or kept.entry.request.price or self.price,
                    at=at or self.clock.now(),
                )
            )
            done = left == quantity
            return self.report(venue_order_id, _S.COMPLETE if done else _S.OPEN)

    def report(
        self, venue_order_id: str, status: OrderStatus, *, message: str | None = None
    ) -> VenueOrder:
        """Move an order on, and queue an update about it."""
        with self.lock:
            kept = self.orders[venue_order_id]
            kept.entry = replace(
                kept.entry,
                status=status,
                at=self.clock.now(),
                sequence=next(self._sequences),
                trades=tuple(kept.trades),
                filled_quantity=sum(one.quantity for one in kept.trades),
                message=message,
            )
            self.updates.append(kept.entry)
            return kept.entry

    def external(self, request: OrderRequest, *, filled: bool = True) -> str:
        """An order from another terminal; its id."""
        with self.lock:
            venue_order_id = self._keep(request, None)
            if filled:
                self.fill(venue_order_id)
            return venue_order_id

    def send_updates(
        self, account_id: int, deliver: Callable[[Updated], None], rng: random.Random | None = None
    ) -> int:
        """Send the queued updates: in order, or shuffled, doubled and dropped; how many."""
        with self.lock:
            entries, self.updates = list(self.updates), deque()
        if rng is not None:
            entries = [one for one in entries if rng.random() > 0.2]
            entries += [one for one in entries if rng.random() < 0.3]
            rng.shuffle(entries)
        for entry in entries:
            deliver(Updated(account_id=account_id, entries=(entry,)))
        return len(entries)

    # --- requests -----------------------------------------------------------------------------

    def submit(self, order: Order) -> ExecutionReport | None:
        fault = self._arrive("submit", order)
        with self.lock:
            self.received.append(("submit", order.tag))
            venue_order_id = self._keep(order.request, order.tag)
            if fault is Fault.REJECT_LATER:
                self.report(venue_order_id, _S.REJECTED, message="RMS: margin exceeds")
            elif self.fills_at_once:
                self.fill(venue_order_id)
            answer = ExecutionReport(
                order_id=order.order_id,
                at=self.clock.now(),
                sequence=1,
                status=_S.PUT_REQUESTED,
                venue_order_id=venue_order_id,
            )
        return self._depart(fault, answer)

    def modify(self, order: Order, ask: int, change: Change) -> ExecutionReport | None:
        fault = self._arrive("modify", order)
        with self.lock:
            kept = self._known(order)
            self.received.append(("modify", order.tag))
            kept.entry = replace(kept.entry, request=change.applied_to(kept.entry.request))
            entry = self.report(kept.entry.venue_order_id, _S.OPEN)
            answer = replace(entry.report_on(order.order_id), answers=ask)
        return self._depart(fault, answer)

    def cancel(self, order: Order, ask: int) -> ExecutionReport | None:
        fault = self._arrive("cancel", order)
        with self.lock:
            kept = self._known(order)
            self.received.append(("cancel", order.tag))
            if kept.entry.status.is_terminal:
                raise RequestRefused("the order is over")
            entry = self.report(kept.entry.venue_order_id, _S.CANCELLED)
            answer = replace(entry.report_on(order.order_id), answers=ask)
        return self._depart(fault, answer)

    # --- inside -------------------------------------------------------------------------------

    def _arrive(self, action: str, order: Order) -> Fault:
        if self.delay_s:
            time.sleep(self.delay_s)
        if self.is_expired:
            raise SessionExpired("sign in again")
        fault = self.plan(action, order)
        if fault is Fault.NOT_SENT:
            raise NotSent("connection refused")
        if fault is Fault.DROP_BEFORE:
            raise OutcomeUnknown("timed out")
        if fault is Fault.REFUSE:
            raise RequestRefused("insufficient funds")
        return fault

    def _depart(self, fault: Fault, answer: ExecutionReport) -> ExecutionReport | None:
        if fault is Fault.DROP_AFTER:
            raise OutcomeUnknown("timed out")
        return None if fault is Fault.EMPTY else answer

    def _known(self, order: Order) -> Kept:
        if order.venue_order_id not in self.orders:
            raise RequestRefused("no such order")
        return self.orders[order.venue_order_id]

    def _keep(self, request: OrderRequest, tag: str | None) -> str:
        now = self.clock.now()
        venue_order_id = f"26{next(self._numbers):013d}"
        waits = request.order_type in (OrderType.SL, OrderType.SL_M)
        entry = VenueOrder(
            venue_order_id=venue_order_id,
            tag=tag,
            request=request,
            status=_S.TRIGGER_PENDING if waits else _S.OPEN,
            at=now,
            sequence=next(self._sequences),
            placed_at=now,
            filled_quantity=0,
        )
        self.orders[venue_order_id] = Kept(entry, now + self.book_lag)
        self.updates.append(entry)
        return venue_order_id


class Gateway:
    """A server's connection; after `close` nothing reaches the venue through it."""

    def __init__(self, venue: ScriptedVenue) -> None:
        self._venue = venue
        self.is_closed = False
        self.pace: Pace | None = None
        self.gtts = venue.gtts

    def close(self) -> None:
        self.is_closed = True

    def submit(self, order: Order, *, is_exit: bool = False) -> ExecutionReport | None:
        return self._open().submit(order)

    def modify(self, order: Order, ask: int, change: Change) -> ExecutionReport | None:
        return self._open().modify(order, ask, change)

    def cancel(self, order: Order, ask: int) -> ExecutionReport | None:
        return self._open().cancel(order, ask)

    def order_book(self) -> Sequence[VenueOrder]:
        venue = self._open()
        if venue.is_expired or venue.book_fails:
            raise NotSent("sign in again")
        return venue.book()

    def _open(self) -> ScriptedVenue:
        if self.is_closed:
            raise NotSent("this server is dead")
        return self._venue
