"""The result of a sweep or a search: ranking, heat maps, sensitivity, deflated Sharpe ratio."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from tradertape_core.backtest.metrics.returns import daily_risk_free, deflated_sharpe
from tradertape_core.backtest.robustness.grid import apply_parameters
from tradertape_core.backtest.robustness.sweep import (
    heat_map,
    param_sensitivity,
    ranked,
    sharpe_variance,
)
from tradertape_core.backtest.robustness.walkforward import Proof
from tradertape_server.features.backtests.studies.goal import Goal
from tradertape_server.features.backtests.studies.variant_work import Variant, VariantWork

Json = dict[str, Any]

ROWS_SHOWN = 200
_MOST_MAPS = 6
_MOST_VALUES = 60  # a heat map of more values is mostly empty cells


def of_variants(work: VariantWork, rows: Sequence[Json], goal: Goal) -> Json:
    """The result of a sweep or a search."""
    valid = [row for row in rows if "error" not in row]
    order = ranked(valid, goal.metric, min_trades=goal.min_trades)
    axes = [name for name in _names(valid) if len(_values(valid, name)) <= _MOST_VALUES]
    several = [name for name in axes if len(_values(valid, name)) > 1]
    maps = [heat_map(valid, x, y, goal.metric) for x, y in combinations(several, 2)]
    sensitivity = param_sensitivity(valid, goal.metric)
    return {
        "kind": "sweep",
        "metric": goal.metric,
        "min_trades": goal.min_trades,
        "runs": len(rows),
        "failed": len(rows) - len(valid),
        "best": _best(work, valid, order, goal),
        "ranked": order[:ROWS_SHOWN],
        "heat_maps": maps[:_MOST_MAPS],
        "param_sensitivity": [entry for entry in sensitivity if entry["parameter"] in axes],
        "sharpe_variance": sharpe_variance(valid),
    }


def _best(work: VariantWork, rows: Sequence[Json], order: Sequence[Any], goal: Goal) -> Json | None:
    """The best row with its strategy, ready to be saved, and its deflated Sharpe ratio."""
    if not order or goal.value(order[0]) is None:
        return None
    first = order[0]
    opened = work.open(work.load())
    proof = work.prove(opened, Variant(first["parameters"]))
    return {
        **first,
        "deflated_sharpe": _deflated_sharpe(work, proof, rows),
        "trials": len(rows),
        "strategy": apply_parameters(work.document, first["parameters"]),
        "equity_curve": [
            {"date": day, "equity": equity}
            for day, equity in zip(proof.dates, proof.equity, strict=True)
        ],
    }


def _deflated_sharpe(work: VariantWork, proof: Proof, rows: Sequence[Json]) -> float | None:
    equity = [proof.starting_capital, *proof.equity]
    returns = [now / before - 1 if before > 0 else 0.0 for before, now in pairwise(equity)]
    found = deflated_sharpe(
        np.array(returns) - daily_risk_free(work.config.risk_free_pct),
        trials=len(rows),
        trial_sharpe_variance=sharpe_variance(rows),
    )
    return round(found, 6) if math.isfinite(found) else None


def _names(rows: Sequence[Json]) -> list[str]:
    return list(rows[0]["parameters"]) if rows else []


def _values(rows: Sequence[Json], name: str) -> set[Any]:
    return {row["parameters"][name] for row in rows}
