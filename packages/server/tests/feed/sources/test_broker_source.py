"""A broker's feed as the server's tick source: its own tokens, cuts and gaps, quotes, candles."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from packages.brokers.tests.kite.test_session import KITE, signed_in
from packages.brokers.tests.sandboxed import Running, served_sandbox

from tradertape_brokers.errors import Unavailable
from tradertape_brokers.feed import (
    FeedCondition,
    FeedGap,
    FeedListener,
    FeedState,
    TickMode,
)
from tradertape_brokers.feeds import Pauses
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.kite.ticker import KiteTicker
from tradertape_brokers.masters.mapping import Mapping
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_sandbox.cli import SystemClock
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.sources.broker_source import BrokerSource
from tradertape_server.features.feed.sources.tick_source import Mode, Subscription
from tradertape_server.platform.streaming.bus import Bus

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
INFY = Instrument(
    exchange="NSE", tradingsymbol="INFY", instrument_token=408065, exchange_token=1594,
    isin="INE009A01021",
)  # fmt: skip
ROW = replace(INFY, tradingsymbol="INFY-EQ", instrument_token=7)  # as this broker calls it
TICK = Tick(instrument_token=7, instrument_id="NSE:INFY-EQ", last_price=Decimal(1500), at=NOW)


class ScriptedFeed:
    """A feed that stays as the test sets it; `subscribed` is what it was asked for."""

    def __init__(self) -> None:
        self.state = FeedState(condition=FeedCondition.LIVE, since=NOW)
        self.subscribed: dict[str, TickMode] = {}
        self.full = False
        self._closed = asyncio.Event()

    async def run(self, listener: FeedListener) -> None:
        await self._closed.wait()

    def subscribe(self, client, instruments, mode=TickMode.QUOTE):
        names = [one.id for one in instruments]
        if self.full:
            return frozenset(names)
        self.subscribed |= dict.fromkeys(names, mode)
        return frozenset()

    def unsubscribe(self, client, instruments=None):
        for one in instruments or ():
            self.subscribed.pop(one.id, None)

    def renew(self, session):
        raise AssertionError(session)

    async def close(self) -> None:
        self._closed.set()


class ScriptedQuotes:
    """Quotes and candles of a list; None when the broker cannot be reached."""

    def __init__(self) -> None:
        self.tick: Tick | None = TICK
        self.asked: list[Interval] = []

    def quotes(self, instruments: Sequence[Instrument]) -> dict[str, Tick]:
        if self.tick is None:
            raise Unavailable("the broker cannot be reached")
        return {one.id: self.tick for one in instruments}

    def candles(self, instrument, interval, start, end):
        if self.tick is None:
            raise Unavailable("the broker cannot be reached")
        self.asked.append(interval)
        price = Decimal(1500)
        return [Candle(start, price, price, price, price, 10)]


@pytest.fixture
def feed() -> ScriptedFeed:
    return ScriptedFeed()


@pytest.fixture
def quotes() -> ScriptedQuotes:
    return ScriptedQuotes()


@pytest.fixture
def source(feed: ScriptedFeed, quotes: ScriptedQuotes) -> Iterator[BrokerSource]:
    made = BrokerSource("kite", feed, quotes, Mapping("kite", [ROW]).find, nse_calendar())
    yield made
    made.close()


def wanted(mode: Mode = Mode.QUOTE) -> list[Subscription]:
    return [Subscription(INFY, mode)]


def test_ticks_carry_our_tokens_and_rising_numbers_and_come_once(source):
    source.poll(wanted(), NOW)
    source.on_ticks([TICK, replace(TICK, last_price=Decimal(1501))])

    ticks = source.poll(wanted(), NOW)

    assert [(t.instrument_token, t.instrument_id) for t in ticks] == [(408065, "NSE:INFY")] * 2
    assert [t.seq for t in ticks] == [1, 2]
    assert source.poll(wanted(), NOW) == []
    assert not source.is_simulated


def test_the_feed_is_subscribed_to_exactly_what_is_wanted_in_its_mode(source, feed):
    source.poll(wanted(), NOW)
    assert feed.subscribed == {"NSE:INFY-EQ": TickMode.QUOTE}
    source.poll(wanted(Mode.FULL), NOW)
    assert feed.subscribed == {"NSE:INFY-EQ": TickMode.FULL}
    source.poll([], NOW)
    assert feed.subscribed == {}


def test_an_instrument_the_broker_has_not_for_certain_is_refused_with_the_reason(source, feed):
    other = replace(INFY, tradingsymbol="TCS", exchange_token=11536, isin="")
    wrong = replace(INFY, tradingsymbol="INFY-EQ", exchange_token=5, isin="", instrument_token=9)

    source.poll([Subscription(other, Mode.LTP), Subscription(wrong, Mode.LTP)], NOW)

    assert feed.subscribed == {}
    assert "does not list NSE:TCS" in source.refused["NSE:TCS"]
    assert "not for certain" in source.refused["NSE:INFY-EQ"]


def test_a_full_feed_says_which_instruments_it_refuses(source, feed):
    feed.full = True
    source.poll(wanted(), NOW)
    assert "takes no more" in source.refused["NSE:INFY"]


@pytest.mark.parametrize(
    "condition",
    [FeedCondition.BACKING_OFF, FeedCondition.SIGNED_OUT, FeedCondition.SILENT],
)
def test_a_feed_that_is_not_live_is_told_as_disconnected(source, feed, condition):
    feed.state = FeedState(condition=condition, since=NOW, reason="sign in again")
    with pytest.raises(OSError, match="sign in again"):
        source.poll(wanted(), NOW)


def test_a_gap_between_two_polls_is_told_once_and_its_later_ticks_are_kept(source):
    source.poll(wanted(), NOW)
    start = NOW - timedelta(seconds=1)
    source.on_gap(FeedGap(instruments=frozenset({"NSE:INFY-EQ"}), start=start, end=NOW))
    source.on_ticks([TICK])

    with pytest.raises(OSError, match="ticks were missed"):
        source.poll(wanted(), NOW)
    assert len(source.poll(wanted(), NOW)) == 1


def test_a_quote_that_a_tick_has_overtaken_is_not_returned(source, feed, quotes):
    source.poll(wanted(), NOW)
    source.on_ticks([replace(TICK, exchange_at=NOW)])
    feed.state = FeedState(condition=FeedCondition.IDLE, since=NOW)  # no longer streamed
    quotes.tick = replace(TICK, exchange_at=NOW - timedelta(seconds=2))
    assert source.quote(wanted(), NOW) == []

    quotes.tick = replace(TICK, exchange_at=NOW + timedelta(seconds=1))
    (tick,) = source.quote(wanted(), NOW)
    assert (tick.instrument_token, tick.seq) == (408065, 2)


def test_a_broker_that_cannot_be_asked_is_an_error_of_quotes_and_no_candles(source, quotes):
    quotes.tick = None
    with pytest.raises(OSError, match="cannot be reached"):
        source.quote(wanted(), NOW)
    assert source.session_candles(INFY, Interval.MINUTE, NOW) == []
    day = date(2026, 11, 20)
    assert source.past_candles(INFY, Interval.DAY, day, day) == []

    quotes.tick = TICK  # a failure is not kept
    assert len(source.past_candles(INFY, Interval.DAY, day, day)) == 1
    assert len(source.past_candles(INFY, Interval.DAY, day, day)) == 1
    assert quotes.asked == [Interval.DAY]


# --- at the sandbox's door ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with served_sandbox() as served:
        yield served


def until(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline
        threading.Event().wait(0.05)


def test_the_servers_feed_lives_on_kites_ticks_and_tells_a_cut(running: Running):
    hosts, clock = Hosts.sandbox(f"http://127.0.0.1:{running.port}"), SystemClock()
    session = signed_in(hosts)
    connection = KITE.connect(session, hosts, KITE.limiter(), clock)
    pauses = Pauses(first_s=0.05, longest_s=0.2)
    ticker = KiteTicker(session, hosts.kite.ticker, clock, pauses=pauses, silent_after_s=1.8)
    assert connection.instruments is not None
    rows = Mapping("kite", connection.instruments.download())
    source = BrokerSource("kite", ticker, connection.quotes, rows.find, nse_calendar())
    feed = Feed(source, clock, Bus(), rate_hz=10)
    infy = running.sandbox.exchange.instruments.get("NSE:INFY")
    assert infy is not None
    feed.subscribe("page", [infy], Mode.FULL)

    try:
        until(lambda: feed.step() and feed.latest(infy.instrument_token))
        tick, status = feed.latest(infy.instrument_token), feed.status()
        assert tick is not None
        assert tick.depth is not None
        assert (status.source, status.is_simulated, status.connected) == ("kite", False, True)

        running.sandbox.faults.add(FaultPlan(kind=FaultKind.SILENT_FEED))
        until(lambda: feed.step() == 0 and not feed.status().connected)
        running.sandbox.faults.remove()
        until(lambda: feed.step() and feed.status().connected)
        assert ticker.state.reconnects >= 1
    finally:
        source.close()
    with pytest.raises(OSError, match="closed"):
        source.poll([], clock.now())
