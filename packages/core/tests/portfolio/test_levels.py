"""A purchase below its limit has stop and target from the price that was paid."""

from __future__ import annotations

from typing import Any

import pytest

from tradertape_core.portfolio.levels import Levels, at_price
from tradertape_core.strategy.parse.document import parse_strategy

ENTRY = {"type": "compare", "left": {"type": "indicator", "name": "close"}, "op": ">",
         "right": {"type": "literal", "value": 0}}  # fmt: skip


def strategy(**stops: Any) -> Any:
    return parse_strategy(
        {"name": "Any", "base_model": "v1_momentum", "entry_rules": ENTRY, "stops": stops}
    )


@pytest.mark.parametrize(
    ("stops", "planned", "expected"),
    [
        # Planned at 100, paid 90.
        ({"stop_loss_pct": 8, "target_pct": 10}, Levels(92.0, 110.0), Levels(82.8, 99.0)),
        ({"atr_stop_mult": 2.5}, Levels(95.0, None), Levels(85.0, None)),
        # The nearer of both: the percentage comes nearer as the price falls, the ATR does not.
        ({"stop_loss_pct": 8, "atr_stop_mult": 2.5}, Levels(92.5, None), Levels(82.8, None)),
        ({"stop_loss_pct": 8, "atr_stop_mult": 2.5}, Levels(95.0, None), Levels(85.0, None)),
        ({"stop_loss_pct": 10, "target_r": 2}, Levels(90.0, 120.0), Levels(81.0, 108.0)),
        ({"stop_loss_pct": 10, "target_r": 2, "target_pct": 5}, Levels(90.0, 105.0),
         Levels(81.0, 94.5)),
        ({"target_pct": 10}, Levels(None, 110.0), Levels(None, 99.0)),
        ({"trailing": {"activate_pct": 0, "trail_pct": 4}}, Levels(96.0, None), Levels(86.4, None)),
        ({}, Levels(None, None), Levels(None, None)),
    ],
)  # fmt: skip
def test_levels_are_from_the_price_that_was_paid(
    stops: Any, planned: Levels, expected: Levels
) -> None:
    found = at_price(90.0, 100.0, planned, strategy(**stops))
    assert (found.stop, found.target) == (
        pytest.approx(expected.stop), pytest.approx(expected.target),
    )  # fmt: skip
    assert at_price(100.0, 100.0, planned, strategy(**stops)) == Levels(
        pytest.approx(planned.stop), pytest.approx(planned.target)
    )
