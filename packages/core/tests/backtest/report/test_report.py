"""The whole answer: its shape, its plainness and that it never varies (BT-01, BT-03, BT-05)."""

from __future__ import annotations

import json
import re
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tradertape_core.backtest.config import ExitReason, SkipReason
from tradertape_core.backtest.report.context import Unexplained
from tradertape_core.backtest.report.report import build_report

DOCUMENT = {"name": "Sample", "entry_rules": {"type": "and", "conditions": []}}

TRADE_FIELDS = {
    "id", "symbol", "sector", "entry_date", "entry_price", "exit_date", "exit_price", "quantity",
    "invested", "gross_pnl", "charges", "slippage", "net_pnl", "return_pct", "r_multiple",
    "bars_held", "exit_reason", "conviction", "conviction_breakdown", "addons", "mae_pct",
    "mfe_pct", "entry_reason", "indicators_at_entry", "entry_fill_rule", "exit_fill_rule",
}  # fmt: skip


def report_of(run, **more):
    settings = {"document": DOCUMENT, "took_ms": 12.3, "engine_version": "0.1.0"} | more
    return build_report(run.simulation, run.panel, run.strategy, run.config, **settings)


class Explained(Unexplained):
    def entry_reason(self):
        return "close is above 10"

    def exit_reason(self, rule):
        return "close is above 20"

    def indicators_at(self, rows, columns):
        return {"close": np.arange(rows.size, dtype=float), "rsi14": np.full(rows.size, np.nan)}

    def conviction_at(self, rows, columns):
        return [[{"name": "depth", "input": 7.0, "points": 12.0}] for _ in rows]


@pytest.fixture
def small(run_of):
    trades = [
        {"entry": 1, "exit": 3, "exit_price": 110.0, "reason": 4, "rule": 0, "conviction": 60.0},
        {"entry": 2, "exit": 4, "exit_price": 95.0, "symbol": 1, "charges": 2.0},
        {"entry": 4, "exit": -1, "exit_price": 101.0, "reason": int(ExitReason.OPEN)},
    ]
    skipped = [(2, 1, int(SkipReason.SECTOR_CAP)), (3, 0, int(SkipReason.NO_BAR))]
    return run_of([1000, 1010, 1000, 1020, 1015], trades=trades, skipped=skipped,
                  benchmark=[50, 51, 52, 50, 55])  # fmt: skip


def test_the_answer_has_every_part(busy_run):
    assert list(report_of(busy_run)) == [
        "took_ms", "engine_version", "data_version", "simulated", "config", "strategy_snapshot",
        "hash", "summary", "equity_curve", "monthly_returns", "yearly_returns", "drawdowns",
        "rolling", "trades", "open_positions", "exit_breakdown", "by_symbol", "by_sector",
        "by_year", "by_weekday", "by_conviction_decile", "skipped_signals", "skip_breakdown",
        "costs", "as_entered", "warnings",
    ]  # fmt: skip


def test_the_answer_is_json_without_nan_and_only_the_time_it_took_varies(busy_run):
    first = json.dumps(report_of(busy_run), allow_nan=False)
    second = json.dumps(report_of(busy_run, took_ms=99.0), allow_nan=False)
    assert first.replace("12.3", "99.0", 1) == second


def test_the_hash_follows_every_input_that_decides_the_numbers(run_of, small):
    base = report_of(small)["hash"]
    assert len(base) == 64
    assert report_of(small, took_ms=1.0)["hash"] == base
    assert report_of(small, engine_version="0.2.0")["hash"] != base
    assert report_of(small, document=DOCUMENT | {"name": "Other"})["hash"] != base
    assert report_of(run_of([1000] * 5, seed=3))["hash"] != report_of(run_of([1000] * 5))["hash"]


def test_key_order_of_the_document_does_not_change_the_hash(small):
    turned = dict(reversed(DOCUMENT.items()))
    assert report_of(small, document=turned)["hash"] == report_of(small)["hash"]


def test_open_positions_are_listed_apart_from_trades(small):
    report = report_of(small)
    assert [row["id"] for row in report["trades"]] == [1, 2]
    (still_open,) = report["open_positions"]
    assert still_open["exit_date"] is None
    assert still_open["exit_fill_rule"] == "marked_at_close"
    assert report["summary"]["total_trades"] == 2


