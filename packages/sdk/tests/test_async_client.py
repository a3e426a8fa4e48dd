"""The asyncio `client.run` claims a run, keeps it alive and releases it."""

from __future__ import annotations

from typing import Any

import pytest

import kite_algo_worker as kaw

from .doubles.async_client import run
from .doubles.runs import CONFIG, steps


def test_a_run_is_found_claimed_and_released(server: Any, config: Any, routes: Any) -> None:
    """KC-07, KM-01."""

    async def drive(client: Any) -> None:
        async with client.run(CONFIG) as held:
            assert (held.run_id, held.session_nonce) == ("r-1", "n-1")
            order = kaw.equity_market_order("INFY", "BUY", 1)
            await held.place_order(order, idempotency_key="r-1:e:001")
            await held.exit_run(reason="done", idempotency_key="r-1:x:001")

    run(config, drive)
    assert steps(server) == [
        "GET r-1", "POST claim-session", "POST heartbeat", "POST intents", "POST exit",
        "DELETE claim-session",
    ]  # fmt: skip
    nonces = [one.headers.get("X-Worker-Session-Nonce") for one in server.asked]
    assert nonces == [None, None, "n-1", "n-1", "n-1", "n-1"]


def test_an_unknown_run_is_created(server: Any, config: Any, routes: Any) -> None:
    """KC-07, KM-01."""
    routes["GET", "/r-1"] = server.answer({"detail": "Run not found."}, 404)

    async def drive(client: Any) -> None:
        async with client.run(CONFIG, heartbeat_on_enter=False, release_on_exit=False):
            pass

    run(config, drive)
    assert steps(server) == ["GET r-1", "POST runs", "POST claim-session"]


def test_the_error_of_the_block_hides_that_of_the_release(
    server: Any, config: Any, routes: Any
) -> None:
    routes["DELETE", "/claim-session"] = server.answer({"detail": "lost"}, 409)

    async def drive(client: Any) -> None:
        with pytest.raises(KeyError, match="mine"):
            async with client.run(CONFIG):
                raise KeyError("mine")
        with pytest.raises(ValueError, match="claim_session"):
            async with client.run(CONFIG, claim_session=False):
                pass

    run(config, drive)
    assert steps(server)[-1] == "DELETE claim-session"
