"""Live prices between processes, over a real Redis."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.hours import TradingHours, trading_phase
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import Phase, Segment
from tradertape_core.market.tick import Depth, DepthLevel, Tick
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.relay import redis_relay as relay_module
from tradertape_server.features.feed.relay.redis_relay import TickRelay
from tradertape_server.features.feed.relay.relayed_source import (
    NO_REDIS,
    MarketDuty,
    RelayedSource,
)
from tradertape_server.features.feed.sources.source_details import (
    BrokerFeed,
    FeedReport,
    NoDetails,
    SharedDetails,
)
from tradertape_server.features.feed.sources.tick_source import Mode, Subscription
from tradertape_server.features.instruments.master import InstrumentMaster
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.processes.redis_link import RedisLink
from tradertape_server.platform.secrets import SecretBox
from tradertape_server.platform.streaming.bus import Bus

pytestmark = pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="redis-server: scripts/test-deps.sh"
)
INFY, TCS = (
    Instrument(exchange="NSE", tradingsymbol=name, instrument_token=token, exchange_token=token)
    for name, token in (("INFY", 408065), ("TCS", 2953217))
)


class HandMarket:
    """A market whose prices a test says."""

    name = "hand"
    is_simulated = True

    def __init__(self) -> None:
        self.price = Decimal("1500.05")
        self.asked: list[str] = []
        self.is_cut = False
        self.seq = 0

    def market_time(self, now: datetime) -> datetime:
        return now

    def poll(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        if self.is_cut:
            raise OSError("the cable is out")
        return self.quote(wanted, now)

    def quote(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        self.asked += [one.instrument.id for one in wanted]
        return [self._tick(one, now) for one in wanted]

    def hours(self, moment: datetime, segment: Segment = Segment.CASH) -> TradingHours | None:
        return None

    def phase(self, moment: datetime, segment: Segment) -> Phase | None:
        return trading_phase(self.hours(moment, segment), moment)

    def session_candles(
        self, instrument: Instrument, interval: Interval, moment: datetime
    ) -> list[Candle]:
        return []

    def past_candles(
        self, instrument: Instrument, interval: Interval, start: date, end: date
    ) -> list[Candle]:
        return []

    def _tick(self, wanted: Subscription, now: datetime) -> Tick:
        self.seq += 1
        level = DepthLevel(self.price, 7, 2)
        return Tick(
            instrument_token=wanted.instrument.instrument_token,
            instrument_id=wanted.instrument.id,
            last_price=self.price, at=now, seq=self.seq, bid=self.price, close=Decimal("1499.95"),
            depth=Depth((level,), (level,)) if wanted.mode is Mode.FULL else None,
        )  # fmt: skip


class Instruments:
    """What is known in every process."""

    master = InstrumentMaster([INFY, TCS])


class Process:
    """A feed that has the market, or hears of it."""

    def __init__(self, link: RedisLink, *, is_trader: bool) -> None:
        self.is_trader = is_trader
        self.market = HandMarket()
        self.relay = TickRelay(link, Instruments(), lambda: self.is_trader)  # type: ignore[arg-type]
        source = RelayedSource(self.market, self.relay, lambda: self.is_trader)
        self.report = FeedReport()
        own = NoDetails()
        details = SharedDetails(
            own, lambda: self.is_trader, lambda: self.relay.report, lambda: self.relay.error
        )
        self.feed = Feed(source, SystemClock(), Bus(), details=details)
        self.relay.make_report = lambda: self.report
        self.relay.bind(self.feed)
        self.relay.start()

    def price_of(self, instrument: Instrument) -> Decimal | None:
        tick = self.feed.latest(instrument.instrument_token)
        return None if tick is None else tick.last_price


@pytest.fixture
def link(tmp_path: Path) -> Iterator[RedisLink]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    link = RedisLink(f"redis://127.0.0.1:{port}/0", SecretBox.open(tmp_path / "keys"))
    eventually(lambda: _answers(link))
    yield link
    server.kill()
    server.wait(timeout=10)


def _answers(link: RedisLink) -> bool:
    try:
        return bool(link.connect().ping())
    except relay_module.RedisError:
        return False


@pytest.fixture
def pair(link: RedisLink) -> Iterator[tuple[Process, Process]]:
    trader, web = Process(link, is_trader=True), Process(link, is_trader=False)
    yield trader, web
    web.relay.stop()
    trader.relay.stop()


def eventually(what: Callable[[], object], within_s: float = 30.0) -> None:
    until = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)  # other threads and Redis are at work: there is no event to wait on


def test_what_one_process_watches_the_other_polls_and_hands_on(
    pair: tuple[Process, Process],
) -> None:
    trader, web = pair
    web.feed.subscribe("a stream", [INFY], Mode.FULL)
    eventually(lambda: len(trader.feed.subscriptions) == 1)
    assert trader.feed.subscriptions.mode(INFY.instrument_token) is Mode.FULL

    def told() -> bool:
        trader.feed.step()
        return web.price_of(INFY) == Decimal("1500.05")

    eventually(told)
    heard = web.feed.latest(INFY.instrument_token)
    assert heard is not None
    assert heard.depth is not None
    assert (heard.depth.buy[0].quantity, heard.at.tzinfo is None) == (7, False)
    assert web.market.asked == []
    assert web.relay.offset == timedelta(0), "else no price here would be of this moment"
    web.feed.unsubscribe("a stream")
    eventually(lambda: len(trader.feed.subscriptions) == 0)


def test_a_price_nobody_watches_is_asked_for_once(pair: tuple[Process, Process]) -> None:
    trader, web = pair
    eventually(lambda: trader.relay.processes == 1)

    def answered() -> bool:
        return TCS.instrument_token in web.feed.quotes([TCS])

    eventually(answered)
    assert web.price_of(TCS) == Decimal("1500.05")
    assert "NSE:TCS" in trader.market.asked
    assert web.market.asked == []


def test_a_cut_of_the_market_is_said_in_every_process(pair: tuple[Process, Process]) -> None:
    trader, web = pair
    for one in pair:
        one.feed.subscribe("a stream", [INFY])
    trader.market.is_cut = True
    trader.feed.step()

    def said() -> bool:
        web.feed.step()
        return web.feed.status().reason == "the cable is out"

    eventually(said)
    assert not web.feed.status().connected


def test_every_process_shows_the_brokers_feeds_of_the_trading_one(
    pair: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    """BP-05: a page of another process says `live through Kite`, never `idle`."""
    trader, web = pair
    token = INFY.instrument_token
    live = BrokerFeed(
        broker="kite", title="Zerodha Kite", condition="live", reason="", instruments=3,
        last_tick_at=SystemClock().now(), reconnects=1, dropped=0,
    )  # fmt: skip
    unpriced = {"NSE:X": "not listed"}
    trader.report = FeedReport((live,), {token: "kite"}, frozenset({token}), unpriced)
    eventually(lambda: web.feed.status().feeds == (live,))
    status, details = web.feed.status(), web.feed.details
    assert (status.connected, status.label) == (True, "hand through Zerodha Kite")
    assert (details.broker_of(token), details.is_streamed(token)) == ("kite", True)
    assert (details.why_unpriced("NSE:X"), details.why_unpriced("NSE:Y")) == ("not listed", "")

    trader.report = FeedReport((replace(live, condition="silent", reason="no packets"),))
    eventually(lambda: web.feed.status().feeds[0].condition == "silent")
    assert not web.feed.details.is_streamed(token)
    trader.feed.subscribe("a stream", [INFY])
    trader.market.is_cut = True
    trader.feed.step()
    eventually(lambda: web.feed.status().reason == "the cable is out")

    monkeypatch.setattr(relay_module, "CONNECTION_TIMEOUT_S", 0.0)
    trader.relay.stop()
    assert "no updates received" in web.feed.status().reason
    assert web.feed.status().feeds == (), "what is not heard is not shown as present"


def test_prices_of_another_market_never_arrive(pair: tuple[Process, Process]) -> None:
    """Processes switch one after the other: in between none shows another market's prices."""
    trader, web = pair
    web.feed.subscribe("a stream", [INFY])
    trader.market.name = trader.feed.source.name = "exchange"
    trader.feed.subscribe("a stream", [INFY])
    eventually(lambda: "another market" in web.feed.status().reason)
    for _ in range(5):
        trader.feed.step()
        time.sleep(0.1)
    assert web.price_of(INFY) is None
    web.market.name = web.feed.source.name = "exchange"

    def told() -> bool:
        trader.feed.step()
        return web.price_of(INFY) == Decimal("1500.05")

    eventually(told)


