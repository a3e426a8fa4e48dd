"""What the paper market is shown of the live one."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    "overrides", [{"paper_partial_fills": True}, {"paper_queue_share": 1}], ids=str
)
def test_orders_that_meet_the_book_as_shown_are_shown_its_levels(container: Any) -> None:
    """KP-06: else a large order would take the best price alone and rest at its limit."""
    tick = container.execution.market.tick("NSE:INFY")
    assert tick.depth is not None
    assert len(tick.depth.sell) == 5
