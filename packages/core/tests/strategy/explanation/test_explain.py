"""Why a stock was bought or not, with the values that were seen."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.strategy.evaluation.entries import evaluate_entries
from tradertape_core.strategy.evaluation.evaluate import for_strategy
from tradertape_core.strategy.explanation.explain import explain

CLOSE = {"type": "indicator", "name": "close"}
SMA3 = {"type": "indicator", "fn": "sma", "params": {"period": 3}}
ABOVE = {"type": "compare", "left": CLOSE, "op": ">", "right": SMA3}
DEAR = {"type": "compare", "left": CLOSE, "op": ">", "right": 10}
LAST = date(2024, 1, 4)


@pytest.fixture
def panel(make_panel, make_index):
    member = np.ones((4, 3), dtype=np.bool_)
    member[:, 2] = False
    return make_panel(
        {"A": [9, 9, 9, 12], "B": [20, None, 20, None], "C": [20, 20, 20, 30]},
        member=member,
        sectors=("IT", "IT", ""),
        indices={"NIFTY 50": make_index([10, 10, 10, 8])},
    )


@pytest.mark.parametrize(
    ("condition", "blocks", "symbol", "conclusion"),
    [
        (ABOVE, {}, "A", "Bought if cash and a slot are free, conviction 50.0"),
        (
            {**ABOVE, "op": "<"},
            {},
            "A",
            "Not bought: the close ₹12 is not below its 3-day average ₹10",
        ),
        ({**DEAR, "right": 50}, {}, "A", "Not bought: the close ₹12 is not above ₹50"),
        (ABOVE, {}, "B", "Not bought: no candle that day"),
        (ABOVE, {}, "C", "Not bought: no member of the universe that day"),
        (
            {**DEAR, "left": {**CLOSE, "offset": 9}},
            {},
            "A",
            "Not bought: not enough history: the close of 9 days before",
        ),
        (
            {"type": "and", "conditions": [DEAR, {**DEAR, "right": 11.5}, {**DEAR, "right": 13}]},
            {},
            "A",
            "Not bought: the close ₹12 is not above ₹13",
        ),
        (
            {"type": "or", "conditions": [{**DEAR, "right": 13}, {**DEAR, "right": 14}]},
            {},
            "A",
            "Not bought: it is not so that (the close ₹12 is above ₹13 or the close ₹12 is above "
            "₹14)",
        ),
        (ABOVE, {"filters": {"min_price": 15}}, "A", "Not bought: the close ₹12 is below ₹15"),
        (ABOVE, {"filters": {"max_price": 11}}, "A", "Not bought: the close ₹12 is above ₹11"),
        (
            ABOVE,
            {"filters": {"min_turnover_20d": 1}},
            "A",
            "Not bought: not enough history: the 20-day average turnover",
        ),
        (
            ABOVE,
            {"filters": {"min_history_bars": 9}},
            "A",
            "Not bought: 4 of 9 days of history are there",
        ),
        (
            ABOVE,
            {"filters": {"exclude_symbols": ["A"]}},
            "A",
            "Not bought: A is on the list of excluded stocks",
        ),
        (
            ABOVE,
            {"filters": {"include_sectors": ["Banks"]}},
            "A",
            "Not bought: its sector, IT, is not among those to include",
        ),
        (
            ABOVE,
            {"filters": {"exclude_sectors": ["it"]}},
            "A",
            "Not bought: its sector, IT, is excluded",
        ),
        (
            ABOVE,
            {"config": {"min_conviction": 60}},
            "A",
            "Not bought: conviction 50.0 is below the minimum of 60",
        ),
    ],
)
def test_the_one_line_says_why(panel, strategy_with, condition, blocks, symbol, conclusion):
    strategy = strategy_with(condition, **blocks)
    assert explain(strategy, panel, symbol, LAST)["conclusion"] == conclusion


REGIME = {
    "condition": {
        "type": "compare",
        "left": {"type": "market", "name": "close"},
        "op": ">",
        "right": {"type": "market", "fn": "sma", "params": {"period": 2}},
    }
}


def test_a_closed_regime_blocks_or_halves(panel, strategy_with):
    seen = "the NIFTY 50 8 is not above its 2-day average 9"
    told = explain(strategy_with(ABOVE, regime_filter=REGIME), panel, "A", LAST)
    assert told["conclusion"] == f"Not bought: {seen}"
    assert (told["is_signal"], told["would_buy"]) == (True, False)
    halved = {**REGIME, "when_false": "halve_size"}
    told = explain(strategy_with(ABOVE, regime_filter=halved), panel, "A", LAST)
    assert told["conclusion"] == f"Bought at half size: {seen}"
    assert told["would_buy"] is True


def test_the_tree_carries_verdicts_and_values(panel, strategy_with):
    tree = {"type": "and", "conditions": [ABOVE, {"type": "not", "condition": DEAR}]}
    told = explain(strategy_with(tree), panel, "A", LAST)
    first, second = told["entry"]["conditions"]
    assert told["entry"]["verdict"] is False
    assert first["verdict"] is True
    assert [each["value"] for each in first["operands"]] == [12.0, 10.0]
    assert first["english"] == "the close is above its 3-day average"
    assert first["saw"] == "the close ₹12 is above its 3-day average ₹10"
    assert (second["type"], second["verdict"]) == ("not", False)
    assert second["conditions"][0]["verdict"] is True
    assert told["candle"] == {"open": 12, "high": 12, "low": 12, "close": 12, "volume": 1000}


def test_an_explanation_is_plain_json(panel, strategy_with):
    strategy = strategy_with({**ABOVE, "right": {**CLOSE, "offset": 9}}, regime_filter=REGIME)
    for symbol in panel.symbols:
        told = explain(strategy, panel, symbol, LAST)
        assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_explanations_agree_with_the_signals(panel, strategy_with):
    strategy = strategy_with(ABOVE, filters={"min_price": 5}, regime_filter=REGIME)
    found = evaluate_entries(strategy, for_strategy(panel, strategy))
    for row, day in enumerate(panel.dates.tolist()):
        for column, symbol in enumerate(panel.symbols):
            told = explain(strategy, panel, symbol, day)
            assert told["is_signal"] == found.signal[row, column]
            assert told["would_buy"] == (found.signal[row, column] and found.regime_ok[row])


@pytest.mark.parametrize(
    ("symbol", "day", "message"),
    [
        ("Z", LAST, "no prices of Z"),
        ("A", date(2024, 1, 9), "2024-01-09 is no trading day"),
        ("A", date(2023, 1, 9), "2023-01-09 is no trading day"),
    ],
)
def test_what_is_not_in_the_panel_is_named(panel, strategy_with, symbol, day, message):
    with pytest.raises(InvalidInput, match=message):
        explain(strategy_with(ABOVE), panel, symbol, day)