def test_a_trade_says_what_it_was_why_it_began_and_why_it_ended(small):
    first, second = report_of(small, context=Explained())["trades"]
    assert set(first) >= TRADE_FIELDS
    assert (first["symbol"], first["sector"]) == ("AAA", "Banks")
    assert (first["entry_date"], first["exit_date"]) == ("2024-01-02", "2024-01-04")
    assert (first["gross_pnl"], first["net_pnl"], first["return_pct"]) == (10, 10, 10)
    assert first["entry_reason"] == "close is above 10"
    assert first["exit_reason_text"] == "Hot: close is above 20."
    assert (first["exit_reason"], first["exit_rule"]) == ("exit_rule", "hot")
    assert (first["entry_fill_rule"], first["exit_fill_rule"]) == ("next_open", "next_open")
    assert first["indicators_at_entry"] == {"close": 0, "rsi14": None}
    assert first["conviction_breakdown"][0]["points"] == 12
    assert (second["exit_reason"], second["exit_rule"]) == ("stop", None)
    assert second["exit_fill_rule"] == "stop"
    assert second["net_pnl"] == -7


def test_a_run_that_fills_at_the_close_says_so_on_every_fill_and_warns(run_of):
    trades = [{"entry": 1, "exit": 2, "reason": int(ExitReason.TIME)}]
    report = report_of(run_of([1000] * 3, trades=trades, fill_model="close"))
    assert report["trades"][0]["entry_fill_rule"] == "close"
    assert report["trades"][0]["exit_fill_rule"] == "close"
    assert any("nobody can know that close" in text for text in report["warnings"])


def test_fills_of_resting_orders_name_the_touch_and_market_orders_the_open(run_of):
    from dataclasses import replace

    from tradertape_core.strategy.language.rules import EntryPlan

    trades = [
        {"entry": 1, "exit": 2, "reason": int(ExitReason.EXIT_RULE), "rule": 0},
        {"entry": 1, "exit": 2, "reason": int(ExitReason.TIME)},
    ]
    run = run_of([1000] * 3, trades=trades, fill_model="gtt_touch")
    rows = report_of(run)["trades"]
    assert [row["entry_fill_rule"] for row in rows] == ["gtt_touch", "gtt_touch"]
    assert [row["exit_fill_rule"] for row in rows] == ["gtt_touch", "next_open"]
    at_market = replace(run.strategy, entry=EntryPlan(order="market"))
    (row, _) = report_of(replace(run, strategy=at_market))["trades"]
    assert row["entry_fill_rule"] == "next_open"


def test_the_equity_curve_holds_the_benchmark_as_money_and_the_drawdown_in_percent(small):
    rows = report_of(small)["equity_curve"]
    assert rows[0] == {
        "date": "2024-01-01", "equity": 1000, "cash": 500, "positions": 1, "drawdown": 0,
        "benchmark": 1000, "exposure": 50,
    }  # fmt: skip
    assert rows[2]["drawdown"] == pytest.approx(-0.9901)
    assert rows[4]["benchmark"] == 1100


def test_breakdowns_add_up_to_the_summary(busy_run):
    report = report_of(busy_run)
    summary = report["summary"]
    net = summary["expectancy"] * summary["total_trades"]
    for part in ("exit_breakdown", "by_symbol", "by_sector", "by_year", "by_weekday",
                 "by_conviction_decile"):  # fmt: skip
        rows = report[part]
        assert sum(row["trades"] for row in rows) == summary["total_trades"], part
        assert sum(row["winning_trades"] for row in rows) == summary["winning_trades"], part
        assert sum(row["net_pnl"] for row in rows) == pytest.approx(net, abs=3), part


def test_exit_rules_are_counted_by_name(small):
    found = {row["label"]: row["trades"] for row in report_of(small)["exit_breakdown"]}
    assert found == {"Hot": 1, "Stop": 1}


def test_conviction_tenths_rise_and_keep_equal_scores_together(busy_run, small):
    rows = report_of(busy_run)["by_conviction_decile"]
    assert [row["decile"] for row in rows] == list(range(1, 11))
    tops = [(row["conviction_from"], row["conviction_to"]) for row in rows]
    assert all(left[1] < right[0] for left, right in pairwise(tops))
    assert [row["decile"] for row in report_of(small)["by_conviction_decile"]] == [1, 6]


def test_every_skipped_signal_is_listed_and_counted_by_reason(small):
    report = report_of(small)
    assert report["skipped_signals"] == [
        {"date": "2024-01-03", "symbol": "BBB", "reason": "sector_cap", "conviction": 50},
        {"date": "2024-01-04", "symbol": "AAA", "reason": "no_bar", "conviction": 50},
    ]
    assert {row["reason"]: row["signals"] for row in report["skip_breakdown"]} == {
        "sector_cap": 1,
        "no_bar": 1,
    }
    assert report["summary"]["signals_skipped"] == 2


def test_weekdays_are_those_of_the_entry(small):
    names = [row["weekday"] for row in report_of(small)["by_weekday"]]
    assert names == ["Tuesday", "Wednesday"]


