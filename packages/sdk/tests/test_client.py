"""`client.run` claims a run, keeps it alive and releases it."""

from __future__ import annotations

from typing import Any

import pytest

import kite_algo_worker as kaw

from .doubles.runs import CONFIG, RUN, steps


def test_a_run_is_found_claimed_and_released(server: Any, client: Any, routes: Any) -> None:
    """KM-01, KM-02."""
    with client.run(CONFIG) as run:
        assert run.run_id == "r-1"
        assert run.session_nonce == "n-1"
        run.place_order(kaw.equity_market_order("INFY", "BUY", 1), idempotency_key="r-1:e:001")
        run.exit_run(reason="done", idempotency_key="r-1:x:001")
    assert steps(server) == [
        "GET r-1", "POST claim-session", "POST heartbeat", "POST intents", "POST exit",
        "DELETE claim-session",
    ]  # fmt: skip
    nonces = [one.headers.get("X-Worker-Session-Nonce") for one in server.asked]
    assert nonces == [None, None, "n-1", "n-1", "n-1", "n-1"]


def test_an_unknown_run_is_created(server: Any, client: Any, routes: Any) -> None:
    """KM-01."""
    routes["GET", "/r-1"] = server.answer({"detail": "Run not found."}, 404)
    with client.run(CONFIG, heartbeat_on_enter=False, release_on_exit=False):
        pass
    assert steps(server) == ["GET r-1", "POST runs", "POST claim-session"]


def test_a_run_with_other_fields_is_refused(server: Any, client: Any, routes: Any) -> None:
    """KM-01."""
    routes["GET", "/r-1"] = server.answer({**RUN, "template_id": "other"})
    with pytest.raises(kaw.KiteAlgoWorkerError, match="template_id is 'other'") as caught:
        client.run(CONFIG).__enter__()
    assert caught.value.status_code == 409
    assert steps(server) == ["GET r-1"]


def test_a_failed_first_heartbeat_releases_the_run(server: Any, client: Any, routes: Any) -> None:
    """KM-01."""
    routes["POST", "/heartbeat"] = server.answer({"detail": "gone"}, 409)
    with pytest.raises(kaw.KiteAlgoWorkerError, match="gone"):
        client.run(CONFIG).__enter__()
    assert steps(server)[-1] == "DELETE claim-session"


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt()])
def test_the_error_of_the_block_hides_that_of_the_release(
    server: Any, client: Any, routes: Any, error: BaseException
) -> None:
    """KM-01."""
    routes["DELETE", "/claim-session"] = server.answer({"detail": "lost"}, 409)
    with pytest.raises(type(error)), client.run(CONFIG):
        raise error
    assert steps(server)[-1] == "DELETE claim-session"


def test_an_error_of_the_release_is_raised(server: Any, client: Any, routes: Any) -> None:
    """KM-01."""
    routes["DELETE", "/claim-session"] = server.answer({"detail": "lost"}, 409)
    with pytest.raises(kaw.KiteAlgoWorkerError, match="lost"), client.run(CONFIG):
        pass


@pytest.mark.parametrize("wanted", [{}, {"heartbeat_on_enter": False, "auto_heartbeat": True}])
def test_heartbeats_need_a_claim(server: Any, client: Any, wanted: dict[str, bool]) -> None:
    """KM-01."""
    with pytest.raises(ValueError, match="claim_session"):
        client.run(CONFIG, claim_session=False, **wanted).__enter__()
    assert server.asked == []
