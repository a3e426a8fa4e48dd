"""FAULTS §3 at every adapter: what a broker may do to a request, through the whole execution."""

# ruff: noqa: F811 - fixtures are imported

from __future__ import annotations

import os
import sys
import time
from typing import Any

import pytest

from tradertape_core.orders.order import OrderStatus
from tradertape_sandbox.faults.endpoints import Endpoint
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan

from .conftest import eventually
from .venue_bench import BROKERS, LIMIT, Venue, clock, sandbox, venue  # noqa: F401 - fixtures

K = FaultKind
DROPS = 2000 if os.environ.get("TRADERTAPE_SOAK") else 60
DONE = [(K.DROP_AFTER, 500), (K.HTML, 500), (K.EMPTY, 500), (K.TRUNCATED, 500),
        (K.STATUS_AFTER, 500), (K.STATUS_AFTER, 502), (K.STATUS_AFTER, 504)]  # fmt: skip
NOT_DONE = [(K.DROP_BEFORE, 500), (K.STATUS, 500), (K.STATUS, 502), (K.STATUS, 504)]
at_brokers = pytest.mark.parametrize("venue", BROKERS, indirect=True)


@at_brokers
@pytest.mark.parametrize(("kind", "status"), DONE)
def test_a_bad_answer_to_an_order_that_was_taken_is_settled_from_the_book(
    venue: Venue, order: Any, kind: FaultKind, status: int
) -> None:
    venue.plan(FaultPlan(kind=kind, endpoint=Endpoint.PLACE, count=1, status=status))
    number = venue.place(order(**LIMIT))
    found = venue.until_status(number, OrderStatus.OPEN)
    assert (found.in_doubt, venue.count()) == (False, 1)


@at_brokers
@pytest.mark.parametrize(("kind", "status"), NOT_DONE)
def test_a_bad_answer_to_an_order_that_was_not_taken_leaves_it_in_doubt(
    venue: Venue, order: Any, kind: FaultKind, status: int
) -> None:
    """Not in the book is not "not placed", for a minute; and it is never sent again."""
    venue.plan(FaultPlan(kind=kind, endpoint=Endpoint.PLACE, count=1, status=status))
    number = venue.place(order(**LIMIT))
    for _ in range(4):
        venue.read()
    assert venue.service.order("run-1", number).status is OrderStatus.IN_DOUBT
    assert venue.count() == 0
    venue.service.settle_by_hand("run-1", number)


@at_brokers
def test_too_many_requests_are_waited_for_and_sent_once(venue: Venue, order: Any) -> None:
    venue.plan(FaultPlan(kind=K.STATUS, endpoint=Endpoint.PLACE, count=2, status=429))
    number = venue.place(order(**LIMIT))
    venue.until_status(number, OrderStatus.OPEN)
    assert venue.count() == 1


@at_brokers
def test_accepted_and_dropped_many_times_nothing_is_doubled(
    venue: Venue, order: Any, market: Any
) -> None:
    """2,000 with TRADERTAPE_SOAK."""
    venue.plan(FaultPlan(kind=K.DROP_AFTER, endpoint=Endpoint.PLACE))
    began: dict[str, float] = {}
    took: dict[str, float] = {}
    legs = [order(quantity=1, **LIMIT)] * 20
    for batch in range(DROPS // len(legs)):
        market.refresh()
        at = time.monotonic()
        reply = venue.service.place_basket(venue.run, legs, key=f"basket-{batch:04d}")
        assert reply.status_code == 200
        for one in venue.service.orders(run_id="run-1"):
            began.setdefault(one.order_id, at)
        _note_settled(venue, began, took)

    def is_all_settled() -> bool:
        _note_settled(venue, began, took)
        return len(took) == DROPS

    eventually(is_all_settled, within_s=60)
    assert venue.count() == DROPS
    orders = venue.service.orders(run_id="run-1")
    assert len({one.venue_order_id for one in orders}) == DROPS
    times = sorted(took.values())
    p99 = times[int(len(times) * 0.99) - 1]
    sys.stdout.write(f"\n{venue.name}: {DROPS} drops, 0 doubled, resolved p99 {p99:.2f} s\n")
    assert p99 < 15


def _note_settled(venue: Venue, began: dict[str, float], took: dict[str, float]) -> None:
    venue.read()
    now = time.monotonic()
    for one in venue.service.orders(run_id="run-1"):
        if one.status is OrderStatus.OPEN and not one.in_doubt:
            took.setdefault(one.order_id, now - began[one.order_id])
