"""Implied volatility: the price it came from, and no answer where there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vollib.black.implied_volatility import implied_volatility as their_volatility

from tradertape_core.options.greeks import black76_greeks, black76_price, forward_price
from tradertape_core.options.implied import implied_volatility

FORWARD, RATE = 24_100.0, 0.06


@settings(max_examples=300)
@given(
    deviations=st.floats(-6.0, 6.0), days=st.floats(0.02, 400.0), volatility=st.floats(0.02, 3.0),
    is_call=st.booleans(),
)  # fmt: skip
def test_a_price_gives_back_its_volatility(
    deviations: float, days: float, volatility: float, is_call: bool
) -> None:
    years = days / 365.0
    strike = FORWARD * math.exp(deviations * volatility * math.sqrt(years))
    greeks = black76_greeks(FORWARD, strike, years, volatility, RATE, is_call)
    found = implied_volatility(greeks.price, FORWARD, strike, years, RATE, is_call)
    # What a double can tell: a price known to one part in 1e16 of its parts says no more.
    noise = 1e-15 * max(FORWARD, strike) / (float(greeks.vega) * 100)
    if noise > 0.1 * volatility:
        assert math.isnan(found) or found > 0.0
    else:
        assert found == pytest.approx(volatility, rel=1e-9, abs=200 * noise)


def test_it_is_vollibs_volatility() -> None:
    strike, years = np.arange(23_000.0, 25_001.0, 100.0), 9 / 365
    for is_call in (True, False):
        prices = np.round(black76_price(FORWARD, strike, years, 0.13, RATE, is_call) * 20) / 20
        mine = implied_volatility(prices, FORWARD, strike, years, RATE, is_call)
        for price, level, found in zip(prices, strike, mine, strict=True):
            flag = "c" if is_call else "p"
            theirs = their_volatility(price, FORWARD, level, RATE, years, flag)
            assert found == pytest.approx(theirs, rel=1e-7)


def test_no_volatility_explains_a_price_outside_the_bounds() -> None:
    strike = np.array([90.0, 90.0, 90.0, 110.0, 110.0, 100.0, 100.0, 100.0])
    price = np.array([10.0, 9.0, 100.0, 0.0, -1.0, 5.0, np.nan, np.inf])
    years = np.array([0.1, 0.1, 0.1, 0.1, 0.1, 0.0, 0.1, 0.1])
    assert np.isnan(implied_volatility(price, 100.0, strike, years, 0.0, True)).all()


def test_prices_at_the_edge_still_have_one() -> None:
    """One tick of time value, far out and deep in the money, and a price near its upper bound."""
    for strike, price, is_call in ((29_000.0, 0.05, True), (20_000.0, 0.05, False)):
        found = implied_volatility(price, FORWARD, strike, 6 / 365, RATE, is_call)
        assert 0.1 < found < 1.0
        back = black76_price(FORWARD, strike, 6 / 365, found, RATE, is_call)
        assert back == pytest.approx(price, rel=1e-9)
    near_bound = implied_volatility(99.999, 100.0, 100.0, 1.0, 0.0, True)
    assert black76_price(100.0, 100.0, 1.0, near_bound, 0.0, True) == pytest.approx(99.999)


def test_options_on_a_spot_go_by_its_forward() -> None:
    forward = forward_price(42.0, 0.5, 0.1)
    assert implied_volatility(4.759422392871536, forward, 40.0, 0.5, 0.1, True) == pytest.approx(
        0.2, rel=1e-10
    )


def test_a_whole_chain_keeps_its_shape() -> None:
    strike = np.arange(23_000.0, 25_001.0, 50.0)[:, None]
    is_call = np.array([True, False])
    price = black76_price(FORWARD, strike, 6 / 365, 0.12, RATE, is_call)
    found = implied_volatility(price, FORWARD, strike, 6 / 365, RATE, is_call)
    assert found.shape == (41, 2)
    assert found == pytest.approx(np.full((41, 2), 0.12), rel=1e-7)
