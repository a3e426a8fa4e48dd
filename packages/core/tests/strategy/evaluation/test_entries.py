"""What is bought at each close: filters, regime, rank."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tradertape_core.strategy.evaluation.entries import evaluate_entries
from tradertape_core.strategy.evaluation.evaluate import for_strategy
from tradertape_core.strategy.language import rules

CLOSE = {"type": "indicator", "name": "close"}
ALWAYS = {"type": "compare", "left": CLOSE, "op": ">", "right": 0}
OLD = {"type": "indicator", "name": "close", "offset": 2}


def entries(strategy, panel):
    return evaluate_entries(strategy, for_strategy(panel, strategy))


def test_a_signal_needs_a_candle_and_membership(make_panel, strategy_with):
    member = np.array([[True, True], [True, False]])
    panel = make_panel({"A": [None, 5], "B": [5, 5]}, member=member)
    assert entries(strategy_with(ALWAYS), panel).signal.tolist() == [[False, True], [True, False]]


@pytest.mark.parametrize(
    ("filters", "passing"),
    [
        ({}, "ABC"),
        ({"min_price": 20}, "BC"),
        ({"max_price": 20}, "AB"),
        ({"min_price": 11, "max_price": 29}, "B"),
        ({"min_turnover_20d": 20_000}, "BC"),
        ({"min_history_bars": 25}, "AC"),
        ({"exclude_symbols": ["NSE:a"]}, "BC"),
        ({"include_sectors": ["it"]}, "AB"),
        ({"exclude_sectors": ["IT"]}, "C"),
    ],
)
def test_filters_keep_what_they_say(make_panel, strategy_with, filters, passing):
    closes = {"A": [10.0] * 25, "B": [None, *[20.0] * 24], "C": [30.0] * 25}
    panel = make_panel(closes, sectors=("IT", "IT", "Banks"))
    found = entries(strategy_with(ALWAYS, filters=filters), panel)
    assert "".join(np.array(panel.symbols)[found.signal[-1]]) == passing


def test_filters_without_a_feed_are_said(make_panel, strategy_with):
    filters = {
        "exclude_surveillance": True,
        "exclude_result_days": 2,
        "include_sectors": ["Space"],
    }
    found = entries(strategy_with(ALWAYS, filters=filters), make_panel({"A": [1]}))
    assert [warning.split(" ")[0] for warning in found.warnings] == [
        "No",
        "exclude_surveillance",
        "exclude_result_days",
    ]
    assert not found.signal.any()


def test_undecided_members_are_counted_each_day(make_panel, strategy_with):
    member = np.array([[True, True, True], [True, True, True], [True, True, False]])
    panel = make_panel({"A": [1, 2, 3], "B": [None, 2, 3], "C": [1, 2, 3]}, member=member)
    found = entries(strategy_with({**ALWAYS, "left": OLD}), panel)
    assert found.insufficient.tolist() == [2, 3, 1]


def test_the_regime_stands_apart_from_the_signal(make_panel, make_index, strategy_with):
    regime = {
        "index": "NSE:NIFTY BANK",
        "condition": {
            "type": "compare",
            "left": {"type": "market", "name": "close"},
            "op": ">",
            "right": {"type": "market", "fn": "sma", "params": {"period": 2}},
        },
    }
    panel = make_panel(
        {"A": [1, 1, 1, 1], "B": [1, None, 1, 1]},
        indices={"NIFTY BANK": make_index([10, 20, None, 15])},
    )
    found = entries(strategy_with(ALWAYS, regime_filter=regime), panel)
    assert found.regime_ok.tolist() == [False, True, False, False]
    assert found.signal.sum() == 7
    assert entries(strategy_with(ALWAYS), panel).regime_ok.all()


def test_signals_are_served_by_conviction_then_turnover_then_symbol(make_panel, strategy_with):
    closes = {"A": [10.0] * 20, "B": [30.0] * 20, "C": [30.0] * 20, "D": [20.0] * 20}
    volume = np.tile([1.0, 1.0, 1.0, np.nan], (20, 1))
    panel = make_panel({**closes, "E": [20.0] * 20}, volume=np.column_stack([volume, volume[:, 0]]))
    expensive = {"type": "compare", "left": CLOSE, "op": ">", "right": 15}
    scoring = [{"type": "condition", "condition": expensive, "points": 10}]
    found = entries(strategy_with(ALWAYS, conviction_scoring=scoring), panel)
    last = slice(found.starts[-2], found.starts[-1])
    assert [panel.symbols[i] for i in found.column[last]] == ["B", "C", "E", "D", "A"]
    assert set(found.row[last]) == {19}
    assert found.conviction[-1].tolist() == [50, 60, 60, 60, 60]


def test_ranks_agree_with_a_plain_sort(make_panel, strategy_with):
    rng = np.random.default_rng(3)
    close = rng.integers(1, 6, size=(60, 30)).astype(float)
    panel = make_panel({f"S{i:02}": close[:, i] for i in range(30)})
    scoring = [{"type": "linear", "input": CLOSE, "from": 3, "to": 5, "points": 20}]
    found = entries(strategy_with({**ALWAYS, "right": 2}, conviction_scoring=scoring), panel)
    turnover = np.nan_to_num(found.turnover, nan=-1.0)
    expected = sorted(
        zip(*np.nonzero(close > 2), strict=True),
        key=lambda cell: (cell[0], -found.conviction[cell], -turnover[cell], cell[1]),
    )
    assert list(zip(found.row, found.column, strict=True)) == expected
    for row in range(60):
        assert set(found.row[found.starts[row] : found.starts[row + 1]]) <= {row}


def test_conviction_is_unknown_where_there_is_no_signal(make_panel, strategy_with):
    found = entries(strategy_with({**ALWAYS, "right": 2}), make_panel({"A": [1, 3]}))
    assert np.isnan(found.conviction[0, 0])
    assert found.conviction[1, 0] == 50


def test_a_panel_without_any_signal_is_fine(make_panel, strategy_with):
    found = entries(strategy_with({**ALWAYS, "right": 9}), make_panel({"A": [1, 3]}))
    assert found.row.size == 0
    assert found.starts.tolist() == [0, 0, 0]


def test_filters_do_not_change_the_rules_that_were_parsed(make_panel, strategy_with):
    strategy = strategy_with(ALWAYS)
    stricter = replace(strategy, filters=rules.Filters(min_price=2.0))
    panel = make_panel({"A": [1, 3]})
    assert entries(strategy, panel).signal.all()
    assert entries(stricter, panel).signal[:, 0].tolist() == [False, True]
