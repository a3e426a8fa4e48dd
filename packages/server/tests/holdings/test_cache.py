"""One request for all who ask; a failure never hides the last good answer."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from packages.server.tests.conftest import FrozenClock

from tradertape_brokers.errors import RateLimited, SessionExpired, Unavailable
from tradertape_server.features.brokerage.accounts import BrokerAccount, Connected, Environment
from tradertape_server.features.holdings.cache import AnswerCache


def connected(user_id: int, since: datetime) -> Connected:
    account = BrokerAccount(
        user_id=user_id, broker="kite", broker_user_id="AB1234", environment=Environment.LIVE
    )
    nothing = cast("Any", None)
    return Connected(account=account, broker=nothing, ports=nothing, session=nothing, since=since)


MORNING = datetime(2026, 11, 24, 9, tzinfo=UTC)
MINE, OTHERS = connected(1, MORNING), connected(2, MORNING)


@pytest.fixture
def cache(clock: FrozenClock) -> AnswerCache:
    return AnswerCache(clock)


def test_many_who_ask_at_once_are_one_request(cache: AnswerCache) -> None:
    everybody, calls = threading.Barrier(8), []

    def ask(_: int) -> bool:
        everybody.wait()
        return cache.get(MINE, "holdings", lambda: calls.append(1) or ["row"]).is_hit

    with ThreadPoolExecutor(8) as threads:
        hits = list(threads.map(ask, range(8)))

    assert (len(calls), sorted(hits)) == (1, [False] + [True] * 7)


def test_accounts_and_kinds_do_not_share_answers(cache: AnswerCache) -> None:
    cache.get(MINE, "holdings", lambda: ["mine"])
    assert cache.get(OTHERS, "holdings", lambda: ["theirs"]).rows == ["theirs"]
    assert cache.get(MINE, "orders", lambda: ["order"]).rows == ["order"]
    assert cache.get(MINE, "holdings", lambda: ["new"]).rows == ["mine"]


def test_an_old_answer_after_a_failure_stays_old_until_the_broker_is_back(
    cache: AnswerCache, clock: FrozenClock
) -> None:
    def fail() -> list[str]:
        raise Unavailable("away")

    cache.get(MINE, "holdings", lambda: ["old"])
    clock.advance(seconds=40)
    stale = cache.get(MINE, "holdings", fail)
    again = cache.get(MINE, "holdings", lambda: ["new"])
    clock.advance(seconds=6)
    back = cache.get(MINE, "holdings", lambda: ["new"])

    assert (stale.rows, stale.age_s, stale.failure is not None) == (["old"], 40, True)
    assert (again.rows, again.failure is not None) == (["old"], True)
    assert (back.rows, back.age_s, back.failure) == (["new"], 0, None)


def test_an_ended_session_shows_no_old_figures_and_a_new_login_begins_anew(
    cache: AnswerCache, clock: FrozenClock
) -> None:
    def over() -> list[str]:
        raise SessionExpired("over")

    cache.get(MINE, "holdings", lambda: ["old"])
    clock.advance(seconds=1)
    with pytest.raises(SessionExpired):
        cache.get(MINE, "holdings", over, refresh=True)
    renewed = connected(1, MORNING + timedelta(minutes=5))
    assert cache.get(renewed, "holdings", lambda: ["new"]).rows == ["new"]


@pytest.mark.parametrize(("asked_s", "waited_s"), [(0.4, 0.4), (None, 1.0), (60.0, 2.0)])
def test_a_broker_that_asks_for_a_pause_is_asked_once_more(
    clock: FrozenClock, asked_s: float | None, waited_s: float
) -> None:
    pauses: list[float] = []
    answers = iter([RateLimited("slower", asked_s), None])

    def read() -> list[str]:
        if (failure := next(answers)) is not None:
            raise failure
        return ["row"]

    assert AnswerCache(clock, pauses.append).get(MINE, "orders", read).rows == ["row"]
    assert pauses == [waited_s]
