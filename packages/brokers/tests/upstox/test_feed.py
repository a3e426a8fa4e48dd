"""The feeds against the sandbox: what arrives, and what happens when it does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from packages.brokers.tests.sandboxed import Running
from packages.brokers.tests.upstox.served import Watch, limit, rest_of

from tradertape_brokers.feeds import FeedState, Gap, Pauses
from tradertape_brokers.upstox.feed import UpstoxFeed
from tradertape_brokers.upstox.feed_loop import Patience
from tradertape_brokers.upstox.keys import Keys
from tradertape_brokers.upstox.messages import Mode
from tradertape_brokers.upstox.order_feed import UpstoxOrderFeed
from tradertape_brokers.upstox.orders import UpstoxOrders
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import OrderStatus
from tradertape_core.orders.reports import VenueOrder
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan

S = FeedState
INFY, NIFTY = "NSE:INFY", "NSE:NIFTY 50"
QUICK = Pauses(first_s=0.02, longest_s=0.1)


class Clock(Watch):
    def monotonic(self) -> float:
        return time.monotonic()


@dataclass
class Heard:
    """What a listener was told."""

    ticks: list[Tick] = field(default_factory=list)
    orders: list[VenueOrder] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    states: list[FeedState] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def on_ticks(self, ticks: Sequence[Tick]) -> None:
        self.ticks += ticks

    def on_order(self, order: VenueOrder) -> None:
        self.orders.append(order)

    def on_gap(self, gap: Gap) -> None:
        self.gaps.append(gap)

    def on_state(self, state: FeedState, reason: str) -> None:
        self.states.append(state)
        self.reasons.append(reason)

    def of(self, name: str) -> list[Tick]:
        return [one for one in self.ticks if one.instrument_id == name]


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox's rate limits are another test's."""
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)


def keys_of(running: Running) -> Keys:
    return Keys(running.sandbox.exchange.instruments.all)


def feed_of(running: Running, heard: Heard, **patience: float) -> UpstoxFeed:
    return UpstoxFeed(
        rest_of(running), keys_of(running), heard, Clock(), patience=Patience(**patience),
        pauses=QUICK,
    )  # fmt: skip


@asynccontextmanager
async def going(feed: UpstoxFeed | UpstoxOrderFeed) -> AsyncIterator[None]:
    task = asyncio.create_task(feed.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], object], within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - a condition of the test's own
            await asyncio.sleep(0.01)


def test_prices_arrive_in_the_modes_that_are_wanted(fresh: Running) -> None:
    async def listen() -> None:
        heard = Heard()
        feed = feed_of(fresh, heard)
        assert feed.want("page", {INFY: Mode.LTPC, "NSE:NOSUCH": Mode.FULL}) == ("NSE:NOSUCH",)
        async with going(feed):
            await until(lambda: heard.of(INFY))
            assert heard.of(INFY)[0].depth is None
            feed.want("run", {INFY: Mode.FULL, NIFTY: Mode.FULL})
            await until(lambda: any(one.depth for one in heard.of(INFY)) and heard.of(NIFTY))
            fresh.sandbox.exchange.market.set_price(INFY, Decimal(155))
            await until(lambda: any(one.last_price == 155 for one in heard.of(INFY)))
            feed.want("run", {})
            feed.want("page", {NIFTY: Mode.LTPC})
            await asyncio.sleep(0.3)
            heard.ticks.clear()
            await until(lambda: len(heard.of(NIFTY)) > 1)
            assert heard.of(INFY) == []
        assert heard.states == [S.CONNECTING, S.LIVE]
        assert (heard.gaps, feed.malformed) == ([], 0)

    asyncio.run(listen())


