"""Random histories of one order against the reference book, to the paisa.

Fills, changes, cancels and voids cross each other; reports come late, twice and out of order. The
seed of a failing history is its test id.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tradertape_core.execution import engine
from tradertape_core.execution.decision import Alter, Facts, VenueRequest
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.commands import CancelOrder, ModifyOrder, PlaceOrder
from tradertape_core.orders.events import OrderEvent, OrderFilled, OrderPlaced
from tradertape_core.orders.fields import read_order
from tradertape_core.orders.order import Change, Order, OrderStatus
from tradertape_core.orders.reports import ExecutionReport, Trade
from tradertape_core.orders.transitions import NEXT, evolve, fold

START = datetime(2026, 8, 18, 4, 0, tzinfo=UTC)
INFY = Instrument(
    exchange="NSE", tradingsymbol="INFY", instrument_token=408065, exchange_token=1594
)
FACTS = Facts(instrument=INFY)


class ReferenceBook:
    """Knows quantity, price, trades and voids; every call gives the report it would send."""

    def __init__(self, order_id: str, quantity: int, price: int, now: datetime) -> None:
        self.order_id, self.quantity, self.price, self.now = order_id, quantity, price, now
        self.trades: dict[str, tuple[int, int]] = {}
        self.void: set[str] = set()
        self.open, self.sequence = True, 0

    def say(self, **facts: object) -> ExecutionReport:
        self.sequence += 1
        self.now += timedelta(milliseconds=1)
        name = self.order_id
        return ExecutionReport(order_id=name, at=self.now, sequence=self.sequence, **facts)

    @property
    def executed(self) -> int:
        return sum(quantity for quantity, _ in self.trades.values())

    def accept(self) -> ExecutionReport:
        return self.say(status=OrderStatus.OPEN)

    def fill(self, quantity: int, price: int) -> ExecutionReport:
        trade_id = f"{self.order_id}-{len(self.trades) + 1}"
        self.trades[trade_id] = (quantity, price)
        self.open = self.executed < self.quantity
        trade = Trade(trade_id=trade_id, quantity=quantity, price=Decimal(price) / 100, at=self.now)
        return self.say(trades=(trade,), status=None if self.open else OrderStatus.COMPLETE)

    def modify(self, ask: int | None, quantity: int, price: int) -> ExecutionReport:
        if not self.open or quantity <= self.executed:
            return self.say(answers=ask, refused=True, message="too late")
        self.quantity, self.price = quantity, price
        return self.say(answers=ask, terms=Change(quantity=quantity, price=Decimal(price) / 100))

    def cancel(self, ask: int | None) -> ExecutionReport:
        if not self.open:
            return self.say(answers=ask, refused=True, message="too late")
        self.open = False
        return self.say(answers=ask, status=OrderStatus.CANCELLED)

    def take_back(self, trade_id: str) -> ExecutionReport:
        self.void.add(trade_id)
        return self.say(voided=(trade_id,))

    def outcome(self) -> tuple[OrderStatus, int, int, int, int]:
        """Status, quantity, price in paise, filled quantity, value of the fills in paise."""
        kept = [trade for name, trade in self.trades.items() if name not in self.void]
        filled = sum(quantity for quantity, _ in kept)
        done = OrderStatus.COMPLETE if filled == self.quantity else OrderStatus.CANCELLED
        status = OrderStatus.OPEN if self.open else done
        return status, self.quantity, self.price, filled, sum(q * p for q, p in kept)


@dataclass
class History:
    """Both sides of one order: ours, the book's, and what is still on the wire between them."""

    rng: random.Random
    events: list[OrderEvent] = field(default_factory=list)
    reports: list[ExecutionReport] = field(default_factory=list)  # all, as the book sent them
    inbox: list[ExecutionReport] = field(default_factory=list)  # not delivered yet
    outbox: list[VenueRequest] = field(default_factory=list)  # not at the book yet
    statuses: list[OrderStatus] = field(default_factory=list)

    def __post_init__(self) -> None:
        document = {
            "exchange": "NSE",
            "tradingsymbol": "INFY",
            "transaction_type": self.rng.choice(["BUY", "SELL"]),
            "product": "MIS",
            "order_type": "LIMIT",
            "quantity": self.rng.randint(1, 60),
            "price": self.price() / 100,
        }
        request = read_order(document)
        command = PlaceOrder(
            order_id="7", account="a", run_id="r", key="k", venue="broker", request=request
        )
        self.record(engine.place(command, FACTS, START).events)
        self.book = ReferenceBook("7", request.quantity, int(request.price * 100), START)
        self.hear(self.book.accept())

    @property
    def order(self) -> Order:
        return self._order

    def price(self) -> int:
        return self.rng.randrange(10000, 20000, 5)

    def record(self, events: tuple[OrderEvent, ...]) -> None:
        for event in events:
            before = None if isinstance(event, OrderPlaced) else self._order
            self._order = evolve(before, event)
            self.statuses.append(self._order.status)
            self.events.append(event)

    def hear(self, report: ExecutionReport) -> None:
        self.reports.append(report)
        self.inbox.append(report)

    def live(self) -> None:
        """One random thing happens on either side."""
        act = self.rng.random()
        if act < 0.35 and self.book.open:
            left = self.book.quantity - self.book.executed
            self.hear(self.book.fill(self.rng.randint(1, left), self.price()))
        elif act < 0.5:
            self.ask_change()
        elif act < 0.56:
            self.record_asked(engine.cancel(CancelOrder(order_id="7"), self.order, self.book.now))
        elif act < 0.6 and self.book.trades:
            self.hear(self.book.take_back(self.rng.choice(list(self.book.trades))))
        elif act < 0.63:
            self.somebody_else()
        elif act < 0.8 and self.outbox:
            self.reach_book(self.outbox.pop(0))
        else:
            self.deliver()

    def somebody_else(self) -> None:
        """The owner changes the order, or takes it back, in the broker's own app."""
        if self.rng.random() < 0.2:
            self.hear(self.book.cancel(None))
        else:
            quantity = self.book.executed + self.rng.randint(1, 20)
            self.hear(self.book.modify(None, quantity, self.price()))

    def ask_change(self) -> None:
        known = self.order
        least = max(known.filled_quantity - 3, 1)
        quantity = self.rng.randint(least, max(known.request.quantity, least) + 20)
        price = Decimal(self.price()) / 100
        command = ModifyOrder(order_id="7", change=Change(quantity=quantity, price=price))
        self.record_asked(engine.modify(command, known, FACTS, self.book.now))

    def record_asked(self, decision: engine.Decision) -> None:
        self.record(decision.events)
        self.outbox += decision.requests

    def reach_book(self, request: VenueRequest) -> None:
        if isinstance(request, Alter):
            quantity, price = request.change.quantity, request.change.price
            quantity = self.book.quantity if quantity is None else quantity
            paise = self.book.price if price is None else int(price * 100)
            self.hear(self.book.modify(request.ask, quantity, paise))
        else:
            self.hear(self.book.cancel(request.ask))

    def deliver(self) -> None:
        """Any report that is on its way arrives; one in four comes again later."""
        if not self.inbox:
            return
        place = self.rng.randrange(len(self.inbox))
        report = self.inbox[place] if self.rng.random() < 0.25 else self.inbox.pop(place)
        self.record(engine.apply(report, self.order, self.book.now))

    def finish(self) -> None:
        while self.outbox:
            self.reach_book(self.outbox.pop(0))
        while self.inbox:
            self.deliver()


