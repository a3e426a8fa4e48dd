"""Refusals over a limit: prompt for those who wait, held back for those who flood."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import anyio
import pytest
from packages.server.tests.conftest import FrozenClock

from tradertape_server.platform.http import rate_limits
from tradertape_server.platform.http.bodies import LARGE_BYTES
from tradertape_server.platform.http.rate_limits import (
    HELD_BACK_S,
    LARGE_BODIES_PER_MINUTE,
    PROMPT_REFUSALS,
    RateLimits,
)
from tradertape_server.platform.http.rate_limits import RequestClass as Class

LIMIT = 10


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 1, 5, 10, tzinfo=UTC))


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of each wait."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    # Theirs alone: with asyncio's own, servers of other tests in this process would spin.
    monkeypatch.setattr(rate_limits, "sleep", sleep)
    return waits


@pytest.fixture
def ask(clock: FrozenClock) -> Any:
    async def answer(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    limits = RateLimits(
        answer, clock=clock, per_minute=LIMIT, strangers=rate_limits.Strangers(clock, LIMIT),
        classify=lambda _scope: Class.READS, counts_itself=lambda _scope: False,
    )  # fmt: skip

    async def ask(address: str) -> int:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "path": "/api/health", "state": {}, "client": (address, 1),
                 "headers": []}  # fmt: skip
        await limits(scope, None, send)  # type: ignore[arg-type]
        return int(sent[0]["status"])

    return ask


def test_a_flood_of_refusals_is_held_back_and_nobody_else_is(
    ask: Any, held: list[float], clock: FrozenClock
) -> None:
    anyio.run(_flood, ask, held, clock)


async def _flood(ask: Any, held: list[float], clock: FrozenClock) -> None:
    flood = [await ask("192.0.2.1") for _ in range(LIMIT + PROMPT_REFUSALS + 20)]
    assert flood == [200] * LIMIT + [429] * (PROMPT_REFUSALS + 20)
    assert held == [HELD_BACK_S] * 20
    assert await ask("198.51.100.7") == 200  # below its limit: not held back
    assert len(held) == 20
    clock.advance(seconds=1)
    assert await ask("192.0.2.1") == 429
    assert len(held) == 20, "one refusal in a second is prompt"


def test_large_bodies_of_one_session_have_a_limit_of_their_own(
    signed_in: Any, sign_in: Any
) -> None:
    """Receiving and checking them takes time that others' orders wait for."""
    large = "[" + "1," * (LARGE_BYTES // 2) + "1]"

    def send(client: Any) -> Any:
        kind = {"Content-Type": "application/json"}
        return client.post("/api/watchlists", content=large, headers=kind)

    answers = [send(signed_in) for _ in range(LARGE_BODIES_PER_MINUTE + 1)]
    assert {one.status_code for one in answers[:-1]} == {422}
    assert answers[-1].status_code == 429
    assert "large bodies" in answers[-1].json()["detail"]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert signed_in.post("/api/watchlists", json={"name": "Mine"}).status_code == 201
    other = sign_in("other@example.com")
    assert send(other).status_code == 422, "another's session is not slowed down"
