"""Cover orders on the paper market: stop and target of every fill, and one ends the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest

from tradertape_core.execution import cover, engine
from tradertape_core.execution.decision import Alter, Decision, Submit, Withdraw
from tradertape_core.execution.matching import PaperRules
from tradertape_core.execution.simulated import SimulatedVenue
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.commands import CancelOrder
from tradertape_core.orders.order import Order, OrderStatus, OrderType, Side
from tradertape_core.orders.reports import ExecutionReport
from tradertape_core.orders.transitions import evolve

S = OrderStatus
COVER = {"variety": "co", "squareoff": 20, "stoploss": 10}
Ticks = Callable[..., Tick]


class Desk:
    """Orders and venue joined as the server joins them: requests out, reports in, follow-ups."""

    def __init__(self, instrument: Instrument, rules: PaperRules) -> None:
        self.venue, self.instrument = SimulatedVenue(rules), instrument
        self.orders: dict[str, Order] = {}
        self.tick: Tick | None = None

    def enter(self, order: Order, tick: Tick) -> None:
        self.orders[order.order_id] = order
        self.tick = tick
        self.send(Decision(requests=(Submit(order.order_id),)), tick.at)

    def move(self, tick: Tick) -> None:
        self.tick = tick
        self.hear(self.venue.on_tick(tick, tick.at), tick.at)

    def send(self, decision: Decision, now: datetime) -> None:
        for event in decision.events:
            self.orders[event.order_id] = evolve(self.orders.get(event.order_id), event)
        for request in decision.requests:
            order = self.orders[request.order_id]
            if isinstance(request, Submit):
                self.hear(self.venue.submit(order, self.instrument, self.tick, now), now)
            elif isinstance(request, Alter):
                self.hear(
                    self.venue.modify(request.order_id, request.ask, request.change, now), now
                )
            else:
                assert isinstance(request, Withdraw)
                self.hear(self.venue.cancel(request.order_id, request.ask, now), now)

    def hear(self, reports: tuple[ExecutionReport, ...], now: datetime) -> None:
        for report in reports:
            order = self.orders[report.order_id]
            events = engine.apply(report, order, now)
            for event in events:
                order = evolve(order, event)
            self.orders[order.order_id] = order
            family = list(self.orders.values())
            tick_size = self.instrument.tick_size
            self.send(cover.follow_up(order, events, family, tick_size, now), now)

    def states(self) -> dict[str, tuple[OrderStatus, int]]:
        return {name: (o.status, o.filled_quantity) for name, o in self.orders.items()}


@pytest.fixture
def desk(infy: Instrument) -> Desk:
    return Desk(infy, PaperRules())


def test_a_filled_entry_gets_its_stop_and_its_target(
    desk: Desk, placed: Callable[..., Order], tick: Ticks
) -> None:
    desk.enter(placed(**COVER), tick(1450, bid=1449.95, ask=1450))
    stop, target = desk.orders["100101"], desk.orders["100102"]
    assert (stop.request.side, stop.request.order_type) == (Side.SELL, OrderType.SL_M)
    assert (stop.request.trigger_price, target.request.price) == (1440, 1470)
    assert (stop.status, target.status) == (S.TRIGGER_PENDING, S.OPEN)
    assert {stop.parent_order_id, target.parent_order_id} == {"1001"}


@pytest.mark.parametrize(
    ("last", "filled", "cancelled", "price"),
    [(1440, "100101", "100102", "1439.5"), (1470, "100102", "100101", "1470")],
)
def test_one_exit_ends_the_other(
    desk: Desk,
    placed: Callable[..., Order],
    tick: Ticks,
    last: int,
    filled: str,
    cancelled: str,
    price: str,
) -> None:
    desk.enter(placed(**COVER), tick(1450, bid=1449.95, ask=1450))
    desk.move(tick(last, bid=last - 0.5, ask=last + 0.5, after=1))
    assert desk.orders[filled].status is S.COMPLETE
    assert desk.orders[filled].average_price == Decimal(price)
    assert desk.orders[cancelled].status is S.CANCELLED
    assert len(desk.venue) == 0


def test_a_short_entry_is_covered_the_other_way_round(
    desk: Desk, placed: Callable[..., Order], tick: Ticks
) -> None:
    desk.enter(placed(transaction_type="SELL", **COVER), tick(1450, bid=1450, ask=1450.05))
    stop, target = desk.orders["100101"], desk.orders["100102"]
    assert (stop.request.trigger_price, target.request.price) == (1460, 1430)
    assert {stop.request.side, target.request.side} == {Side.BUY}


def test_every_part_of_the_entry_has_exits_of_its_size_and_a_part_of_a_target_shrinks_the_stop(
    infy: Instrument, placed: Callable[..., Order], tick: Ticks
) -> None:
    desk = Desk(infy, PaperRules(partial_fills=True))
    entry = placed(order_type="LIMIT", price=1450, **COVER)
    desk.enter(entry, tick(1450, bid=1449, ask=1450, ask_quantity=4))
    desk.move(tick(1450, bid=1449, ask=1450, ask_quantity=6, after=1))
    quantities = {name: order.request.quantity for name, order in desk.orders.items()}
    assert quantities == {"1001": 10, "100101": 4, "100102": 4, "100103": 6, "100104": 6}
    desk.move(tick(1470, bid=1470, ask=1471, bid_quantity=3, after=2))
    assert desk.orders["100102"].filled_quantity == 3
    assert desk.orders["100101"].request.quantity == 1
    desk.move(tick(1439, bid=1438, ask=1440, bid_quantity=50, after=3))
    held = sum(
        order.filled_quantity * (1 if order.request.side is Side.BUY else -1)
        for order in desk.orders.values()
    )
    assert held == 0
    assert all(not order.is_open for order in desk.orders.values())


def test_to_take_an_exit_back_is_to_leave_by_it(
    desk: Desk, placed: Callable[..., Order], tick: Ticks, noon: datetime
) -> None:
    desk.enter(placed(**COVER), tick(1450, bid=1449.95, ask=1450))
    stop = desk.orders["100101"]
    desk.send(engine.cancel(CancelOrder(order_id="100101"), stop, noon), noon)
    assert desk.states()["100101"] == (S.COMPLETE, 10)
    assert desk.orders["100101"].average_price == Decimal("1449.95")
    assert desk.states()["100102"] == (S.CANCELLED, 0)


@pytest.mark.parametrize(
    ("last", "trigger"), [(1451.95, 1440), (1452, 1442), (1455.9, 1444), (1448, 1440)]
)
def test_a_trailing_stop_follows_by_whole_steps_and_never_back(
    desk: Desk,
    placed: Callable[..., Order],
    tick: Ticks,
    noon: datetime,
    last: float,
    trigger: int,
) -> None:
    desk.enter(placed(trailing_stoploss=2, **COVER), tick(1450, bid=1449.95, ask=1450))
    for price in (last, 1448):
        fill = desk.orders["1001"].fills[0]
        stop = desk.orders["100101"]
        tick_size = desk.instrument.tick_size
        desk.send(cover.trail(stop, fill, Decimal(str(price)), tick_size, noon), noon)
    assert desk.orders["100101"].request.trigger_price == trigger


def test_without_a_target_there_is_a_stop_alone(
    desk: Desk, placed: Callable[..., Order], tick: Ticks
) -> None:
    desk.enter(placed(**COVER | {"squareoff": 0}), tick(1450, bid=1449.95, ask=1450))
    assert set(desk.orders) == {"1001", "100101"}


def test_other_orders_have_no_follow_up(
    desk: Desk, placed: Callable[..., Order], tick: Ticks
) -> None:
    desk.enter(placed(), tick(1450, bid=1449.95, ask=1450))
    assert set(desk.orders) == {"1001"}
