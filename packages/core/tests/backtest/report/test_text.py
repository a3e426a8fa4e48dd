"""The report in a terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tradertape_core.backtest.metrics.summary import FIGURES
from tradertape_core.backtest.report.report import build_report
from tradertape_core.backtest.report.text import figure_text, render


def report_of(run):
    return build_report(
        run.simulation, run.panel, run.strategy, run.config,
        document={"name": "Dips"}, took_ms=1, engine_version="1",
    )  # fmt: skip


def test_a_report_fits_a_terminal_and_names_its_figures(busy_run):
    text = render(report_of(busy_run))
    assert max(len(line) for line in text.splitlines()) <= 96
    for part in ("Dips", "nifty_100", "CAGR", "Benchmark CAGR", "Win rate", "Hot", "2027"):
        assert part in text
    assert "₹10,14,644.20" in text
    assert text.endswith("\n")


def test_months_stand_under_their_names_and_missing_ones_stay_empty(run_of):
    run = run_of([1000, 1100, 1210], dates=["2024-01-31", "2024-03-28", "2025-02-03"])
    lines = render(report_of(run)).splitlines()
    head = next(line for line in lines if line.startswith("Returns"))
    row = next(line for line in lines if line.startswith("2024"))
    end = head.index("Mar") + 3
    assert row[end - 6 : end].strip() == "10.0"
    end = head.index("Feb") + 3
    assert row[end - 6 : end].strip() == ""
    assert row.endswith("10.0")


def test_simulated_prices_and_warnings_are_not_to_be_missed(run_of):
    run = run_of([1000.0] * 3)
    text = render(report_of(replace(run, panel=replace(run.panel, simulated=True))))
    assert "SIMULATED PRICES" in text
    assert "! The entry rules gave no signal in this period." in text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("cagr", 12.345, "+12.35%"), ("max_drawdown", -8.1, "-8.10%"), ("sharpe", 1.234, "1.23"),
        ("net_profit", 104321.5, "+₹1,04,321.50"), ("capacity_inr", 12345678.0, "₹1.23 crore"),
        ("deflated_sharpe", 0.954, "95.4%"), ("avg_bars_held", 7.25, "7.3"),
        ("total_trades", 1234, "1,234"), ("start_date", "2024-01-01", "2024-01-01"),
        ("cagr", None, "–"),
    ],
)  # fmt: skip
def test_figures_are_written_by_their_unit(name, value, text):
    assert figure_text(name, value) == text


def test_every_figure_can_be_written(busy_run):
    summary = report_of(busy_run)["summary"]
    assert all(figure_text(name, summary[name]) for name in FIGURES)
