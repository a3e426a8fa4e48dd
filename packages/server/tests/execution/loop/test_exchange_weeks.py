"""Two weeks of the exchange with restarts and failed transactions at random: nothing lost, doubled
or unbalanced, and all as in the same weeks without them."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable

import pytest
from drawn_steps import two_weeks
from exchange_days import RECORDED_STEPS, Days

from tradertape_core.orders.order import Product

SEED = 14
STEPS_A_DAY = 80


class Troubles:
    """Restarts, kills and failed transactions, before one of four steps."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)

    def __call__(self, days: Days) -> None:
        what = self._draw.choices(("nothing", "restart", "kill", "fail"), (75, 5, 6, 14))[0]
        if what == "restart":
            days.restart()
        elif what != "nothing":
            step = self._draw.choice(RECORDED_STEPS)
            days.faults.arm(step, after=self._draw.randint(1, 3), kills=what == "kill")


@pytest.mark.slow
def test_two_weeks_with_restarts_and_faults_are_as_without(
    engine: str, days: Callable[..., Days]
) -> None:
    steps = two_weeks(SEED, STEPS_A_DAY)
    expected = days(steps, tells_first=True)
    found = days(steps, before=Troubles(SEED), tells_first=True)
    assert found.refused == expected.refused
    for name, value in expected.outcome.items():
        assert found.outcome[name] == value, name
    held = {
        product for (_, _, _, product), (units, *_) in found.outcome["positions"].items() if units
    }
    assert Product.MIS not in held, "carried overnight"
    orders = found.outcome["orders"].values()
    statuses = Counter(str(one[1]) for one in orders)
    kinds = Counter(f"{one[0].variety} {one[0].order_type}" for one in orders if one[-1])
    sys.stdout.write(
        f"\n{engine}: {len(steps)} steps, {found.restarts} restarts, {found.faults.done} faults; "
        f"{len(orders)} orders {dict(statuses)}, filled {dict(kinds)}\n"
    )
    assert found.restarts > 50
    assert found.faults.done > 50
