"""A report as CSV files that open in a spreadsheet and cannot run anything there."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

Report = Mapping[str, Any]

TRADE_COLUMNS = (
    "id", "symbol", "sector", "signal_date", "entry_date", "entry_price", "exit_date",
    "exit_price", "quantity", "wanted_quantity", "invested", "gross_pnl", "charges", "slippage",
    "dividends", "net_pnl",
    "return_pct", "initial_stop", "r_multiple", "bars_held", "exit_reason", "exit_rule",
    "exit_reason_text", "entry_fill_rule", "exit_fill_rule", "conviction", "addons", "mae_pct",
    "mfe_pct", "entry_reason", "indicators_at_entry", "conviction_breakdown",
)  # fmt: skip
EQUITY_COLUMNS = ("date", "equity", "cash", "positions", "drawdown", "benchmark", "exposure")
SKIPPED_COLUMNS = ("date", "symbol", "reason", "conviction")

# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def trades_csv(report: Report) -> str:
    """Closed trades, then open positions (no exit_date), one row each; RFC 4180, UTF-8 text.

    Text that a spreadsheet would take for a formula is preceded by an apostrophe; numbers stay
    numbers. Values without one are empty.
    """
    return _csv(TRADE_COLUMNS, [*report["trades"], *report["open_positions"]])


def equity_csv(report: Report) -> str:
    """One row a trading day: rupees, percent, and the benchmark as the same capital in it."""
    return _csv(EQUITY_COLUMNS, report["equity_curve"])


def skipped_csv(report: Report) -> str:
    """Every signal that became no position, with its reason."""
    return _csv(SKIPPED_COLUMNS, report["skipped_signals"])


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in rows)
    return target.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
