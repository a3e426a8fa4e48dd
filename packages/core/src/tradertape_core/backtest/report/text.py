"""A report as text for a terminal: headline figures, months, exits, warnings."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from tradertape_core.backtest.metrics.figures import FIGURES
from tradertape_core.kernel.format import NOTHING, grouped, inr, inr_short, percent

Report = Mapping[str, Any]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WIDTH = 92
_LEFT = (
    "ending_capital", "net_profit", "cagr", "benchmark_cagr", "total_return", "benchmark_return",
    "max_drawdown", "max_drawdown_days", "volatility", "alpha", "beta", "exposure_pct",
)  # fmt: skip
_RIGHT = (
    "sharpe", "sortino", "calmar", "total_trades", "win_rate", "profit_factor", "expectancy_pct",
    "expectancy_r", "avg_bars_held", "total_charges", "deflated_sharpe", "capacity_inr",
)  # fmt: skip
_SIGNED = {
    "net_profit", "cagr", "benchmark_cagr", "total_return", "benchmark_return", "alpha",
    "expectancy_pct",
}  # fmt: skip


def figure_text(name: str, value: Any) -> str:
    """Format the summary figure `name` for people; a dash where it has no value."""
    if value is None:
        return NOTHING
    signed = name in _SIGNED
    match FIGURES[name].unit:
        case "₹" if name == "capacity_inr":
            return inr_short(value)
        case "₹":
            return inr(value, signed=signed)
        case "%":
            return percent(value, 2, signed=signed)
        case "days" | "count" | "bars":
            return grouped(value, 0 if float(value).is_integer() else 1)
        case "ratio" | "years":
            return grouped(value, 2)
        case "probability":
            return percent(value * 100, 1)
        case _:
            return str(value)


def render(report: Report) -> str:
    """Return the whole text, at most 92 columns wide, ending in a line break."""
    parts = [
        _head(report),
        _headline(report["summary"]),
        _returns(report),
        _exits(report["exit_breakdown"]),
        _warnings(report["warnings"]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(report: Report) -> str:
    summary, config = report["summary"], report["config"]
    lines = [
        str(report["strategy_snapshot"].get("name") or "Backtest"),
        f"{config['universe']} · {summary['start_date']} to {summary['end_date']} · "
        f"{grouped(summary['trading_days'])} trading days · "
        f"start {inr(summary['starting_capital'], 0)}",
        f"fills {config['fill_model']} · charges {_charges(config['charges'])} · "
        f"slippage {config['slippage_bps']:g} bps · benchmark {config['benchmark']}",
    ]
    if report["simulated"]:
        lines.append("SIMULATED PRICES: no such market existed")
    return "\n".join(lines)


def _charges(charges: Any) -> str:
    return charges if isinstance(charges, str) else f"{charges['bps']:g} bps"


def _headline(summary: Mapping[str, Any]) -> str:
    lines: list[str] = []
    for left, right in zip(_LEFT, _RIGHT, strict=True):
        cells = [
            f"{FIGURES[name].label:<20}{figure_text(name, summary[name]):>20}"
            for name in (left, right)
        ]
        lines.append("    ".join(cells))
    return "\n".join(lines)


def _returns(report: Report) -> str:
    months = {(row["year"], row["month"]): row["return"] for row in report["monthly_returns"]}
    lines = ["Returns, %  " + "".join(f"{name:>6}" for name in _MONTHS) + f"{'Year':>8}"]
    for year in report["yearly_returns"]:
        cells = [_cell(months.get((year["year"], month))) for month in range(1, 13)]
        lines.append(f"{year['year']:<12}" + "".join(cells) + f"{_cell(year['return']):>8}")
    return "\n".join(lines)


def _cell(value: float | None) -> str:
    return f"{'':>6}" if value is None else f"{grouped(value, 1):>6}"


def _exits(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    lines = [f"{'Exit':<34}{'Trades':>8}{'Win rate':>10}{'Avg return':>12}{'Net P&L':>22}"]
    lines += [
        f"{textwrap.shorten(row['label'], 33, placeholder='…'):<34}{row['trades']:>8}"
        f"{percent(row['win_rate']):>10}{percent(row['avg_return_pct'], 2, signed=True):>12}"
        f"{inr(row['net_pnl'], signed=True):>22}"
        for row in rows
    ]
    return "\n".join(lines)


def _warnings(warnings: Sequence[str]) -> str:
    if not warnings:
        return ""
    wrapped = [
        textwrap.fill(text, _WIDTH, initial_indent="! ", subsequent_indent="  ")
        for text in warnings
    ]
    return "Warnings\n" + "\n".join(wrapped)
