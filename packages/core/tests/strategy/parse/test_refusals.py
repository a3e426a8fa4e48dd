"""Every mistake in a strategy document is refused by name and place (ST-02, ST-08)."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tradertape_core.kernel.errors import InvalidDocument
from tradertape_core.strategy.parse.document import parse_strategy

CLOSE = {"type": "indicator", "name": "close"}
TRUE = {"type": "compare", "left": CLOSE, "op": ">", "right": {"type": "literal", "value": 1}}


def document(**blocks: Any) -> dict[str, Any]:
    return {"name": "Mine", "base_model": "v3_dip_buyer", **blocks}


def problems(doc: Any) -> dict[str, str]:
    with pytest.raises(InvalidDocument) as caught:
        parse_strategy(doc)
    found: dict[str, str] = {}
    for problem in caught.value.problems:
        found[problem.pointer] = f"{found.get(problem.pointer, '')} {problem.message}".strip()
    return found


def nested(depth: int) -> dict[str, Any]:
    node: dict[str, Any] = copy.deepcopy(TRUE)
    for _ in range(depth):
        node = {"type": "not", "condition": node}
    return node


BAD = [
    ({"base_model": "v3_dip_buyer"}, "", 'needs "name"'),
    ({"name": " ", "base_model": "v3_dip_buyer"}, "/name", "1 to 120 characters"),
    ({"name": "x" * 121, "base_model": "v3_dip_buyer"}, "/name", "1 to 120 characters"),
    ({"name": 5, "base_model": "v3_dip_buyer"}, "/name", "must be text, was 5"),
    ({"name": "A\x07", "base_model": "v3_dip_buyer"}, "/name", "control characters"),
    ({"name": "A"}, "", 'needs "base_model"'),
    ({"name": "A", "base_model": "v3_dip_buyr"}, "/base_model", "did you mean v3_dip_buyer?"),
    (document(entry_ruls={}), "/entry_ruls", "did you mean entry_rules?"),
    (document(entry_rules=None), "", 'needs "entry_rules"'),
    (document(entry_rules=[]), "/entry_rules", "must be an object, was []"),
    (document(entry_rules={}), "/entry_rules", 'needs "type"'),
    (document(entry_rules={"type": "xor"}), "/entry_rules/type", 'unknown condition "xor"'),
    (document(entry_rules=CLOSE), "/entry_rules/type", "is an operand; a condition is needed"),
    (document(entry_rules={"type": "and"}), "/entry_rules", 'needs "conditions"'),
    (
        document(entry_rules={"type": "or", "conditions": []}),
        "/entry_rules/conditions",
        "1 to 200 entries",
    ),
    (document(entry_rules={**TRUE, "left": TRUE}), "/entry_rules/left/type", "is a condition"),
    (document(entry_rules={**TRUE, "op": "="}), "/entry_rules/op", "did you mean ==?"),
    (document(entry_rules={"type": "compare", "left": CLOSE}), "/entry_rules", 'needs "op"'),
    (document(entry_rules={**TRUE, "rigth": 3}), "/entry_rules/rigth", "did you mean right?"),
    (
        document(entry_rules={"type": "and", "conditions": [TRUE, {**TRUE, "left": {"x": 1}}]}),
        "/entry_rules/conditions/1/left",
        'needs "type"',
    ),
    (document(entry_rules=nested(12)), "/entry_rules", "tree too deep: at most 12 levels"),
    (
        document(entry_rules={"type": "and", "conditions": [TRUE] * 100}),
        "/entry_rules",
        "tree too large: at most 200 nodes",
    ),
    (
        document(entry_rules={"type": "cross", "left": CLOSE, "right": CLOSE}),
        "/entry_rules",
        'needs "direction"',
    ),
    (
        document(entry_rules={"type": "between", "value": CLOSE, "low": 5, "high": 3}),
        "/entry_rules",
        "low 5 is above high 3",
    ),
    (
        document(entry_rules={"type": "in", "value": CLOSE, "values": ["5"]}),
        "/entry_rules/values/0",
        "write it without quotes",
    ),
    (
        document(entry_rules={"type": "for_bars", "bars": 0, "condition": TRUE}),
        "/entry_rules/bars",
        "between 1 and 250",
    ),
    (
        document(entry_rules={"type": "count", "at_least": 3, "conditions": [TRUE, TRUE]}),
        "/entry_rules/at_least",
        "between 1 and 2",
    ),
    (document(entry_rules={"type": "random", "prob": 1.5}), "/entry_rules/prob", "between 0 and 1"),
    (
        document(entry_rules={**TRUE, "right": True}),
        "/entry_rules/right",
        "must be a number, was true",
    ),
    (
        document(entry_rules={**TRUE, "right": float("nan")}),
        "/entry_rules/right",
        "must be a finite number, was nan",
    ),
    (
        document(entry_rules={**TRUE, "right": {"type": "literal", "value": "30"}}),
        "/entry_rules/right/value",
        'was "30": write it without quotes',
    ),
    (
        document(entry_rules={**TRUE, "right": {"type": "literal", "value": float("inf")}}),
        "/entry_rules/right/value",
        "finite",
    ),
    (
        document(entry_rules={**TRUE, "right": {"type": "literal", "value": 10**400}}),
        "/entry_rules/right/value",
        "must be between",
    ),
    (
        document(entry_rules={**TRUE, "left": {"type": "indicator", "name": "rsi99"}}),
        "/entry_rules/left/name",
        'unknown indicator "rsi99"; did you mean rsi14?',
    ),
    (
        document(entry_rules={**TRUE, "left": {"type": "indicator", "name": "clsoe"}}),
        "/entry_rules/left/name",
        "did you mean close?",
    ),
    (
        document(entry_rules={**TRUE, "left": {"type": "indicator", "fn": "rsi14"}}),
        "/entry_rules/left/fn",
        'write it as "name"',
    ),
    (
        document(entry_rules={**TRUE, "left": {"type": "indicator"}}),
        "/entry_rules/left",
        'needs either "name"',
    ),
    (
        document(
            entry_rules={**TRUE, "left": {"type": "indicator", "name": "rsi14", "params": {}}}
        ),
        "/entry_rules/left/params",
        'goes with "fn"',
    ),
    (
        document(
            entry_rules={**TRUE, "left": {"type": "indicator", "fn": "sma", "params": {"n": 3}}}
        ),
        "/entry_rules/left/params/n",
        'unknown key "n"',
    ),
    (
        document(
            entry_rules={
                **TRUE,
                "left": {"type": "indicator", "fn": "sma", "params": {"period": 0}},
            }
        ),
        "/entry_rules/left/params/period",
        "between 1 and",
    ),
    (
        document(
            entry_rules={
                **TRUE,
                "left": {
                    "type": "indicator",
                    "fn": "ppo",
                    "params": {"fast_period": 30, "slow_period": 10},
                },
            }
        ),
        "/entry_rules/left/params",
        "fast_period",
    ),
    (
        document(
            entry_rules={**TRUE, "left": {"type": "indicator", "fn": "atr", "source": "open"}}
        ),
        "/entry_rules/left/source",
        "takes no source",
    ),
    (
        document(
            entry_rules={**TRUE, "left": {"type": "indicator", "fn": "macd", "output": "hist"}}
        ),
        "/entry_rules/left/output",
        "did you mean",
    ),
    (
        document(entry_rules={**TRUE, "left": {"type": "indicator", "fn": "crossover"}}),
        "/entry_rules/left/fn",
        "write it as a cross",
    ),
    (
        document(entry_rules={**TRUE, "left": {**CLOSE, "offset": -1}}),
        "/entry_rules/left/offset",
        "between 0 and 250",
    ),
    (
        document(entry_rules={**TRUE, "left": {"type": "position", "field": "pnl_pct"}}),
        "/entry_rules/left",
        "there is no position to read here",
    ),
    (
        document(entry_rules={**TRUE, "left": {"type": "market", "name": "volume"}}),
        "/entry_rules/left/name",
        "an index has no volume",
    ),
    (
        document(entry_rules={**TRUE, "left": {"type": "market", "name": "rs_rank_60"}}),
        "/entry_rules/left/name",
        "no peers",
    ),
    (
        document(entry_rules={**TRUE, "left": {"type": "param", "name": "dip"}}, params={"dap": 1}),
        "/entry_rules/left/name",
        'unknown parameter "dip"; did you mean dap?',
    ),
    (document(params={"Dip": 1}), "/params/Dip", "lower-case word"),
    (document(params={"dip": {"min": 1}}), "/params/dip", 'needs "default"'),
    (
        document(params={"dip": {"default": 9, "max": 5}}),
        "/params/dip/default",
        "outside its own min and max",
    ),
    (document(params=[]), "/params", "must be an object"),
    (document(filters={"min_price": -1}), "/filters/min_price", "must be between 0"),
    (document(filters={"min_price": 9, "max_price": 5}), "/filters", "no stock can pass"),
    (
        document(filters={"exclude_symbols": ["IN FY"]}),
        "/filters/exclude_symbols/0",
        "is no NSE symbol",
    ),
    (document(filters={"include_sectors": "IT"}), "/filters/include_sectors", "must be a list"),
    (document(filters={"exclude_surveillance": 1}), "/filters/exclude_surveillance", "true or"),
    (document(regime_filter={}), "/regime_filter", 'needs "condition"'),
    (
        document(regime_filter={"condition": TRUE}),
        "/regime_filter/condition/left",
        'use "type": "market"',
    ),
    (
        document(regime_filter={"condition": {"type": "random", "prob": 0.5}}),
        "/regime_filter/condition",
        "random draws for each stock",
    ),
    (document(entry={"order": "gtt_oco"}), "/entry/order", "gtt, market, limit"),
    (document(entry={"valid_days": 0}), "/entry/valid_days", "between 1 and 365"),
    (document(exit_rules={}), "/exit_rules", "must be a list"),
    (document(exit_rules=[{"name": "x"}]), "/exit_rules/0", 'needs "condition"'),
    (
        document(exit_rules=[{"name": "x", "condition": TRUE}] * 2),
        "/exit_rules/1/name",
        "used twice",
    ),
    (
        document(exit_rules=[{"condition": TRUE, "size_pct": 0}]),
        "/exit_rules/0/size_pct",
        "between 1 and 100",
    ),
    (
        document(
            exit_rules=[
                {
                    "condition": {
                        "type": "for_bars",
                        "bars": 2,
                        "condition": {**TRUE, "left": {"type": "position", "field": "pnl_pct"}},
                    }
                }
            ]
        ),
        "/exit_rules/0/condition/condition/left",
        "the position has no history",
    ),
    (document(stops={"trailing": {}}), "/stops/trailing", 'needs "trail_pct"'),
    (document(stops={"target_r": 2}), "/stops/target_r", "needs an initial risk"),
    (document(stops={"stop_loss_pct": 100}), "/stops/stop_loss_pct", "between 0 and 99"),
    (document(addon_rules={"enabled": True}), "/addon_rules", 'needs "condition"'),
    (document(addon_rules={"enabled": "yes"}), "/addon_rules/enabled", "true or false"),
    (
        document(conviction_scoring=[{"type": "cond"}]),
        "/conviction_scoring/0/type",
        "bands, condition, linear",
    ),
    (
        document(conviction_scoring=[{"type": "condition", "condition": TRUE}]),
        "/conviction_scoring/0",
        'needs "points"',
    ),
    (
        document(
            conviction_scoring=[{"type": "linear", "input": CLOSE, "from": 5, "to": 5, "points": 3}]
        ),
        "/conviction_scoring/0",
        "the line needs a width",
    ),
    (
        document(
            conviction_scoring=[
                {"type": "bands", "input": CLOSE, "bands": [{"gte": 5, "lt": 5, "points": 3}]}
            ]
        ),
        "/conviction_scoring/0/bands/0",
        "the band is empty",
    ),
    (document(config={"min_hold": True}), "/config/min_hold", "must be a number, was true"),
    (document(config={"min_hold": 1.5}), "/config/min_hold", "whole number"),
    (document(config={"conviction_base": 101}), "/config/conviction_base", "between 0 and 100"),
    (document(timeframe="60minute"), "/timeframe", "must be one of day"),
    (document(direction="short"), "/direction", "must be one of long"),
    (document(schema_version=2), "/schema_version", "between 1 and 1"),
    (document(tags="swing"), "/tags", "must be a list"),
    ([], "", "must be an object"),
]


@pytest.mark.parametrize(("doc", "pointer", "message"), BAD)
def test_a_bad_document_is_refused_where_it_is_wrong(doc: Any, pointer: str, message: str):
    found = problems(doc)
    assert pointer in found, found
    assert message in found[pointer]


def test_all_problems_are_told_at_once():
    found = problems(document(entry_rules={"type": "x"}, stops={"a": 1}, config={"min_hold": -1}))
    assert set(found) == {"/entry_rules/type", "/stops/a", "/config/min_hold"}


def test_eleven_levels_around_an_operand_are_allowed():
    parse_strategy(document(entry_rules=nested(10)))


def test_a_hostile_tree_is_refused_without_walking_all_of_it():
    assert "too deep" in problems(document(entry_rules=nested(900)))["/entry_rules"]
    wide = {"type": "and", "conditions": [{"type": "x"}] * 100_000}
    assert len(problems(document(entry_rules=wide))) <= 100


def test_keys_with_slashes_are_escaped_in_pointers():
    assert "/stops/a~1b~0" in problems(document(stops={"a/b~": 1}))
