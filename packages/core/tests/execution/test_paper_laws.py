"""Laws of the paper market, on random orders and random ticks. The seed is the test's id."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tradertape_core.execution import engine
from tradertape_core.execution.decision import Facts
from tradertape_core.execution.matching import PaperRules
from tradertape_core.execution.simulated import SimulatedVenue
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.commands import CancelOrder, ModifyOrder, PlaceOrder
from tradertape_core.orders.order import Change, Order, OrderStatus, OrderType, Side
from tradertape_core.orders.reports import ExecutionReport
from tradertape_core.orders.transitions import evolve

Commands = Callable[..., PlaceOrder]


class Floor:
    """A random walk, random orders, and everything that was said."""

    def __init__(self, seed: int, instrument: Instrument, start: datetime) -> None:
        self.rng = random.Random(seed)
        rules = PaperRules(
            partial_fills=self.rng.random() < 0.5, queue_share=Decimal(self.rng.randint(0, 1))
        )
        self.venue, self.instrument, self.now = SimulatedVenue(rules), instrument, start
        self.orders: dict[str, Order] = {}
        self.last, self.volume = 29000, 0  # in ticks of 0.05
        self.paid: list[tuple[Order, Decimal]] = []

    def tick(self) -> Tick:
        rng = self.rng
        self.now += timedelta(seconds=1)
        self.last += rng.randint(-8, 8)
        self.volume += rng.randint(0, 30)
        spread = rng.randint(1, 4)
        return Tick(
            instrument_token=self.instrument.instrument_token,
            instrument_id=self.instrument.id,
            last_price=self.rupees(self.last),
            bid=self.rupees(self.last - spread),
            ask=self.rupees(self.last + spread),
            bid_quantity=rng.randint(1, 40),
            ask_quantity=rng.randint(1, 40),
            volume=self.volume,
            at=self.now,
        )

    def rupees(self, ticks: int) -> Decimal:
        return Decimal(ticks) / 20

    def near(self) -> float:
        return float(self.rupees(self.last + self.rng.randint(-25, 25)))

    def step(self, command: Commands) -> None:
        tick = self.tick()
        self.hear(self.venue.on_tick(tick, self.now))
        act, order_id = self.rng.random(), str(100 + len(self.orders))
        if act < 0.6:
            placed = engine.place(
                command(order_id, **self.fields()), Facts(instrument=self.instrument), self.now
            )
            self.orders[order_id] = evolve(None, placed.events[0])
            self.hear(self.venue.submit(self.orders[order_id], self.instrument, tick, self.now))
        elif self.orders:
            self.disturb(self.rng.choice(list(self.orders.values())), act < 0.8)

    def fields(self) -> dict[str, object]:
        rng = self.rng
        kind = rng.choice(["MARKET", "LIMIT", "SL", "SL-M"])
        fields: dict[str, object] = {
            "transaction_type": rng.choice(["BUY", "SELL"]),
            "order_type": kind,
            "quantity": rng.randint(1, 60),
            "validity": rng.choice(["DAY", "DAY", "IOC"]),
        }
        if kind in ("LIMIT", "SL"):
            fields["price"] = self.near()
        if kind in ("SL", "SL-M"):
            fields["trigger_price"] = fields.get("price", self.near())
        return fields

    def disturb(self, order: Order, change: bool) -> None:
        if change:
            asked = ModifyOrder(
                order_id=order.order_id, change=Change(quantity=self.rng.randint(1, 80))
            )
            decision = engine.modify(asked, order, Facts(instrument=self.instrument), self.now)
        else:
            decision = engine.cancel(CancelOrder(order_id=order.order_id), order, self.now)
        for event in decision.events:
            self.orders[order.order_id] = evolve(self.orders[order.order_id], event)
        for request in decision.requests:
            if isinstance(request, engine.Alter):
                reports = self.venue.modify(request.order_id, request.ask, request.change, self.now)
            else:
                reports = self.venue.cancel(request.order_id, request.ask, self.now)
            self.hear(reports)

    def hear(self, reports: tuple[ExecutionReport, ...]) -> None:
        for report in reports:
            order = self.orders[report.order_id]
            self.paid += [(order, trade.price) for trade in report.trades]
            for event in engine.apply(report, order, self.now):
                order = evolve(order, event)
            self.orders[report.order_id] = order


@pytest.mark.parametrize("seed", range(40))
def test_the_paper_market_keeps_its_laws(
    seed: int, command: Commands, infy: Instrument, noon: datetime
) -> None:
    floor = Floor(seed, infy, noon)
    for _ in range(60):
        floor.step(command)
    open_orders = {name for name, order in floor.orders.items() if order.is_open}
    assert open_orders == {name for name in floor.orders if name in floor.venue}
    for order, price in floor.paid:
        request = order.request
        if request.order_type in (OrderType.LIMIT, OrderType.SL):
            buys = request.side is Side.BUY
            assert price <= request.price if buys else price >= request.price
        assert price % infy.tick_size == 0
    for order in floor.orders.values():
        total = order.filled_quantity + order.pending_quantity + order.cancelled_quantity
        assert order.status is OrderStatus.REJECTED or total == order.request.quantity
        assert (
            order.request.validity != "IOC"
            or not order.is_open
            or (order.status is OrderStatus.TRIGGER_PENDING)
        )
    floor.hear(floor.venue.close_session(floor.now))
    assert not any(order.is_open for order in floor.orders.values())
    assert len(floor.venue) == 0
    assert not any(book.orders for book in floor.venue._resting.books.values())


@pytest.mark.parametrize("seed", range(5))
def test_the_same_calls_give_the_same_reports(
    seed: int, command: Commands, infy: Instrument, noon: datetime
) -> None:
    floors = [Floor(seed, infy, noon), Floor(seed, infy, noon)]
    for floor in floors:
        for _ in range(60):
            floor.step(command)
    assert floors[0].orders == floors[1].orders
