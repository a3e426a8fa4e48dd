"""Plans of faults in quantity, for every adapter: nothing is placed twice, nothing is lost."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from packages.brokers.tests.contract.desk import Desk

from tradertape_brokers import errors as e
from tradertape_brokers.limiter import Kind, Urgency
from tradertape_core.orders.order import Order
from tradertape_sandbox.faults.endpoints import Endpoint
from tradertape_sandbox.faults.middleware import Faults
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan

DROPS, LATE_S = 2_000, 45.0
# Requests of one second, as the brokers' documentation has them.
LIMITS = {
    "kite": {Kind.ORDERS: 10, Kind.QUOTES: 1, Kind.HISTORY: 3, Kind.OTHER: 10},
    "upstox": {Kind.ORDERS: 10, Kind.QUOTES: 50, Kind.OTHER: 50},
    "groww": {Kind.ORDERS: 10, Kind.QUOTES: 10, Kind.OTHER: 20},
}


@pytest.mark.parametrize(
    "drops", [100, pytest.param(DROPS, marks=pytest.mark.slow)], ids=lambda n: f"{n} drops"
)
def test_of_orders_with_dropped_answers_each_is_found_once(desk: Desk, drops: int) -> None:
    """Each was accepted, its answer lost: none is sent again, and each is in the book."""
    faults = desk.running.sandbox.faults
    faults.add(FaultPlan(kind=FaultKind.DROP_AFTER, broker=desk.name, endpoint=Endpoint.PLACE))
    orders = [desk.market(number, quantity=1) for number in range(drops)]
    for order in orders:
        with pytest.raises(e.OutcomeUnknown):
            desk.orders.submit(order)
    faults.remove()
    found = Counter(entry.tag for entry in desk.orders.order_book())
    assert found == Counter({order.tag: 1 for order in orders})
    assert len(desk.account.orders) == drops


@pytest.mark.parametrize(
    ("late_s", "orders"), [(1.0, 30), pytest.param(LATE_S, 200, marks=pytest.mark.slow)]
)
def test_a_late_book_shows_every_order_in_the_end_once(
    desk: Desk, late_s: float, orders: int
) -> None:
    """While an order is not shown it is not "not placed": the answer of its placing stands."""
    faults = desk.running.sandbox.faults
    faults.add(FaultPlan(kind=FaultKind.LATE_BOOK, broker=desk.name, delay_s=late_s, seed=5))
    sent = [desk.limit(number, quantity=1) for number in range(orders)]
    for order in sent:
        assert desk.orders.submit(order) is not None
    wanted, looks = Counter(one.tag for one in sent), 0
    assert len(desk.orders.order_book()) < orders
    until_s = time.monotonic() + late_s + 10
    while len(book := desk.orders.order_book()) < orders and time.monotonic() < until_s:
        assert Counter(one.tag for one in book) <= wanted  # never one twice, never another's
        looks += 1
        threading.Event().wait(late_s / 10)
    assert looks > 0
    assert Counter(one.tag for one in desk.orders.order_book()) == wanted
    assert len(desk.account.orders) == orders


def test_at_the_brokers_hour_each_call_is_refused_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session's end by the broker's own timetable: told apart, and no call is repeated."""
    order = desk.limit()
    report = desk.orders.submit(order)
    assert report is not None
    order = replace(order, venue_order_id=report.venue_order_id)
    assert len(desk.orders.order_book()) == 1
    before = set(desk.account.orders)
    received: list[str] = []
    serve = Faults.__call__

    async def counted(faults: Faults, scope: Any, receive: Any, send: Any) -> None:
        received.append(str(scope.get("path")))
        await serve(faults, scope, receive, send)

    monkeypatch.setattr(Faults, "__call__", counted)
    clock = desk.exchange.clock
    calls: tuple[Callable[[], object], ...] = (
        desk.orders.order_book,
        lambda: desk.orders.submit(desk.limit(2)),
        lambda: desk.orders.cancel(order, 1),
    )
    try:
        clock.set(desk.session.expires_at)
        for call in calls:
            with pytest.raises(e.SessionExpired):
                call()
    finally:
        clock.reset()
    assert len(received) == len(calls)
    # At that hour the exchange may have begun another day, without the order of this one.
    assert set(desk.account.orders) <= before


class TestLimits:
    @pytest.fixture
    def limited(self) -> bool:
        return True

    def test_the_limits_are_those_of_the_documentation(self, desk: Desk) -> None:
        limiter = desk.broker.limiter()
        for kind, most in LIMITS[desk.name].items():
            for _ in range(most):
                limiter.acquire(kind, Urgency.EXIT, 0.0)
            with pytest.raises(e.RateLimited):
                limiter.acquire(kind, Urgency.EXIT, 0.0)

    @pytest.mark.slow
    def test_a_burst_stays_below_the_limits_and_exits_go_first(self, desk: Desk) -> None:
        """Sixty entries by six threads; the sandbox answers 429 to one more than it takes."""
        orders = desk.connected(desk.broker.limiter()).orders
        busy: list[e.BrokerError] = []

        def send(some: list[Order], *, is_exit: bool) -> None:
            for order in some:
                try:
                    orders.submit(order, is_exit=is_exit)
                except e.BrokerError as error:
                    busy.append(error)

        entries = [desk.limit(number, quantity=1) for number in range(60)]
        threads = [
            threading.Thread(target=send, args=(entries[n::6],), kwargs={"is_exit": False})
            for n in range(6)
        ]
        for thread in threads:
            thread.start()
        threading.Event().wait(1.0)
        began = time.monotonic()
        send([desk.limit(99)], is_exit=True)
        waited_s = time.monotonic() - began
        for thread in threads:
            thread.join()
        assert busy == []
        assert len(desk.account.orders) == 61
        assert waited_s < 2.0
