"""The results of studies as text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tradertape_core.kernel.format import NOTHING, grouped, inr, percent

Json = Mapping[str, Any]
_COLUMNS = ("cagr", "max_drawdown", "sharpe", "win_rate", "profit_factor", "total_trades")
_PERCENT = {"cagr", "max_drawdown", "win_rate", "total_return"}
_MOST_SHOWN = 20


def render(result: Json, top: int) -> str:
    """A result as text. top: how many rows of a sweep or a search."""
    match result["kind"]:
        case "walk_forward":
            return _walk_forward(result)
        case "monte_carlo":
            return _monte_carlo(result)
        case "lookahead":
            return _look_ahead(result)
        case "recursive":
            return _recursive(result)
        case _:
            return _ranking(result, top)


def _ranking(result: Json, top: int) -> str:
    rows = result["ranked"][:top]
    names = list(rows[0]["parameters"]) if rows else []
    widths = [max(10, len(name) + 2) for name in names]
    head = "".join(f"{name:>{width}}" for name, width in zip(names, widths, strict=True))
    lines = [head + "".join(f"{name:>15}" for name in _COLUMNS)]
    for row in rows:
        values = (
            f"{row['parameters'][name]!s:>{width}}"
            for name, width in zip(names, widths, strict=True)
        )
        lines.append("".join(values) + "".join(f"{_figure(n, row[n]):>15}" for n in _COLUMNS))
    lines.append(f"{result['runs']:,} of {result['total']:,} combinations, by {result['metric']}")
    if result["failed"]:
        lines.append(
            f"{result['failed']:,} could not be run: the strategy does not allow these values"
        )
    best = result["best"]
    if best and best["deflated_sharpe"] is not None:
        chance = percent(best["deflated_sharpe"] * 100, 1)
        lines.append(
            f"Probability that the best result is not chance, given the number of trials: {chance}"
        )
    return "\n".join(lines)


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    if name == "total_trades":
        return grouped(value, 0)
    return percent(value, 1) if name in _PERCENT else grouped(value, 2)


def _walk_forward(result: Json) -> str:
    rows = [("chosen on", "tested on", "values", "CAGR in", "CAGR out", "trades")]
    for window in result["windows"]:
        values = ", ".join(f"{name}={value}" for name, value in window["parameters"].items())
        tested = window["out_of_sample"]
        rows.append(
            (
                f"{window['train_start']} to {window['train_end']}",
                f"{window['test_start']} to {window['test_end']}",
                values,
                _figure("cagr", window["in_sample"]["cagr"]),
                _figure("cagr", tested["cagr"]),
                _figure("total_trades", tested["total_trades"]),
            )
        )
    out = result["out_of_sample"]
    windows = out["profitable_windows_pct"]
    return "\n".join(
        [
            *_table(rows),
            f"Out of sample: CAGR {_figure('cagr', out['cagr'])}, total return "
            f"{_figure('total_return', out['total_return'])}, "
            f"{NOTHING if windows is None else percent(windows, 0)} of the windows with a profit",
            f"In sample: CAGR {_figure('cagr', result['in_sample_cagr'])}; efficiency "
            f"{_figure('efficiency', result['efficiency'])} (out of sample over in sample)",
        ]
    )


def _monte_carlo(result: Json) -> str:
    drawdown = result["max_drawdown"]
    rows = [
        ("", "5th percentile", "median", "95th percentile", "this run"),
        ("Ending capital", *(inr(result[level]) for level in ("p5", "p50", "p95")), ""),
        (
            "Largest drawdown",
            *(percent(drawdown[level], 1) for level in ("p5", "p50", "p95", "actual")),
        ),
    ]
    return "\n".join(
        [
            f"{result['runs']:,} draws of {result['results']:,} {result['unit']} by "
            f"{result['method']}, seed {result['seed']}",
            *_table(rows),
            f"Draws that end below the starting capital: {percent(result['loss_probability'], 1)}",
            f"Draws that lose {result['ruin_pct']:g} % on the way: "
            f"{percent(result['risk_of_ruin'], 1)}",
        ]
    )


def _look_ahead(result: Json) -> str:
    days = ", ".join(result["checked"])
    differences = result["differences"]
    if result["passed"]:
        return f"Passed: without the candles after {days}, every decision up to then is the same."
    lines = [
        f"Failed: {len(differences):,} decisions change when later candles are removed "
        f"(checked: {days})"
    ]
    lines += [
        "  " + ", ".join(f"{name} {value}" for name, value in one.items())
        for one in differences[:_MOST_SHOWN]
    ]
    return "\n".join(lines)


def _recursive(result: Json) -> str:
    rows = [("indicator", "bars of history", "largest difference", "symbols without a value")]
    for row in result["rows"]:
        found = row["max_difference_pct"]
        rows.append(
            (
                row["indicator"],
                grouped(row["start_up_bars"], 0),
                NOTHING if found is None else percent(found, 4),
                grouped(row["undefined"], 0),
            )
        )
    return "\n".join(_table(rows))


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
