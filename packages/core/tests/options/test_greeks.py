"""Prices and Greeks: against closed forms, published values, vollib and each other (KQ-01)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vollib.black import black
from vollib.black.greeks import analytical as black_greeks
from vollib.black_scholes import black_scholes
from vollib.black_scholes.greeks import analytical as scholes_greeks

from tradertape_core.options import greeks as g
from tradertape_core.options.normal import cumulative, density

NAMES = ("delta", "gamma", "theta", "vega", "rho")


def test_the_normal_distribution_is_right_far_into_its_tails() -> None:
    x = np.linspace(-37.0, 8.0, 20_001)
    expected = np.array([0.5 * math.erfc(-value / math.sqrt(2.0)) for value in x])
    assert np.abs(cumulative(x) / expected - 1.0).max() < 2e-13
    assert np.isnan(cumulative(np.nan))
    assert cumulative(np.array([-np.inf, 0.0, np.inf])).tolist() == [0.0, 0.5, 1.0]
    assert density(0.0) == pytest.approx(0.3989422804014327, rel=1e-15)


@pytest.mark.parametrize(
    ("is_call", "expected"),
    [(True, 4.759422392871536), (False, 0.8085993729000958)],
)
def test_black_scholes_gives_the_textbook_prices(is_call: bool, expected: float) -> None:
    """J. Hull, Options, Futures and Other Derivatives: 42, 40, half a year, 20 %, 10 %."""
    price = g.black_scholes_price(42.0, 40.0, 0.5, 0.2, 0.1, is_call)
    assert price == pytest.approx(expected, rel=1e-12)


def test_black_1976_gives_the_textbook_price() -> None:
    """The same book: a put on a future at 20, struck at 20, four months, 25 %, 9 %."""
    assert g.black76_price(20.0, 20.0, 4 / 12, 0.25, 0.09, False) == pytest.approx(1.1166, abs=5e-5)


def _cases() -> dict[str, np.ndarray]:
    strike, days = np.meshgrid(np.arange(21_000.0, 27_050.0, 250.0), [0.2, 1, 6, 30, 200])
    volatility = np.where(strike < 24_000.0, 0.22, 0.11)
    return {"strike": strike, "years": days / 365.0, "volatility": volatility}


@pytest.mark.parametrize("is_call", [True, False], ids=["calls", "puts"])
@pytest.mark.parametrize("on", ["spot", "future"])
def test_prices_and_greeks_are_those_of_vollib(on: str, is_call: bool) -> None:
    """In vollib's units, which are ours."""
    case, rate = _cases(), 0.065
    price, theirs, ours = _models(on)
    arguments = (case["strike"], case["years"], case["volatility"], rate, is_call)
    mine = ours(24_052.4, *arguments)
    flag = "c" if is_call else "p"
    order = zip(*(part.ravel() for part in case.values()), strict=True)
    for index, (strike, years, volatility) in enumerate(order):
        their_price = price(flag, 24_052.4, strike, years, rate, volatility)
        assert mine.price.flat[index] == pytest.approx(their_price, rel=1e-10, abs=1e-8)
        for name in NAMES:
            expected = getattr(theirs, name)(flag, 24_052.4, strike, years, rate, volatility)
            assert getattr(mine, name).flat[index] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def _models(on: str) -> Any:
    if on == "spot":
        return black_scholes, scholes_greeks, g.black_scholes_greeks

    def their_price(flag: str, future: float, strike: float, t: float, r: float, v: float) -> float:
        return black(flag, future, strike, t, r, v)

    return their_price, black_greeks, g.black76_greeks


@pytest.mark.parametrize("is_call", [True, False], ids=["calls", "puts"])
@pytest.mark.parametrize("ours", [g.black_scholes_greeks, g.black76_greeks], ids=["spot", "future"])
def test_greeks_are_the_slopes_of_the_price(ours: Any, is_call: bool) -> None:
    """By central differences, on the whole chain."""
    strike = np.arange(22_000.0, 26_001.0, 500.0)
    at = {"level": 24_000.0, "years": 20 / 365, "volatility": 0.14, "rate": 0.06}

    def price(**moved: float) -> np.ndarray:
        now = {**at, **moved}
        return ours(
            now["level"], strike, now["years"], now["volatility"], now["rate"], is_call
        ).price

    def slope(name: str, by: float) -> np.ndarray:
        return (price(**{name: at[name] + by}) - price(**{name: at[name] - by})) / (2 * by)

    mine = ours(at["level"], strike, at["years"], at["volatility"], at["rate"], is_call)
    bend = price(level=24_004.0) - 2 * price() + price(level=23_996.0)
    assert mine.delta == pytest.approx(slope("level", 0.5), abs=1e-7)
    assert mine.gamma == pytest.approx(bend / 16.0, abs=1e-8)
    assert mine.vega == pytest.approx(slope("volatility", 1e-5) / 100, abs=1e-5)
    assert mine.theta == pytest.approx(-slope("years", 1e-6) / 365, abs=1e-4)
    assert mine.rho == pytest.approx(slope("rate", 1e-5) / 100, abs=1e-5)


levels = st.floats(0.5, 100_000.0)


@settings(max_examples=200)
@given(
    forward=levels, moneyness=st.floats(-1.0, 1.0), years=st.floats(0.0, 3.0),
    volatility=st.floats(0.0, 3.0), rate=st.floats(-0.02, 0.15),
)  # fmt: skip
def test_put_call_parity_holds_everywhere(
    forward: float, moneyness: float, years: float, volatility: float, rate: float
) -> None:
    strike = forward * math.exp(moneyness)
    both = g.black76_greeks(forward, strike, years, volatility, rate, np.array([True, False]))
    discount = math.exp(-rate * years)
    difference = both.price[0] - both.price[1]
    assert difference == pytest.approx(discount * (forward - strike), abs=1e-10 * forward)
    assert both.gamma[0] == pytest.approx(both.gamma[1], rel=1e-9, abs=1e-12)
    assert both.delta[0] - both.delta[1] == pytest.approx(discount, abs=1e-10)


def test_an_option_without_life_is_worth_its_intrinsic_value() -> None:
    strike = np.array([90.0, 100.0, 110.0])
    for years, volatility in ((0.0, 0.2), (-1.0, 0.2), (0.5, 0.0)):
        calls = g.black76_greeks(100.0, strike, years, volatility, 0.0, True)
        assert calls.price.tolist() == [10.0, 0.0, 0.0]
        assert calls.delta.tolist() == [1.0, 0.0, 0.0]
        assert not calls.gamma.any()
        assert not calls.vega.any()


def test_an_unknown_volatility_gives_no_figures() -> None:
    greeks = g.black76_greeks(100.0, [90.0, 110.0], 0.1, [np.nan, 0.2], 0.06, True)
    assert np.isnan(greeks.price).tolist() == [True, False]
    assert np.isnan(greeks.delta).tolist() == [True, False]
    assert np.isnan(greeks.theta).tolist() == [True, False]


def test_vega_and_gamma_of_a_year_at_the_money() -> None:
    """Closed forms: at the money forward d1 is half the deviation."""
    mine = g.black76_greeks(100.0, 100.0, 1.0, 0.2, 0.0, True)
    assert mine.price == pytest.approx(100 * (2 * cumulative(0.1) - 1), rel=1e-13)
    assert mine.vega == pytest.approx(density(0.1), rel=1e-13)
    assert mine.gamma == pytest.approx(density(0.1) / 20.0, rel=1e-13)
