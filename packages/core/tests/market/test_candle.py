"""Candles from ticks (FAULTS §4: repeated and out-of-order ticks, gaps)."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.candle import (
    Candle,
    CandleBuilder,
    Interval,
    parse_interval,
    resample,
)
from tradertape_core.market.hours import TradingHours, hours_at
from tradertape_core.market.tick import Tick

OPEN = datetime(2026, 1, 5, 9, 15, tzinfo=IST)


def hours_of(moment: datetime) -> TradingHours | None:
    return hours_at(nse_calendar(), moment)


def tick(second: float, price: str | Decimal, volume: int = 0, *, seq: int = 0) -> Tick:
    at = (OPEN + timedelta(seconds=second)).astimezone(UTC)
    return Tick(
        instrument_token=1, instrument_id="NSE:X", last_price=Decimal(price), at=at,
        exchange_at=at, volume=volume, last_quantity=1, seq=seq,
    )  # fmt: skip


def build(ticks: list[Tick], interval: Interval) -> list[Candle]:
    builder = CandleBuilder(interval, hours_of)
    made = [candle for one in ticks for candle in builder.add(one)]
    made += builder.advance(OPEN + timedelta(days=3))
    assert builder.late_ticks == 0
    assert builder.current is None
    return made


def test_a_candle_holds_first_extreme_and_last_price_and_the_traded_volume() -> None:
    ticks = [tick(0, "10", 5), tick(20, "12", 8), tick(40, "9", 9), tick(59, "11", 20)]
    ticks.append(tick(60, "15", 21))
    first, second = build(ticks, Interval.MINUTE)
    assert first == Candle(OPEN, *map(Decimal, ("10", "12", "9", "11")), 20)
    assert (second.start, second.volume) == (OPEN + timedelta(minutes=1), 1)


@pytest.mark.parametrize(
    ("interval", "starts"),
    [
        (Interval.MINUTE, ["09:15", "09:16", "10:14", "15:29"]),
        (Interval.MINUTE_3, ["09:15", "10:12", "15:27"]),
        (Interval.MINUTE_5, ["09:15", "10:10", "15:25"]),
        (Interval.MINUTE_10, ["09:15", "10:05", "15:25"]),
        (Interval.MINUTE_15, ["09:15", "10:00", "15:15"]),
        (Interval.MINUTE_30, ["09:15", "09:45", "15:15"]),
        (Interval.MINUTE_60, ["09:15", "15:15"]),
        (Interval.DAY, ["00:00"]),
    ],
)
def test_candles_count_from_the_open_in_indian_time(interval: Interval, starts: list[str]) -> None:
    ticks = [tick(second, "10") for second in (0, 60, 59 * 60, 375 * 60 - 1)]
    assert [f"{c.start.astimezone(IST):%H:%M}" for c in build(ticks, interval)] == starts


def test_ticks_outside_the_session_make_no_candle() -> None:
    assert build([tick(-1, "10"), tick(375 * 60, "11")], Interval.MINUTE) == []


moves = st.lists(
    st.tuples(st.integers(0, 40), st.integers(-30, 30), st.integers(0, 50)), min_size=1, max_size=80
)


@settings(max_examples=150)
@given(moves, st.randoms(use_true_random=False), st.sampled_from(list(Interval)))
def test_late_and_repeated_ticks_within_five_seconds_change_nothing(
    steps: list[tuple[int, int, int]], rng: random.Random, interval: Interval
) -> None:
    second, price, volume, ticks = 0, 1000, 0, []
    for seq, (wait, move, traded) in enumerate(steps):
        second, price, volume = second + wait, max(1, price + move), volume + traded
        ticks.append(tick(second, Decimal(price) / 10, volume, seq=seq))
    arrivals = [(t.at + timedelta(seconds=rng.uniform(0, 4.9)), t) for t in ticks]
    arrivals += [(when + timedelta(seconds=0.05), t) for when, t in rng.sample(arrivals, 1)]
    shuffled = [t for _, t in sorted(arrivals, key=lambda pair: pair[0])]
    assert build(shuffled, interval) == build(ticks, interval)


@settings(max_examples=60)
@given(moves, st.sampled_from(list(Interval)))
def test_joined_minutes_are_the_longer_candles(
    steps: list[tuple[int, int, int]], interval: Interval
) -> None:
    second, volume, ticks = 0, 0, []
    for seq, (wait, price, traded) in enumerate(steps):
        second, volume = second + wait, volume + traded
        ticks.append(tick(second, Decimal(100 + price), volume, seq=seq))
    joined = resample(build(ticks, Interval.MINUTE), interval, hours_of)
    whole = build(ticks, interval)
    assert [c.is_complete for c in joined[:-1]] == [True] * (len(joined) - 1)
    bare = [(c.start, c.open, c.high, c.low, c.close, c.volume) for c in joined]
    assert bare == [(c.start, c.open, c.high, c.low, c.close, c.volume) for c in whole]


def test_a_candle_is_complete_only_when_no_late_tick_can_change_it() -> None:
    builder = CandleBuilder(Interval.MINUTE, hours_of)
    assert builder.add(tick(10, "10")) == ()
    assert builder.add(tick(62, "11")) == ()
    assert builder.add(tick(59, "14")) == ()  # late by three seconds: counts
    (first,) = builder.add(tick(66, "11"))
    assert (first.high, first.is_complete) == (Decimal(14), True)
    assert builder.add(tick(30, "99")) == ()
    assert builder.late_ticks == 1
    assert builder.current is not None
    assert (builder.current.high, builder.current.is_complete) == (Decimal(11), False)


def test_a_cut_of_the_feed_labels_the_candles_it_touches() -> None:
    builder = CandleBuilder(Interval.MINUTE, hours_of)
    made = list(builder.add(tick(10, "10")))
    builder.mark_gap(OPEN + timedelta(seconds=30), OPEN + timedelta(seconds=130))
    for second in (130, 200, 400):
        made += builder.add(tick(second, "10"))
    made += builder.advance(OPEN + timedelta(seconds=500))
    labelled = {(c.start - OPEN) // timedelta(minutes=1): c.has_gap for c in made}
    assert labelled == {0: True, 2: True, 3: False, 6: False}


def test_a_builder_that_joins_late_counts_only_what_it_saw() -> None:
    (candle,) = build([tick(600, "10", 5000), tick(620, "10", 5100)], Interval.MINUTE)
    assert candle.volume == 101  # the tick of 5,000 itself traded one


def test_a_new_session_starts_its_volume_from_nothing() -> None:
    monday = [tick(0, "10", 900), tick(375 * 60 - 1, "10", 1000)]
    tuesday = [tick(86_400, "11", 7), tick(86_400 + 5, "11", 9)]
    assert [c.volume for c in build(monday + tuesday, Interval.DAY)] == [1000, 9]


def test_a_demo_session_has_candles_of_its_own() -> None:
    def any_hour(moment: datetime) -> TradingHours | None:
        return hours_at(nse_calendar(), moment, any_hour=True)

    builder = CandleBuilder(Interval.DAY, any_hour)
    evening = 11 * 3600
    made = [*builder.add(tick(375 * 60 - 1, "10", 50)), *builder.add(tick(evening, "12", 3))]
    assert [c.volume for c in made] == [50]
    assert builder.current is not None
    assert builder.current.start > OPEN


def test_an_unknown_interval_names_the_known_ones() -> None:
    assert parse_interval("1minute") is Interval.MINUTE
    with pytest.raises(InvalidInput, match="60minute"):
        parse_interval("2minute")


def test_hours_between_sessions_follow_one_another_without_a_gap() -> None:
    moment = datetime(2026, 1, 2, 15, 30, tzinfo=IST)  # a Friday's close
    seen: list[TradingHours] = []
    while moment.date() < date(2026, 1, 5) or moment.hour < 9:
        hours = hours_at(nse_calendar(), moment, any_hour=True)
        assert hours is not None
        assert hours.is_demo
        assert hours.start == moment
        seen.append(hours)
        moment = hours.end
    assert moment == OPEN
    assert [hours.number for hours in seen] == list(range(1, len(seen) + 1))
    assert hours_at(nse_calendar(), seen[0].start) is None
