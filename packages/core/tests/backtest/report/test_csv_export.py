"""CSV that a spreadsheet reads back whole and cannot be made to run (EC: formula injection)."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from tradertape_core.backtest.report.csv_export import (
    EQUITY_COLUMNS,
    TRADE_COLUMNS,
    equity_csv,
    skipped_csv,
    trades_csv,
)
from tradertape_core.backtest.report.report import build_report


def report_of(run):
    return build_report(
        run.simulation, run.panel, run.strategy, run.config,
        document={"name": "Dips"}, took_ms=1, engine_version="1",
    )  # fmt: skip


def read(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_the_trades_file_holds_every_field_of_every_trade_and_position(busy_run):
    report = report_of(busy_run)
    rows = read(trades_csv(report))
    assert len(rows) == 400
    assert set(report["trades"][0]) == set(TRADE_COLUMNS)
    for row, trade in zip(rows, report["trades"], strict=False):
        assert float(row["net_pnl"]) == trade["net_pnl"]
        assert row["exit_date"] == trade["exit_date"]
    assert rows[-1]["exit_date"] == ""


def test_the_equity_file_has_a_row_a_day(busy_run):
    report = report_of(busy_run)
    rows = read(equity_csv(report))
    assert len(rows) == 1500
    assert tuple(rows[0]) == EQUITY_COLUMNS
    assert float(rows[-1]["equity"]) == report["summary"]["ending_capital"]


def test_the_skipped_file_has_a_row_a_signal(busy_run):
    assert len(read(skipped_csv(report_of(busy_run)))) == 900


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_a_spreadsheet_would_run_is_defused_and_numbers_are_not(run_of, text):
    run = run_of([1000.0] * 3, trades=[{"entry": 1, "exit": 2, "exit_price": 90.0}])
    panel = replace(run.panel, symbols=(text, "BBB"), sectors=(text, "IT"))
    (row,) = read(trades_csv(report_of(replace(run, panel=panel))))
    assert row["symbol"] == row["sector"] == f"'{text}"
    assert row["net_pnl"] == "-10.0"
