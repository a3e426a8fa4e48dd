"""Points for what a signal looks like: bands, conditions, lines."""

from __future__ import annotations

import numpy as np
import pytest

from tradertape_core.strategy.evaluation.conviction import Scored, breakdown, score
from tradertape_core.strategy.evaluation.evaluate import for_strategy

CLOSE = {"type": "indicator", "name": "close"}
ALWAYS = {"type": "compare", "left": CLOSE, "op": ">", "right": 0}
BANDS = {
    "type": "bands",
    "input": CLOSE,
    "bands": [{"lt": 30, "points": 20}, {"gte": 30, "lt": 40, "points": 12}],
}
LINE = {"type": "linear", "input": CLOSE, "from": 5, "to": 15, "points": 25}
FALLING = {"type": "linear", "input": CLOSE, "from": 15, "to": 5, "points": 25}
HIGH = {
    "type": "condition",
    "condition": {"type": "compare", "left": CLOSE, "op": ">", "right": 10},
    "points": -8,
}
OLD = {**LINE, "input": {"type": "indicator", "name": "close", "offset": 3}}


def scored(panel, strategy):
    rows = np.arange(panel.shape[0])
    return score(strategy, for_strategy(panel, strategy), (rows, np.zeros_like(rows))).tolist()


@pytest.mark.parametrize(
    ("each", "closes", "points"),
    [
        (BANDS, [29.99, 30, 39.99, 40], [20, 12, 12, 0]),
        (LINE, [0.01, 5, 7.5, 15, 99], [0, 0, 6.25, 25, 25]),
        (FALLING, [0.01, 5, 7.5, 15, 99], [25, 25, 18.75, 0, 0]),
        (HIGH, [10, 11], [0, -8]),
        (OLD, [5, 6, 7, 8], [0, 0, 0, 0]),
    ],
)
def test_each_kind_of_score(make_panel, strategy_with, each, closes, points):
    strategy = strategy_with(ALWAYS, conviction_scoring=[each])
    assert scored(make_panel({"A": closes}), strategy) == [50 + each for each in points]


def test_the_first_band_that_holds_the_value_counts(make_panel, strategy_with):
    bands = {**BANDS, "bands": [{"lt": 50, "points": 1}, {"points": 9}]}
    strategy = strategy_with(ALWAYS, conviction_scoring=[bands])
    assert scored(make_panel({"A": [49, 51]}), strategy) == [51, 59]


@pytest.mark.parametrize(("points", "base", "expected"), [(80, 50, 100), (-80, 50, 0), (3, 0, 3)])
def test_conviction_stays_between_0_and_100(make_panel, strategy_with, points, base, expected):
    each = {**HIGH, "points": points}
    strategy = strategy_with(ALWAYS, conviction_scoring=[each], config={"conviction_base": base})
    assert scored(make_panel({"A": [20]}), strategy) == [expected]


def test_a_breakdown_names_what_was_seen_and_earned(make_panel, strategy_with):
    scoring = [{**LINE, "name": "depth"}, {**HIGH, "name": "high"}, {**OLD, "name": "old"}]
    strategy = strategy_with(ALWAYS, conviction_scoring=scoring)
    panel = make_panel({"A": [1, 12]})
    assert breakdown(strategy, for_strategy(panel, strategy), 1, 0) == (
        Scored("depth", 12.0, 17.5),
        Scored("high", True, -8.0),
        Scored("old", None, 0.0),
    )
