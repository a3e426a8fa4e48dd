"""Trade figures: by hand and by law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.backtest.metrics import trades as m


def trade(pnl, entry=0, leave=1, **more):
    return {"entry": entry, "exit": leave, "price": 100.0, "exit_price": 100.0 + pnl} | more


@pytest.fixture
def found(run_of):
    trades = [trade(10, leave=1), trade(20, leave=2), trade(-10, leave=3), trade(0, leave=4)]
    simulation = run_of([1000] * 5, trades=[*trades, {"entry": 3, "exit_price": 500.0}]).simulation
    return m.figures(simulation, m.trade_table(simulation))


def test_open_positions_and_trades_without_a_result_are_no_wins_and_no_losses(found):
    assert found["total_trades"] == 4
    assert (found["winning_trades"], found["losing_trades"]) == (2, 1)
    assert found["win_rate"] == 50


def test_amounts_agree_with_a_calculation_by_hand(found):
    assert found["avg_win"] == 15
    assert found["avg_loss"] == -10
    assert found["payoff_ratio"] == 1.5
    assert found["profit_factor"] == 3
    assert found["expectancy"] == 5
    assert found["expectancy_pct"] == 5
    assert (found["best_trade_pct"], found["worst_trade_pct"]) == (20, -10)
    assert (found["max_consecutive_wins"], found["max_consecutive_losses"]) == (2, 1)
    assert found["kelly_pct"] == pytest.approx((2 / 3 - (1 / 3) / 1.5) * 100)


def test_charges_turn_a_small_gain_into_a_loss(run_of):
    simulation = run_of([1000] * 2, trades=[trade(1, charges=1.5)]).simulation
    table = m.trade_table(simulation)
    assert table.net_pnl.tolist() == [-0.5]
    assert m.figures(simulation, table)["losing_trades"] == 1


def test_r_multiples_count_the_first_risk_and_need_a_stop_below_the_entry(run_of):
    trades = [trade(10, stop=95.0), trade(-5, stop=95.0), trade(7), trade(7, stop=101.0)]
    simulation = run_of([1000] * 2, trades=trades).simulation
    table = m.trade_table(simulation)
    assert table.r_multiple[:2].tolist() == [2, -1]
    assert np.isnan(table.r_multiple[2:]).all()
    figures = m.figures(simulation, table)
    assert figures["expectancy_r"] == 0.5
    assert figures["sqn"] == pytest.approx(math.sqrt(2) * 0.5 / (3 / math.sqrt(2)))


def test_without_any_stop_the_quality_number_is_made_of_returns(run_of):
    simulation = run_of([1000] * 2, trades=[trade(10), trade(-5)]).simulation
    figures = m.figures(simulation, m.trade_table(simulation))
    assert math.isnan(figures["expectancy_r"])
    assert figures["sqn"] == pytest.approx(math.sqrt(2) * 2.5 / (15 / math.sqrt(2)))


def test_without_trades_every_average_is_undefined_and_every_count_zero(run_of):
    simulation = run_of([1000] * 2).simulation
    figures = m.figures(simulation, m.trade_table(simulation))
    assert figures["total_trades"] == figures["max_consecutive_wins"] == 0
    assert math.isnan(figures["win_rate"])
    assert figures["best_trade_pct"] is None


@settings(max_examples=50)
@given(st.lists(st.booleans(), max_size=40))
def test_the_longest_streak_is_what_a_walk_finds(flags):
    best = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        best = max(best, run)
    assert m.longest_streak(np.array(flags, bool)) == best


@settings(max_examples=50)
@given(st.integers(1, 50), st.integers(1, 50), st.floats(0.1, 10))
def test_kelly_is_positive_exactly_when_the_bet_pays(wins, losses, payoff):
    expected = wins * payoff - losses
    if abs(expected) > 1e-6:
        assert (m.kelly_pct(wins, losses, payoff) > 0) == (expected > 0)
