"""Prices: set, simulated, and told to those who watch."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from packages.sandbox.tests.exchange.bench import SHARE, Bench, opened

from tradertape_core.kernel.clock import IST
from tradertape_core.market.candle import Interval
from tradertape_core.market.universe_facts import FACTS
from tradertape_sandbox.exchange.events import Ticked
from tradertape_sandbox.exchange.exchange import MOST_TICKS
from tradertape_sandbox.exchange.further import FURTHER


def test_the_same_moment_has_the_same_prices_in_every_exchange() -> None:
    one, other = opened().exchange, opened().exchange
    names = [SHARE, "NSE:NIFTY 50", one.instruments.derivatives("NIFTY")[40].id]

    first, second = [one.tick(name) for name in names], [other.tick(name) for name in names]

    assert [tick and tick.last_price for tick in first] == [
        tick and tick.last_price for tick in second
    ]
    assert None not in first


def test_a_contract_priced_with_others_has_the_price_it_has_alone() -> None:
    together, alone = opened().exchange, opened().exchange
    names = [one.id for one in together.instruments.derivatives("NIFTY")[:200]]

    together.market.prepare(names)

    for name in names:
        one, other = together.tick(name), alone.tick(name)
        assert one is not None
        assert other is not None
        assert (one.last_price, one.open, one.close) == (other.last_price, other.open, other.close)


def test_options_follow_an_index_whose_price_was_set(bench: Bench) -> None:
    spot = bench.exchange.tick("NSE:NIFTY 50")
    assert spot is not None
    call = min(
        (one for one in bench.exchange.instruments.derivatives("NIFTY")
         if one.instrument_type == "CE" and one.expiry and one.expiry.month == 12),
        key=lambda one: abs((one.strike or 0) - spot.last_price),
    )  # fmt: skip
    before = bench.exchange.tick(call.id)

    bench.price(str(round(spot.last_price) + 1000), "NSE:NIFTY 50")

    after = bench.exchange.tick(call.id)
    assert before is not None
    assert after is not None
    assert after.last_price - before.last_price > 400


@pytest.mark.parametrize("hour", [3, 11, 23])
def test_the_clock_gets_to_a_day_that_was_made_ready_without_making_it(
    hour: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A world takes seconds, in which the sandbox would answer nobody."""
    bench = opened(at=datetime(2026, 11, 19, hour, 7, tzinfo=IST))
    assert bench.exchange.tick(SHARE) is not None
    tomorrow = bench.clock.at + timedelta(days=1)
    bench.exchange.market.make_ready(tomorrow)

    def generate(*_: object, **__: object) -> None:
        pytest.fail("a world was made while the clock stood in its day")

    monkeypatch.setattr("tradertape_sandbox.exchange.market.generate", generate)
    bench.clock.at = tomorrow
    bench.exchange.advance()

    assert bench.exchange.tick(SHARE) is not None


def test_a_set_price_is_in_the_candles_of_its_minute(bench: Bench) -> None:
    bench.price("312.00")
    now = bench.exchange.now()

    for interval in (Interval.MINUTE, Interval.MINUTE_5, Interval.DAY):
        candles = bench.exchange.candles(SHARE, interval, now - timedelta(days=1), now)
        assert (candles[-1].high, candles[-1].close) == (Decimal("312.00"), Decimal("312.00"))


@pytest.mark.parametrize("hour", [11, 16, 23])
def test_a_date_has_one_daily_candle_at_any_hour(hour: int) -> None:
    exchange = opened(at=datetime(2026, 11, 25, hour, 7, tzinfo=IST)).exchange
    now = exchange.now()
    tick = exchange.tick(SHARE)

    candles = exchange.candles(SHARE, Interval.DAY, now - timedelta(days=9), now)

    starts = [one.start for one in candles]
    assert starts == sorted({one.replace(hour=0, minute=0) for one in starts})
    assert starts[-1] == datetime(2026, 11, 25, tzinfo=IST)
    assert tick is not None
    assert candles[-1].close == tick.last_price
    assert candles[-1].low <= candles[-1].open <= candles[-1].high


def test_watchers_are_told_of_each_new_tick_once(bench: Bench) -> None:
    bench.exchange.watch("one", [SHARE])
    bench.exchange.watch("two", [SHARE, "NSE:INFY"])
    bench.step()
    bench.exchange.advance()  # the same moment

    ticked = [tick.instrument_id for one in bench.events if isinstance(one, Ticked)
              for tick in one.ticks]  # fmt: skip
    assert sorted(ticked) == ["NSE:INFY", SHARE]

    bench.exchange.watch("two", [])
    bench.events.clear()
    bench.step()
    assert [tick.instrument_id for one in bench.events if isinstance(one, Ticked)
            for tick in one.ticks] == [SHARE]  # fmt: skip


def test_more_instruments_than_a_step_has_time_for_are_told_in_turn(bench: Bench) -> None:
    names = [one.id for one in bench.exchange.instruments.on("NFO")][: MOST_TICKS * 2 + 100]
    bench.exchange.watch("one", names)

    for _ in range(3):
        bench.step()

    counts = [len(one.ticks) for one in bench.events if isinstance(one, Ticked)]
    told = {tick.instrument_id for one in bench.events if isinstance(one, Ticked)
            for tick in one.ticks}  # fmt: skip
    assert max(counts) <= MOST_TICKS
    assert told == {name for name in names if bench.exchange.tick(name) is not None}


@pytest.mark.parametrize("interval", list(Interval))
def test_candles_of_every_interval_rise_in_time_and_hold_their_prices(
    bench: Bench, interval: Interval
) -> None:
    now = bench.exchange.now()

    candles = bench.exchange.candles(SHARE, interval, now - timedelta(days=5), now)

    starts = [one.start for one in candles]
    assert starts == sorted(set(starts))
    assert len(candles) >= 3
    assert all(one.low <= min(one.open, one.close) <= max(one.open, one.close) <= one.high
               for one in candles)  # fmt: skip


def test_the_exchange_lists_names_of_its_own_with_days_and_a_market() -> None:
    exchange = opened().exchange
    for further in FURTHER.values():
        one = exchange.instruments.get(f"NSE:{further.symbol}")
        assert one is not None
        assert one.isin not in {fact.isin for fact in FACTS.values()}
        own, like = exchange.tick(one.id), exchange.tick(f"NSE:{further.like}")
        assert own is not None
        assert like is not None
        assert own.close == like.close  # of the day before
        end = own.at
        days = exchange.market.candles(one, Interval.DAY, end - timedelta(days=60), end)
        assert len(days) > 30
