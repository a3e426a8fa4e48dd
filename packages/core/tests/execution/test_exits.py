"""Leaving a run: cancel, then close what it holds, and nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest

from tradertape_core.execution import engine
from tradertape_core.execution.decision import Facts, Withdraw
from tradertape_core.execution.exits import (
    MOST_ATTEMPTS,
    ExitPlan,
    ExitStep,
    Exposure,
    plan_exit,
    preview_exit,
)
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.commands import CancelOrder, PlaceOrder
from tradertape_core.orders.order import Order, OrderStatus, Product, Side
from tradertape_core.orders.reports import ExecutionReport, Trade
from tradertape_core.orders.transitions import evolve

S = OrderStatus
Orders = Callable[..., Order]
LIMIT = {"order_type": "LIMIT", "price": 1450}


def told(order: Order, now: datetime, sequence: int = 1, **more: object) -> Order:
    report = ExecutionReport(order_id=order.order_id, at=now, sequence=sequence, **more)
    for event in engine.apply(report, order, now):
        order = evolve(order, event)
    return order


def filled(order: Order, quantity: int, now: datetime) -> Order:
    trade = Trade(
        trade_id=f"{order.order_id}-{quantity}", quantity=quantity, price=Decimal(1450), at=now
    )
    return told(order, now, 9, trades=(trade,))


class Run:
    """A run that is leaving: what it holds, its orders, and the closings it has placed."""

    def __init__(self, now: datetime, *exposures: Exposure) -> None:
        self.now = now
        self.exposures = list(exposures)
        self.orders: list[Order] = []
        self.closing: dict[str, Order] = {}

    def plan(self, *stuck: str) -> ExitPlan:
        return plan_exit(
            key="exit-1",
            exposures=self.exposures,
            orders=self.orders,
            closing_orders=list(self.closing.values()),
            now=self.now,
            stuck=stuck,
        )

    def place(self, plan: ExitPlan) -> None:
        for closing in plan.closings:
            assert closing.key not in self.closing, "a key is used once"
            command = PlaceOrder(
                order_id=str(9000 + len(self.closing)),
                account="a",
                run_id="r",
                key=closing.key,
                venue="paper",
                request=closing.request,
            )
            decision = engine.place(command, Facts(instrument=closing.instrument), self.now)
            self.closing[closing.key] = evolve(None, decision.events[0])


@pytest.fixture
def long(infy: Instrument) -> Exposure:
    return Exposure(instrument=infy, product=Product.MIS, quantity=30)


def test_open_orders_are_cancelled_before_anything_is_closed(
    placed: Orders, long: Exposure, noon: datetime
) -> None:
    run = Run(noon, long)
    order = told(placed(**LIMIT), noon, status=S.OPEN)
    run.orders = [order]
    plan = run.plan()
    assert plan.step is ExitStep.CANCELLING
    assert plan.cancels.requests == (Withdraw("1001", 1),)
    assert plan.closings == ()
    run.orders = [evolve(order, plan.cancels.events[0])]
    assert run.plan() == ExitPlan(step=ExitStep.CANCELLING), "asked once"
    run.orders = [told(run.orders[0], noon, 2, status=S.CANCELLED)]
    assert run.plan().step is ExitStep.CLOSING


def test_an_order_in_doubt_holds_the_closing_back(
    placed: Orders, long: Exposure, noon: datetime
) -> None:
    run = Run(noon, long)
    order = placed(**LIMIT)
    run.orders = [evolve(order, engine.in_doubt(order, "timeout", noon)[0])]
    assert run.plan().step is ExitStep.IN_DOUBT


def test_shorts_are_bought_first_and_large_ones_are_cut_at_the_freeze_quantity(
    long: Exposure, nifty: Instrument, noon: datetime
) -> None:
    short = Exposure(instrument=nifty, product=Product.NRML, quantity=-3900)
    run = Run(noon, long, short)
    closings = run.plan().closings
    done = [(c.instrument.tradingsymbol, c.request.side, c.request.quantity) for c in closings]
    name = "NIFTY26AUGFUT"
    assert done == [
        (name, Side.BUY, 1755),
        (name, Side.BUY, 1755),
        (name, Side.BUY, 390),
        ("INFY", Side.SELL, 30),
    ]
    assert len({closing.key for closing in closings}) == 4


def test_asking_again_repeats_nothing_and_ends_when_nothing_is_held(
    long: Exposure, noon: datetime
) -> None:
    run = Run(noon, long)
    run.place(run.plan())
    assert run.plan() == ExitPlan(step=ExitStep.CLOSING)
    (key,) = run.closing
    run.closing[key] = filled(run.closing[key], 30, noon)
    run.exposures = []
    assert run.plan().step is ExitStep.DONE


def test_what_is_left_is_closed_again_with_a_wider_band_until_somebody_must_look(
    long: Exposure, infy: Instrument, noon: datetime
) -> None:
    run = Run(noon, long)
    bands: list[Decimal] = []
    for _ in range(MOST_ATTEMPTS):
        plan = run.plan()
        (closing,) = plan.closings
        bands.append(closing.request.market_protection)
        run.place(plan)
        order = told(run.closing[closing.key], noon, status=S.OPEN)
        run.closing[closing.key] = order
        assert run.plan() == ExitPlan(step=ExitStep.CLOSING), "it has its time"
        late = run.plan(order.order_id)
        assert (late.step, late.closings) == (ExitStep.CLOSING, ())
        asked = evolve(order, late.cancels.events[0])
        run.closing[closing.key] = told(asked, noon, 3, status=S.CANCELLED)
    assert bands == [-1, 3, 6, 12, 25]
    assert run.plan().step is ExitStep.FAILED


def test_only_what_the_run_still_holds_is_closed_after_a_partial_close(
    long: Exposure, infy: Instrument, noon: datetime
) -> None:
    run = Run(noon, long)
    run.place(run.plan())
    (key,) = run.closing
    part = filled(run.closing[key], 10, noon)
    run.closing[key] = told(part, noon, 20, status=S.CANCELLED)
    run.exposures = [Exposure(instrument=infy, product=Product.MIS, quantity=20)]
    (closing,) = run.plan().closings
    assert closing.request.quantity == 20
    assert closing.key != key


def test_a_preview_lists_the_exact_orders_and_changes_nothing(
    placed: Orders, long: Exposure, noon: datetime
) -> None:
    order = told(placed(**LIMIT), noon, status=S.OPEN)
    cancelled, closings = preview_exit(key="k", exposures=[long], orders=[order], now=noon)
    assert cancelled == ("1001",)
    assert [(c.request.side, c.request.quantity) for c in closings] == [(Side.SELL, 30)]


def test_nothing_held_and_nothing_open_is_done(placed: Orders, noon: datetime) -> None:
    run = Run(noon)
    order = told(placed(**LIMIT), noon, status=S.OPEN)
    gone = evolve(order, engine.cancel(CancelOrder(order_id="1001"), order, noon).events[0])
    run.orders = [told(gone, noon, 2, status=S.CANCELLED)]
    assert run.plan().step is ExitStep.DONE
