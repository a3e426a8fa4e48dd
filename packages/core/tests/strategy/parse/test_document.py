"""Strategy documents in, complete documents and strategies out (ST-02, ST-04, ST-08, ST-09)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tradertape_core.strategy.language import rules
from tradertape_core.strategy.language.base_models import BASE_MODELS
from tradertape_core.strategy.parse.document import complete, parse_strategy

CLOSE = {"type": "indicator", "name": "close"}
TRUE = {"type": "compare", "left": CLOSE, "op": ">", "right": {"type": "literal", "value": 1}}


def document(**blocks: Any) -> dict[str, Any]:
    return {"name": "Mine", "base_model": "v3_dip_buyer", **blocks}


# --- what is filled in ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", BASE_MODELS)
def test_base_models_are_complete_documents(name: str):
    assert complete(BASE_MODELS[name]) == BASE_MODELS[name]
    assert list(complete(BASE_MODELS[name])) == list(BASE_MODELS[name])


def test_completing_twice_changes_nothing():
    once = complete(document(stops={"stop_loss_pct": 8.0}, tags=["swing", "swing"]))
    assert complete(once) == once
    assert complete(json.loads(json.dumps(once))) == once


def test_blocks_left_out_come_from_the_base_model():
    done = complete(document())
    base = BASE_MODELS["v3_dip_buyer"]
    for block in ("entry_rules", "exit_rules", "stops", "addon_rules", "filters", "config"):
        assert done[block] == base[block]


def test_completing_does_not_hand_out_the_base_model_itself():
    done: Any = complete(document())
    done["exit_rules"][0]["condition"]["op"] = "<"
    exits: Any = BASE_MODELS["v3_dip_buyer"]["exit_rules"]
    assert exits[0]["condition"]["op"] == ">"


def test_absent_keys_of_a_written_block_are_off_and_not_the_base_models():
    done: Any = complete(document(stops={"stop_loss_pct": 8}, filters={"min_price": 50}))
    assert done["stops"]["stop_loss_pct"] == 8
    assert done["stops"]["atr_stop_mult"] is None
    assert done["stops"]["time_exit_days"] is None
    assert done["filters"]["min_turnover_20d"] is None


def test_null_blocks_are_none_and_empty_lists_empty():
    strategy = parse_strategy(
        {"name": "A", "base_model": "v4_alpha", "regime_filter": None, "exit_rules": []}
    )
    assert strategy.regime_filter is None
    assert strategy.exit_rules == ()


def test_what_the_server_adds_to_a_row_may_be_sent_back():
    row = {**complete(document()), "id": 4, "user_id": 2, "version": 3, "is_active": True}
    assert complete(row) == complete(document())


def test_a_literal_may_be_written_as_a_bare_number():
    short = {"type": "compare", "left": CLOSE, "op": ">", "right": 1}
    assert parse_strategy(document(entry_rules=short)) == parse_strategy(document(entry_rules=TRUE))


def test_functions_get_their_default_parameters_written_out():
    node = {"type": "indicator", "fn": "macd", "params": {"fast_period": 8}}
    done: Any = complete(document(entry_rules={**TRUE, "left": node}))
    assert done["entry_rules"]["left"] == {
        "type": "indicator",
        "fn": "macd",
        "params": {"fast_period": 8, "signal_period": 9, "slow_period": 26},
        "source": "close",
        "output": "macd",
    }


def test_exit_rules_stand_in_the_order_they_are_tried():
    exits = [{"name": "late", "priority": 9, "condition": TRUE}, {"name": "soon", "priority": 1}]
    exits[1]["condition"] = TRUE
    strategy = parse_strategy(document(exit_rules=exits))
    assert [rule.name for rule in strategy.exit_rules] == ["soon", "late"]


# --- limits that stand twice ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "stops", "expected"),
    [
        ({"atr_stop_mult": 2}, {"atr_stop_mult": 3}, 2),
        ({"atr_stop_mult": 4}, {"atr_stop_mult": 3}, 3),
        ({"atr_stop_mult": 0}, {"atr_stop_mult": 2.5}, 2.5),
        ({"atr_stop_mult": 2}, {"atr_stop_mult": None}, 2),
        ({"atr_stop_mult": 4}, None, 4),
        (None, {"atr_stop_mult": 5}, 5),
        ({"atr_stop_mult": 0}, {"atr_stop_mult": 0}, None),
        (None, {"stop_loss_pct": 8}, None),
        ({"min_hold": 4}, None, 3),
        (None, None, 3),
    ],
)
def test_the_tighter_atr_stop_wins_and_both_blocks_then_say_it(config, stops, expected):
    given = {"config": config, "stops": stops}
    done: Any = complete(document(**{k: v for k, v in given.items() if v is not None}))
    assert done["stops"]["atr_stop_mult"] == expected
    assert done["config"]["atr_stop_mult"] == (expected or 0)


def test_the_shorter_of_max_hold_and_time_exit_wins():
    done: Any = complete(document(config={"max_hold": 40}, stops={"time_exit_days": 25}))
    assert done["config"]["max_hold"] == done["stops"]["time_exit_days"] == 25


# --- parameters -----------------------------------------------------------------------------------


def test_params_are_declared_once_and_used_by_name():
    level = {"type": "param", "name": "level"}
    fast = {"type": "indicator", "fn": "sma", "params": {"period": {"type": "param", "name": "n"}}}
    strategy = parse_strategy(
        document(
            params={"level": {"default": 5, "min": 1, "max": 9, "step": 2, "title": "L"}, "n": 30},
            entry_rules={
                "type": "and",
                "conditions": [{**TRUE, "right": level}, {**TRUE, "right": fast}],
            },
        )
    )
    assert strategy.params == {"level": 5.0, "n": 30.0}
    assert strategy.param_specs[0] == rules.ParamSpec("level", 5.0, 1.0, 9.0, 2.0, "L")
    first, second = strategy.entry_rules.conditions
    assert first.right == rules.Param("level")
    assert second.right.params == (("period", rules.Param("n")),)
