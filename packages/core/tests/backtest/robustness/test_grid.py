"""Ranges, grids and documents with parameters set."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.backtest.robustness.grid import apply_parameters, grid, search_space
from tradertape_core.kernel.errors import InvalidInput

DOCUMENT = {
    "params": {"dip_pct": 5, "hold": {"default": 10, "min": 1, "max": 30}},
    "stops": {"stop_loss_pct": 8, "atr_stop_mult": 2.5, "time_exit_days": None},
    "config": {"atr_stop_mult": 2.5, "max_hold": None},
    "exit_rules": [{"name": "hot", "priority": 0}],
}


def test_a_grid_is_every_combination_with_the_last_parameter_fastest():
    found = grid({"a": [1, 2], "b": {"min": 0.1, "max": 0.3, "step": 0.1}})
    assert [(point["a"], point["b"]) for point in found] == [
        (1, 0.1), (1, 0.2), (1, 0.3), (2, 0.1), (2, 0.2), (2, 0.3),
    ]  # fmt: skip


@settings(max_examples=50)
@given(st.integers(-50, 50), st.integers(0, 30), st.sampled_from([0.1, 0.25, 0.5, 1, 3]))
def test_a_range_holds_its_ends_and_nothing_beyond(low, steps, step):
    values = [
        point["a"] for point in grid({"a": {"min": low, "max": low + steps * step, "step": step}})
    ]
    assert len(values) == steps + 1
    assert values[0] == low
    assert values[-1] == pytest.approx(low + steps * step)


@pytest.mark.parametrize(
    ("parameters", "part"),
    [
        ({}, "1 to 10 parameters"),
        ({"a": []}, "list 1 to 200"),
        ({"a": "text"}, "list 1 to 200"),
        ({"a": [float("nan")]}, "finite"),
        ({"a": {"min": 1, "max": 5}}, "needs a step"),
        ({"a": {"min": 5, "max": 1, "step": 1}}, "must not be below"),
        ({"a": {"min": 1, "max": 5, "step": 0}}, "positive"),
        ({"a": {"min": 1, "max": 5, "step": 1, "by": 2}}, "give a list"),
        ({"a": {"min": 0, "max": 1e9, "step": 1}}, "at most 200"),
        ({name: list(range(50)) for name in "abc"}, "50 × 50 × 50 = 125,000 combinations"),
    ],
)
def test_a_grid_that_cannot_be_tried_says_why(parameters, part):
    with pytest.raises(InvalidInput, match=part) as error:
        grid(parameters)
    assert error.value.pointer.startswith("/parameters")


def test_a_search_space_tells_whole_numbers_from_real_ones():
    whole, real, choice = search_space(
        {"a": {"min": 1, "max": 9, "step": 2}, "b": {"min": 1, "max": 9}, "c": ["x", "y"]}
    )
    assert (whole.kind, whole.low, whole.high, whole.step) == ("int", 1, 9, 2)
    assert (real.kind, real.step) == ("float", None)
    assert (choice.kind, choice.choices) == ("choice", ("x", "y"))


def test_parameters_are_set_by_name_or_pointer_in_a_copy():
    changed = apply_parameters(
        DOCUMENT, {"dip_pct": 7, "hold": 12, "/stops/stop_loss_pct": 4, "/exit_rules/0/priority": 3}
    )
    assert changed["params"] == {"dip_pct": 7, "hold": {"default": 12}}
    assert changed["stops"]["stop_loss_pct"] == 4
    assert changed["exit_rules"][0]["priority"] == 3
    assert DOCUMENT["params"]["dip_pct"] == 5
    assert DOCUMENT["exit_rules"][0]["priority"] == 0


def test_a_setting_said_in_two_places_is_set_in_both():
    assert apply_parameters(DOCUMENT, {"/stops/atr_stop_mult": 4})["config"]["atr_stop_mult"] == 4
    assert apply_parameters(DOCUMENT, {"/config/max_hold": 9})["stops"]["time_exit_days"] == 9


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("dip", "declares no parameter 'dip' .declared: dip_pct, hold"),
        ("/stops/none", "nothing at /stops/none"),
        ("/exit_rules/1/priority", "nothing at"),
        ("/exit_rules/x", "nothing at"),
        ("/", "nothing at"),
    ],
)
def test_a_parameter_that_is_not_there_is_refused(name, part):
    with pytest.raises(InvalidInput, match=part):
        apply_parameters(DOCUMENT, {name: 1})
