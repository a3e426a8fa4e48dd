"""Figures of daily returns: by hand, by law, and against empyrical and quantstats (BT-05)."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tradertape_core.backtest.metrics import returns as m

ROOT = math.sqrt(252)
daily = arrays(
    float,
    st.integers(30, 120),
    elements=st.floats(-0.08, 0.08, allow_nan=False),
    unique=True,
)


@pytest.fixture(scope="module")
def returns():
    return np.random.default_rng(3).standard_t(4, 750) * 0.008 + 0.0005


@pytest.fixture(scope="module")
def benchmark(returns):
    return 0.7 * returns + np.random.default_rng(4).normal(0.0001, 0.006, 750)


@pytest.fixture(scope="module")
def empyrical():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("empyrical")


@pytest.fixture(scope="module")
def quantstats():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("quantstats").stats


@pytest.fixture
def dated(returns):
    import pandas

    return pandas.Series(returns, index=pandas.bdate_range("2020-01-01", periods=returns.size))


def test_doubling_in_one_calendar_year_is_a_hundred_percent_of_growth_a_year():
    assert m.cagr_pct(100, 200, 365) == pytest.approx(100.095, abs=0.001)
    assert m.cagr_pct(100, 400, 731) == pytest.approx(99.905, abs=0.001)


def test_growth_is_not_extrapolated_from_less_than_sixty_days():
    assert math.isnan(m.cagr_pct(100, 110, 59))
    assert m.cagr_pct(100, 110, 60) > 0


def test_growth_from_or_to_a_missing_value_is_unknown_and_no_loss():
    assert math.isnan(m.cagr_pct(100, math.nan, 400))
    assert math.isnan(m.cagr_pct(math.nan, 100, 400))


def test_losing_everything_is_a_growth_of_minus_a_hundred_percent():
    assert m.cagr_pct(100, 0, 400) == -100


def test_figures_of_four_returns_agree_with_a_calculation_by_hand():
    # mean 0.005; deviations .005 -.025 .015 .005 -> squares sum 0.0009, / 3 = 0.0003
    values = np.array([0.01, -0.02, 0.02, 0.01])
    assert m.sharpe(values) == pytest.approx(0.005 / math.sqrt(0.0003) * ROOT)
    assert m.volatility_pct(values) == pytest.approx(math.sqrt(0.0003) * ROOT * 100)
    assert m.downside_deviation(values) == pytest.approx(0.01)  # sqrt(0.02**2 / 4)
    assert m.sortino(values) == pytest.approx(0.5 * ROOT)
    assert m.omega(values) == pytest.approx(0.04 / 0.02)


def test_tails_are_signed_percentiles_of_the_days():
    var, cvar, ratio = m.tails(np.arange(-10, 11) / 100)
    assert var == pytest.approx(-9)
    assert cvar == pytest.approx(-9.5)
    assert ratio == pytest.approx(1)


def test_a_strategy_that_doubles_its_benchmark_has_beta_two_and_no_alpha():
    index = np.array([0.01, -0.02, 0.005, 0.03])
    found = m.against_benchmark(2 * index, index)
    assert found["beta"] == pytest.approx(2)
    assert found["alpha"] == pytest.approx(0, abs=1e-9)
    assert found["correlation"] == pytest.approx(1)
    assert found["information_ratio"] == pytest.approx(m.sharpe(index))


def test_days_without_a_benchmark_are_left_out_of_the_comparison():
    own = np.array([0.5, 0.01, -0.02, 0.005, 0.03])
    index = np.array([np.nan, 0.02, -0.01, 0.004, 0.01])
    assert m.against_benchmark(own, index) == m.against_benchmark(own[1:], index[1:])


@pytest.mark.parametrize("values", [np.zeros(0), np.array([0.01]), np.full(50, 0.001)])
def test_ratios_without_spread_have_no_value(values):
    assert math.isnan(m.sharpe(values))
    assert math.isnan(m.sortino(values))
    assert math.isnan(m.deflated_sharpe(values))
    assert math.isnan(m.skew(values))
    assert math.isnan(m.against_benchmark(values, values)["beta"])


@settings(max_examples=50)
@given(daily, st.floats(0.1, 10))
def test_leverage_changes_risk_but_neither_sharpe_nor_sortino(values, factor):
    assert m.volatility_pct(values * factor) == pytest.approx(m.volatility_pct(values) * factor)
    assert m.sharpe(values * factor) == pytest.approx(m.sharpe(values), abs=1e-6)
    assert m.sortino(values * factor) == pytest.approx(m.sortino(values), abs=1e-6, nan_ok=True)


@settings(max_examples=50)
@given(daily)
def test_the_expected_shortfall_is_never_milder_than_the_value_at_risk(values):
    var, cvar, _ = m.tails(values)
    assert cvar <= var + 1e-12


@settings(max_examples=50)
@given(daily, st.integers(1, 500))
def test_more_trials_never_raise_the_deflated_sharpe_ratio(values, trials):
    alone = m.deflated_sharpe(values)
    deflated = m.deflated_sharpe(values, trials=trials)
    if math.isfinite(alone):
        assert 0 <= deflated <= alone + 1e-12 <= 1 + 1e-9


def test_a_sharpe_ratio_of_zero_is_as_likely_skill_as_not():
    assert m.deflated_sharpe(np.array([0.01, -0.01] * 40)) == pytest.approx(0.5)


def test_the_deflated_sharpe_ratio_follows_its_paper_on_their_example():
    # Bailey and Lopez de Prado 2014, section "A numerical example": 100 trials whose yearly
    # Sharpe ratios vary by 1/2, best 2.5 a year over 1,250 days, skew -3, kurtosis 10 -> 0.9004.
    hurdle = m.expected_best_sharpe(100, 0.5 / 250)
    daily_sharpe = 2.5 / math.sqrt(250)
    scale = 1 + 3 * daily_sharpe + (10 - 1) / 4 * daily_sharpe**2
    z = (daily_sharpe - hurdle) * math.sqrt(1249) / math.sqrt(scale)
    assert 0.5 * (1 + math.erf(z / math.sqrt(2))) == pytest.approx(0.9004, abs=5e-4)


def test_the_deflated_sharpe_ratio_is_its_formula_on_the_moments_of_the_sample(returns):
    from scipy import stats

    n = returns.size
    ratio = returns.mean() / returns.std(ddof=1)
    scale = 1 - stats.skew(returns) * ratio + (stats.kurtosis(returns) + 2) / 4 * ratio**2
    z = (ratio - m.expected_best_sharpe(20, 0.3 / 252)) * math.sqrt((n - 1) / scale)
    found = m.deflated_sharpe(returns, trials=20, trial_sharpe_variance=0.3)
    assert found == pytest.approx(stats.norm.cdf(z), rel=1e-9)


def test_risk_figures_agree_with_empyrical(returns, benchmark, empyrical):
    found = m.against_benchmark(returns, benchmark)
    assert m.sharpe(returns) == pytest.approx(empyrical.sharpe_ratio(returns))
    assert m.sortino(returns) == pytest.approx(empyrical.sortino_ratio(returns))
    assert m.volatility_pct(returns) == pytest.approx(empyrical.annual_volatility(returns) * 100)
    assert m.omega(returns) == pytest.approx(empyrical.omega_ratio(returns))
    assert m.downside_deviation(returns) * ROOT == pytest.approx(empyrical.downside_risk(returns))
    assert found["beta"] == pytest.approx(empyrical.beta(returns, benchmark))
    # empyrical compounds the daily alpha; the arithmetic one is what 252 of them add up to.
    compounded = (1 + found["alpha"] / 100 / 252) ** 252 - 1
    assert compounded == pytest.approx(empyrical.alpha(returns, benchmark))
    var, _, ratio = m.tails(returns)
    assert var == pytest.approx(empyrical.value_at_risk(returns) * 100)
    assert ratio == pytest.approx(empyrical.tail_ratio(returns))


def test_risk_figures_agree_with_quantstats(dated, returns, benchmark, quantstats):
    import pandas

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert m.sharpe(returns) == pytest.approx(quantstats.sharpe(dated))
        assert m.sortino(returns) == pytest.approx(quantstats.sortino(dated))
        assert m.volatility_pct(returns) == pytest.approx(quantstats.volatility(dated) * 100)
        assert m.skew(returns) == pytest.approx(quantstats.skew(dated))
        assert m.kurtosis(returns) == pytest.approx(quantstats.kurtosis(dated))
        index = pandas.Series(benchmark, index=dated.index)
        daily_ratio = quantstats.information_ratio(dated, index)
    found = m.against_benchmark(returns, benchmark)
    # quantstats leaves the information ratio per day; ours is yearly like every other ratio.
    assert found["information_ratio"] == pytest.approx(daily_ratio * ROOT)


def test_growth_differs_from_quantstats_which_counts_252_bars_as_a_year(dated, quantstats):
    # Its CAGR has mixed calendar days with 252 periods (ranaroussi/quantstats#355, #458): on
    # 1,461 calendar days with a value each it sees 5.8 years where four passed.
    import pandas

    every_day = pandas.Series(0.0, index=pandas.date_range("2020-01-01", "2023-12-31"))
    every_day.iloc[-1] = 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = float(quantstats.cagr(every_day, periods=252)) * 100
    ours = m.cagr_pct(1, 2, (every_day.index[-1] - every_day.index[0]).days)
    assert ours == pytest.approx((2 ** (1 / 4) - 1) * 100, abs=0.05)
    assert abs(theirs - ours) > 1
