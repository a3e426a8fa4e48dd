"""A strategy and its document are two forms of one thing."""

from __future__ import annotations

from typing import Any

import pytest

from tradertape_core.strategy.language.document import (
    condition_document,
    operand_document,
    to_document,
)
from tradertape_core.strategy.parse.document import complete, parse_strategy
from tradertape_core.strategy.parse.place import Place, Problems
from tradertape_core.strategy.parse.tree import read_condition, read_operand

CLOSE = {"type": "indicator", "name": "close"}
SMA = {"type": "indicator", "name": "sma20"}
ABOVE = {"type": "compare", "left": CLOSE, "op": ">", "right": SMA}

CONDITIONS = [
    ABOVE,
    {"type": "and", "conditions": [ABOVE, ABOVE]},
    {"type": "or", "conditions": [ABOVE]},
    {"type": "not", "condition": ABOVE},
    {"type": "cross", "direction": "below", "left": CLOSE, "right": SMA},
    {
        "type": "between",
        "value": CLOSE,
        "low": {"type": "literal", "value": 1.5},
        "high": {"type": "literal", "value": 3},
    },
    {"type": "in", "value": CLOSE, "values": [1, 2.5]},
    {"type": "for_bars", "bars": 3, "condition": ABOVE},
    {"type": "count", "at_least": 1, "conditions": [ABOVE, ABOVE]},
    {"type": "random", "prob": 0.05, "seed": 7},
]

OPERANDS = [
    CLOSE,
    {"type": "indicator", "name": "high_20d", "offset": 1},
    {
        "type": "indicator",
        "fn": "sma",
        "params": {"period": {"type": "param", "name": "n"}},
        "source": "volume",
    },
    {"type": "indicator", "fn": "atr", "params": {"period": 7}},
    {"type": "market", "name": "sma200"},
    {"type": "literal", "value": -2.5},
    {"type": "param", "name": "n"},
    {"type": "position", "field": "pnl_pct"},
    {"type": "arith", "op": "/", "left": CLOSE, "right": {"type": "literal", "value": 2}},
]


@pytest.mark.parametrize("document", CONDITIONS, ids=lambda node: node["type"])
def test_every_condition_comes_back_as_it_was_written(document: dict[str, Any]):
    found = Problems()
    node = read_condition(Place(document, "", found), {}, "entry")
    assert found.found == []
    assert condition_document(node) == document


@pytest.mark.parametrize("document", OPERANDS)
def test_every_operand_comes_back_as_it_was_written(document: dict[str, Any]):
    found = Problems()
    node = read_operand(Place(document, "", found), {"n": 30.0}, "position")
    assert found.found == []
    assert operand_document(node) == document


def test_every_block_comes_back_as_it_was_written():
    document = {
        "name": "All of it",
        "description": "Every key is set.",
        "base_model": "v2_breakout",
        "schema_version": 1,
        "timeframe": "day",
        "direction": "long",
        "tags": ["a", "b"],
        "params": {"n": {"default": 3, "min": 1, "max": 5, "step": 1, "title": "Days"}},
        "filters": {
            "min_price": 50,
            "max_price": 5000,
            "min_turnover_20d": 50000000,
            "min_history_bars": 250,
            "exclude_symbols": ["M&M", "BAJAJ-AUTO"],
            "include_sectors": ["IT"],
            "exclude_sectors": ["Metals"],
            "exclude_surveillance": True,
            "exclude_result_days": 2,
        },
        "regime_filter": {
            "index": "NSE:NIFTY BANK",
            "condition": {
                "type": "compare",
                "left": {"type": "market", "name": "close"},
                "op": ">",
                "right": {
                    "type": "market",
                    "fn": "sma",
                    "params": {"period": 150},
                    "source": "low",
                },
            },
            "when_false": "halve_size",
        },
        "entry_rules": ABOVE,
        "entry": {
            "order": "limit",
            "buffer_pct": 1,
            "buffer_side": "below",
            "limit_offset_pct": 0.4,
            "valid_days": 3,
            "cooldown_days": 2,
        },
        "exit_rules": [
            {
                "name": "out",
                "priority": 2,
                "ignore_min_hold": True,
                "condition": ABOVE,
                "exit_price": SMA,
                "size_pct": 50,
            }
        ],
        "stops": {
            "stop_loss_pct": 8,
            "atr_stop_mult": 2.5,
            "target_pct": 20,
            "target_r": 3,
            "trailing": {"activate_pct": 6, "trail_pct": 4, "trail_atr_mult": 2},
            "breakeven_at_pct": 5,
            "gap_down_exit_pct": 6,
            "time_exit_days": 30,
        },
        "addon_rules": {
            "enabled": True,
            "condition": ABOVE,
            "max_addons": 2,
            "size_pct_of_initial": 50,
            "min_gap_pct": 4,
            "min_bars_between": 3,
        },
        "conviction_scoring": [
            {
                "name": "b",
                "type": "bands",
                "input": CLOSE,
                "bands": [{"lt": 3, "points": 2}, {"gte": 3, "lt": 4, "points": -1}],
            },
            {"name": "c", "type": "condition", "condition": ABOVE, "points": 15},
            {"name": "l", "type": "linear", "input": CLOSE, "from": 5, "to": 1, "points": 25},
        ],
        "config": {
            "min_hold": 10,
            "max_hold": 30,
            "atr_stop_mult": 2.5,
            "exit_buffer_pct": 0.5,
            "min_conviction": 60,
            "conviction_base": 40,
        },
    }
    assert complete(document) == document
    assert parse_strategy(to_document(parse_strategy(document))) == parse_strategy(document)