def test_a_lost_connection_is_opened_again_with_all_that_is_wanted(fresh: Running) -> None:
    async def listen() -> None:
        heard = Heard()
        feed = feed_of(fresh, heard)
        feed.want("page", {INFY: Mode.FULL, NIFTY: Mode.LTPC})
        async with going(feed):
            await until(lambda: heard.of(INFY) and heard.of(NIFTY))
            assert fresh.sandbox.app.cut_sockets("upstox") == 1
            await until(lambda: heard.gaps)
            heard.ticks.clear()
            await until(lambda: heard.of(INFY) and heard.of(NIFTY))
        assert heard.states == [S.CONNECTING, S.LIVE, S.WAITING, S.CONNECTING, S.LIVE]
        (gap,) = heard.gaps
        assert gap.since < gap.until
        numbers = [one.seq for one in heard.ticks]
        assert numbers == sorted(set(numbers))

    asyncio.run(listen())


def test_a_feed_that_is_silent_while_the_market_is_open_is_given_up(fresh: Running) -> None:
    async def listen() -> None:
        heard = Heard()
        feed = feed_of(fresh, heard, silent_after_s=0.5)
        feed.want("page", {INFY: Mode.LTPC})
        async with going(feed):
            await until(lambda: heard.of(INFY))
            fresh.sandbox.faults.add(FaultPlan(kind=FaultKind.SILENT_FEED, broker="upstox"))
            await until(lambda: S.WAITING in heard.states)
            assert any("silent" in one for one in heard.reasons)
            fresh.sandbox.faults.remove()
            await until(lambda: heard.gaps)

    asyncio.run(listen())


def test_a_quiet_market_is_asked_and_the_connection_stays(fresh: Running) -> None:
    async def listen() -> None:
        heard = Heard()
        feed = feed_of(fresh, heard, silent_after_s=0.2)
        async with going(feed):
            await until(lambda: S.LIVE in heard.states)
            fresh.sandbox.exchange.clock.run(0)
            try:
                feed.want("page", {INFY: Mode.LTPC})
                await until(lambda: len(heard.of(INFY)) > 3)  # answers to the questions
            finally:
                fresh.sandbox.exchange.clock.reset()
        assert heard.states == [S.CONNECTING, S.LIVE]

    asyncio.run(listen())


@pytest.mark.parametrize("kind", ["market", "orders"])
def test_the_end_of_the_session_waits_for_a_new_token(fresh: Running, kind: str) -> None:
    async def listen() -> None:
        heard = Heard()
        feed: UpstoxFeed | UpstoxOrderFeed = feed_of(fresh, heard)
        if kind == "orders":
            feed = UpstoxOrderFeed(rest_of(fresh), keys_of(fresh), heard, Clock(), pauses=QUICK)
        async with going(feed):
            await until(lambda: S.LIVE in heard.states)
            fresh.sandbox.sessions["upstox"].close_all()
            await until(lambda: S.SIGNED_OUT in heard.states)
            before = len(heard.states)
            await asyncio.sleep(0.3)
            assert len(heard.states) == before  # no storm of attempts
            feed.renew(rest_of(fresh))
            await until(lambda: heard.gaps)
        assert heard.states[-1] is S.LIVE

    asyncio.run(listen())


def test_orders_are_told_as_they_change(fresh: Running) -> None:
    async def listen() -> None:
        heard = Heard()
        feed = UpstoxOrderFeed(rest_of(fresh), keys_of(fresh), heard, Clock(), pauses=QUICK)
        orders = UpstoxOrders(rest_of(fresh), Clock(), keys_of(fresh))
        async with going(feed):
            await until(lambda: S.LIVE in heard.states)
            report = await asyncio.to_thread(orders.submit, limit())
            assert report is not None
            await until(lambda: heard.orders and heard.orders[-1].status is OrderStatus.OPEN)
        last = heard.orders[-1]
        assert (last.venue_order_id, last.tag) == (report.venue_order_id, limit().tag)
        assert last.request == limit().request
        assert not last.is_snapshot
        assert feed.malformed == 0

    asyncio.run(listen())
