from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.market.world.factors import (
    Sessions,
    Shocks,
    cluster,
    draw_shocks,
    market_path,
    opening_noise,
    span,
    walk_regimes,
)
from tradertape_core.market.world.parameters import LogVolatility, Model, Regimes

MODEL = Model()


@given(
    st.lists(st.floats(-0.3, 0.3), min_size=1, max_size=8),
    st.floats(0.0001, 0.1),
    st.integers(0, 50),
)
@settings(max_examples=60)
def test_high_and_low_always_enclose_open_and_close(
    moves: list[float], volatility: float, seed: int
) -> None:
    move = np.array(moves)[:, None]
    above, below = span(MODEL, seed, ["A"], move, np.full_like(move, volatility))
    assert (above >= np.maximum(move, 0) - 1e-12).all()
    assert (below <= np.minimum(move, 0) + 1e-12).all()


def test_the_span_of_a_walk_is_that_of_brownian_motion() -> None:
    """Parkinson, 1980: the mean squared log range of Brownian motion is 4 ln 2 variances."""
    model = Model(range_base=1.0, range_shock=0.0)
    count = 40_000
    move = 0.01 * np.random.default_rng(5).standard_normal((count, 1))
    above, below = span(model, 1, ["A"], move, np.full((count, 1), 0.01))
    # High and low are drawn apart from each other, which widens the range a little.
    assert ((above - below) ** 2).mean() / (4 * np.log(2) * 1e-4) == pytest.approx(1.0, abs=0.06)
    # Reflection principle: the highest point has the law of |N(0, variance)|.
    assert above.mean() == pytest.approx(0.01 * np.sqrt(2 / np.pi), rel=0.02)


def test_regimes_last_and_occur_as_their_chain_says() -> None:
    regimes = Regimes()
    walked = walk_regimes(regimes, 11, 400_000)
    chain = np.array(regimes.change)
    assert chain.sum(axis=1) == pytest.approx([1, 1, 1])
    stationary = np.linalg.matrix_power(chain, 100_000)[0]
    assert np.bincount(walked) / len(walked) == pytest.approx(stationary, rel=0.15)
    stays = (walked[1:] == walked[:-1])[walked[:-1] == 2].mean()
    assert stays == pytest.approx(chain[2, 2], abs=0.01)


def test_clusters_rise_the_day_after_a_fall_and_never_before() -> None:
    params = LogVolatility(0.98, 0.3, 0.7, 0.3, leverage=0.8)
    calm = np.zeros((30, 1))
    crash = calm.copy()
    crash[10] = -5.0
    before = cluster(params, calm, 1, "market", [""]).level
    after = cluster(params, crash, 1, "market", [""]).level
    assert len(before) == 31
    np.testing.assert_array_equal(before[:11], after[:11])
    assert (after[11:] > before[11:]).all()


def test_volatility_over_its_clusters_has_the_mean_it_was_given() -> None:
    params = LogVolatility(0.9, 0.3, 0.5, 0.4)
    level = cluster(params, np.zeros((60_000, 1)), 4, "own", ["A"]).level
    assert np.exp(level).mean() == pytest.approx(1.0, abs=0.03)


def test_market_shocks_fall_further_than_they_rise_but_mean_nothing() -> None:
    shocks = draw_shocks(Model(market_skew=0.3), 1, "market", [""], 100_000)
    even = draw_shocks(Model(market_skew=0.0), 1, "market", [""], 100_000)
    for skewed, plain in ((shocks.night, even.night), (shocks.day, even.day)):
        assert abs(skewed.mean()) < 0.03
        assert (skewed**3).mean() < (plain**3).mean() - 0.3


def test_night_and_day_make_one_unit_shock() -> None:
    rng = np.random.default_rng(2)
    shocks = Shocks(rng.standard_normal((50_000, 1)), rng.standard_normal((50_000, 1)))
    assert shocks.of_the_day(0.3).var() == pytest.approx(1.0, abs=0.03)


def test_short_sessions_move_the_market_less() -> None:
    count = 20_000
    full = market_path(MODEL, 1, Sessions(np.ones(count), np.ones(count)))
    short = market_path(MODEL, 1, Sessions(np.ones(count), np.full(count, 0.5)))
    np.testing.assert_array_equal(full.night, short.night)
    assert short.day.std() == pytest.approx(0.5 * full.day.std(), rel=0.02)


def test_opening_noise_is_a_part_of_the_day_s_volatility() -> None:
    noise = opening_noise(MODEL, 1, ["A"], np.full((50_000, 1), 0.02))
    assert noise.std() == pytest.approx(0.02 * MODEL.opening_noise, rel=0.02)
