"""One suite for all venues: the paper market, the scripted broker, and every adapter at the sandbox
pass the same tests, through the same execution service."""

# ruff: noqa: F811 - fixtures are imported

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tradertape_core.orders.order import OrderStatus
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.venues.gateway import Updated

from .conftest import eventually
from .venue_bench import LIMIT, Venue, clock, sandbox, venue  # noqa: F401 - fixtures


def test_a_limit_order_rests_is_changed_and_cancelled(venue: Venue, order: Any) -> None:
    number = venue.place(order(**LIMIT))
    venue.until_status(number, OrderStatus.OPEN)
    venue.service.modify("run-1", number, {"price": 1480, "quantity": 8})
    changed = venue.until(number, lambda one: one.request.price == 1480 and one.modify_ask is None)
    assert (changed.request.quantity, changed.status) == (8, OrderStatus.OPEN)
    venue.service.cancel("run-1", number)
    over = venue.until_status(number, OrderStatus.CANCELLED)
    assert (over.filled_quantity, venue.held()) == (0, 0)


def test_a_market_order_is_filled_and_its_exit_closes_the_position(
    venue: Venue, order: Any
) -> None:
    number = venue.place(order())
    filled = venue.until_status(number, OrderStatus.COMPLETE)
    assert (filled.filled_quantity, venue.held()) == (10, 10)
    assert filled.average_price > 0
    leaving = venue.service.exit_run(venue.run, key="exit-0001")

    def is_left() -> bool:
        venue.read()
        venue.service.advance_exit("run-1", "exit-0001")
        return venue.held() == 0

    eventually(is_left, within_s=20)
    assert leaving.document["status"] in ("closed", "exiting")


def test_a_resting_order_fills_when_the_price_reaches_it(venue: Venue, order: Any) -> None:
    number = venue.place(order(**LIMIT))
    venue.until_status(number, OrderStatus.OPEN)
    venue.set_price("1480")
    filled = venue.until_status(number, OrderStatus.COMPLETE)
    assert (filled.filled_quantity, venue.held()) == (10, 10)
    assert filled.average_price <= 1490
    assert len({fill.trade_id for fill in filled.fills}) == len(filled.fills)


def test_what_the_account_cannot_carry_is_refused_with_a_reason(venue: Venue, order: Any) -> None:
    if not venue.is_outside:  # here we are the broker
        with pytest.raises(OrderDenied, match="margin"):
            venue.place(order(quantity=5_000_000, **LIMIT))
        return
    number = venue.place(order(quantity=5_000_000, **LIMIT))
    over = venue.until_status(number, OrderStatus.REJECTED)
    assert over.status_message
    assert venue.held() == 0


def test_the_same_key_is_placed_once(venue: Venue, order: Any) -> None:
    first = venue.place(order(**LIMIT), key="the-same-key")
    assert venue.place(order(**LIMIT), key="the-same-key") == first
    venue.until_status(first, OrderStatus.OPEN)
    assert len(venue.service.orders(run_id="run-1")) == 1
    assert venue.count() in (1, -1)


def test_a_restart_in_the_middle_changes_nothing(venue: Venue, order: Any) -> None:
    number = venue.place(order(**LIMIT))
    venue.until_status(number, OrderStatus.OPEN)
    venue.restart()
    venue.until_status(number, OrderStatus.OPEN)
    venue.set_price("1480")
    venue.until_status(number, OrderStatus.COMPLETE)
    assert venue.held() == 10
    assert venue.count() in (1, -1)


def test_an_order_whose_answer_is_lost_is_found_and_never_sent_again(
    venue: Venue, order: Any
) -> None:
    venue.lose_the_answer()
    number = venue.place(order(**LIMIT))
    found = venue.until_status(number, OrderStatus.OPEN)
    assert not found.in_doubt
    assert venue.count() == 1


def test_updates_that_come_late_and_twice_change_nothing(venue: Venue, order: Any) -> None:
    number = venue.place(order(**LIMIT))
    venue.until_status(number, OrderStatus.OPEN)
    before = venue.read()
    venue.set_price("1480")
    venue.until_status(number, OrderStatus.COMPLETE)
    after = venue.read()
    late = tuple(replace(one, is_snapshot=False) for one in (*after, *before, *after, *before))
    venue.tell(Updated(account_id=venue.account, entries=late))
    found = venue.service.order("run-1", number)
    assert (found.status, found.filled_quantity, venue.held()) == (OrderStatus.COMPLETE, 10, 10)
