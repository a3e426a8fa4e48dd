"""Idempotency keys are checked before an order is sent."""

from __future__ import annotations

from typing import Any

import pytest

import kite_algo_worker as kaw

ORDER = kaw.equity_market_order("INFY", "BUY", 1)


@pytest.mark.parametrize("key", ["", "  ", "short", "x" * 161, None])
def test_a_bad_key_is_refused_before_it_is_sent(server: Any, known: Any, key: Any) -> None:
    """KP-02."""
    with pytest.raises(ValueError, match="idempotency_key"):
        known.place_order("r-1", ORDER, key)
    assert server.asked == []
