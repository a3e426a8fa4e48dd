"""Analysis of a sweep: the best row, the effect of each parameter, the part of luck."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, median, variance
from typing import Any

from tradertape_core.backtest.metrics.summary import HEADLINE
from tradertape_core.kernel.errors import InvalidInput

Row = Mapping[str, Any]

# Higher is better for each of them: max_drawdown is negative.
METRICS = HEADLINE


def objective(row: Row, metric: str = "sharpe", *, min_trades: int = 0) -> float | None:
    """Return what a search maximises: the row's `metric`, None where it has no value.

    Rows with fewer than `min_trades` trades have none: a ratio of three trades wins every search.
    Raises InvalidInput for an unknown metric.
    """
    if metric not in METRICS:
        raise InvalidInput(f"unknown metric; one of {', '.join(METRICS)}", pointer="/metric")
    value = row.get(metric)
    if value is None or row["total_trades"] < min_trades:
        return None
    return float(value)


def ranked(rows: Sequence[Row], metric: str = "sharpe", *, min_trades: int = 0) -> list[Row]:
    """Rows by falling `metric`, those without a value last; equals stay in the order given."""
    return sorted(rows, key=lambda row: -_or_least(objective(row, metric, min_trades=min_trades)))


def heat_map(rows: Sequence[Row], x: str, y: str, metric: str = "sharpe") -> dict[str, Any]:
    """Mean `metric` at each pair of values of parameters `x` and `y`.

    Returns {"x", "y", "metric", "x_values", "y_values", "cells"}: cells[i][j] belongs to
    y_values[i] and x_values[j], is a mean over every other parameter, and None without a row.
    """
    cells: dict[tuple[Any, Any], list[float]] = {}
    for row in rows:
        value = objective(row, metric)
        if value is not None:
            cells.setdefault((row["parameters"][x], row["parameters"][y]), []).append(value)
    x_values, y_values = _distinct(rows, x), _distinct(rows, y)
    return {
        "x": x,
        "y": y,
        "metric": metric,
        "x_values": x_values,
        "y_values": y_values,
        "cells": [[_mean(cells.get((a, b), [])) for a in x_values] for b in y_values],
    }


def param_sensitivity(rows: Sequence[Row], metric: str = "sharpe") -> list[dict[str, Any]]:
    """How `metric` moves with each parameter, the most influential first.

    One entry a parameter: {"parameter", "spread", "values": [{"value", "runs", "mean", "median",
    "worst", "best"}]}; spread is the highest less the lowest mean. A wide spread with one good
    value is a fit to the past; a flat or smooth one is a good sign.
    """
    names = list(rows[0]["parameters"]) if rows else []
    found = [_sensitivity(rows, name, metric) for name in names]
    return sorted(found, key=lambda entry: -(entry["spread"] or 0.0))


def sharpe_variance(rows: Sequence[Row]) -> float | None:
    """Variance of the yearly Sharpe ratios of a sweep, for `deflated_sharpe`; None below two."""
    known = [row["sharpe"] for row in rows if row["sharpe"] is not None]
    return variance(known) if len(known) > 1 else None


def _sensitivity(rows: Sequence[Row], name: str, metric: str) -> dict[str, Any]:
    values: list[dict[str, Any]] = []
    for value in _distinct(rows, name):
        here = [row for row in rows if row["parameters"][name] == value]
        known = [found for found in (objective(row, metric) for row in here) if found is not None]
        values.append(
            {
                "value": value,
                "runs": len(here),
                "mean": _mean(known),
                "median": round(median(known), 6) if known else None,
                "worst": min(known, default=None),
                "best": max(known, default=None),
            }
        )
    means = [entry["mean"] for entry in values if entry["mean"] is not None]
    spread = round(max(means) - min(means), 6) if means else None
    return {"parameter": name, "metric": metric, "spread": spread, "values": values}


def _distinct(rows: Sequence[Row], name: str) -> list[Any]:
    values = {row["parameters"][name] for row in rows}
    numbers = all(isinstance(value, int | float) for value in values)
    return sorted(values) if numbers else sorted(values, key=str)


def _mean(values: Sequence[float]) -> float | None:
    return round(fmean(values), 6) if values else None


def _or_least(value: float | None) -> float:
    return -math.inf if value is None else value
