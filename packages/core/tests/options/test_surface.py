"""The simulated surface: shaped like a real one, and free of arbitrage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.options.activity import open_interest
from tradertape_core.options.greeks import RISK_FREE_RATE, black76_price, forward_price
from tradertape_core.options.surface import (
    INDEX_YEARS,
    SURFACE,
    Surface,
    option_prices,
)

SPOT = 24_000.0
STRIKES = np.arange(16_000.0, 34_001.0, 50.0)
levels = st.floats(0.08, 0.90)
years_ahead = st.floats(1 / 365 / 75, 1.0)


def calls_and_puts(years: float, level: float) -> tuple[np.ndarray, np.ndarray]:
    forward = float(forward_price(SPOT, years, RISK_FREE_RATE))
    volatility = SURFACE.volatility(forward, STRIKES, years, level)
    both = [
        black76_price(forward, STRIKES, years, volatility, RISK_FREE_RATE, is_call)
        for is_call in (True, False)
    ]
    return both[0], both[1]


@settings(max_examples=100)
@given(years=years_ahead, level=levels)
def test_no_butterfly_or_vertical_is_free(years: float, level: float) -> None:
    """Prices fall (rise) and bend the right way in the strike."""
    discount = math.exp(-RISK_FREE_RATE * years)
    for price, sign in zip(calls_and_puts(years, level), (-1.0, 1.0), strict=True):
        steps = sign * np.diff(price)
        assert (steps >= -1e-9).all()
        assert (steps <= discount * 50.0 + 1e-9).all()
        assert (np.diff(price, 2) >= -1e-8).all()


@settings(max_examples=100)
@given(years=years_ahead, longer=st.floats(1.001, 20.0), level=levels)
def test_no_calendar_is_free(years: float, longer: float, level: float) -> None:
    """At one distance from the forward, total variance only grows with time."""
    distance = np.linspace(-0.4, 0.4, 81)
    ends = [
        SURFACE.volatility(1.0, np.exp(distance), t, level) ** 2 * t
        for t in (years, years * longer)
    ]
    assert (ends[1] >= ends[0] - 1e-14).all()


@pytest.mark.parametrize("parameters", [{"curvature": 1.6}, {"skew": 0.1}, {"curvature": 0.0}])
def test_a_surface_that_admits_arbitrage_is_refused(parameters: dict[str, float]) -> None:
    with pytest.raises(InvalidInput):
        Surface(**parameters)


@pytest.mark.parametrize(("years", "level"), [(0.0, 0.15), (0.1, 0.0), (0.1, math.nan)])
def test_a_surface_without_time_or_height_is_refused(years: float, level: float) -> None:
    with pytest.raises(InvalidInput, match="above 0"):
        SURFACE.volatility(100.0, 100.0, years, level)


@pytest.mark.parametrize("level", [0.11, 0.16, 0.25, 0.40])
def test_the_surface_prices_the_volatility_index_it_was_given(level: float) -> None:
    """INDIA VIX by its own formula from the surface's month: within a twentieth of the level."""
    forward = float(forward_price(SPOT, INDEX_YEARS, RISK_FREE_RATE))
    strikes = np.linspace(0.3 * forward, 3.0 * forward, 20_001)
    volatility = SURFACE.volatility(forward, strikes, INDEX_YEARS, level)
    out = black76_price(forward, strikes, INDEX_YEARS, volatility, 0.0, strikes > forward)
    variance = 2.0 / INDEX_YEARS * np.sum(out / strikes**2) * (strikes[1] - strikes[0])
    assert math.sqrt(variance) == pytest.approx(level, rel=0.05)


def test_puts_are_dearer_than_calls_and_the_wings_than_the_middle() -> None:
    week = SURFACE.volatility(24_000.0, [22_800.0, 24_000.0, 25_200.0], 7 / 365, 0.14)
    assert week[0] > week[2] > week[1]


def test_short_options_follow_the_index_and_long_ones_less() -> None:
    calm, wild = (
        [math.sqrt(SURFACE.variance_at_money(t, level) / t) for t in (7 / 365, 1.0)]
        for level in (0.10, 0.40)
    )
    assert calm[0] < calm[1]
    assert wild[0] > wild[1]


def test_at_expiry_an_option_is_worth_what_it_pays() -> None:
    for years in (0.0, -0.1, 1e-9):
        given_ = {"spot": 24_010.0, "years": years, "level": 0.15, "strike": [23_900.0, 24_100.0]}
        assert option_prices(is_call=True, **given_) == pytest.approx([110.0, 0.0])
        assert option_prices(is_call=False, **given_) == pytest.approx([0.0, 90.0])


def test_the_same_arguments_give_the_same_market() -> None:
    given_ = {"spot": SPOT, "years": 6 / 365, "level": 0.13, "strike": STRIKES, "is_call": True}
    assert option_prices(**given_).tolist() == option_prices(**given_).tolist()


def test_interest_is_whole_lots_out_of_the_money_on_round_strikes() -> None:
    given_ = {"spot": SPOT, "level": 0.13, "step": 50.0, "lot_size": 65}
    calls = open_interest(strike=STRIKES, is_call=True, years=6 / 365, **given_)
    assert not (calls % 65).any()
    assert calls.min() == 65
    out, inside = (STRIKES > SPOT) & (STRIKES < 25_000), (STRIKES < SPOT) & (STRIKES > 23_000)
    assert calls[out].sum() > 2 * calls[inside].sum()
    row = {float(strike): int(lots) for strike, lots in zip(STRIKES, calls, strict=True)}
    assert row[24_500.0] > row[24_450.0]
    later = open_interest(strike=STRIKES, is_call=True, years=60 / 365, **given_)
    assert later.sum() < calls.sum()
    other = open_interest(strike=STRIKES, is_call=True, years=6 / 365, salt=7, **given_)
    assert (other != calls).any()
