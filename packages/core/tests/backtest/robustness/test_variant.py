"""Variants in sweeps, walk-forward and look-ahead checks of real strategies."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest

from tradertape_core.backtest.config import BacktestConfig
from tradertape_core.backtest.metrics.summary import HEADLINE
from tradertape_core.backtest.robustness.grid import grid
from tradertape_core.backtest.robustness.lookahead import lookahead_check, recursive_analysis
from tradertape_core.backtest.robustness.sweep import ranked
from tradertape_core.backtest.robustness.variant import (
    decide,
    indicator_values,
    prove,
    run_one,
    stretch,
)
from tradertape_core.backtest.robustness.walkforward import (
    Choice,
    walk_forward,
    walk_forward_windows,
)
from tradertape_core.backtest.run import run_backtest
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.panel import IndexSeries, Panel
from tradertape_core.strategy.evaluation.cache import IndicatorCache
from tradertape_core.strategy.parse.document import complete, parse_strategy

DAYS, SYMBOLS = 500, 8
CONFIG = BacktestConfig(
    date(2021, 4, 1), date(2022, 12, 31), max_positions=4, max_per_sector=0, charges="none"
)


@pytest.fixture(scope="module")
def panel() -> Panel:
    draw = np.random.default_rng(11)
    close = 200 * np.exp(np.cumsum(draw.normal(0.0004, 0.02, (DAYS, SYMBOLS)), axis=0))
    opened = close * np.exp(draw.normal(0, 0.006, close.shape))
    high, low = np.maximum(opened, close) * 1.008, np.minimum(opened, close) * 0.992
    index = IndexSeries(*(prices.mean(axis=1) * 80 for prices in (opened, high, low, close)))
    return Panel(
        dates=np.busday_offset("2021-01-01", np.arange(DAYS), roll="forward").astype("M8[D]"),
        symbols=tuple("ABCDEFGH"), open=opened, high=high, low=low, close=close,
        volume=np.full(close.shape, 5e5), member=np.ones(close.shape, bool),
        sectors=("Banks", "IT") * 4, indices={"NIFTY 50": index}, first=80, data_version="v",
    )  # fmt: skip


@pytest.fixture(scope="module")
def document():
    return complete(
        {
            "name": "Dips", "base_model": "v1_momentum",
            "params": {"level": {"default": 45, "min": 20, "max": 60, "step": 5}},
            "entry_rules": {
                "type": "compare", "op": "<",
                "left": {"type": "indicator", "name": "rsi14"},
                "right": {"type": "param", "name": "level"},
            },
            "stops": {"stop_loss_pct": 5, "target_pct": 8, "time_exit_days": 20},
            "exit_rules": [], "filters": {},
            "conviction_scoring": [
                {"name": "fear", "type": "linear", "from": 60, "to": 20, "points": 40,
                 "input": {"type": "indicator", "name": "rsi14"}},
            ],
        }
    )  # fmt: skip


def one(panel, document, **more):
    return run_one(panel, document, CONFIG, engine="python", **more)


def test_a_variant_gives_the_headline_figures_of_its_full_report(panel, document):
    row = one(panel, document)
    report = run_backtest(panel, document, CONFIG, engine="python")
    assert row == {"parameters": {}} | {name: report["summary"][name] for name in HEADLINE}
    assert row["total_trades"] > 10


def test_a_sweep_over_one_cache_equals_runs_of_their_own(panel, document):
    cache = IndicatorCache(panel)
    points = grid({"level": [30, 45], "/stops/stop_loss_pct": [3, 6]})
    shared = [one(panel, document, parameters=point, cache=cache) for point in points]
    alone = [one(panel, document, parameters=point) for point in points]
    assert shared == alone
    assert len({json.dumps(row | {"parameters": None}) for row in shared}) == 4
    assert ranked(shared)[0]["sharpe"] == max(row["sharpe"] for row in shared)


def test_a_value_the_strategy_cannot_have_is_refused(panel, document):
    with pytest.raises(InvalidInput):
        one(panel, document, parameters={"/stops/stop_loss_pct": -3})


def test_walk_forward_chooses_on_the_past_of_each_window_alone(panel, document):
    windows = walk_forward_windows(
        date(2021, 6, 1), date(2022, 11, 30), train_months=6, test_months=4
    )
    points = grid({"level": [35, 50]})

    def choose(window):
        train = stretch(panel, window.train_start, window.train_end)
        assert train.dates[-1] <= np.datetime64(window.train_end)
        best = ranked([one(train, document, parameters=point) for point in points], "cagr")[0]
        return Choice(best["parameters"], best)

    def proven(window, parameters):
        test = stretch(panel, window.test_start, window.test_end)
        return prove(test, document, CONFIG, parameters=parameters, engine="python")

    found = walk_forward(windows, choose, proven, starting_capital=1_000_000)
    assert len(found["windows"]) == 3
    dates = [point["date"] for point in found["equity_curve"]]
    assert dates == sorted(set(dates))
    growth = np.prod([1 + w["out_of_sample"]["total_return"] / 100 for w in found["windows"]])
    assert found["out_of_sample"]["total_return"] == pytest.approx((growth - 1) * 100, abs=1e-4)
    json.dumps(found, allow_nan=False)


def test_a_stretch_without_a_trading_day_is_refused(panel):
    with pytest.raises(InvalidInput, match="no trading day"):
        stretch(panel, date(2021, 1, 2), date(2021, 1, 3))


def test_no_signal_trade_or_rupee_depends_on_the_future(panel, document):
    strategy = parse_strategy(document)
    found = lookahead_check(
        panel, lambda cut: decide(cut, strategy, CONFIG, engine="python"), samples=5
    )
    assert found["differences"] == []
    assert found["passed"]


def test_a_wilder_average_settles_with_more_history(panel, document):
    strategy = parse_strategy(document)
    rows = recursive_analysis(
        panel, lambda cut: indicator_values(cut, strategy), start_up_bars=(20, 60, 300)
    )
    drift = {row["start_up_bars"]: row["max_difference_pct"] for row in rows
             if row["indicator"] == "rsi14"}  # fmt: skip
    assert drift[20] > drift[60] > drift[300]
    assert drift[300] < 1e-6


def test_trades_carry_the_words_and_values_their_rules_saw(panel, document):
    report = run_backtest(panel, document, CONFIG, engine="python")
    trade = report["trades"][0]
    assert "RSI(14)" in trade["entry_reason"]
    assert trade["indicators_at_entry"]["rsi14"] < 45
    (fear,) = trade["conviction_breakdown"]
    assert fear["input"] == pytest.approx(trade["indicators_at_entry"]["rsi14"], abs=1e-6)
    base = document["config"]["conviction_base"]
    assert trade["conviction"] == pytest.approx(min(base + fear["points"], 100), abs=1e-3)
    assert trade["exit_reason"] in {"stop", "stop_gap", "target", "target_gap", "time"}
    assert trade["exit_reason_text"].endswith(".")


def test_the_same_backtest_gives_the_same_bytes(panel, document):
    first, second = (run_backtest(panel, document, CONFIG, engine="python") for _ in range(2))
    assert json.dumps(first) == json.dumps(second)