def lived(seed: int) -> History:
    history = History(random.Random(seed))
    for _ in range(history.rng.randint(1, 40)):
        history.live()
    history.finish()
    return history


def figures(order: Order) -> tuple[OrderStatus, int, int, int, int]:
    paise = sum(int(fill.price * 100) * fill.quantity for fill in order.fills)
    price = int(order.request.price * 100)
    return order.status, order.request.quantity, price, order.filled_quantity, paise


def facts_of(order: Order) -> Order:
    """The order without how often and when it was told."""
    return replace(order, version=0, updated_at=START, status_message=None, modifications=0)


def check(seed: int) -> Order:
    history = lived(seed)
    order = history.order
    assert figures(order) == history.book.outcome(), f"seed {seed}"
    value = Decimal(figures(order)[-1]) / 100
    if order.filled_quantity:
        assert abs(order.average_price * order.filled_quantity - value) < Decimal("0.01")
    assert order.filled_quantity + order.pending_quantity + order.cancelled_quantity == (
        order.request.quantity
    )
    assert fold(history.events) == order, f"seed {seed}: replaying the events"
    told = [event.fill.trade_id for event in history.events if isinstance(event, OrderFilled)]
    assert len(told) == len(set(told)), f"seed {seed}: a fill is told once"
    again = shuffled(history)
    assert facts_of(again) == facts_of(order), f"seed {seed}: shuffled and doubled reports"
    moves = zip(history.statuses, history.statuses[1:], strict=False)
    assert all(a is b or b in NEXT[a] for a, b in moves)
    return order


def shuffled(history: History) -> Order:
    """The same story with all reports after all requests, in another order, each twice."""
    asked = [
        e for e in history.events if type(e).__name__ in ("CancelRequested", "ModifyRequested")
    ]
    order = fold(history.events[:1])
    for event in asked:
        before = [r for r in history.reports if r.answers is not None and r.answers < event.ask]
        history.rng.shuffle(before)
        order = heard(order, before)
        order = evolve(order, event)
    reports = history.reports * 2
    history.rng.shuffle(reports)
    return heard(order, reports)


def heard(order: Order, reports: list[ExecutionReport]) -> Order:
    for report in reports:
        for event in engine.apply(report, order, START):
            order = evolve(order, event)
    return order


@pytest.mark.parametrize("batch", range(5))
def test_random_histories_end_as_in_the_reference_book(batch: int) -> None:
    ends = {check(seed).status for seed in range(batch * 100, batch * 100 + 100)}
    assert {OrderStatus.COMPLETE, OrderStatus.CANCELLED, OrderStatus.OPEN} <= ends


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(10))
def test_ten_thousand_histories_end_as_in_the_reference_book(batch: int) -> None:
    for seed in range(1000 + batch * 1000, 2000 + batch * 1000):
        check(seed)
