"""The live simulated market: the world carried on, the same for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.candle import Candle, CandleBuilder, Interval
from tradertape_core.market.hours import TradingHours, hours_at, session_hours
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.tick import Tick
from tradertape_core.market.world import World, generate
from tradertape_core.market.world.day import MarketDay, market_day
from tradertape_core.market.world.derivatives import (
    DerivativePricer,
    Running,
    derivative_tick,
    on_tick,
)
from tradertape_core.market.world.live import LiveMarket, limits_of

DAY = date(2026, 1, 5)
NOON = datetime(2026, 1, 5, 12, 0, tzinfo=IST)
INFY = Instrument(
    exchange="NSE", tradingsymbol="INFY", instrument_token=408_065, exchange_token=1594
)
NIFTY = Instrument(
    exchange="NSE", tradingsymbol="NIFTY 50", instrument_token=256_265, exchange_token=1001,
    instrument_type=InstrumentType.INDEX,
)  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    return generate(end=DAY)


@pytest.fixture(scope="module")
def day(world: World) -> MarketDay:
    return market_day(world)


def hours(moment: datetime = NOON) -> TradingHours:
    found = hours_at(nse_calendar(), moment, any_hour=True)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def market(day: MarketDay) -> LiveMarket:
    return LiveMarket(day, hours())


@pytest.fixture(scope="module")
def again(day: MarketDay) -> LiveMarket:
    """The same session in another process."""
    return LiveMarket(day, hours())


def test_a_live_day_is_the_candle_that_the_world_will_show(
    world: World, market: LiveMarket
) -> None:
    for j, name in enumerate(world.symbols):
        if not np.isfinite(world.close[-1, j]):
            continue
        candle = market.candles(name, Interval.DAY)[0]
        shown = [float(p) for p in (candle.open, candle.high, candle.low, candle.close)]
        tick = market.day.shares[name].tick_paise / 100
        expected = [f[-1, j] for f in (world.open, world.high, world.low, world.close)]
        assert shown == pytest.approx(expected, abs=tick / 2 + 1e-9)
        assert candle.volume == world.volume[-1, j]


def test_an_index_is_worth_what_its_members_are(world: World, market: LiveMarket) -> None:
    for name in ("NIFTY 50", "NIFTY 100", "NIFTY BANK"):
        path, series = market.path(name), world.indices[name]
        assert path.price[0] / 100 == pytest.approx(series.open[-1], rel=2e-4)
        assert path.price[-1] / 100 == pytest.approx(series.close[-1], rel=2e-4)
    index, second = market.day.indices["NIFTY BANK"], 9_000
    weights = np.array([market.day.outstanding[m] for m in index.members])
    now = np.array([market.path(m).price[second] / 100 for m in index.members])
    before = np.array([market.previous_close(m) for m in index.members])
    level = index.previous * (weights @ now) / (weights @ before)
    assert market.path("NIFTY BANK").price[second] / 100 == pytest.approx(level, abs=0.006)


def test_no_price_stands_still_in_a_session_between_those_of_the_exchange(day: MarketDay) -> None:
    demo = LiveMarket(day, hours(datetime(2026, 1, 4, 16, 45, tzinfo=IST)))
    assert demo.hours.is_demo
    fine = [n for n, one in day.shares.items() if one.tick_paise / one.close < 0.02]
    assert len(fine) > 50
    for name in fine:
        changes = np.flatnonzero(np.diff(demo.path(name).price, prepend=0, append=0))
        assert np.diff(changes).max() < 120, name
        assert np.diff(changes).mean() < 10, name


def test_no_price_is_pinned_in_a_session_of_the_exchange(market: LiveMarket) -> None:
    fine = [n for n, one in market.day.shares.items() if one.tick_paise / one.close < 0.02]
    for name in fine:
        share = market.day.shares[name]
        if share.high - share.low < 20 * share.tick_paise / 100:
            continue  # it hardly moves all day
        changes = np.flatnonzero(np.diff(market.path(name).price, prepend=0, append=0))
        assert np.diff(changes).max() < 300, name


FIRST = datetime(2015, 1, 2, tzinfo=IST)
MOMENTS = st.integers(0, (datetime(2026, 12, 30, tzinfo=IST) - FIRST) // timedelta(seconds=1)).map(
    lambda seconds: FIRST + timedelta(seconds=seconds)
)


@settings(max_examples=300)
@given(MOMENTS)
@example(datetime(2024, 2, 29, 12, tzinfo=IST))
@example(datetime(2026, 11, 22, 0, 0, tzinfo=IST))  # a Sunday's midnight
@example(datetime(2025, 10, 21, 14, 0, tzinfo=IST))  # Muhurat
@example(datetime(2026, 8, 3, 15, 29, 59, 999_999, tzinfo=IST))
def test_some_session_runs_at_any_moment_and_the_next_begins_where_it_ends(
    moment: datetime,
) -> None:
    found = hours(moment)
    assert found.start <= moment < found.end
    assert timedelta(0) < found.end - found.start <= timedelta(hours=9)
    assert 0 <= found.second_of(moment) < found.seconds
    following = hours(found.end)
    assert following.start == found.end
    assert following.is_demo or not following.number
    exchange = hours_at(nse_calendar(), moment)
    assert (exchange is None) == found.is_demo


@settings(max_examples=60)
@given(
    st.sampled_from(["INFY", "RELIANCE", "HDFCBANK", "ITC"]),
    st.floats(0, 22_499.9, allow_nan=False),
)
def test_a_restart_in_the_middle_goes_on_with_the_same_market(
    market: LiveMarket, again: LiveMarket, name: str, second: float
) -> None:
    moment = market.hours.start + timedelta(seconds=second)
    share = replace(INFY, tradingsymbol=name)
    before, after = market.tick(share, moment, seq=1), again.tick(share, moment, seq=1)
    assert before == after
    assert before is not None
    low, high = before.lower_circuit, before.upper_circuit
    assert low is not None
    assert high is not None
    assert low <= (before.low or low) <= before.last_price <= (before.high or high) <= high
    assert before.last_price in (before.bid, before.ask)
    if before.bid is not None and before.ask is not None:
        assert before.bid < before.ask
        assert (before.ask - before.bid) / before.last_price < Decimal("0.02")


def test_derivatives_go_on_from_the_shares_close(market: LiveMarket, again: LiveMarket) -> None:
    end = market.hours.end
    close = market.spot("NIFTY 50", end)
    late = [market.implied("NIFTY 50", end + timedelta(seconds=s)) for s in range(600)]
    assert len(set(late)) == 600
    assert max(abs(one / close - 1) for one in late) < 0.01
    assert market.implied("NIFTY 50", end - timedelta(seconds=1)) == close
    assert again.implied("NIFTY 50", end + timedelta(seconds=99)) == late[99]


def test_who_else_is_looked_at_changes_nothing(day: MarketDay) -> None:
    alone, crowded = LiveMarket(day, hours()), LiveMarket(day, hours())
    for name in ("NIFTY 50", "TCS", "INDIA VIX"):
        crowded.path(name)
    moments = [NOON + timedelta(seconds=s) for s in (0, 1, 2, 3_600)]
    assert [alone.tick(INFY, m) for m in moments] == [crowded.tick(INFY, m) for m in moments]
    assert alone.tick(INFY, NOON) == alone.tick(INFY, NOON.astimezone(UTC))


def test_another_seed_or_day_is_another_market(day: MarketDay, market: LiveMarket) -> None:
    other = LiveMarket(MarketDay(day.seed + 1, *_rest(day)), hours())
    assert (other.path("INFY").price != market.path("INFY").price).mean() > 0.5


def _rest(day: MarketDay) -> tuple[object, ...]:
    return (day.day, day.shares, day.pulls, day.outstanding, day.volatility, day.indices)


def test_every_price_of_a_tick_lies_on_the_grid_and_in_order(market: LiveMarket) -> None:
    for name in ("INFY", "RELIANCE", "MARUTI", "IDEA"):
        if not market.knows(name):
            continue
        one = Instrument(
            exchange="NSE", tradingsymbol=name, instrument_token=len(name), exchange_token=1
        )
        tick_size = Decimal(market.day.shares[name].tick_paise) / 100
        for second in range(0, 22_500, 937):
            tick = market.tick(one, hours().start + timedelta(seconds=second))
            assert tick is not None
            assert tick.bid is not None
            assert tick.ask is not None
            assert tick.low is not None
            assert tick.depth is not None
            assert tick.low <= tick.last_price <= (tick.high or 0)
            assert tick.bid < tick.ask
            assert tick.last_price in (tick.bid, tick.ask)
            assert (tick.lower_circuit or 0) <= tick.bid < tick.ask <= (tick.upper_circuit or 0)
            buys, sells = ([level.price for level in s] for s in (tick.depth.buy, tick.depth.sell))
            assert buys == sorted(buys, reverse=True)
            assert sells == sorted(sells)
            assert all(price % tick_size == 0 for price in (tick.last_price, *buys, *sells))


def test_candles_of_the_path_are_those_a_builder_makes_of_its_ticks(market: LiveMarket) -> None:
    builder = CandleBuilder(Interval.MINUTE_5, lambda _: hours(), late=timedelta(0))
    made: list[Candle] = []
    for second in range(900):
        tick = market.tick(INFY, hours().start + timedelta(seconds=second), with_depth=False)
        assert tick is not None
        made += builder.add(tick)
    made += builder.advance(hours().start + timedelta(seconds=900))
    until = hours().start + timedelta(seconds=899)
    assert made == market.candles("INFY", Interval.MINUTE_5, until=until)


def test_a_demo_session_leaves_the_last_close_and_comes_back_to_it(day: MarketDay) -> None:
    evening = LiveMarket(day, hours(datetime(2026, 1, 5, 20, 0, tzinfo=IST)))
    for name in ("INFY", "TCS", "NIFTY 50", "INDIA VIX"):
        path = evening.path(name)
        assert path.price[0] == path.price[-1] == round(evening.previous_close(name) * 100)
        assert path.low[-1] < path.price[0] < path.high[-1]
    assert evening.previous_close("INFY") == day.shares["INFY"].close


def test_shares_move_with_their_market_within_the_day(market: LiveMarket) -> None:
    names = [name for name in ("HDFCBANK", "ICICIBANK", "SBIN", "AXISBANK") if market.knows(name)]
    minutes = np.array([np.diff(np.log(market.path(n).price[::60])) for n in names])
    shared = np.corrcoef(minutes)[np.triu_indices(len(names), 1)]
    assert 0.2 < shared.mean() < 0.9


def test_pace_and_volume_are_those_of_a_day(market: LiveMarket) -> None:
    steps = np.abs(np.diff(np.log(market.path("NIFTY 50").price[::60])))
    assert steps[:30].mean() > 1.3 * steps[150:210].mean()  # busy at the open
    volume = np.diff(market.path("INFY").volume[::60])
    assert volume[:30].mean() > 1.3 * volume[150:210].mean()
    assert (np.diff(market.path("INFY").volume) >= 0).all()


def test_nothing_moves_before_the_session_starts(market: LiveMarket) -> None:
    assert market.tick(INFY, hours().start - timedelta(seconds=1)) is None
    stranger = Instrument(
        exchange="NSE", tradingsymbol="NOTHING", instrument_token=1, exchange_token=1
    )
    assert market.tick(stranger, NOON) is None


def test_price_limits_flex_where_the_day_goes_beyond_them(market: LiveMarket) -> None:
    share = market.day.shares["INFY"]
    lower, upper = limits_of(share, round(share.high * 100), round(share.low * 100))
    assert 0.79 < lower / share.previous / 100 < 0.81
    assert 1.19 < upper / share.previous / 100 < 1.21
    far = round(share.previous * 100 * 1.33)
    assert limits_of(share, far, round(share.low * 100))[1] >= far


def test_an_index_has_neither_book_nor_volume(market: LiveMarket) -> None:
    tick = market.tick(NIFTY, NOON)
    assert tick is not None
    assert (tick.bid, tick.ask, tick.volume, tick.depth) == (None, None, 0, None)


class Twice:
    """A pricer for the test: every contract is worth twice its spot."""

    def prices(
        self, instruments: Sequence[Instrument], *, spot: float, volatility: float, at: datetime
    ) -> np.ndarray:
        return np.full(len(instruments), 2 * spot)

    def interest(
        self, instruments: Sequence[Instrument], *, spot: float, volatility: float, at: datetime
    ) -> np.ndarray:
        return np.full(len(instruments), 6_500)


def test_contracts_quote_around_the_price_their_pricer_says() -> None:
    option = Instrument(
        exchange="NFO", tradingsymbol="X", instrument_token=77, exchange_token=1, lot_size=65,
        instrument_type=InstrumentType.CE, tick_size=Decimal("0.05"),
    )  # fmt: skip
    pricer: DerivativePricer = Twice()
    fair = float(pricer.prices([option], spot=50.013, volatility=0.1, at=NOON)[0])
    price = on_tick(fair, 5)
    assert price == 10_005
    running = Running(9_000, 9_500, 9_500, 9_500, 9_500).moved_to(price)
    tick: Tick = derivative_tick(option, running, NOON, through=0.4, step=7)
    assert tick.last_price == Decimal("100.05")
    assert (tick.open, tick.high, tick.low, tick.close) == (
        Decimal(95), Decimal("100.05"), Decimal(95), Decimal(90),
    )  # fmt: skip
    assert tick.bid_quantity % 65 == tick.volume % 65 == tick.oi % 65 == 0
    assert tick.bid is not None
    assert tick.ask is not None
    assert tick.bid < tick.ask


def test_open_contracts_are_those_the_pricer_says_and_trade_as_the_session_goes() -> None:
    option = Instrument(
        exchange="NFO", tradingsymbol="X", instrument_token=77, exchange_token=1, lot_size=65,
        instrument_type=InstrumentType.CE, tick_size=Decimal("0.05"),
    )  # fmt: skip
    running = Running(9_000, 9_500, 9_500, 9_500, 9_500, interest=6_500).moved_to(9_600)
    start, end = (
        derivative_tick(option, running, NOON, through=through, step=7) for through in (0.0, 1.0)
    )
    assert (start.oi, start.volume) == (6_500, 0)
    assert end.volume == 3 * 6_500
    assert 6_500 < end.oi < 7_000


def test_a_session_is_found_by_its_day() -> None:
    assert session_hours(nse_calendar(), DAY) == hours()
    assert session_hours(nse_calendar(), date(2026, 1, 4)) is None
