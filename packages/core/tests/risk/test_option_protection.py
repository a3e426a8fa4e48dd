"""The protection of option runs: read with every rule, made into rules at the entry's prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvalidDocument, InvalidInput
from tradertape_core.orders.order import Product, Side
from tradertape_core.risk.option_protection import (
    EnteredLeg,
    backend_protection,
    base_of,
    net_premium,
    read_option_protection,
    units,
)
from tradertape_core.risk.protection_document import Basis

LEGS = ("leg_a", "leg_b")
D = Decimal


def entered(side: str, price: str, quantity: int = 65, name: str = "a") -> EnteredLeg:
    return EnteredLeg(
        leg_id=f"leg_{name}",
        instrument=f"NFO:NIFTY{name.upper()}CE",
        product=Product.NRML,
        side=Side(side),
        quantity=quantity,
        entry_price=D(price),
    )


SHORT_STRADDLE = [entered("SELL", "120"), entered("SELL", "80", name="b")]
DEBIT_SPREAD = [entered("BUY", "120"), entered("SELL", "80", name="b")]


def basket(document: dict[str, Any], legs: list[EnteredLeg]) -> Any:
    return backend_protection(read_option_protection(document, LEGS), legs).basket


def problems(document: Any) -> dict[str, str]:
    with pytest.raises(InvalidDocument) as caught:
        read_option_protection(document, LEGS)
    return {one.pointer: one.message for one in caught.value.problems}


def test_the_documented_stop_is_a_percentage_of_the_entry_value() -> None:
    """The seed's example."""
    found = basket({"stoploss_pct": 2.0}, DEBIT_SPREAD)
    assert (found.stoploss_pct, found.basis) == (D("2.0"), Basis.ENTRY_VALUE)


def test_percentages_of_the_premium_keep_their_number_and_say_their_basis() -> None:
    found = basket({"stoploss_pct": 20, "target_pct": 50, "basis": "premium"}, SHORT_STRADDLE)
    assert (found.stoploss_pct, found.target_pct, found.basis) == (20, 50, Basis.PREMIUM)


@pytest.mark.parametrize(
    ("legs", "basis", "base"),
    [
        (SHORT_STRADDLE, Basis.PREMIUM, 200 * 65),
        (DEBIT_SPREAD, Basis.PREMIUM, 40 * 65),
        (DEBIT_SPREAD, Basis.ENTRY_VALUE, 200 * 65),
    ],
)
def test_a_base_is_of_all_legs(legs: list[EnteredLeg], basis: Basis, base: int) -> None:
    assert base_of(legs, basis) == base


def test_rupees_become_percent_of_the_base() -> None:
    found = basket({"stoploss_inr": 1300, "target_inr": 650}, SHORT_STRADDLE)
    assert (found.stoploss_pct, found.target_pct) == (10, 5)


@pytest.mark.parametrize(
    ("legs", "document", "stop", "target"),
    [
        # Sold at 200 together: 240 is a loss of 40, 150 a profit of 50.
        (SHORT_STRADDLE, {"stoploss_premium": 240, "target_premium": 150}, 20, 25),
        # Bought at 40 together: 30 is a loss of 10, 60 a profit of 20.
        (DEBIT_SPREAD, {"stoploss_premium": 30, "target_premium": 60}, 25, 50),
    ],
)
def test_levels_of_the_combined_premium_know_who_paid(
    legs: list[EnteredLeg], document: dict[str, Any], stop: int, target: int
) -> None:
    found = basket({**document, "basis": "premium"}, legs)
    assert (found.stoploss_pct, found.target_pct) == (stop, target)


def test_a_level_that_is_passed_already_fires_at_once() -> None:
    found = basket({"stoploss_premium": 180, "basis": "premium"}, SHORT_STRADDLE)
    assert 0 < found.stoploss_pct < D("0.001")


def test_a_premium_of_nil_has_no_percentages() -> None:
    flat = [entered("BUY", "80"), entered("SELL", "80", name="b")]
    with pytest.raises(InvalidInput, match="entry_value"):
        basket({"stoploss_pct": 20, "basis": "premium"}, flat)
    assert basket({"stoploss_pct": 20}, flat).stoploss_pct == 20


