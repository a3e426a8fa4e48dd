"""A candle that is played gives the same candle back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.candle import Candle
from tradertape_core.market.candle_path import path_of

START = datetime(2025, 11, 3, 9, 15, tzinfo=IST)
TICK = Decimal("0.05")


def candle(opening, high, low, close, volume=1000):
    return Candle(START, *(Decimal(str(p)) for p in (opening, high, low, close)), volume)


prices = st.integers(1, 100_000).map(lambda paise: Decimal(paise) / 100)


@given(
    four=st.lists(prices, min_size=4, max_size=4),
    volume=st.integers(0, 10**9),
    seconds=st.sampled_from([4, 60, 300, 3600, 22_500]),
    steps=st.integers(1, 60),
)
def test_the_same_candle_comes_out_again(four, volume, seconds, steps):
    low, high = min(four), max(four)
    one = Candle(START, four[0], high, low, four[3], volume)
    points = path_of(one, seconds, TICK, steps=steps)
    assert (points[0].price, points[-1].price) == (one.open, one.close)
    assert (max(p.price for p in points), min(p.price for p in points)) == (high, low)
    assert points[-1].volume == volume
    offsets, volumes = [p.second for p in points], [p.volume for p in points]
    assert offsets == sorted(set(offsets))
    assert (offsets[0], offsets[-1]) == (0, seconds - 1)
    assert volumes == sorted(volumes)
    assert points == path_of(one, seconds, TICK, steps=steps)


def test_a_rising_candle_falls_first_and_a_falling_one_rises_first():
    rising = path_of(candle(100, 104, 98, 103), 60, TICK, steps=1)
    assert [p.price for p in rising] == [100, 98, 104, 103]
    falling = path_of(candle(103, 104, 98, 100), 60, TICK, steps=2)
    assert [p.price for p in falling] == [103, 103.5, 104, 101, 98, 99, 100]
    assert [p.second for p in falling] == [0, 9, 19, 29, 39, 49, 59]
    assert [p.volume for p in falling] == [142, 285, 428, 571, 714, 857, 1000]


@pytest.mark.parametrize(
    ("one", "seconds"), [(candle(100, 99, 98, 99), 60), (candle(100, 101, 99, 100), 3)]
)
def test_what_cannot_be_gone_through_is_refused(one, seconds):
    with pytest.raises(InvalidInput):
        path_of(one, seconds, TICK, steps=1)
