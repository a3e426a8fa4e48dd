"""A server that is killed while it marks futures to market pays every day once, none twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from exchange_days import MONDAY, Days
from exchange_steps import FUTURE, Place, Quote, Step, Until

from tradertape_server.features.execution.scheduled.mark_to_market import MARKED

UNITS = 130
STEPS: list[Step] = [
    Until(0, 10, 0, 0),
    Quote(FUTURE.id, 0),
    *(
        Place(
            who,
            f"key-{who:05d}",
            tuple(
                {
                    "exchange": "NFO",
                    "tradingsymbol": FUTURE.tradingsymbol,
                    "transaction_type": "BUY",
                    "product": "NRML",
                    "order_type": "LIMIT",
                    "price": 24010,
                    "quantity": UNITS,
                }.items()
            ),
        )
        for who in range(2)
    ),
    Until(0, 15, 41, 0),
    Until(1, 15, 41, 0),
]


@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.parametrize("step", ["before_commit", "after_commit"])
def test_a_kill_while_it_marks_pays_each_day_once(
    days: Callable[..., Days], step: str, after: int
) -> None:
    def arm(found: Days) -> None:
        if found.clock.now() >= MONDAY + timedelta(hours=10):
            found.faults.arm(step, after=after, kills=True)

    expected = days(STEPS)
    marks: list[int] = []

    def count(found: Days) -> None:
        marks.append(sum(e.event_type == MARKED for e in found.service.events(account_id=1)))
        arm(found)

    found = days(STEPS, before=count)
    assert found.faults.done > 0
    assert found.outcome["postings"] == expected.outcome["postings"]
    assert [one[1] for one in found.outcome["funds"][-1]] == [
        one[1] for one in expected.outcome["funds"][-1]
    ]
    marked = [one for one in found.outcome["postings"] if one[1] == "mark_to_market"]
    assert len(marked) == 2 * 2, "two accounts, two days"
    assert marks == sorted(marks)
    assert marks[-1] == 1, "the second day is marked in the last step"
