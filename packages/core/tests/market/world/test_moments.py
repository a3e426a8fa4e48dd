from __future__ import annotations

import numpy as np
import pytest

from tradertape_core.market.world.moments import (
    Candles,
    index_moments,
    pairwise_correlation,
    stock_moments,
    volatility_index_moments,
)

DAYS, STOCKS = 3000, 32
DAILY = 0.02


@pytest.fixture(scope="module")
def walk() -> Candles:
    """Independent normal walks: half of each day's variance overnight, a range of twice it."""
    rng = np.random.default_rng(8)
    night, day = (rng.standard_normal((DAYS, STOCKS)) * DAILY / np.sqrt(2) for _ in range(2))
    close = np.exp(np.cumsum(night + day, axis=0))
    opening = close / np.exp(day)
    high, low = np.maximum(opening, close) * 1.001, np.minimum(opening, close) / 1.001
    volume = np.log(high / low) * 1e6
    return Candles(opening, high, low, close, volume, ("A", "B") * (STOCKS // 2))


def test_a_plain_walk_has_the_moments_of_one(walk: Candles) -> None:
    found = stock_moments(walk)
    expected = {
        "volatility, median": DAILY * np.sqrt(247),
        "excess kurtosis, median": 0.0,
        "autocorrelation of r, lag 1, median": 0.0,
        "autocorrelation of abs(r), lag 5, median": 0.0,
        "variance ratio, 20 days, median": 1.0,
        "overnight share of variance, median": 0.5,
        "overnight with daytime, median": 0.0,
        "volume with range, median": 1.0,
        "correlation of two stocks, mean": 0.0,
        "correlation within a sector, mean": 0.0,
        "rank correlation, 5 days with next 5": 0.0,
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=0.08), name


def test_a_common_factor_shows_as_correlation(walk: Candles) -> None:
    common = np.exp(np.cumsum(DAILY * np.random.default_rng(9).standard_normal((DAYS, 1)), axis=0))
    both = Candles(*(s * common for s in (walk.open, walk.high, walk.low, walk.close)),
                   volume=walk.volume, sectors=walk.sectors)  # fmt: skip
    assert stock_moments(both)["correlation of two stocks, mean"] == pytest.approx(0.5, abs=0.04)


def test_reversal_and_clusters_are_seen() -> None:
    rng = np.random.default_rng(4)
    shocks = rng.standard_normal(20_000) * np.repeat([0.005, 0.03], 100)[np.arange(20_000) % 200]
    found = index_moments(np.exp(np.cumsum(shocks - 0.3 * np.roll(shocks, 1))))
    assert found["autocorrelation of r, lag 1"] == pytest.approx(-0.3 / 1.09, abs=0.03)
    assert found["autocorrelation of abs(r), lag 20"] > 0.2
    assert found["excess kurtosis"] > 1


def test_the_drawdown_is_the_deepest_fall_from_a_peak() -> None:
    close = np.tile([100.0, 120.0, 90.0, 130.0, 117.0, 140.0], 10) * np.repeat(
        1.5 ** np.arange(10), 6
    )
    assert index_moments(close)["maximum drawdown"] == pytest.approx(-0.25)


def test_missing_days_are_left_out_pair_by_pair() -> None:
    rng = np.random.default_rng(6)
    x = rng.standard_normal((500, 2))
    x[:, 1] += x[:, 0]
    x[:200, 1] = np.nan
    expected = np.corrcoef(x[200:].T)[0, 1]
    assert pairwise_correlation(x)[0, 1] == pytest.approx(expected, abs=0.01)


def test_fear_is_measured_beside_its_index() -> None:
    index = np.array([100.0, 99.0, 101.0, np.nan, 98.0])
    found = volatility_index_moments(1500 / index, index)
    assert found["with the index's return"] == pytest.approx(-1.0)
    assert found["level, median"] == pytest.approx(15.0, abs=0.1)
