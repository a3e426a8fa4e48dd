"""The feed by itself: bad ticks, silence, cuts, candles, replay (FAULTS §4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.hours import TradingHours, hours_at, trading_phase
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import Phase, Segment
from tradertape_core.market.tick import Tick
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.live.feed_status import source_label
from tradertape_server.features.feed.live.wire_shapes import console_lines, worker_lines
from tradertape_server.features.feed.sources.source_details import BrokerFeed
from tradertape_server.features.feed.sources.tick_replay import ReplaySource, read_recording
from tradertape_server.features.feed.sources.tick_source import Mode, Subscription
from tradertape_server.platform.streaming.bus import Bus

START = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.wall, self.elapsed = START, 0.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.elapsed

    def advance(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.elapsed += seconds


def share(token: int) -> Instrument:
    return Instrument(
        exchange="NSE", tradingsymbol=f"S{token}", instrument_token=token, exchange_token=token
    )


def tick(token: int, price: object = "100", *, seq: int = 1, at: datetime = START) -> Tick:
    return Tick(
        instrument_token=token, instrument_id=f"NSE:S{token}", last_price=Decimal(str(price)),
        at=at, exchange_at=at, seq=seq, close=Decimal(100),
    )  # fmt: skip


class Scripted:
    """A source that says what it is told, or nothing, or that it is cut."""

    name = "scripted"
    is_simulated = True

    def __init__(self) -> None:
        self.next: list[Tick] = []
        self.cut = ""
        self.is_open = True
        self.asked: list[tuple[int, Mode]] = []

    def market_time(self, now: datetime) -> datetime:
        return now

    def poll(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        self.asked = [(w.instrument.instrument_token, w.mode) for w in wanted]
        if self.cut:
            raise ConnectionError(self.cut)
        said, self.next = self.next, []
        return said

    def quote(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        return []

    def hours(self, moment: datetime, segment: Segment = Segment.CASH) -> TradingHours | None:
        return hours_at(nse_calendar(), moment, segment) if self.is_open else None

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


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source() -> Scripted:
    return Scripted()


@pytest.fixture
def feed(clock: Clock, source: Scripted) -> Feed:
    return Feed(source, clock, Bus())


def test_only_what_somebody_wants_is_asked_for_in_the_highest_mode(
    feed: Feed, source: Scripted
) -> None:
    feed.subscribe("a", [share(1), share(2)], Mode.LTP)
    feed.subscribe("b", [share(1)], Mode.FULL)
    feed.step()
    assert sorted(source.asked) == [(1, Mode.FULL), (2, Mode.LTP)]
    feed.unsubscribe("b")
    feed.step()
    assert sorted(source.asked) == [(1, Mode.LTP), (2, Mode.LTP)]
    feed.subscribe_exactly("execution", [share(3)])
    feed.subscribe_exactly("execution", [share(4)])
    feed.unsubscribe("a", [1])
    feed.step()
    assert sorted(source.asked) == [(2, Mode.LTP), (4, Mode.FULL)]


@pytest.mark.parametrize("price", ["NaN", "Infinity", "-Infinity", "0", "-5", "1000", "10"])
def test_a_bad_price_reaches_nobody_and_makes_the_instrument_stale(
    feed: Feed, source: Scripted, price: str
) -> None:
    heard: list[Tick] = []
    feed.on_ticks(heard.extend)
    feed.subscribe("a", [share(1), share(2)])
    source.next = [tick(1), tick(2)]
    assert feed.step() == 2
    source.next = [tick(1, price, seq=2), tick(2, "101", seq=2)]
    assert feed.step() == 1  # the valid neighbour is kept
    assert (feed.latest(1), feed.is_stale(1), feed.is_stale(2)) == (tick(1), True, False)
    source.next = [tick(1, "102", seq=3)]
    feed.step()
    assert not feed.is_stale(1)
    assert all(one.last_price.is_finite() and one.last_price > 0 for one in heard)


def test_ticks_of_unknown_tokens_are_dropped_and_counted(feed: Feed, source: Scripted) -> None:
    feed.subscribe("a", [share(1)])
    source.next = [tick(9)]
    assert feed.step() == 0
    assert feed.refused == {"unknown": 1}


def test_a_silent_feed_is_stale_in_less_than_ten_seconds(
    feed: Feed, source: Scripted, clock: Clock
) -> None:
    assert not feed.status().stale  # nothing is wanted
    feed.subscribe("a", [share(1)])
    source.next = [tick(1)]
    feed.step()
    for _ in range(8):
        clock.advance(1)
        feed.step()
    assert not feed.status().stale
    clock.advance(1)
    assert feed.status().stale
    assert feed.is_stale(1)
    source.next = [tick(1, seq=2)]
    feed.step()
    assert not feed.status().stale


def test_a_source_that_takes_a_moment_to_connect_is_not_stale_at_once(
    feed: Feed, source: Scripted, clock: Clock
) -> None:
    """WS: while its market is closed too; what was streamed before is not traded on meanwhile."""
    for is_open in (True, False):
        source.is_open = is_open
        feed.subscribe("a", [share(1)])
        source.cut = "the feed of Zerodha Kite is connecting"
        feed.step()
        found = feed.status()
        assert (found.connected, found.stale, found.reason) == (False, False, source.cut)
        assert feed.is_stale(1)
        clock.advance(9)
        feed.step()
        assert feed.status().stale
        source.cut = ""
        feed.step()
        assert feed.status().connected
        feed.unsubscribe("a")
        feed.step()


def test_what_a_poll_found_is_not_told_once_nothing_is_wanted(
    feed: Feed, source: Scripted, clock: Clock
) -> None:
    """A broker that signs in later is not polled while no page shows a price."""
    feed.subscribe("a", [share(1)])
    source.cut = "no broker is connected"
    feed.step()
    clock.advance(20)
    assert (feed.status().connected, feed.status().stale) == (False, True)
    feed.unsubscribe("a")
    feed.step()
    found = feed.status()
    assert (found.connected, found.stale, found.reason) == (True, False, "")


def test_a_cut_is_told_labels_the_candles_and_ends(
    feed: Feed, source: Scripted, clock: Clock
) -> None:
    feed.subscribe_candles("a", share(1), Interval.MINUTE)
    for beat in range(40):
        source.cut = "reset by peer" if 10 <= beat < 20 else ""
        source.next = [] if source.cut else [tick(1, 100 + beat, seq=beat, at=clock.now())]
        feed.step()
        assert feed.status().connected == (not source.cut)
        clock.advance(5)
    made = feed.candles(share(1), Interval.MINUTE)
    assert [(c.start.minute, c.has_gap) for c in made] == [
        (0, True),
        (1, True),
        (2, False),
        (3, False),
    ]


def test_a_hundred_cuts_lose_no_subscription(feed: Feed, source: Scripted, clock: Clock) -> None:
    feed.subscribe("a", [share(n) for n in range(3_000)])
    for cut in range(200):
        source.cut = "gone" if cut % 2 else ""
        feed.step()
        clock.advance(1)
    source.cut = ""
    feed.step()
    assert len(source.asked) == 3_000


def test_a_stepped_wall_clock_ages_nothing(feed: Feed, source: Scripted, clock: Clock) -> None:
    feed.subscribe("a", [share(1)])
    source.next = [tick(1)]
    feed.step()
    for step in (600, -1_200):
        clock.wall += timedelta(seconds=step)
        assert not feed.is_stale(1)
        source.next = [tick(1, "101", seq=5 + step, at=clock.now())]
        feed.step()
    assert feed.age_s(1) == 0


def test_a_tick_that_comes_too_late_is_for_candles_alone(
    feed: Feed, source: Scripted, clock: Clock
) -> None:
    """An old price must fill, trigger and show nothing; the extremes of a candle are whole."""
    heard: list[Tick] = []
    feed.on_ticks(heard.extend)
    feed.subscribe_candles("a", share(1), Interval.MINUTE)
    first, late = tick(1, "101", seq=7), tick(1, "90", seq=6)
    source.next = [first, late]
    feed.step()
    source.next = [late]
    feed.step()
    assert (heard, feed.latest(1), feed.refused) == ([first], first, {"out_of_order": 2})
    [made] = feed.candles(share(1), Interval.MINUTE)
    assert (made.low, made.close) == (90, 101)


def test_a_share_that_was_split_over_night_is_heard_again(
    feed: Feed, source: Scripted, clock: Clock
) -> None:
    feed.subscribe("a", [share(1)])
    source.next = [tick(1, "1000", seq=1)]
    source.next[0] = replace(source.next[0], close=Decimal(1000))
    feed.step()
    split = replace(tick(1, "99", seq=2), close=Decimal(100))
    source.next = [split]
    assert feed.step() == 0, "a jump within the day, whatever it says of yesterday"
    clock.advance(20 * 3600)
    source.next = [replace(split, seq=3, at=clock.now(), exchange_at=clock.now())]
    assert feed.step() == 1
    assert not feed.is_stale(1)
    clock.advance(1)
    source.next = [replace(split, seq=4, at=clock.now(), close=None, last_price=Decimal(990))]
    assert feed.step() == 0


def test_a_listener_that_fails_keeps_nobody_from_hearing(feed: Feed, source: Scripted) -> None:
    heard: list[Tick] = []

    def broken(_: Sequence[Tick]) -> None:
        raise ValueError("a bug")

    feed.on_ticks(broken)
    feed.on_ticks(heard.extend)
    feed.subscribe("a", [share(1)])
    source.next = [tick(1)]
    feed.step()
    assert heard == [tick(1)]


prices = st.sampled_from(
    ["NaN", "Infinity", "-1", "0", "0.05", "99.95", "100", "101.2", "1e9", "sNaN"]
)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(1, 4), prices, st.integers(-2, 60)), max_size=30))
def test_whatever_comes_in_nothing_but_numbers_goes_out(rows: list[tuple[int, str, int]]) -> None:
    clock, source = Clock(), Scripted()
    feed = Feed(source, clock, Bus())
    feed.subscribe("a", [share(1), share(2), share(3)])
    feed.subscribe_candles("a", share(1), Interval.MINUTE)
    for seq, (token, price, volume) in enumerate(rows):
        one = tick(token, price, seq=seq, at=clock.now())
        source.next = [replace(one, volume=volume, bid=Decimal(price))]
        feed.step()
        clock.advance(3)
    quotes = feed.quotes([share(1), share(2), share(3)]).values()
    for lines in (console_lines, worker_lines):
        written = "".join(line for mode in Mode for line in lines(quotes, mode))
        assert "NaN" not in written
        assert "Infinity" not in written
    assert all(one.last_price.is_finite() for one in quotes)
    for candle in feed.candles(share(1), Interval.MINUTE):
        assert candle.low <= candle.open <= candle.high
        assert candle.volume >= 0


RECORDING = """at,instrument,last_price,volume,bid,ask
2025-12-30T09:15:00+05:30,NSE:S1,100,10,99.95,100
2025-12-30T09:15:30+05:30,NSE:S1,103,30,,
2025-12-30T09:16:10+05:30,NSE:S1,101,35,,
2025-12-30T09:15:10+05:30,NSE:S2,50,1,,
"""


def test_a_recording_is_played_faster_than_it_was(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "ticks.csv"
    path.write_text(RECORDING)
    source = ReplaySource.open(path, nse_calendar(), started=START, speed=10)
    feed, heard = Feed(source, clock, Bus()), list[Tick]()
    feed.on_ticks(heard.extend)
    feed.subscribe("a", [share(1), share(2)])
    feed.step()
    clock.advance(3.1)  # 31 seconds of the recording
    feed.step()
    assert [(one.instrument_id, one.last_price) for one in heard] == [
        ("NSE:S1", 100), ("NSE:S1", 103), ("NSE:S2", 50),
    ]  # fmt: skip
    clock.advance(60)
    feed.step()
    assert heard[-1].last_price == 101
    made = feed.candles(share(1), Interval.MINUTE)
    assert [(c.high, c.volume) for c in made] == [(103, 30), (101, 5)]


def test_lines_of_a_recording_may_stand_in_any_order(tmp_path: Path, clock: Clock) -> None:
    head, *rows = RECORDING.splitlines()
    path = tmp_path / "ticks.csv"
    path.write_text("\n".join([head, *reversed(rows)]))
    source = ReplaySource.open(path, nse_calendar(), started=START, speed=100)
    feed, heard = Feed(source, clock, Bus()), list[Tick]()
    feed.on_ticks(heard.extend)
    feed.subscribe("a", [share(1)])
    for _ in range(3):
        feed.step()
        clock.advance(1)
    assert [one.last_price for one in heard] == [100, 103, 101]


@pytest.mark.parametrize(
    "lines", ["", "at,instrument\n", RECORDING.replace("103", "x"), RECORDING.replace("+05:30", "")]
)
def test_what_is_no_recording_is_refused(lines: str) -> None:
    with pytest.raises(InvalidInput):
        read_recording(lines.splitlines())


def test_candles_grow_from_the_ticks_of_what_somebody_watches(
    feed: Feed, source: Scripted, clock: Clock
) -> None:
    """An option's page: nothing is recorded of it, so its candles begin when it is looked at."""
    assert feed.candles(share(1), Interval.MINUTE) == []
    source.next = [tick(1)]
    feed.step()
    assert feed.candles(share(1), Interval.MINUTE) == []  # nobody wants its ticks
    feed.subscribe("page", [share(1)])
    assert feed.candles(share(1), Interval.MINUTE) == []
    for seq, price in ((2, "101"), (3, "99")):
        clock.advance(1)
        source.next = [tick(1, price, seq=seq, at=clock.now())]
        feed.step()
    [made] = feed.candles(share(1), Interval.MINUTE)
    assert (made.open, made.low, made.close) == (Decimal(101), Decimal(99), Decimal(99))
    assert not made.is_complete


