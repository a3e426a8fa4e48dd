"""Kite's ticker at the sandbox's door: ticks, lost and silent sockets, an ended session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from packages.brokers.tests.kite.test_account import Watch
from packages.brokers.tests.kite.test_session import KITE, signed_in
from packages.brokers.tests.sandboxed import Running, served_sandbox

from tradertape_brokers.feed import FeedCondition, FeedGap, FeedState, TickMode
from tradertape_brokers.feeds import Pauses
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.kite.ticker import KiteTicker
from tradertape_brokers.kite.wanted import Wanted
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.reports import VenueOrder
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan


@dataclass
class Ear:
    ticks: list[Tick] = field(default_factory=list)
    orders: list[VenueOrder] = field(default_factory=list)
    gaps: list[FeedGap] = field(default_factory=list)
    states: list[FeedState] = field(default_factory=list)

    def on_ticks(self, ticks: Sequence[Tick]) -> None:
        self.ticks += ticks

    def on_order(self, order: VenueOrder) -> None:
        self.orders.append(order)

    def on_gap(self, gap: FeedGap) -> None:
        self.gaps.append(gap)

    def on_state(self, state: FeedState) -> None:
        self.states.append(state)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with served_sandbox() as served:
        yield served


@pytest.fixture
def hosts(running: Running) -> Iterator[Hosts]:
    yield Hosts.sandbox(f"http://127.0.0.1:{running.port}")
    running.sandbox.faults.remove()


@pytest.fixture
def infy(running: Running) -> Instrument:
    found = running.sandbox.exchange.instruments.get("NSE:INFY")
    assert found is not None
    return found


async def until(what: Callable[[], object]) -> None:
    async with asyncio.timeout(15):
        while not what():  # noqa: ASYNC110 - what comes is not of this loop
            await asyncio.sleep(0.02)


def ticker_of(hosts: Hosts) -> KiteTicker:
    pauses = Pauses(first_s=0.05, longest_s=0.2)
    return KiteTicker(
        signed_in(hosts), hosts.kite.ticker, Watch(), pauses=pauses, silent_after_s=1.8
    )


def test_a_silent_socket_is_left_and_its_gap_is_told(
    running: Running, hosts: Hosts, infy: Instrument, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ticker, ear = ticker_of(hosts), Ear()

    async def play() -> None:
        assert ticker.subscribe("a", [infy], TickMode.FULL) == frozenset()
        work = asyncio.create_task(ticker.run(ear))
        # The first packet may be sent in the mode that an instrument begins in, without depth.
        await until(
            lambda: (
                any(tick.depth is not None for tick in ear.ticks)
                and ticker.state.condition is FeedCondition.LIVE
            )
        )
        running.sandbox.faults.add(FaultPlan(kind=FaultKind.SILENT_FEED))
        await until(lambda: ticker.state.condition is FeedCondition.BACKING_OFF)
        running.sandbox.faults.remove()
        seen = len(ear.ticks)
        await until(lambda: ear.gaps and len(ear.ticks) > seen)
        await ticker.close()
        await asyncio.wait_for(work, 5)

    asyncio.run(play())
    tick = next(tick for tick in ear.ticks if tick.depth is not None)
    real = running.sandbox.exchange.tick("NSE:INFY")
    assert real is not None
    assert abs(tick.last_price / real.last_price - 1) < Decimal("0.02")
    assert tick.depth is not None
    assert len(tick.depth.buy) == len(tick.depth.sell) == 5
    assert ear.gaps[0].instruments == {"NSE:INFY"}
    assert ear.gaps[0].start < ear.gaps[0].end
    assert ticker.state.condition is FeedCondition.CLOSED
    token = ticker.session.access_token.reveal()
    ours = [one for one in caplog.records if not one.name.startswith("uvicorn")]
    assert not any(token in one.getMessage() for one in ours)
    assert token not in str(ear.states)


def test_an_ended_session_is_not_tried_again_until_there_is_another(
    hosts: Hosts, infy: Instrument
) -> None:
    ticker, ear = ticker_of(hosts), Ear()
    KITE.session(hosts).invalidate(ticker.session)

    async def play() -> None:
        ticker.subscribe("a", [infy])
        work = asyncio.create_task(ticker.run(ear))
        await until(lambda: ticker.state.condition is FeedCondition.SIGNED_OUT)
        await asyncio.sleep(0.5)
        assert [one.condition for one in ear.states] == [
            FeedCondition.CONNECTING, FeedCondition.SIGNED_OUT,
        ]  # fmt: skip
        ticker.renew(await asyncio.to_thread(signed_in, hosts))
        await until(lambda: ear.ticks)
        await ticker.close()
        await asyncio.wait_for(work, 5)

    asyncio.run(play())
    assert ticker.state.reconnects == 0


def shares(count: int) -> list[Instrument]:
    return [
        Instrument(
            exchange="NSE", tradingsymbol=f"S{n}", instrument_token=n * 256 + 1, exchange_token=n
        )
        for n in range(1, count + 1)
    ]


def test_an_instrument_is_subscribed_as_long_as_one_client_wants_it() -> None:
    wanted, (one, two) = Wanted(), shares(2)
    wanted.add("a", [one, two], TickMode.LTP)
    wanted.add("b", [one], TickMode.FULL)
    assert wanted.of_socket(0) == {257: TickMode.FULL, 513: TickMode.LTP}
    wanted.remove("b", [one])
    assert wanted.of_socket(0) == {257: TickMode.LTP, 513: TickMode.LTP}
    wanted.remove("a", None)
    assert (wanted.count, wanted.of_socket(0), wanted.instrument(257)) == (0, {}, None)


def test_three_sockets_are_filled_and_the_rest_is_refused() -> None:
    wanted, some = Wanted(most_of_a_socket=2), shares(7)
    assert wanted.add("a", some, TickMode.LTP) == {"NSE:S7"}
    assert [len(wanted.of_socket(number)) for number in range(3)] == [2, 2, 2]
    wanted.remove("a", some[:1])
    assert wanted.add("b", some[6:], TickMode.LTP) == frozenset()
    assert 7 * 256 + 1 in wanted.of_socket(0)
