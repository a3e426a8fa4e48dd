"""The feed against the sandbox: what arrives, and what happens when it does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

import pytest
from packages.brokers.tests.groww.test_contract import Watch, limit, rest_of
from packages.brokers.tests.sandboxed import Running

from tradertape_brokers.feeds import FeedState, Gap, Pauses
from tradertape_brokers.groww.feed import MOST_SUBJECTS, GrowwFeed
from tradertape_brokers.groww.feed_link import Patience
from tradertape_brokers.groww.messages import OrderHint
from tradertape_brokers.groww.orders import GrowwOrders
from tradertape_brokers.groww.subjects import FeedName
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan

S = FeedState


class Clock(Watch):
    def monotonic(self) -> float:
        return time.monotonic()


@dataclass
class Heard:
    """What a listener was told."""

    ticks: list[Tick] = field(default_factory=list)
    orders: list[OrderHint] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    states: list[FeedState] = field(default_factory=list)

    def on_tick(self, tick: Tick) -> None:
        self.ticks.append(tick)

    def on_order(self, hint: OrderHint) -> None:
        self.orders.append(hint)

    def on_gap(self, gap: Gap) -> None:
        self.gaps.append(gap)

    def on_state(self, state: FeedState, reason: str) -> None:
        self.states.append(state)


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)


def listed(running: Running) -> dict[FeedName, Instrument]:
    instruments = running.sandbox.exchange.instruments
    share, index = instruments.get("NSE:INFY"), instruments.get("NSE:NIFTY 50")
    assert share is not None
    assert index is not None
    return {
        FeedName("NSE", "CASH", str(share.exchange_token)): share,
        FeedName("NSE", "CASH", "NIFTY", is_index=True): index,
    }


def feed_of(running: Running, heard: Heard, **patience: float) -> GrowwFeed:
    return GrowwFeed(
        rest_of(running), listed(running), heard, Clock(),
        url=running.url("groww").replace("http", "ws") + "/feed",
        patience=Patience(**patience),
        pauses=Pauses(first_s=0.02, longest_s=0.1),
    )  # fmt: skip


@asynccontextmanager
async def going(feed: GrowwFeed) -> AsyncIterator[None]:
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


def test_prices_depth_and_an_index_arrive(fresh: Running) -> None:
    async def listen() -> None:
        heard = Heard()
        feed = feed_of(fresh, heard)
        assert feed.want("page", {"NSE:INFY": True, "NSE:NOSUCH": False}) == ("NSE:NOSUCH",)
        async with going(feed):
            await until(lambda: S.LIVE in heard.states)
            feed.want("run", {"NSE:NIFTY 50": True})
            await until(lambda: {one.instrument_id for one in heard.ticks if one.depth} and any(
                one.instrument_id == "NSE:NIFTY 50" for one in heard.ticks))  # fmt: skip
            fresh.sandbox.exchange.market.set_price("NSE:INFY", Decimal(155))
            await until(lambda: any(one.last_price == 155 for one in heard.ticks))
        numbers = [one.seq for one in heard.ticks]
        assert numbers == sorted(set(numbers))
        assert heard.states == [S.CONNECTING, S.LIVE]
        assert (heard.gaps, feed.malformed, feed.refused) == ([], 0, set())

    asyncio.run(listen())


def test_an_order_is_hinted_at_and_read_from_the_book(fresh: Running) -> None:
    async def listen() -> None:
        heard = Heard()
        orders = GrowwOrders(rest_of(fresh), Clock())
        async with going(feed_of(fresh, heard)):
            await until(lambda: S.LIVE in heard.states)
            report = await asyncio.to_thread(orders.submit, limit())
            assert report is not None
            await until(lambda: heard.orders)
        hint = heard.orders[0]
        assert (hint.venue_order_id, hint.segment) == (report.venue_order_id, "CASH")
        entry = await asyncio.to_thread(orders.order, hint.venue_order_id, hint.segment)
        assert entry.tag == limit().tag

    asyncio.run(listen())


def test_a_cut_connection_is_opened_again_and_the_gap_is_told(fresh: Running) -> None:
    async def listen() -> None:
        heard = Heard()
        feed = feed_of(fresh, heard)
        feed.want("page", {"NSE:INFY": False})
        async with going(feed):
            for round_ in (1, 2, 3):
                count = len(heard.ticks)
                await until(lambda count=count: len(heard.ticks) > count)
                last = heard.ticks[-1].at
                assert fresh.sandbox.app.cut_sockets("groww") == 1
                await until(lambda round_=round_: len(heard.gaps) == round_)
                assert last <= heard.gaps[-1].since <= heard.gaps[-1].until
            count = len(heard.ticks)
            await until(lambda: len(heard.ticks) > count)
        assert heard.states == [S.CONNECTING, S.LIVE] + [S.WAITING, S.CONNECTING, S.LIVE] * 3

    asyncio.run(listen())


def test_a_silent_connection_is_given_up(fresh: Running) -> None:
    async def listen() -> None:
        heard = Heard()
        feed = feed_of(fresh, heard, ping_every_s=0.1, silent_after_s=0.5)
        async with going(feed):
            await until(lambda: S.LIVE in heard.states)
            await asyncio.sleep(1.0)  # nothing is wanted, and the PONGs are a sign of life
            assert heard.states == [S.CONNECTING, S.LIVE]
            fresh.sandbox.faults.add(FaultPlan(kind=FaultKind.SILENT_FEED, broker="groww"))
            await until(lambda: S.WAITING in heard.states)
            fresh.sandbox.faults.remove()
            await until(lambda: heard.states.count(S.LIVE) == 2)

    asyncio.run(listen())


def test_without_a_session_it_asks_once_and_waits_for_a_token(fresh: Running) -> None:
    async def listen() -> None:
        heard = Heard()
        feed = feed_of(fresh, heard)
        feed.want("page", {"NSE:INFY": False})
        async with going(feed):
            await until(lambda: heard.ticks)
            fresh.sandbox.sessions["groww"].close_all()
            await until(lambda: S.SIGNED_OUT in heard.states)
            states = list(heard.states)
            await asyncio.sleep(0.5)
            assert heard.states == states  # no storm of attempts
            count = len(heard.ticks)
            feed.renew(rest_of(fresh))
            await until(lambda: len(heard.ticks) > count)
        assert len(heard.gaps) == 1
        assert heard.states[-2:] == [S.CONNECTING, S.LIVE]

    asyncio.run(listen())


def test_what_is_no_longer_wanted_is_unsubscribed(fresh: Running) -> None:
    exchange = fresh.sandbox.exchange

    def watched() -> set[str]:
        lists = exchange._watched.values()  # pyright: ignore[reportPrivateUsage]
        return {name for names in tuple(lists) for name in names}

    async def listen() -> None:
        heard = Heard()
        feed = feed_of(fresh, heard)
        feed.want("page", {"NSE:INFY": True})
        feed.want("run", {"NSE:INFY": False, "NSE:NIFTY 50": False})
        async with going(feed):
            await until(lambda: watched() == {"NSE:INFY", "NSE:NIFTY 50"})
            feed.want("page", {})
            await asyncio.sleep(0.1)
            assert watched() == {"NSE:INFY", "NSE:NIFTY 50"}
            feed.want("run", {"NSE:NIFTY 50": False})
            await until(lambda: watched() == {"NSE:NIFTY 50"})
            feed.want("run", {})
            await until(lambda: not watched())

    asyncio.run(listen())


def test_a_server_that_is_not_there_is_tried_again(fresh: Running) -> None:
    async def listen() -> None:
        heard = Heard()
        feed = GrowwFeed(
            rest_of(fresh), listed(fresh), heard, Clock(), url="ws://127.0.0.1:9",
            pauses=Pauses(first_s=0.01, longest_s=0.02),
        )  # fmt: skip
        async with going(feed):
            await until(lambda: heard.states.count(S.WAITING) > 2)
        assert S.LIVE not in heard.states

    asyncio.run(listen())


def test_pauses_double_up_to_the_longest() -> None:
    pauses, random = Pauses(first_s=0.5, longest_s=30.0), Random(1)
    for attempt, longest in ((1, 0.5), (2, 1.0), (3, 2.0), (7, 30.0), (1_000, 30.0)):
        found = [pauses.before(attempt, random) for _ in range(50)]
        assert longest / 2 <= min(found) < max(found) <= longest


def test_more_than_a_connection_may_have_is_left_out_and_named() -> None:
    names = {
        FeedName("NSE", "CASH", str(number)): Instrument(
            exchange="NSE", tradingsymbol=f"S{number}", instrument_token=number,
            exchange_token=number,
        )
        for number in range(MOST_SUBJECTS + 5)
    }  # fmt: skip
    feed = GrowwFeed(None, names, Heard(), Clock())  # type: ignore[arg-type]
    feed.want("page", {one.id: False for one in names.values()})
    assert len(feed.left_out) == 5
