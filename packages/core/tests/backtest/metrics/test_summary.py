"""The summary as a whole: all names, plain values, and figures that belong together (BT-05)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.backtest.metrics.summary import (
    FIGURES,
    HEADLINE,
    equity_curve,
    headline,
    period_returns,
    summarize,
)

SPECIFIED = """
start_date end_date trading_days years starting_capital ending_capital net_profit total_return cagr
benchmark_return benchmark_cagr alpha beta correlation tracking_error information_ratio volatility
downside_volatility sharpe sortino calmar omega ulcer_index skew kurtosis var_95 cvar_95 tail_ratio
max_drawdown max_drawdown_start max_drawdown_end max_drawdown_days recovery_days
time_under_water_pct total_trades winning_trades losing_trades win_rate avg_win avg_loss avg_win_pct
avg_loss_pct payoff_ratio profit_factor expectancy expectancy_pct expectancy_r best_trade_pct
worst_trade_pct avg_bars_held max_consecutive_wins max_consecutive_losses sqn kelly_pct exposure_pct
avg_positions turnover_pct total_charges total_slippage charges_pct_of_profit signals_total
signals_skipped capacity_inr best_month worst_month positive_months_pct deflated_sharpe
""".split()  # noqa: SIM905 - a table reads better than sixty quoted words


def summary_of(run, **more):
    return summarize(run.simulation, run.panel, run.config, **more)


def test_the_summary_holds_every_specified_figure_by_name(busy_run):
    summary = summary_of(busy_run)
    assert list(summary) == list(FIGURES)
    assert set(SPECIFIED) <= set(summary)


def test_figures_are_plain_numbers_text_or_null(busy_run):
    for value in summary_of(busy_run).values():
        assert value is None or type(value) in (int, float, str)


def test_growth_is_counted_on_calendar_days(run_of):
    run = run_of([1000, 1210], dates=["2022-01-03", "2024-01-03"])
    summary = summary_of(run)
    assert summary["years"] == pytest.approx(730 / 365.25, abs=1e-6)
    assert summary["cagr"] == pytest.approx((1.21 ** (365.25 / 730) - 1) * 100, abs=1e-5)
    assert summary["total_return"] == 21


def test_a_run_shorter_than_sixty_days_has_no_yearly_growth(run_of):
    summary = summary_of(run_of([1000.0 + i for i in range(20)], benchmark=np.arange(20) + 50.0))
    assert summary["cagr"] is summary["benchmark_cagr"] is summary["turnover_pct"] is None
    assert summary["calmar"] is None
    assert summary["benchmark_return"] == pytest.approx(38)


def test_a_flat_run_without_trades_has_nulls_and_never_nan(run_of):
    summary = summary_of(run_of([1000.0] * 100))
    for name in ("sharpe", "sortino", "win_rate", "beta", "capacity_inr", "omega", "skew"):
        assert summary[name] is None, name
    assert summary["total_return"] == summary["cagr"] == summary["max_drawdown"] == 0


def test_the_first_day_counts_against_the_starting_capital(run_of):
    run = run_of([900, 990], capital=1000)
    curve = equity_curve(run.simulation, run.panel, run.config)
    assert curve.returns.tolist() == pytest.approx([-0.1, 0.1])


def test_warm_up_days_are_no_part_of_the_figures(run_of):
    run = run_of([1, 1, 1000, 1100], first=2, benchmark=[1, 1, 50, 60])
    summary = summary_of(run)
    assert summary["trading_days"] == 2
    assert summary["total_return"] == 10
    assert summary["benchmark_return"] == 20


def test_without_a_benchmark_every_figure_against_it_is_empty(run_of):
    summary = summary_of(run_of(np.linspace(1000, 1100, 100), benchmark=[np.nan] * 100))
    assert summary["cagr"] is not None
    against = ("alpha", "beta", "correlation", "tracking_error", "information_ratio")
    for name in ("benchmark_return", "benchmark_cagr", *against):
        assert summary[name] is None, name


def test_a_missing_day_of_the_benchmark_takes_the_value_before(run_of):
    run = run_of([1000] * 4, benchmark=[100, np.nan, 110, 121])
    curve = equity_curve(run.simulation, run.panel, run.config)
    assert curve.benchmark.tolist() == [100, 100, 110, 121]


def test_monthly_returns_start_from_the_capital_and_chain_to_the_total(busy_run):
    curve = equity_curve(busy_run.simulation, busy_run.panel, busy_run.config)
    for unit in ("M", "Y"):
        _, own, index = period_returns(curve, unit)
        assert np.prod(1 + own / 100) == pytest.approx(curve.equity[-1] / curve.starting_capital)
        assert np.prod(1 + index / 100) == pytest.approx(curve.benchmark[-1] / curve.benchmark[0])


def test_capacity_is_where_orders_reach_their_part_of_the_volume(run_of):
    # 1,000 shares x ₹100 trade a day: 5 % of it is ₹5,000, ten times the ₹500 invested of 1,000.
    trades = [{"entry": 25, "exit": 27, "quantity": 5}]
    assert summary_of(run_of([1000] * 40, trades=trades))["capacity_inr"] == 10_000
    run = run_of([1000] * 40, trades=trades, participation_pct=10)
    assert summary_of(run)["capacity_inr"] == 20_000
    run.panel.volume[25, 0] = 100.0  # the day itself counts, as it does for a fill
    assert summary_of(run)["capacity_inr"] == 2_000
    run.panel.volume[:] = np.nan
    assert summary_of(run)["capacity_inr"] is None


def test_turnover_is_half_of_what_was_traded_a_year_on_mean_equity(run_of):
    run = run_of([1000.0] * 252)
    run.simulation.turnover[[5, 9]] = 100_000
    assert summary_of(run)["turnover_pct"] == pytest.approx(100)


def test_the_risk_free_rate_lowers_the_sharpe_ratio(run_of):
    equity = 1000 * np.cumprod(1 + np.tile([0.01, -0.005, 0.002], 40))
    plain, charged = run_of(equity), run_of(equity, risk_free_pct=6.0)
    assert summary_of(charged)["sharpe"] < summary_of(plain)["sharpe"]
    assert summary_of(charged)["cagr"] == summary_of(plain)["cagr"]


def test_the_headline_figures_are_those_of_the_summary(busy_run):
    summary = summary_of(busy_run)
    assert headline(busy_run.simulation, busy_run.panel, busy_run.config) == {
        name: summary[name] for name in HEADLINE
    }


def test_a_run_chosen_among_many_is_trusted_less(busy_run):
    one, many = summary_of(busy_run), summary_of(busy_run, trials=200)
    assert many["deflated_sharpe"] < one["deflated_sharpe"]
    assert (one["trials"], many["trials"]) == (1, 200)


@settings(max_examples=40)
@given(st.lists(st.integers(1, 10_000), min_size=2, max_size=150))
def test_no_equity_curve_makes_a_figure_infinite_or_nan(run_of, equity):
    run = run_of([float(value) for value in equity], benchmark=equity)
    for name, value in summary_of(run).items():
        assert not isinstance(value, float) or math.isfinite(value), name
