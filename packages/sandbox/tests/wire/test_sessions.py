"""Apps, one-time codes and tokens that end at the broker's hour."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_sandbox.wire.rate_limits import Limit, RateLimits
from tradertape_sandbox.wire.sessions import ApiApp, Sessions, next_morning


class FrozenClock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.time = datetime(2026, 8, 18, 10, 0, tzinfo=IST).astimezone(UTC)
        self.seconds = 0.0

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def sessions(clock: FrozenClock) -> Sessions:
    sessions = Sessions(clock, time(6, 0))
    sessions.register(ApiApp(api_key="sandbox", secret="sandbox-secret", user_id="SB0001"))
    return sessions


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 8, 18, 5, 59, 59, tzinfo=IST), datetime(2026, 8, 18, 6, 0, tzinfo=IST)),
        (datetime(2026, 8, 18, 6, 0, tzinfo=IST), datetime(2026, 8, 19, 6, 0, tzinfo=IST)),
        (datetime(2026, 8, 18, 23, 0, tzinfo=UTC), datetime(2026, 8, 19, 6, 0, tzinfo=IST)),
    ],
)
def test_a_session_ends_on_the_next_morning_of_india(now: datetime, expected: datetime) -> None:
    assert next_morning(now, time(6, 0)) == expected


def test_a_code_is_redeemed_once_by_its_own_app(sessions: Sessions) -> None:
    code = sessions.grant("sandbox", "SB0001")
    assert sessions.redeem("another", code) is None
    assert sessions.redeem("sandbox", code) == "SB0001"
    assert sessions.redeem("sandbox", code) is None


def test_a_code_expires_after_five_minutes(sessions: Sessions, clock: FrozenClock) -> None:
    code = sessions.grant("sandbox", "SB0001")
    clock.time += timedelta(minutes=5)
    assert sessions.redeem("sandbox", code) is None


def test_a_session_ends_at_its_hour(sessions: Sessions, clock: FrozenClock) -> None:
    session = sessions.open("sandbox", "SB0001")
    clock.time = session.expires_at - timedelta(microseconds=1)
    assert sessions.find(session.access_token) == session
    clock.time = session.expires_at
    assert sessions.find(session.access_token) is None


def test_a_new_login_ends_the_one_before(sessions: Sessions) -> None:
    first = sessions.open("sandbox", "SB0001")
    other = sessions.open("sandbox", "SB0002")
    second = sessions.open("sandbox", "SB0001")
    assert sessions.find(first.access_token) is None
    assert sessions.find(other.access_token) == other
    assert sessions.find(second.access_token) == second


def test_sessions_of_one_app_can_be_open_side_by_side(sessions: Sessions) -> None:
    first = sessions.open("sandbox", "SB0001", ends_earlier=False)
    second = sessions.open("sandbox", "SB0001", ends_earlier=False)
    assert sessions.find(first.access_token) == first
    assert sessions.find(second.access_token) == second


def test_a_refresh_token_renews_once_even_after_the_hour(
    sessions: Sessions, clock: FrozenClock
) -> None:
    old = sessions.open("sandbox", "SB0001")
    clock.time = old.expires_at + timedelta(hours=1)
    assert sessions.renew("another", old.refresh_token) is None
    renewed = sessions.renew("sandbox", old.refresh_token)
    assert renewed is not None
    assert sessions.find(renewed.access_token) == renewed
    assert sessions.renew("sandbox", old.refresh_token) is None


def test_a_closed_session_and_a_closed_refresh_token_are_over(sessions: Sessions) -> None:
    session = sessions.open("sandbox", "SB0001")
    assert sessions.close_refresh(session.refresh_token)
    assert sessions.renew("sandbox", session.refresh_token) is None
    assert sessions.find(session.access_token) == session
    assert sessions.close(session.access_token)
    assert not sessions.close(session.access_token)
    assert sessions.find(session.access_token) is None


def test_all_sessions_end_at_once(sessions: Sessions) -> None:
    tokens = [sessions.open("sandbox", f"SB000{n}").access_token for n in range(3)]
    assert sessions.close_all() == 3
    assert [sessions.find(token) for token in tokens] == [None, None, None]


def test_any_stretch_of_the_window_holds_the_limit(clock: FrozenClock) -> None:
    limits = RateLimits(clock, {"order": (Limit(2, 1.0), Limit(3, 60.0))})
    assert limits.admit("a", "order") is None
    clock.seconds = 0.9
    assert limits.admit("a", "order") is None
    assert limits.admit("a", "order") == Limit(2, 1.0)
    assert limits.admit("b", "order") is None  # another caller
    clock.seconds = 1.0
    assert limits.admit("a", "order") is None  # refused calls count for nothing
    clock.seconds = 30.0
    assert limits.admit("a", "order") == Limit(3, 60.0)
    clock.seconds = 60.0
    assert limits.admit("a", "order") is None
