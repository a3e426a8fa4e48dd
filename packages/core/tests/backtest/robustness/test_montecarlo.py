"""Monte Carlo: seeded, bounded, and right where the answer is known."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.backtest.report.report import build_report
from tradertape_core.backtest.robustness.montecarlo import (
    monte_carlo,
    results_of,
    trade_fractions,
)
from tradertape_core.kernel.errors import InvalidInput

GAINS = np.array([0.05, -0.02, 0.03, -0.04, 0.06, 0.01])


def test_the_same_seed_gives_the_same_answer_and_another_seed_another():
    first = monte_carlo(GAINS, starting_capital=1000, runs=200, seed=1)
    assert first == monte_carlo(GAINS, starting_capital=1000, runs=200, seed=1)
    assert first["p50"] != monte_carlo(GAINS, starting_capital=1000, runs=200, seed=2)["p50"]
    json.dumps(first, allow_nan=False)


def test_another_order_of_the_same_trades_ends_in_the_same_place():
    found = monte_carlo(GAINS, starting_capital=1000, method="shuffle", runs=100)
    end = round(1000 * float(np.prod(1 + GAINS)), 2)
    assert (found["p5"], found["p50"], found["p95"]) == (end, end, end)
    assert found["max_drawdown"]["p5"] < found["max_drawdown"]["p95"] < 0


def test_trades_that_all_win_never_draw_down_and_never_ruin():
    found = monte_carlo(np.array([0.01, 0.02]), starting_capital=1000, runs=100)
    assert [found["max_drawdown"][name] for name in ("p5", "p50", "p95")] == [0, 0, 0]
    assert found["risk_of_ruin"] == found["loss_probability"] == 0


def test_a_coin_that_halves_or_doubles_is_ruined_as_often_as_its_first_halves_say():
    # Two tosses of x0.5 or x2: ruin (half lost) comes exactly when the first or both halve and
    # never after doubling first: {H*, DH -> back to 1}: probability one half.
    found = monte_carlo(np.array([-0.5, 1.0]), starting_capital=1000, runs=20_000, seed=4)
    assert found["risk_of_ruin"] == pytest.approx(50, abs=1.5)
    assert (found["p5"], found["p50"], found["p95"]) == (250, 1000, 4000)


def test_a_loss_of_more_than_everything_ends_at_nothing():
    found = monte_carlo(np.array([-1.5, -1.2]), starting_capital=1000, runs=10)
    assert found["p95"] == 0
    assert found["risk_of_ruin"] == 100


@settings(max_examples=30)
@given(
    st.lists(st.floats(-0.3, 0.3), min_size=2, max_size=250),
    st.sampled_from(["daily_blocks", "trade_blocks", "bootstrap", "shuffle"]),
)
def test_percentiles_are_ordered_and_the_fan_starts_at_the_capital(fractions, method):
    found = monte_carlo(np.array(fractions), starting_capital=1000, method=method, runs=30)
    assert found["p5"] <= found["p50"] <= found["p95"]
    assert -100 <= found["max_drawdown"]["p5"] <= found["max_drawdown"]["p95"] <= 0
    fan = found["fan"]
    assert fan[0] == {"step": 0} | dict.fromkeys(("p5", "p25", "p50", "p75", "p95"), 1000)
    assert fan[-1]["step"] == len(fractions)
    assert len(fan) == min(len(fractions) + 1, 100)
    assert fan[-1]["p50"] == pytest.approx(found["p50"], abs=0.01)


@pytest.mark.parametrize(
    ("settings_", "part"),
    [
        ({"runs": 0}, "runs must be"),
        ({"runs": 10**7}, "runs must be"),
        ({"ruin_pct": 0}, "ruin"),
        ({"block_days": 0}, "block_days"),
    ],
)
def test_what_cannot_be_drawn_is_refused(settings_, part):
    with pytest.raises(InvalidInput, match=part):
        monte_carlo(GAINS, starting_capital=1000, **settings_)


def test_one_trade_is_no_sample():
    with pytest.raises(InvalidInput, match="at least 2 closed trades"):
        monte_carlo(GAINS[:1], starting_capital=1000)


def test_a_trade_counts_against_the_equity_of_the_day_before_its_entry(run_of):
    trades = [
        {"entry": 2, "exit": 3, "exit_price": 200.0},
        {"entry": 0, "exit": 1, "exit_price": 150.0},
    ]
    run = run_of([500, 2000, 2000, 2000], trades=trades)
    report = build_report(
        run.simulation, run.panel, run.strategy, run.config,
        document={}, took_ms=0, engine_version="1",
    )  # fmt: skip
    # Bought on the first day: ₹50 on the capital of 1,000. Bought on the third: ₹100 on 2,000.
    assert trade_fractions(report).tolist() == [0.05, 0.05]


def test_blocks_keep_what_came_together():
    """Ten bad days in a row: drawn one by one they rarely meet, drawn in blocks they do."""
    days = np.full(500, 0.001)
    days[200:210] = -0.03
    settings_ = {"starting_capital": 1000, "runs": 500, "seed": 2}
    blocks = monte_carlo(days, method="daily_blocks", **settings_)["max_drawdown"]
    single = monte_carlo(days, method="daily_blocks", block_days=1, **settings_)["max_drawdown"]
    assert blocks["p5"] < 2 * single["p5"] < 0


def test_blocks_of_one_day_are_the_plain_bootstrap_in_distribution():
    days = np.random.default_rng(5).normal(0.0005, 0.01, 250)
    one = monte_carlo(days, starting_capital=1000, method="daily_blocks", block_days=1, runs=4000)
    plain = monte_carlo(days, starting_capital=1000, method="bootstrap", runs=4000, seed=9)
    for name in ("p5", "p50", "p95"):
        assert one[name] == pytest.approx(plain[name], rel=0.02)


def test_the_unlucky_end_is_never_milder_than_what_happened():
    found = monte_carlo(GAINS, starting_capital=1000, runs=100, actual_drawdown=-32.0)
    assert found["max_drawdown"]["p5"] == found["max_drawdown"]["actual"] == -32.0
    assert found["max_drawdown"]["milder_pct"] == 100
    mild = monte_carlo(GAINS, starting_capital=1000, runs=100, actual_drawdown=-0.5)
    assert mild["max_drawdown"]["p5"] < -0.5
    assert mild["max_drawdown"]["milder_pct"] < 100


def test_many_draws_in_parts_are_those_in_one_piece(monkeypatch):
    from tradertape_core.backtest.robustness import montecarlo

    monkeypatch.setattr(montecarlo, "_AT_ONCE", 7)
    parts = monte_carlo(GAINS, starting_capital=1000, method="shuffle", runs=50, seed=3)
    assert parts["p50"] == round(1000 * float(np.prod(1 + GAINS)), 2)
    assert len(parts["fan"]) == len(GAINS) + 1


def test_days_are_those_of_the_equity_and_trades_held_at_once_stay_on_their_day(run_of):
    trades = [
        {"entry": 0, "exit": 2, "exit_price": 150.0},
        {"entry": 1, "exit": 2, "exit_price": 200.0},
    ]
    run = run_of([500, 2000, 2000, 1000], trades=trades)
    report = build_report(
        run.simulation, run.panel, run.strategy, run.config,
        document={}, took_ms=0, engine_version="1",
    )  # fmt: skip
    assert results_of(report, "daily_blocks").tolist() == [-0.5, 3.0, 0.0, -0.5]
    assert results_of(report, "trade_blocks").tolist() == [0.0, 0.0, 0.05 + 0.2, 0.0]
    assert results_of(report, "bootstrap").tolist() == trade_fractions(report).tolist()
