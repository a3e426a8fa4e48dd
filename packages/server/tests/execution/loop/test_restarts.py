"""A restart changes nothing: the same ticks and commands, with the server started anew at every
step, stopped between deciding and recording, or with transactions that fail."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest
from drawn_steps import morning
from exchange_days import RECORDED_STEPS, Days

from tradertape_core.execution.matching import PaperRules

RULES = {
    "whole": PaperRules(),
    "counted": PaperRules(partial_fills=True, queue_share=Decimal(1)),
}
STEPS = 40
MANY = 60 if "TRADERTAPE_SOAK" in os.environ else 10  # days of each kind in the slow tests
Before = Callable[[Days], None]
Seeds = Iterable[int]


def compare(
    days: Callable[..., Days], seed: int, rules: str, before: Before, **options: Any
) -> Days:
    """Do the steps of a seed without and with what comes before each of them."""
    steps = morning(seed, STEPS)
    expected = days(steps, RULES[rules], **options)
    found = days(steps, RULES[rules], before=before, **options)
    assert found.refused == expected.refused, f"seed {seed}"
    for name, value in expected.outcome.items():
        assert found.outcome[name] == value, f"{name} of seed {seed}"
    return found


def tell(engine: str, what: str, found: list[Days]) -> None:
    """Say what was compared; shown by `make soak`."""
    orders = [one for days in found for one in days.outcome["orders"].values()]
    sys.stdout.write(
        f"\n{engine}: {len(found)} days, {sum(one.restarts for one in found)} restarts, "
        f"{sum(one.faults.done for one in found)} {what}; {len(orders)} orders, "
        f"{sum(len(one[-1]) for one in orders)} fills, all the same\n"
    )


def restart(days: Days) -> None:
    days.restart()


class Failing:
    """Has the server fail before most of the steps, at any point of deciding and recording."""

    def __init__(self, seed: int, *, kills: bool) -> None:
        self._draw, self._kills = random.Random(seed), kills

    def __call__(self, days: Days) -> None:
        if self._draw.random() < 0.7:
            step = self._draw.choice(RECORDED_STEPS)
            days.faults.arm(step, after=self._draw.choice((1, 1, 2)), kills=self._kills)


def demand_equal_after_restarts(engine: str, days: Callable[..., Days], seeds: Seeds) -> None:
    found = [compare(days, seed, rules, restart) for seed in seeds for rules in RULES]
    tell(engine, "faults", found)


def demand_equal_after_faults(engine: str, days: Callable[..., Days], seeds: Seeds) -> None:
    for kills, what in ((True, "kills"), (False, "failed transactions")):
        found = [
            compare(days, seed, rules, Failing(seed, kills=kills), tells_first=True)
            for seed in seeds
            for rules in RULES
        ]
        tell(engine, what, found)


def test_a_restart_before_every_step_changes_nothing(
    engine: str, days: Callable[..., Days]
) -> None:
    demand_equal_after_restarts(engine, days, range(1))


def test_a_stop_between_deciding_and_recording_changes_nothing(
    engine: str, days: Callable[..., Days]
) -> None:
    demand_equal_after_faults(engine, days, range(1))


@pytest.mark.slow
def test_a_restart_before_every_step_of_many_days_changes_nothing(
    engine: str, days: Callable[..., Days]
) -> None:
    demand_equal_after_restarts(engine, days, range(100, 100 + MANY))


@pytest.mark.slow
def test_many_stops_between_deciding_and_recording_change_nothing(
    engine: str, days: Callable[..., Days]
) -> None:
    demand_equal_after_faults(engine, days, range(200, 200 + MANY))
