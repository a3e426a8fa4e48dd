"""Recorded candles as a market: played at any speed, traded on, with no look at the future."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.candle import Interval
from tradertape_core.market.instrument import Instrument
from tradertape_server.features.execution.service import RunRef
from tradertape_server.features.feed.sources.candle_files import (
    FileCandles,
    ReplayRange,
    StoredCandles,
    is_candle_file,
    read_candles,
)
from tradertape_server.features.feed.sources.candle_replay import CandleReplaySource
from tradertape_server.features.feed.sources.replay_schedule import PAUSE_S, ReplaySchedule, looped
from tradertape_server.features.feed.sources.tick_replay import read_recording
from tradertape_server.features.feed.sources.tick_source import Mode, Subscription

DAY = date(2025, 11, 3)  # a Monday
OPEN = datetime(2025, 11, 3, 9, 15, tzinfo=IST)
DAYS = [date(2025, 11, 3), date(2025, 11, 4), date(2025, 11, 6)]  # the 5th is a holiday
on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def minutes(days: list[date] = DAYS, symbol: str = "INFY") -> str:
    """Candles of one minute: each opens where the last closed and rises by ten paise."""
    rows = ["date,symbol,open,high,low,close,volume"]
    price = Decimal(1500)
    for day in days:
        for number in range(375):
            at = datetime.combine(day, OPEN.time(), tzinfo=IST) + timedelta(minutes=number)
            close = price + Decimal("0.10")
            rows.append(
                f"{at.isoformat()},{symbol},{price},{close + 1},{price - 1},{close},{100 + number}"
            )
            price = close
    return "\n".join(rows) + "\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "minutes.csv"
    path.write_text(minutes())
    return path


def infy() -> Instrument:
    return Instrument(
        exchange="NSE", tradingsymbol="INFY", instrument_token=408065, exchange_token=1594
    )


def source_of(path: Path, started: datetime, speed: float, **more: Any) -> CandleReplaySource:
    book = FileCandles.open(path, ReplayRange(**more))
    return CandleReplaySource(book, nse_calendar(), started=started, speed=speed)


def test_a_day_takes_its_length_by_the_speed_and_stands_still_where_orders_are_looked_at() -> None:
    line = ReplaySchedule(DAYS, nse_calendar(), 60)
    assert len(line.sessions) == 3
    assert line.at(0) == line.at(PAUSE_S) == OPEN
    assert line.at(PAUSE_S + 1) == OPEN + timedelta(minutes=1)
    due = PAUSE_S + 365  # 365 minutes are 365 seconds
    assert line.at(due) == line.at(due + PAUSE_S) == OPEN.replace(hour=15, minute=20)
    over = due + PAUSE_S + 10
    assert line.at(over + 1) == OPEN.replace(hour=15, minute=30, second=1)
    assert line.at(over + PAUSE_S) == OPEN + timedelta(days=1)
    assert not line.is_over(3 * (over + PAUSE_S) - 0.1)
    assert line.is_over(3 * (over + PAUSE_S))
    assert line.at(10**9) == line.end == OPEN.replace(day=6, hour=15, minute=30, second=1)


def test_days_without_trading_are_no_replay() -> None:
    with pytest.raises(InvalidInput, match="no trading day"):
        ReplaySchedule([date(2025, 11, 5)], nse_calendar(), 1)


@pytest.mark.parametrize("speed", [1, 60, 600, 10_000])
def test_the_recorded_candles_come_out_again_at_any_speed(
    file: Path, clock: Any, speed: float
) -> None:
    source = source_of(file, clock.now(), speed)
    wanted = [Subscription(infy(), Mode.FULL)]
    step = max(1.0, 60 / speed)
    for _ in range(40):
        ticks = source.poll(wanted, clock.now())
        until = source.market_time(clock.now())
        assert all(tick.at == until for tick in ticks)
        assert all(tick.exchange_at <= until for tick in ticks)
        assert [tick.seq for tick in ticks] == sorted({tick.seq for tick in ticks})
        clock.advance(seconds=step)
    until = source.market_time(clock.now())
    played = source.past_candles(infy(), Interval.MINUTE, DAYS[0], DAYS[-1])
    recorded = FileCandles.open(file, ReplayRange()).candles(infy())
    whole = [one for one in played if one.is_complete]
    assert len(whole) > 20
    for made, kept in zip(whole, recorded, strict=False):
        assert made == kept
    assert played[-1].start <= until


def test_nothing_of_the_future_is_shown(file: Path, clock: Any) -> None:
    source = source_of(file, clock.now(), 60)
    clock.advance(seconds=PAUSE_S + 10)
    now = source.market_time(clock.now())
    assert now <= OPEN + timedelta(minutes=10)
    seen = source.session_candles(infy(), Interval.MINUTE_5, OPEN.replace(hour=15))
    assert all(one.start <= now for one in seen)
    assert source.past_candles(infy(), Interval.DAY, DAYS[1], DAYS[-1]) == []
    [tick] = source.quote([Subscription(infy(), Mode.FULL)], clock.now())
    assert tick.exchange_at <= now


def test_a_symbol_or_a_day_can_be_left_out(file: Path, clock: Any) -> None:
    source = source_of(file, clock.now(), 60, start=DAYS[1], end=DAYS[1], instruments=("infy",))
    assert source.market_time(clock.now()).date() == DAYS[1]
    with pytest.raises(InvalidInput, match="no candles of these instruments"):
        source_of(file, clock.now(), 60, instruments=("TCS",))


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        (minutes([DAY]), Interval.MINUTE),
        ("timestamp,tradingsymbol,open,high,low,close\n2025-11-03,INFY,1,2,1,2\n", Interval.DAY),
        (
            "date,symbol,open,high,low,close\n2025-11-03T09:15:00,INFY,1,2,1,2\n"
            "2025-11-03T09:30:00,INFY,1,2,1,2\n",
            Interval.MINUTE_15,
        ),
    ],
)
def test_the_interval_is_the_shortest_step(tmp_path: Path, text: str, interval: Interval) -> None:
    path = tmp_path / "c.csv"
    path.write_text(text)
    assert is_candle_file(path)
    book = FileCandles.open(path, ReplayRange())
    assert (book.interval, book.days[0]) == (interval, DAY)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"symbol": "INFY", "open": 1}, "one of the columns date"),
        ({"date": "x", "symbol": "A", "open": 1, "high": 1, "low": 1, "close": 1}, "row 1"),
        (
            {"date": "2025-11-03", "symbol": "A", "open": 0, "high": 1, "low": 1, "close": 1},
            "row 1",
        ),
    ],
)
def test_what_is_no_candle_is_refused(row: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_candles([row], ReplayRange())


@on_sqlite
class TestTrading:
    """Paper orders on a replay: the whole server but its threads."""

    @pytest.fixture
    def overrides(self, file: Path) -> dict[str, Any]:
        return {"feed": "replay", "feed_replay_file": file, "feed_replay_speed": 60.0}

    @pytest.fixture
    def replay(self, container: Any, sign_in: Any) -> Iterator[Any]:
        container.execution.trader.start()
        yield container
        container.execution.trader.stop()

    @pytest.fixture
    def run(self, replay: Any, sign_in: Any) -> RunRef:
        person = sign_in("person@example.com").get("/api/auth/me").json()
        account = replay.execution.account(person["id"], "kite:paper-a")
        return RunRef(account_id=account.id, run_id="run-1")

    def place(self, replay: Any, run: RunRef, key: str, **changes: Any) -> str:
        order = {
            "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY",
            "product": "MIS", "order_type": "MARKET", "quantity": 10, **changes,
        }  # fmt: skip
        return replay.execution.place(run, order, key=key).document["order_id"]

    def play(self, replay: Any, clock: Any, seconds: int) -> None:
        for _ in range(seconds):
            clock.advance(seconds=1)
            replay.feed.step()
            replay.execution_jobs.run_once()

    def test_orders_fill_square_off_and_stop_with_the_days(
        self, replay: Any, run: RunRef, clock: Any
    ) -> None:
        execution = replay.execution
        self.play(replay, clock, 5)
        self.place(replay, run, "key-0001")
        dip = self.place(replay, run, "key-0002", order_type="LIMIT", price=1450)
        limit = self.place(replay, run, "key-0003", order_type="LIMIT", price=1499.5)
        [first] = [t for t in execution.trades(run_id="run-1") if t.order_id not in (dip, limit)]
        assert first.at.astimezone(IST).date() == DAY
        assert 1499 < first.price < 1503
        self.play(replay, clock, 5)
        # Each minute dips by a rupee below where it opens.
        assert execution.order("run-1", limit).status == "COMPLETE"
        self.play(replay, clock, 375)
        assert execution.positions(run_id="run-1", open_only=True) == []
        assert execution.order("run-1", dip).status == "CANCELLED"
        assert {t.at.astimezone(IST).date() for t in execution.trades(run_id="run-1")} == {DAY}

    def test_a_fast_replay_leaves_wall_clock_things_fresh(
        self, replay: Any, run: RunRef, clock: Any
    ) -> None:
        execution, real = replay.execution, clock.now()
        self.play(replay, clock, 5)
        self.place(replay, run, "key-0001", product="CNC")
        trigger = execution.create_gtt(
            run.account_id,
            {
                "type": "single",
                "condition": {
                    "exchange": "NSE", "tradingsymbol": "INFY",
                    "trigger_values": [1300.0], "last_price": 1500.0,
                },
                "orders": [{
                    "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY",
                    "product": "CNC", "order_type": "LIMIT", "quantity": 1, "price": 1300,
                }],
            },
        )  # fmt: skip
        for _ in range(60):
            self.play(replay, clock, 1)
            assert not replay.feed.status().stale
            assert not execution.pnl(run).is_stale
        assert (clock.now() - real).total_seconds() == 65
        made = execution.get_gtt(run.account_id, trigger)
        assert made.expires_at.astimezone(IST).date() == DAY.replace(year=2026)

    def test_at_its_end_the_market_is_closed(self, replay: Any, run: RunRef, clock: Any) -> None:
        clock.advance(seconds=3 * 400)
        replay.feed.step()
        assert replay.feed.hours() is None
        with pytest.raises(Exception, match="the market is closed"):
            self.place(replay, run, "key-0001")


@on_sqlite
def test_the_data_sets_days_are_a_market_too(container: Any, clock: Any, with_market: None) -> None:
    market = container.market
    days = market.columns()[1].dates.tolist()
    book = StoredCandles(market, ReplayRange(days[-30], days[-20]))
    source = CandleReplaySource(book, nse_calendar(), started=clock.now(), speed=10_000)
    wanted = [
        Subscription(container.instruments.get(f"NSE:{name}"), Mode.FULL) for name in ("INFY",)
    ]
    for _ in range(60):
        source.poll(wanted, clock.now())
        clock.advance(seconds=1)
    made = source.past_candles(wanted[0].instrument, Interval.DAY, days[-30], days[-25])
    kept = {one.start.date(): one for one in book.candles(wanted[0].instrument)}
    assert len(made) >= 4
    for one in made:
        stored = kept[one.start.date()]
        assert (one.open, one.high, one.low, one.close, one.volume) == (
            stored.open, stored.high, stored.low, stored.close, stored.volume,
        )  # fmt: skip


@on_sqlite
class TestRecording:
    """What was heard live is a recording."""

    @pytest.fixture
    def overrides(self, tmp_path: Path) -> dict[str, Any]:
        return {"feed_record_file": tmp_path / "made" / "ticks.csv"}

    def test_what_is_heard_can_be_replayed(
        self, container: Any, clock: Any, tmp_path: Path
    ) -> None:
        share = container.instruments.get("NSE:INFY")
        container.feed.subscribe("me", [share])
        heard: list[Any] = []
        container.feed.on_ticks(heard.extend)
        for _ in range(5):
            container.feed.step()
            clock.advance(seconds=1)
        path = tmp_path / "made" / "ticks.csv"
        assert not is_candle_file(path)
        again = read_recording(path.read_text().splitlines()).ticks["NSE:INFY"]
        assert [(t.at, t.last_price, t.volume, t.bid) for t in again] == [
            (t.exchange_at, t.last_price, t.volume, t.bid) for t in heard
        ]


def test_a_loop_plays_its_days_again_on_the_days_that_follow(file: Path, clock: Any) -> None:
    book = FileCandles.open(file, ReplayRange())
    source = CandleReplaySource(book, nse_calendar(), started=clock.now(), speed=600, loop=True)
    wanted = [Subscription(infy(), Mode.FULL)]
    seen: dict[date, set[Decimal]] = {}
    last = source.market_time(clock.now())
    for _ in range(400):
        for tick in source.poll(wanted, clock.now()):
            seen.setdefault(tick.exchange_at.date(), set()).add(tick.last_price)
        now = source.market_time(clock.now())
        assert now >= last, "a ledger's time never goes back"
        last = now
        clock.advance(seconds=1)
    played = list(seen)
    again = [date(2025, 11, day) for day in (7, 10, 11)]
    assert played[:6] == [*DAYS, *again]
    candles = source.past_candles(infy(), Interval.DAY, DAYS[0], again[-1])
    before, after = candles[:3], candles[3:6]
    assert [c.start.date() for c in after] == again
    assert [(c.open, c.high, c.low, c.close, c.volume) for c in after] == [
        (c.open, c.high, c.low, c.close, c.volume) for c in before
    ]


def test_a_loop_goes_on_beyond_the_known_calendar() -> None:
    last = nse_calendar().sessions[-2:]
    made = looped(last, nse_calendar())
    beyond = [day for day in made.recorded if day.year == 2037]
    assert beyond[:2] == [date(2037, 1, 1), date(2037, 1, 2)]
    assert made.recorded[beyond[0]] == last[0]
    assert made.calendar.session_times(beyond[0])
    line = ReplaySchedule(made.recorded, made.calendar, 10_000)
    assert line.end.year > 2050


def test_an_evening_session_is_not_played_again() -> None:
    muhurat, day_after = date(2025, 10, 21), date(2025, 10, 23)
    made = looped([muhurat, day_after], nse_calendar())
    assert list(made.recorded.items())[:3] == [
        (muhurat, muhurat), (day_after, day_after), (date(2025, 10, 24), day_after),
    ]  # fmt: skip