def test_silence_is_noticed(pair: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch) -> None:
    trader, web = pair
    eventually(lambda: trader.relay.processes == 1)
    trader.relay.stop()
    monkeypatch.setattr(relay_module, "CONNECTION_TIMEOUT_S", 0.0)
    web.feed.subscribe("a stream", [INFY])
    web.feed.step()
    assert "no updates received" in web.feed.status().reason


def test_after_a_fail_over_prices_go_the_other_way(pair: tuple[Process, Process]) -> None:
    """Each market numbers its ticks: those of the next one are not late ones of the last."""
    former, successor = pair
    former.market.seq = 5_000
    eventually(lambda: former.relay.processes == 1)
    eventually(lambda: INFY.instrument_token in successor.feed.quotes([INFY]))
    former.feed.subscribe("a stream", [INFY])
    former.feed.step()
    former.is_trader, successor.is_trader = False, True
    MarketDuty(former.feed).stop()
    MarketDuty(successor.feed).start()
    successor.market.price = Decimal("1500.10")

    def told() -> bool:
        successor.feed.step()
        return former.price_of(INFY) == Decimal("1500.10")

    eventually(told)
    assert successor.price_of(INFY) == Decimal("1500.10")
    eventually(lambda: former.relay.processes == 0)


def test_without_redis_a_standby_says_why_it_hears_nothing() -> None:
    market = HandMarket()
    feed = Feed(RelayedSource(market, None, lambda: False), SystemClock(), Bus())
    feed.subscribe("a stream", [INFY])
    feed.step()
    assert feed.status().reason == NO_REDIS
    assert feed.quotes([INFY]) == {}