def test_units_are_how_often_the_smallest_pattern_is_held() -> None:
    butterfly = [entered("BUY", "1", 130), entered("SELL", "1", 260), entered("BUY", "1", 130)]
    assert units(butterfly) == 130


def test_a_trailing_stop_trails_at_once_or_from_a_profit() -> None:
    at_once = basket({"trailing_stoploss_pct": 5}, DEBIT_SPREAD)
    assert (at_once.trailing_activate_pct, at_once.trailing_drawdown_pct) == (None, 5)
    later = basket({"trailing_activate_pct": 10, "trailing_drawdown_pct": 4}, DEBIT_SPREAD)
    assert (later.trailing_activate_pct, later.trailing_drawdown_pct) == (10, 4)


def test_rules_of_legs_go_before_those_of_every_leg() -> None:
    document = {
        "leg_stoploss_pct": 30,
        "legs": [{"leg_id": "leg_b", "target_pct": 60}],
    }
    made = backend_protection(read_option_protection(document, LEGS), DEBIT_SPREAD)
    first, second = made.positions
    assert (first.stoploss_pct, first.target_pct) == (30, None)
    assert (second.stoploss_pct, second.target_pct) == (None, 60)
    assert made.basket is None
    assert made.enabled


def test_operations_alone_watch_no_price() -> None:
    document = {"operations": {"exit_on_worker_stale": True, "worker_stale_sec": 60}}
    made = backend_protection(read_option_protection(document, LEGS), DEBIT_SPREAD)
    assert (made.positions, made.basket, made.enabled) == ((), None, True)


def test_before_the_entry_there_is_nothing_to_watch() -> None:
    made = backend_protection(read_option_protection({"stoploss_pct": 2}, LEGS), [])
    assert not made.enabled


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({}, "/protection/stoploss_pct"),
        ({"stoploss_pct": -2}, "/protection/stoploss_pct"),
        ({"stoploss_pct": 2, "stoploss_inr": 5}, "/protection/stoploss_inr"),
        ({"stoploss_pct": 2, "basis": "margin"}, "/protection/basis"),
        ({"stop_loss_pct": 2}, "/protection/stop_loss_pct"),
        ({"trailing_drawdown_pct": 2}, "/protection/trailing_activate_pct"),
        ({"trailing_activate_pct": 2}, "/protection/trailing_drawdown_pct"),
        (
            {"trailing_stoploss_pct": 2, "trailing_drawdown_pct": 2},
            "/protection/trailing_drawdown_pct",
        ),
        ({"legs": [{"leg_id": "leg_c", "target_pct": 1}]}, "/protection/legs/0/leg_id"),
        ({"legs": [{"target_pct": 1}]}, "/protection/legs/0/leg_id"),
        ({"operations": {"worker_stale_sec": 5}}, "/protection/operations/worker_stale_sec"),
        ([], "/protection"),
    ],
)
def test_a_broken_rule_names_its_field(document: Any, pointer: str) -> None:
    assert pointer in problems(document)


def test_a_mistyped_name_is_met_with_the_right_one() -> None:
    assert "stoploss_pct?" in problems({"stop_loss_pct": 2})["/protection/stop_loss_pct"]


@given(
    prices=st.lists(st.integers(1, 500), min_size=2, max_size=2),
    sides=st.lists(st.sampled_from(["BUY", "SELL"]), min_size=2, max_size=2),
    loss=st.integers(1, 10_000),
)
def test_rupees_mean_the_same_on_every_basis(
    prices: list[int], sides: list[str], loss: int
) -> None:
    """However the percentage is told, the stop stands at the same loss."""
    legs = [
        entered(side, str(price), name=name)
        for side, price, name in zip(sides, prices, "ab", strict=True)
    ]
    for basis in Basis:
        if basis is Basis.PREMIUM and not net_premium(legs):
            continue
        found = basket({"stoploss_inr": loss, "basis": basis.value}, legs)
        assert abs(found.stoploss_pct * base_of(legs, basis) / 100 - loss) < D("0.05")
