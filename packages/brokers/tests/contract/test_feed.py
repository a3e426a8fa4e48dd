"""The feed of every adapter: modes, clients, cuts, silence, an ended session, orders."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from packages.brokers.tests.contract.desk import Desk, Heard, going, until

from tradertape_brokers.feed import FeedCondition, TickMode
from tradertape_core.orders.order import OrderStatus
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan

INFY, NIFTY = "NSE:INFY", "NSE:NIFTY 50"
C = FeedCondition
CUTS = 100


def watched(desk: Desk) -> set[str]:
    """What the exchange is asked for by all sockets."""
    lists = desk.exchange._watched.values()
    return {name for names in tuple(lists) for name in names}


def test_each_client_has_its_mode_and_the_highest_is_asked_for(desk: Desk) -> None:
    async def listen() -> None:
        heard, feed = Heard(), desk.quick_feed()
        infy, nifty = desk.instrument(INFY), desk.instrument(NIFTY)
        assert feed.subscribe("page", [infy], TickMode.LTP) == frozenset()
        async with going(feed, heard):
            await until(lambda: heard.of(INFY))
            assert all(one.depth is None for one in heard.of(INFY))
            feed.subscribe("run", [infy, nifty], TickMode.FULL)
            await until(lambda: any(one.depth for one in heard.of(INFY)) and heard.of(NIFTY))
            desk.exchange.market.set_price(INFY, Decimal(155))
            await until(lambda: any(one.last_price == 155 for one in heard.of(INFY)))
            assert feed.state.condition is C.LIVE
            assert feed.state.subscribed == 2
        assert feed.state.dropped == 0
        assert heard.gaps == []

    asyncio.run(listen())


def test_an_instrument_is_watched_as_long_as_one_client_wants_it(desk: Desk) -> None:
    async def listen() -> None:
        heard, feed = Heard(), desk.quick_feed()
        infy, nifty = desk.instrument(INFY), desk.instrument(NIFTY)
        feed.subscribe("a", [infy, nifty])
        feed.subscribe("b", [infy])
        async with going(feed, heard):
            await until(lambda: heard.of(INFY) and heard.of(NIFTY))
            feed.unsubscribe("a", [infy])
            feed.unsubscribe("c")  # nobody
            await until(lambda: watched(desk) == {INFY, NIFTY})
            heard.ticks.clear()
            await until(lambda: heard.of(INFY))
            feed.unsubscribe("b")
            await until(lambda: watched(desk) == {NIFTY})

    asyncio.run(listen())


@pytest.mark.parametrize(
    "cuts", [3, pytest.param(CUTS, marks=pytest.mark.slow)], ids=lambda cuts: f"{cuts} cuts"
)
def test_after_cuts_the_subscriptions_are_as_before_and_each_gap_is_told(
    desk: Desk, cuts: int
) -> None:
    async def listen() -> None:
        heard, feed = Heard(), desk.quick_feed()
        feed.subscribe("page", [desk.instrument(INFY)], TickMode.FULL)
        feed.subscribe("page", [desk.instrument(NIFTY)])

        def gaps() -> int:
            """Those of prices; a broker with a socket for orders has some of its own."""
            return sum(1 for one in heard.gaps if one.instruments)

        async with going(feed, heard):
            await until(lambda: heard.of(INFY) and heard.of(NIFTY))
            for number in range(1, cuts + 1):
                desk.running.sandbox.app.cut_sockets(desk.name)
                await until(lambda number=number: gaps() == number)
                count = len(heard.ticks)
                await until(lambda count=count: len(heard.ticks) > count)
            await until(lambda: watched(desk) == {INFY, NIFTY})
            heard.ticks.clear()
            await until(lambda: heard.of(INFY) and heard.of(NIFTY))
        assert all(one.start <= one.end for one in heard.gaps)
        assert all(one.instruments in ({INFY, NIFTY}, frozenset()) for one in heard.gaps)
        assert feed.state.dropped == 0

    asyncio.run(listen())


def test_a_silent_socket_is_left_and_its_gap_is_told(desk: Desk) -> None:
    async def listen() -> None:
        heard, feed = Heard(), desk.quick_feed(silent_after_s=0.8)
        feed.subscribe("page", [desk.instrument(INFY)], TickMode.FULL)
        async with going(feed, heard):
            await until(lambda: heard.of(INFY))
            desk.running.sandbox.faults.add(FaultPlan(kind=FaultKind.SILENT_FEED, broker=desk.name))
            await until(lambda: feed.state.is_stale)
            desk.running.sandbox.faults.remove()
            seen = len(heard.ticks)
            await until(lambda: heard.gaps and len(heard.ticks) > seen)
            await until(lambda: feed.state.condition is C.LIVE)

    asyncio.run(listen())


def test_an_ended_session_is_not_tried_again_until_there_is_another(desk: Desk) -> None:
    async def listen() -> None:
        heard, feed = Heard(), desk.quick_feed()
        feed.subscribe("page", [desk.instrument(INFY)])
        async with going(feed, heard):
            await until(lambda: heard.of(INFY))
            desk.running.sandbox.sessions[desk.name].close_all()
            desk.running.sandbox.app.cut_sockets(desk.name)
            await until(lambda: feed.state.condition is C.SIGNED_OUT)
            told = len(heard.states)
            await asyncio.sleep(0.5)  # many times the pause between attempts
            assert len(heard.states) == told
            feed.renew(await asyncio.to_thread(desk.signed_in))
            heard.ticks.clear()
            await until(lambda: heard.of(INFY))
            await until(lambda: heard.gaps)
        assert "SB0001" not in str(heard.states)
        assert desk.session.access_token.reveal() not in str(heard.states)

    asyncio.run(listen())


async def told_of_a_new_order(desk: Desk, heard: Heard) -> dict[str, str]:
    """Place orders until one is told; returns their tags by the venue's ids.

    Orders may come over a connection of their own, which can open after that of prices: what is
    placed before is not told.
    """
    placed: dict[str, str] = {}
    for _ in range(20):
        order = desk.limit()
        report = await asyncio.to_thread(desk.orders.submit, order)
        assert report is not None
        assert report.venue_order_id is not None
        placed[report.venue_order_id] = order.tag
        for _ in range(100):
            if any(one.status is OrderStatus.OPEN for one in heard.orders):
                return placed
            await asyncio.sleep(0.02)
    raise AssertionError("no order was told")


def test_orders_are_told_as_they_change(desk: Desk) -> None:
    assert desk.broker.capabilities.updates_orders

    async def listen() -> None:
        heard, feed = Heard(), desk.quick_feed()
        feed.subscribe("page", [desk.instrument(INFY)])
        async with going(feed, heard):
            await until(lambda: heard.of(INFY))
            placed = await told_of_a_new_order(desk, heard)
            await asyncio.to_thread(desk.orders.submit, desk.market(2))
            await until(
                lambda: any(
                    one.status is OrderStatus.COMPLETE and one.filled_quantity == 5
                    for one in heard.orders
                )
            )
        opened = next(one for one in heard.orders if one.status is OrderStatus.OPEN)
        assert placed[opened.venue_order_id] == opened.tag

    asyncio.run(listen())
