"""A report as one HTML page to share: no scripts, no outside resources, readable on paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, cast

import numpy as np

from tradertape_core.backtest.metrics.figures import FIGURES
from tradertape_core.backtest.report.text import figure_text
from tradertape_core.backtest.tearsheet.style import STYLE
from tradertape_core.backtest.tearsheet.svg import Line, bar_chart, histogram, line_chart
from tradertape_core.kernel.format import grouped, inr, inr_short, percent

Report = Mapping[str, Any]
Rows = Sequence[Mapping[str, Any]]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOST_TRADES = 10
# A month of this size has the full colour of the heat map.
_FULL_HEAT_PCT = 10.0


def tear_sheet(report: Report) -> str:
    """Return a complete HTML document for `report`; every text in it is escaped."""
    title = escape(str(report["strategy_snapshot"].get("name") or "Backtest"))
    parts = [
        _header(report, title),
        _warnings(report["warnings"]),
        _cards(report["summary"]),
        _section("Equity and benchmark", _equity(report)),
        _section("Drawdown", _drawdown(report)),
        _section("Monthly returns, %", _heat_map(report)),
        _section("Yearly returns", _years(report["yearly_returns"])),
        _section("Rolling Sharpe ratio", _rolling(report["rolling"])),
        _section("Returns of trades", _distribution(report["trades"])),
        _section("Deepest drawdowns", _drawdown_table(report["drawdowns"])),
        _section("Exits", _exit_table(report["exit_breakdown"])),
        _section("Sectors", _sector_table(report["by_sector"])),
        _section("Conviction", _decile_table(report["by_conviction_decile"])),
        _section("Best and worst trades", _trade_table(report["trades"])),
        _section("Open positions", _open_table(report["open_positions"])),
        _section("All figures", _figures(report["summary"])),
        _section("Assumptions", _assumptions(report)),
        _footer(report),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title} · backtest</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>" if body else ""


def _header(report: Report, title: str) -> str:
    summary, config = report["summary"], report["config"]
    line = (
        f"{config['universe']} · {summary['start_date']} to {summary['end_date']} · "
        f"{inr(summary['starting_capital'], 0)} · fills {config['fill_model']}"
    )
    banner = (
        '<p class="banner">Simulated prices: no such market existed.</p>'
        if report["simulated"]
        else ""
    )
    return f"<header><h1>{title}</h1><p>{escape(line)}</p>{banner}</header>"


def _warnings(warnings: Sequence[str]) -> str:
    if not warnings:
        return ""
    items = "".join(f"<li>{escape(text)}</li>" for text in warnings)
    return f'<div class="warnings"><b>Read this first</b><ul>{items}</ul></div>'


def _cards(summary: Mapping[str, Any]) -> str:
    notes = {
        "cagr": f"benchmark {percent(summary['benchmark_cagr'])}",
        "total_return": f"benchmark {percent(summary['benchmark_return'])}",
        "max_drawdown": f"{grouped(summary['max_drawdown_days'])} days",
        "sharpe": f"Sortino {grouped(summary['sortino'], 2)}",
        "win_rate": f"{grouped(summary['total_trades'])} trades",
        "profit_factor": f"expectancy {percent(summary['expectancy_pct'], 2)}",
        "exposure_pct": f"{grouped(summary['avg_positions'], 1)} positions on average",
        "ending_capital": f"charges {inr_short(summary['total_charges'])}",
    }
    cards = [
        f"<div><span>{FIGURES[name].label}</span><b>{_short(name, summary[name])}</b>"
        f"<small>{escape(note)}</small></div>"
        for name, note in notes.items()
    ]
    return f'<div class="cards">{"".join(cards)}</div>'


def _short(name: str, value: Any) -> str:
    if FIGURES[name].unit == "₹":
        return escape(inr_short(value))
    return escape(percent(value) if FIGURES[name].unit == "%" else figure_text(name, value))


def _series(rows: Rows, name: str) -> Any:
    values = [np.nan if row[name] is None else row[name] for row in rows]
    return np.array(values, dtype=np.float64)


def _equity(report: Report) -> str:
    rows: Rows = report["equity_curve"]
    lines = [
        Line(_series(rows, "benchmark"), "benchmark"),
        Line(_series(rows, "equity"), "own"),
    ]
    name = escape(str(report["config"]["benchmark"]))
    legend = f'<p class="legend"><i></i>Strategy &nbsp; <i class="second"></i>{name}</p>'
    dates = [row["date"] for row in rows]
    chart = line_chart(
        dates, lines, height=300, label=inr_short, title="Equity and benchmark, rupees"
    )
    return legend + chart if chart else ""


def _drawdown(report: Report) -> str:
    rows: Rows = report["equity_curve"]
    area = Line(_series(rows, "drawdown"), "drawdown", is_area=True)
    return line_chart(
        [row["date"] for row in rows], [area], height=150, label=_whole_percent, title="Drawdown"
    )


def _rolling(rolling: Mapping[str, Any]) -> str:
    rows: Rows = rolling["rows"]
    return line_chart(
        [row["date"] for row in rows],
        [Line(_series(rows, "sharpe"), "own")],
        height=170,
        label=lambda value: f"{value:g}",
        title=f"Sharpe ratio of the last {rolling['window_days']} trading days",
    )


def _years(rows: Rows) -> str:
    return bar_chart(
        [str(row["year"]) for row in rows],
        [row["return"] or 0.0 for row in rows],
        height=180,
        label=_whole_percent,
        title="Return of each year",
    )


def _distribution(trades: Rows) -> str:
    values = _series(trades, "return_pct")
    return histogram(values, height=180, title="Number of trades by return")


def _whole_percent(value: float) -> str:
    return f"{value:g}%"


def _heat_map(report: Report) -> str:
    months = {(row["year"], row["month"]): row["return"] for row in report["monthly_returns"]}
    rows = [
        f"<tr><td>{year['year']}</td>"
        + "".join(_heat(months.get((year["year"], month))) for month in range(1, 13))
        + f"{_heat(year['return'])}</tr>"
        for year in report["yearly_returns"]
    ]
    if not rows:
        return ""
    head = "".join(f"<th>{name}</th>" for name in ("", *_MONTHS, "Year"))
    return (
        f'<div class="scroll"><table class="heat"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _heat(value: float | None) -> str:
    if value is None:
        return "<td></td>"
    depth = min(abs(value) / _FULL_HEAT_PCT, 1.0) * 60
    colour = "gain" if value >= 0 else "loss"
    style = f"background:color-mix(in srgb,var(--{colour}) {depth:.0f}%,transparent)"
    return f'<td style="{style}">{grouped(value, 1)}</td>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    if not body:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(text: str) -> str:
    return f"<td>{escape(text)}</td>"


def _signed(value: float | None, text: str) -> str:
    colour = "" if not value else ' class="up"' if value > 0 else ' class="down"'
    return f"<td{colour}>{escape(text)}</td>"


def _drawdown_table(rows: Rows) -> str:
    return _table(
        ("From", "Trough", "Recovered", "Depth", "Days", "Recovery days"),
        (
            (
                _cell(row["start"]),
                _cell(row["trough"]),
                _cell(row["end"] or "not yet"),
                _signed(row["depth"], percent(row["depth"], 2)),
                _cell(grouped(row["days"])),
                _cell(grouped(row["recovery_days"])),
            )
            for row in rows
        ),
    )


_GROUP_HEADS = ("Trades", "Win rate", "Average return", "Bars held", "Charges", "Net P&L")


def _group_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        _cell(grouped(row["trades"])),
        _cell(percent(row["win_rate"])),
        _signed(row["avg_return_pct"], percent(row["avg_return_pct"], 2, signed=True)),
        _cell(grouped(row["avg_bars_held"], 1)),
        _cell(inr(row["charges"])),
        _signed(row["net_pnl"], inr(row["net_pnl"], signed=True)),
    )


def _exit_table(rows: Rows) -> str:
    return _table(("Exit", *_GROUP_HEADS), ((_cell(r["label"]), *_group_cells(r)) for r in rows))


def _sector_table(rows: Rows) -> str:
    return _table(
        ("Sector", *_GROUP_HEADS),
        ((_cell(row["sector"] or "Unknown"), *_group_cells(row)) for row in rows),
    )


def _decile_table(rows: Rows) -> str:
    return _table(
        ("Tenth", "Conviction", *_GROUP_HEADS),
        (
            (
                _cell(str(row["decile"])),
                _cell(f"{row['conviction_from']:.1f} to {row['conviction_to']:.1f}"),
                *_group_cells(row),
            )
            for row in rows
        ),
    )


def _trade_table(trades: Rows) -> str:
    ordered = sorted(trades, key=lambda row: -row["net_pnl"])
    chosen = ordered
    if len(ordered) > 2 * _MOST_TRADES:
        chosen = [*ordered[:_MOST_TRADES], *ordered[-_MOST_TRADES:]]
    return _table(
        ("Symbol", "Bought", "At", "Sold", "At", "Quantity", "Why sold", "Return", "Net P&L"),
        (
            (
                _cell(row["symbol"]),
                _cell(row["entry_date"]),
                _cell(inr(row["entry_price"])),
                _cell(row["exit_date"]),
                _cell(inr(row["exit_price"])),
                _cell(grouped(row["quantity"])),
                _cell((row["exit_rule"] or row["exit_reason"]).replace("_", " ")),
                _signed(row["return_pct"], percent(row["return_pct"], 2, signed=True)),
                _signed(row["net_pnl"], inr(row["net_pnl"], signed=True)),
            )
            for row in chosen
        ),
    )


def _open_table(positions: Rows) -> str:
    return _table(
        ("Symbol", "Bought", "At", "Last close", "Quantity", "Return", "P&L so far"),
        (
            (
                _cell(row["symbol"]),
                _cell(row["entry_date"]),
                _cell(inr(row["entry_price"])),
                _cell(inr(row["exit_price"])),
                _cell(grouped(row["quantity"])),
                _signed(row["return_pct"], percent(row["return_pct"], 2, signed=True)),
                _signed(row["net_pnl"], inr(row["net_pnl"], signed=True)),
            )
            for row in positions
        ),
    )


def _figures(summary: Mapping[str, Any]) -> str:
    rows = [
        f'<div title="{escape(figure.meaning)}"><span>{escape(figure.label)}</span>'
        f"<b>{escape(figure_text(name, summary[name]))}</b></div>"
        for name, figure in FIGURES.items()
    ]
    return f'<div class="figures">{"".join(rows)}</div>'


def _assumptions(report: Report) -> str:
    rows = [
        f"<div><span>{escape(name.replace('_', ' '))}</span><b>{escape(_setting(value))}</b></div>"
        for name, value in report["config"].items()
    ]
    return f'<div class="figures">{"".join(rows)}</div>'


def _setting(value: Any) -> str:
    if isinstance(value, Mapping):
        members = cast(Mapping[str, Any], value)
        return ", ".join(f"{key} {_setting(inner)}" for key, inner in members.items())
    return f"{value:,}" if isinstance(value, float) else str(value)


def _footer(report: Report) -> str:
    text = (
        f"TraderTape {report['engine_version']} · data {report['data_version'] or 'unversioned'} · "
        f"run fingerprint {report['hash']}. Past results say nothing certain about the future."
    )
    return f"<footer>{escape(text)}</footer>"