def test_a_looping_recording_goes_on_with_its_time(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "ticks.csv"
    path.write_text(RECORDING)
    source = ReplaySource.open(path, nse_calendar(), started=START, speed=10, loop=True)
    wanted, heard = [Subscription(share(1), Mode.FULL)], list[Tick]()
    for _ in range(23):  # 71 recorded seconds a round
        heard += source.poll(wanted, clock.now())
        clock.advance(1)
    firsts = {one.seq: one for one in reversed(heard)}
    assert [firsts[seq].last_price for seq in sorted(firsts)] == [*[100, 103, 101] * 3, 100]
    times = [firsts[seq].exchange_at for seq in sorted(firsts)]
    assert times == sorted(times)
    assert {at.day for at in times if at} == {30, 31, 1, 2}
    assert all(one.at >= (one.exchange_at or one.at) for one in heard)


def test_a_recording_that_is_over_is_a_closed_market(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "ticks.csv"
    path.write_text(RECORDING)
    source = ReplaySource.open(path, nse_calendar(), started=START, speed=10)
    assert source.hours(source.market_time(clock.now())) is not None
    clock.advance(60)
    assert source.hours(source.market_time(clock.now())) is None
    assert source.poll([Subscription(share(2), Mode.FULL)], clock.now()) != []
    assert source.poll([Subscription(share(2), Mode.FULL)], clock.now()) == []


@pytest.mark.parametrize(
    ("source", "label"),
    [
        ("exchange", "live NSE through Zerodha Kite and Upstox"),
        ("sandbox", "sandbox, not the exchange through Zerodha Kite and Upstox"),
        ("simulated", "simulated through Zerodha Kite and Upstox"),
    ],
)
def test_a_label_names_the_market_and_the_brokers_that_give_it(source: str, label: str) -> None:
    """WS: none passes for another; a feed that does not live gives nothing."""

    def of(title: str, condition: str = "live") -> BrokerFeed:
        return BrokerFeed(
            broker=title.lower(), title=title, condition=condition, reason="", instruments=1,
            last_tick_at=None, reconnects=0, dropped=0,
        )  # fmt: skip

    feeds = [of("Zerodha Kite"), of("Upstox"), of("Upstox"), of("Groww", "silent")]
    assert source_label(source, feeds) == label
    assert (
        source_label(source, [*feeds, of("Groww")]) == label.replace(" and ", ", ") + " and Groww"
    )
    assert "through" not in source_label(source, [of("Groww", "signed_out")])