def test_rolling_figures_agree_with_the_same_figures_of_each_window(busy_run):
    from tradertape_core.backtest.metrics import returns as m
    from tradertape_core.backtest.metrics.summary import equity_curve

    curve = equity_curve(busy_run.simulation, busy_run.panel, busy_run.config)
    rolling = report_of(busy_run)["rolling"]
    size, rows = rolling["window_days"], rolling["rows"]
    assert len(rows) == 1500 - size + 1
    assert rows[0]["beta"] is None
    for i in (1, 500, len(rows) - 1):
        window = slice(i, i + size)
        own, index = curve.returns[window], curve.benchmark_returns[window]
        assert rows[i]["sharpe"] == pytest.approx(m.sharpe(own), abs=1e-3)
        assert rows[i]["volatility"] == pytest.approx(m.volatility_pct(own), abs=1e-3)
        assert rows[i]["beta"] == pytest.approx(m.against_benchmark(own, index)["beta"], abs=1e-3)
        assert rows[i]["date"] == str(curve.dates[i + size - 1])


def test_a_flat_stretch_has_no_rolling_sharpe_ratio(run_of):
    rows = report_of(run_of([1000.0] * 130))["rolling"]["rows"]
    assert len(rows) == 5
    assert all(row["sharpe"] is None and row["volatility"] == 0 for row in rows)


def test_a_run_without_trades_or_signals_reports_empty_lists_and_says_so(run_of):
    report = report_of(run_of([1000.0] * 3))
    assert report["trades"] == report["exit_breakdown"] == report["by_sector"] == []
    assert "The entry rules gave no signal in this period." in report["warnings"]
    json.dumps(report, allow_nan=False)


def test_warnings_name_what_a_reader_must_know(run_of, busy_run):
    from dataclasses import replace

    run = run_of([1000.0] * 5, trades=[{"entry": 1, "exit": 2}], charges="none")
    run.panel.close[:, 1] = np.nan
    panel = replace(run.panel, simulated=True, universe_warnings=("Membership is today's.",))
    simulation = replace(run.simulation, ambiguous_bars=3, insufficient_data=1200)
    found = report_of(
        replace(run, panel=panel, simulation=simulation), notes=["Prices include dividends."]
    )["warnings"]
    assert found[0] == "Membership is today's."
    assert found[-1] == "Prices include dividends."
    for part in (
        "Simulated prices", "No data for 1 of 2 symbols: BBB", "No values of the benchmark",
        "On 3 bars stop and target were both touched", "No charges", "Only 1 closed trades",
        "Shorter than 60 days", "1,200 times",
    ):  # fmt: skip
        assert any(part in text for text in found), part
    assert report_of(busy_run)["warnings"] == []


def test_the_guide_has_a_remedy_for_every_warning(run_of):
    from dataclasses import replace

    guide = (Path(__file__).parents[5] / "docs" / "backtesting.md").read_text(encoding="utf-8")
    _, part = guide.split("## Warnings and what to do", 1)
    known = re.findall(r"^\| ([^|]+) \|", part.split("\n## ", 1)[0], re.MULTILINE)[2:]
    patterns = [re.escape(text).replace("…", ".*") for text in known]
    trades = [{"entry": 1, "exit": -1, "exit_price": 150.0, "reason": 0}]
    skipped = [(1, 0, 1)] * 200 + [(1, 0, int(SkipReason.NO_ATR))]
    run = run_of([1000.0] * 5, trades=trades, skipped=skipped, fill_model="close", charges="none",
                 point_in_time_universe=False)  # fmt: skip
    run.panel.close[:, 1] = np.nan
    filters = replace(run.strategy.filters, exclude_surveillance=True)
    run = replace(
        run,
        panel=replace(run.panel, simulated=True),
        strategy=replace(run.strategy, filters=filters),
        simulation=replace(
            run.simulation, ambiguous_bars=3, insufficient_data=7, cut_purchases=2, delayed_exits=1
        ),
    )
    entered = {"fill_model": "gtt_touch", "cagr": 1.0, "total_return": 2.0}
    found = report_of(run, as_entered=entered)["warnings"]
    assert len(found) >= 15
    off = replace(run.config, participation_pct=0.0, circuit_limits=False)
    found += report_of(replace(run, config=off))["warnings"]
    run.panel.volume[:] = np.nan
    found += report_of(run)["warnings"]
    for text in found:
        assert any(re.search(pattern, text) for pattern in patterns), text


def test_a_profit_that_was_never_taken_is_pointed_out(run_of):
    run = run_of([1000] * 3, trades=[{"entry": 1, "exit": -1, "exit_price": 150.0, "reason": 0}])
    assert any("still open" in text for text in report_of(run)["warnings"])


def test_a_full_report_takes_a_fraction_of_a_second(busy_run):
    report_of(busy_run)
    spent = []
    for _ in range(5):
        start = time.perf_counter()
        report_of(busy_run)
        spent.append(time.perf_counter() - start)
    # 11 ms on an idle core; the bound leaves room for a loaded machine.
    assert min(spent) < 0.1
