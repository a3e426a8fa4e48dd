"""The look-ahead check passes honest rules, and finds planted ones that know the future."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tradertape_core.backtest.robustness.lookahead import (
    Decisions,
    cut,
    lookahead_check,
    recursive_analysis,
)
from tradertape_core.backtest.robustness.variant import decide
from tradertape_core.kernel.errors import InvalidInput


@pytest.fixture
def panel(run_of):
    base = run_of([1000.0] * 60, first=20, benchmark=np.arange(60.0) + 1).panel
    close = 100 * np.cumprod(1 + np.random.default_rng(2).normal(0, 0.02, (60, 2)), axis=0)
    return replace(base, close=close)


def decide_with(run_of, sees):
    """A decider that holds AAA for the day after a signal; `sees` maps closes to signals."""

    def decide(panel):
        signal = sees(panel.close)
        rows = [row for row in np.flatnonzero(signal[:, 0]).tolist() if row >= 20]
        trades = [
            {"entry": row + 1, "exit": row + 2, "exit_price": float(panel.close[row + 2, 0])}
            for row in rows
            if row + 2 < panel.dates.size
        ]
        equity = 1000.0 + np.arange(panel.dates.size)
        return Decisions(signal, run_of(equity, trades=trades, dates=panel.dates).simulation)

    return decide


def test_a_rule_that_looks_back_passes(run_of, panel):
    back = decide_with(run_of, lambda close: np.diff(close, axis=0, prepend=close[:1]) > 0)
    found = lookahead_check(panel, back, samples=5)
    assert found["passed"]
    assert found["differences"] == []
    assert 5 <= len(found["checked"]) <= 6


def test_a_rule_that_knows_tomorrow_is_caught_with_date_and_symbol(run_of, panel):
    ahead = decide_with(run_of, lambda close: np.diff(close, axis=0, append=close[-1:]) > 0)
    found = lookahead_check(panel, ahead, samples=20)
    assert not found["passed"]
    assert {entry["kind"] for entry in found["differences"]} >= {"signal"}
    first = found["differences"][0]
    assert first["date"] == first["cut"]
    assert first["symbol"] in panel.symbols


def test_a_simulation_that_knows_the_end_is_caught_by_its_trades_and_equity(run_of, panel):
    def decide(panel):
        best = float(panel.close[:, 0].max())
        trades = [{"entry": 21, "exit": 23, "exit_price": best}]
        equity = np.full(panel.dates.size, best)
        signal = np.zeros(panel.close.shape, bool)
        return Decisions(signal, run_of(equity, trades=trades, dates=panel.dates).simulation)

    best = panel.close[:, 0].argmax()
    panel = cut(panel, 0, best + 2) if best > 25 else panel
    kinds = {entry["kind"] for entry in lookahead_check(panel, decide, samples=60)["differences"]}
    assert kinds == {"trade", "equity"}


def test_a_cut_panel_keeps_its_first_day_and_knows_nothing_beyond(panel):
    short = cut(panel, 5, 30)
    assert short.first == 15
    assert short.shape == (25, 2)
    assert short.indices["NIFTY 50"].close.tolist() == list(np.arange(6.0, 31.0))
    assert cut(panel, 30, 60).first == 0


def test_a_run_of_one_day_cannot_be_checked(run_of):
    panel = run_of([1000.0] * 3, first=2).panel
    with pytest.raises(InvalidInput):
        lookahead_check(panel, lambda _: pytest.fail("not reached"))


def test_a_window_needs_its_length_and_a_running_average_fades_with_start_up(panel):
    def values(panel):
        close, length = panel.close, panel.dates.size
        window = np.full_like(close, np.nan)
        for row in range(29, length):
            window[row] = close[row - 29 : row + 1].mean(axis=0)
        running = np.empty_like(close)
        running[0] = close[0]
        for row in range(1, length):
            running[row] = 0.9 * running[row - 1] + 0.1 * close[row]
        return {"ema": running, "sma30": window}

    rows = recursive_analysis(panel, values, start_up_bars=(20, 30, 50, 500))
    found = {(row["indicator"], row["start_up_bars"]): row for row in rows}
    assert found["sma30", 20]["undefined"] == 2
    assert found["sma30", 20]["max_difference_pct"] is None
    assert found["sma30", 30]["max_difference_pct"] == pytest.approx(0, abs=1e-9)
    drift = [found["ema", bars]["max_difference_pct"] for bars in (20, 30, 50)]
    assert drift[0] > drift[2] > 0
    assert ("ema", 500) not in found


def test_a_long_suspension_of_a_held_stock_is_no_look_ahead(run_of):
    """A cut in its middle must not take the suspended stock for one that never trades again."""
    run = run_of([100_000.0] * 80, capital=100_000.0)
    close = run.panel.close.copy()
    close[20:50, 0] = np.nan
    panel = replace(run.panel, open=close, high=close, low=close, close=close)
    found = lookahead_check(
        panel, lambda part: decide(part, run.strategy, run.config, engine="python"), samples=40
    )
    assert found["differences"] == []
