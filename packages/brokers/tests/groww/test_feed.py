"""The feed against the sandbox: what arrives, and what happens when it does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

import pytest
from packages.brokers.tests.groww.served import Watch, limit, rest_of
from packages.brokers.tests.sandboxed import Running

from tradertape_brokers.feed import FeedCondition, FeedGap, FeedState, TickMode
from tradertape_brokers.feeds import Pauses
from tradertape_brokers.groww.feed import GrowwFeed
from tradertape_brokers.groww.feed_link import Patience
from tradertape_brokers.groww.orders import GrowwOrders
from tradertape_brokers.groww.rest import Rest
from tradertape_brokers.groww.subjects import MOST_SUBJECTS
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import Session
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.reports import VenueOrder
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan

S = FeedCondition


class Clock(Watch):
    def monotonic(self) -> float:
        return time.monotonic()


@dataclass
class Heard:
    """What a listener was told."""

    ticks: list[Tick] = field(default_factory=list)
    orders: list[VenueOrder] = field(default_factory=list)
    gaps: list[FeedGap] = field(default_factory=list)
    states: list[FeedCondition] = field(default_factory=list)

    def on_ticks(self, ticks: Sequence[Tick]) -> None:
        self.ticks.extend(ticks)

    def on_order(self, order: VenueOrder) -> None:
        self.orders.append(order)

    def on_gap(self, gap: FeedGap) -> None:
        self.gaps.append(gap)

    def on_state(self, state: FeedState) -> None:
        self.states.append(state.condition)


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)


def of(running: Running, *names: str) -> list[Instrument]:
    found = [running.sandbox.exchange.instruments.get(name) for name in names]
    return [one for one in found if one is not None]


def session_of(running: Running) -> Session:
    opened = running.sandbox.sessions["groww"].open("sandbox", "SB0001", ends_earlier=False)
    return Session(
        broker="groww", user_id="SB0001", api_key="sandbox",
        access_token=Secret(opened.access_token), expires_at=opened.expires_at,
    )  # fmt: skip


def feed_of(running: Running, url: str = "", **patience: float) -> GrowwFeed:
    def connected(session: Session) -> Rest:
        token = session.access_token.reveal()
        return Rest(token, root=running.url("groww"), limiter=Limiter({}))

    return GrowwFeed(
        rest_of(running), Clock(), connected,
        url=url or running.url("groww").replace("http", "ws") + "/feed",
        patience=Patience(**patience),
        pauses=Pauses(first_s=0.02, longest_s=0.1),
    )  # fmt: skip


@asynccontextmanager
async def going(feed: GrowwFeed, heard: Heard) -> AsyncIterator[None]:
    task = asyncio.create_task(feed.run(heard))
    try:
        yield
    finally:
        await feed.close()
        await task
    assert feed.state.condition is S.CLOSED


async def until(condition: Callable[[], object], within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - a condition of the test's own
            await asyncio.sleep(0.01)


def test_prices_depth_and_an_index_arrive(fresh: Running) -> None:
    async def listen() -> None:
        heard, feed = Heard(), feed_of(fresh)
        assert feed.subscribe("page", of(fresh, "NSE:INFY"), TickMode.FULL) == frozenset()
        async with going(feed, heard):
            await until(lambda: S.LIVE in heard.states)
            feed.subscribe("run", of(fresh, "NSE:NIFTY 50"), TickMode.FULL)
            await until(lambda: any(one.depth for one in heard.ticks))
            await until(lambda: any(one.instrument_id == "NSE:NIFTY 50" for one in heard.ticks))
            fresh.sandbox.exchange.market.set_price("NSE:INFY", Decimal(155))
            await until(lambda: any(one.last_price == 155 for one in heard.ticks))
            state = feed.state
        numbers = [one.seq for one in heard.ticks]
        assert numbers == sorted(set(numbers))
        assert heard.states == [S.CONNECTING, S.LIVE, S.CLOSED]
        assert (heard.gaps, feed.refused) == ([], set())
        assert (state.condition, state.subscribed, state.dropped) == (S.LIVE, 2, 0)
        assert state.last_tick_at is not None

    asyncio.run(listen())


@pytest.mark.parametrize("mode", [TickMode.LTP, TickMode.QUOTE])
def test_the_depth_is_sent_in_full_mode_alone(fresh: Running, mode: TickMode) -> None:
    async def listen() -> None:
        heard, feed = Heard(), feed_of(fresh)
        feed.subscribe("page", of(fresh, "NSE:INFY"), TickMode.FULL)
        feed.subscribe("page", of(fresh, "NSE:INFY"), mode)
        async with going(feed, heard):
            await until(lambda: len(heard.ticks) > 3)
        assert not any(one.depth for one in heard.ticks)

    asyncio.run(listen())


def test_an_order_update_is_read_from_the_book(fresh: Running) -> None:
    async def listen() -> None:
        heard = Heard()
        orders = GrowwOrders(rest_of(fresh), Clock())
        async with going(feed_of(fresh), heard):
            await until(lambda: S.LIVE in heard.states)
            report = await asyncio.to_thread(orders.submit, limit())
            assert report is not None
            await until(lambda: heard.orders)
        order = heard.orders[-1]
        assert (order.venue_order_id, order.tag) == (report.venue_order_id, limit().tag)
        (entry,) = orders.order_book()
        assert entry == order

    asyncio.run(listen())


def test_a_cut_connection_is_opened_again_and_the_gap_is_told(fresh: Running) -> None:
    async def listen() -> None:
        heard, feed = Heard(), feed_of(fresh)
        feed.subscribe("page", of(fresh, "NSE:INFY"))
        async with going(feed, heard):
            for round_ in (1, 2, 3):
                count = len(heard.ticks)
                await until(lambda count=count: len(heard.ticks) > count)
                last = heard.ticks[-1].at
                assert fresh.sandbox.app.cut_sockets("groww") == 1
                await until(lambda round_=round_: len(heard.gaps) == round_)
                gap = heard.gaps[-1]
                assert last <= gap.start <= gap.end
                assert gap.instruments == {"NSE:INFY"}
            count = len(heard.ticks)
            await until(lambda: len(heard.ticks) > count)
            assert feed.state.reconnects == 3
        lost = [S.BACKING_OFF, S.CONNECTING, S.LIVE]
        assert heard.states == [S.CONNECTING, S.LIVE, *lost * 3, S.CLOSED]

    asyncio.run(listen())


def test_a_silent_connection_is_given_up(fresh: Running) -> None:
    async def listen() -> None:
        heard = Heard()
        async with going(feed_of(fresh, ping_every_s=0.1, silent_after_s=0.5), heard):
            await until(lambda: S.LIVE in heard.states)
            await asyncio.sleep(1.0)  # nothing is wanted, and the PONGs are a sign of life
            assert heard.states == [S.CONNECTING, S.LIVE]
            fresh.sandbox.faults.add(FaultPlan(kind=FaultKind.SILENT_FEED, broker="groww"))
            await until(lambda: S.SILENT in heard.states)
            fresh.sandbox.faults.remove()
            await until(lambda: heard.states.count(S.LIVE) == 2)

    asyncio.run(listen())


def test_without_a_session_it_asks_once_and_waits_for_a_token(fresh: Running) -> None:
    async def listen() -> None:
        heard, feed = Heard(), feed_of(fresh)
        feed.subscribe("page", of(fresh, "NSE:INFY"))
        async with going(feed, heard):
            await until(lambda: heard.ticks)
            fresh.sandbox.sessions["groww"].close_all()
            await until(lambda: S.SIGNED_OUT in heard.states)
            states = list(heard.states)
            await asyncio.sleep(0.5)
            assert heard.states == states  # no storm of attempts
            count = len(heard.ticks)
            feed.renew(session_of(fresh))
            await until(lambda: len(heard.ticks) > count)
            assert heard.states[-2:] == [S.CONNECTING, S.LIVE]
        assert len(heard.gaps) == 1

    asyncio.run(listen())


def test_what_is_no_longer_wanted_is_unsubscribed(fresh: Running) -> None:
    exchange = fresh.sandbox.exchange

    def watched() -> set[str]:
        lists = exchange._watched.values()  # pyright: ignore[reportPrivateUsage]
        return {name for names in tuple(lists) for name in names}

    async def listen() -> None:
        both, feed = of(fresh, "NSE:INFY", "NSE:NIFTY 50"), feed_of(fresh)
        feed.subscribe("page", both[:1], TickMode.FULL)
        feed.subscribe("run", both)
        async with going(feed, Heard()):
            await until(lambda: watched() == {"NSE:INFY", "NSE:NIFTY 50"})
            feed.unsubscribe("page")
            await asyncio.sleep(0.1)
            assert watched() == {"NSE:INFY", "NSE:NIFTY 50"}
            feed.unsubscribe("run", both[:1])
            await until(lambda: watched() == {"NSE:NIFTY 50"})
            feed.unsubscribe("run")
            await until(lambda: not watched())

    asyncio.run(listen())


def test_a_server_that_is_not_there_is_tried_again(fresh: Running) -> None:
    async def listen() -> None:
        heard = Heard()
        async with going(feed_of(fresh, url="ws://127.0.0.1:9"), heard):
            await until(lambda: heard.states.count(S.BACKING_OFF) > 2)
        assert S.LIVE not in heard.states

    asyncio.run(listen())


def test_pauses_double_up_to_the_longest() -> None:
    pauses, random = Pauses(first_s=0.5, longest_s=30.0), Random(1)
    for attempt, longest in ((1, 0.5), (2, 1.0), (3, 2.0), (7, 30.0), (1_000, 30.0)):
        found = [pauses.before(attempt, random) for _ in range(50)]
        assert longest / 2 <= min(found) < max(found) <= longest


def test_more_than_a_connection_may_have_is_refused_and_named(fresh: Running) -> None:
    some = [
        Instrument(
            exchange="NSE", tradingsymbol=f"S{number}", instrument_token=number,
            exchange_token=number,
        )
        for number in range(MOST_SUBJECTS + 5)
    ]  # fmt: skip
    feed = feed_of(fresh)
    refused = feed.subscribe("page", some)
    assert refused == {one.id for one in some[MOST_SUBJECTS:]}
    assert feed.subscribe("page", some[:1], TickMode.FULL) == {some[0].id}
    assert feed.state.subscribed == MOST_SUBJECTS
    gold = Instrument(exchange="MCX", tradingsymbol="GOLD", instrument_token=1, exchange_token=1)
    assert feed.subscribe("page", [gold]) == {"MCX:GOLD"}
