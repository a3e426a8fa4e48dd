"""How fast an account's requests may leave."""

from __future__ import annotations

from collections import deque

import pytest

from tradertape_server.features.execution.venues.gateway import RateLimits
from tradertape_server.features.execution.venues.rate_limiter import RateLimiter


def test_a_burst_of_a_thousand_stays_within_every_limit() -> None:
    """FAULTS §3: 429."""
    limiter, now_s = RateLimiter(RateLimits(per_second=10, per_minute=200)), 0.0
    sent: deque[float] = deque()
    for _ in range(1000):
        now_s += limiter.delay_s(now_s)
        limiter.sent(now_s)
        sent.append(now_s)
        assert sum(now_s - one < 1.0 - 1e-9 for one in sent) <= 10
        assert sum(now_s - one < 60.0 - 1e-9 for one in sent) <= 200
    assert now_s == pytest.approx(4 * 60 + 19, abs=2)


def test_an_account_may_have_limits_of_its_own() -> None:
    assert RateLimits.of({"per_second": 3}) == RateLimits(per_second=3, per_minute=200)
    assert RateLimits.of(None) == RateLimits()
