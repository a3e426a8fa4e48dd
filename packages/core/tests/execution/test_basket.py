"""Baskets: all or none, what hedges goes first, a result for every leg."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from tradertape_core.execution import engine
from tradertape_core.execution.basket import BasketStatus, place_basket, unwind
from tradertape_core.execution.decision import Facts, Submit
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.commands import PlaceOrder
from tradertape_core.orders.denials import DenialReason, denial
from tradertape_core.orders.order import Order, Side
from tradertape_core.orders.reports import ExecutionReport, Trade
from tradertape_core.orders.transitions import evolve

Commands = Callable[..., PlaceOrder]
SELL = {"transaction_type": "SELL"}
BAD = {"order_type": "LIMIT", "price": 1450.01}


def test_purchases_are_sent_first_and_legs_keep_their_places(
    command: Commands, infy: Instrument, noon: datetime
) -> None:
    """KB-02."""
    commands = [command("1", leg=0, **SELL), command("2", leg=1), command("3", leg=2)]
    basket = place_basket(commands, [Facts(instrument=infy)] * 3, noon)
    assert basket.status is BasketStatus.ACCEPTED
    assert basket.decision.requests == (Submit("2"), Submit("3"), Submit("1"))
    assert [leg.order_id for leg in basket.legs] == ["1", "2", "3"]
    assert len({event.tag for event in basket.decision.events}) == 3


def test_a_leg_that_is_refused_leaves_the_others_or_takes_them_along(
    command: Commands, infy: Instrument, noon: datetime
) -> None:
    """KB-02."""
    commands = [command("1"), command("2", **BAD)]
    facts = [Facts(instrument=infy)] * 2
    partial = place_basket(commands, facts, noon)
    assert partial.status is BasketStatus.PARTIAL
    assert partial.decision.requests == (Submit("1"),)
    nothing = place_basket(commands, facts, noon, all_or_none=True)
    assert nothing.status is BasketStatus.REJECTED
    assert nothing.decision.events == nothing.decision.requests == ()
    reasons = [[str(one.reason) for one in leg.decision.denials] for leg in nothing.legs]
    assert reasons == [["basket_refused"], ["not_a_tick"]]


def test_what_the_basket_as_a_whole_cannot_have_refuses_every_leg(
    command: Commands, infy: Instrument, noon: datetime
) -> None:
    """KB-02."""
    margin = denial(DenialReason.NO_PRICE, instrument="NSE:INFY")
    commands, facts = [command("1"), command("2")], [Facts(instrument=infy)] * 2
    basket = place_basket(commands, facts, noon, denials=[margin])
    assert basket.status is BasketStatus.REJECTED
    assert all(leg.decision.denials == (margin,) for leg in basket.legs)


def test_a_dry_run_sends_no_leg(command: Commands, infy: Instrument, noon: datetime) -> None:
    commands = [command("1", venue="dry_run"), command("2", venue="dry_run")]
    basket = place_basket(commands, [Facts(instrument=infy)] * 2, noon)
    assert basket.status is BasketStatus.DRY_RUN
    assert basket.decision.requests == ()


def test_an_unwinding_reverses_what_was_filled_shorts_first(
    placed: Callable[..., Order], noon: datetime
) -> None:
    def filled(order: Order, quantity: int) -> Order:
        trade = Trade(trade_id=order.order_id, quantity=quantity, price=Decimal(1450), at=noon)
        report = ExecutionReport(order_id=order.order_id, at=noon, sequence=1, trades=(trade,))
        (event,) = engine.apply(report, order, noon)
        return evolve(order, event)

    orders = [
        filled(placed("1"), 4),
        filled(placed("2", **SELL), 10),
        placed("3"),
    ]
    back = unwind(orders)
    assert [leg.order_id for leg, _ in back] == ["2", "1"]
    assert [(one.side, one.quantity) for _, one in back] == [(Side.BUY, 10), (Side.SELL, 4)]
