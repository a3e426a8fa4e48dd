"""What a sweep found, on a table of rows whose truth is known."""

from __future__ import annotations

import pytest

from tradertape_core.backtest.robustness.sweep import (
    heat_map,
    objective,
    param_sensitivity,
    ranked,
    sharpe_variance,
)
from tradertape_core.kernel.errors import InvalidInput


def row(a, b, sharpe, trades=50):
    return {"parameters": {"a": a, "b": b}, "sharpe": sharpe, "total_trades": trades}


ROWS = [row(2, 1, 0.5), row(1, 1, 1.5), row(1, 2, None), row(2, 2, 0.7), row(1, 1, 0.5, trades=3)]


def test_rows_are_ranked_with_the_undefined_and_the_thin_last():
    best = ranked(ROWS, "sharpe", min_trades=10)
    assert [entry["sharpe"] for entry in best] == [1.5, 0.7, 0.5, None, 0.5]


def test_an_unknown_metric_is_refused_by_name():
    with pytest.raises(InvalidInput, match="one of cagr"):
        objective(ROWS[0], "luck")


def test_a_heat_map_holds_the_mean_of_each_pair_and_null_where_none_ran():
    found = heat_map(ROWS, "a", "b")
    assert (found["x_values"], found["y_values"]) == ([1, 2], [1, 2])
    assert found["cells"] == [[1.0, 0.5], [None, 0.7]]


def test_sensitivity_puts_the_parameter_that_moves_the_result_most_first():
    rows = [row(a, b, a + b / 10) for a in (1, 2) for b in (1, 2)]
    first, second = param_sensitivity(rows)
    assert (first["parameter"], first["spread"]) == ("a", 1)
    assert (second["parameter"], second["spread"]) == ("b", pytest.approx(0.1))
    assert first["values"][0] == {
        "value": 1, "runs": 2, "mean": 1.15, "median": 1.15, "worst": 1.1, "best": 1.2,
    }  # fmt: skip


def test_the_variance_of_a_sweep_leaves_out_runs_without_a_sharpe_ratio():
    assert sharpe_variance([row(1, 1, 1.0), row(1, 2, 3.0), row(2, 1, None)]) == 2
    assert sharpe_variance(ROWS[:1]) is None
