"""Plans of faults in quantity: nothing is placed twice, nothing is lost."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter

import pytest
from packages.brokers.tests.groww.test_contract import KEY, Watch, limit, market, rest_of
from packages.brokers.tests.groww.test_feed import Heard, S, feed_of, going, of, until
from packages.brokers.tests.sandboxed import Running

from tradertape_brokers import errors as e
from tradertape_brokers.feed import TickMode
from tradertape_brokers.groww.orders import GrowwOrders
from tradertape_brokers.groww.rest import LIMITS
from tradertape_brokers.limiter import Kind, Limiter, Urgency
from tradertape_core.orders.order import Order
from tradertape_sandbox.faults.endpoints import Endpoint
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan

DROPS, CUTS = 2_000, 100


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)


@pytest.mark.slow
@pytest.mark.usefixtures("unlimited")
def test_of_two_thousand_dropped_answers_each_order_is_found_once(fresh: Running) -> None:
    """Each was accepted, its answer lost; one in ten is repeated by mistake, and refused."""
    faults, groww = fresh.sandbox.faults, GrowwOrders(rest_of(fresh), Watch())
    exchange = fresh.sandbox.exchange
    faults.add(FaultPlan(kind=FaultKind.DROP_AFTER, broker="groww", endpoint=Endpoint.PLACE))
    orders = [market(number, quantity=1) for number in range(DROPS)]
    for number, order in enumerate(orders):
        for _ in range(2 if number % 10 == 0 else 1):
            with pytest.raises(e.OutcomeUnknown):
                groww.submit(order)
    faults.remove()
    found = Counter(entry.tag for entry in groww.order_book())
    assert found == Counter({order.tag: 1 for order in orders})
    assert len(exchange.account(KEY).orders) == DROPS


@pytest.mark.usefixtures("unlimited")
def test_a_late_book_shows_every_order_in_the_end_and_takes_none_twice(fresh: Running) -> None:
    faults, groww = fresh.sandbox.faults, GrowwOrders(rest_of(fresh), Watch())
    faults.add(FaultPlan(kind=FaultKind.LATE_BOOK, broker="groww", delay_s=1.0, seed=5))
    orders = [limit(number, quantity=1) for number in range(30)]
    for order in orders:
        groww.submit(order)
    assert len(groww.order_book()) < len(orders)
    for order in orders:
        with pytest.raises(e.OutcomeUnknown, match="reference already"):
            groww.submit(order)
    until_s = time.monotonic() + 10
    while len(groww.order_book()) < len(orders) and time.monotonic() < until_s:
        threading.Event().wait(0.1)
    assert Counter(one.tag for one in groww.order_book()) == Counter(one.tag for one in orders)


@pytest.mark.slow
@pytest.mark.usefixtures("unlimited")
def test_after_a_hundred_cuts_the_subscriptions_are_as_before(fresh: Running) -> None:
    exchange = fresh.sandbox.exchange

    def watched() -> set[str]:
        lists = exchange._watched.values()  # pyright: ignore[reportPrivateUsage]
        return {name for names in tuple(lists) for name in names}

    async def listen() -> None:
        heard, feed = Heard(), feed_of(fresh)
        feed.subscribe("page", of(fresh, "NSE:INFY"), TickMode.FULL)
        feed.subscribe("page", of(fresh, "NSE:NIFTY 50"))
        async with going(feed, heard):
            await until(lambda: heard.ticks)
            for number in range(1, CUTS + 1):
                fresh.sandbox.app.cut_sockets("groww")
                await until(lambda number=number: len(heard.gaps) == number)
            await until(lambda: watched() == {"NSE:INFY", "NSE:NIFTY 50"})
            count = len(heard.ticks)
            await until(lambda: len(heard.ticks) > count)
        assert heard.states.count(S.LIVE) == CUTS + 1
        assert all(one.start <= one.end for one in heard.gaps)

    asyncio.run(listen())


@pytest.mark.slow
def test_a_burst_stays_below_the_limits_and_exits_go_first(fresh: Running) -> None:
    """Sixty entries by six threads; the sandbox answers 429 to one order more than it takes."""
    groww = GrowwOrders(rest_of(fresh, Limiter(LIMITS)), Watch())
    busy: list[e.BrokerError] = []

    def send(orders: list[Order], *, is_exit: bool) -> None:
        for order in orders:
            try:
                groww.submit(order, is_exit=is_exit)
            except e.BrokerError as error:
                busy.append(error)

    entries = [limit(number, quantity=1) for number in range(60)]
    threads = [
        threading.Thread(target=send, args=(entries[n::6],), kwargs={"is_exit": False})
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    threading.Event().wait(1.0)
    began = time.monotonic()
    send([limit(99)], is_exit=True)
    waited_s = time.monotonic() - began
    for thread in threads:
        thread.join()
    assert busy == []
    assert len(fresh.sandbox.exchange.account(KEY).orders) == 61
    assert waited_s < 2.0


def test_the_limits_are_those_of_the_documentation() -> None:
    limiter = Limiter(LIMITS, monotonic=lambda: 100.0)
    for kind, most in ((Kind.ORDERS, 10), (Kind.QUOTES, 10), (Kind.OTHER, 20)):
        for _ in range(most):
            limiter.acquire(kind, Urgency.EXIT, 0.0)
        with pytest.raises(e.RateLimited):
            limiter.acquire(kind, Urgency.EXIT, 0.0)
