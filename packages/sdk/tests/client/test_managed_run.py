"""Runs that are claimed, kept alive and let go of."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import kite_algo_worker as kaw

CONFIG = kaw.RunConfig("managed", "kite:paper-a", strategy_run_id="r-1")
RUN = {
    "strategy_run_id": "r-1",
    "template_id": "managed",
    "account_scope": "kite:paper-a",
    "execution_mode": "paper",
    "status": "open",
}


@pytest.fixture
def routes(server: Any) -> dict[tuple[str, str], Any]:
    """Answers by method and the end of the path; the rest is `{}`."""
    told: dict[tuple[str, str], Any] = {
        ("GET", "/r-1"): server.answer(RUN),
        ("POST", "/runs"): server.answer(RUN),
        ("POST", "/claim-session"): server.answer({"worker_session_nonce": "n-1"}),
    }

    def route(asked: Any) -> Any:
        for (method, end), answer in told.items():
            if asked.method == method and asked.path.endswith(end):
                return answer
        return None

    server.route = route
    return told


def steps(server: Any) -> list[str]:
    return [f"{one.method} {one.path.rpartition('/')[2]}" for one in server.asked]


def test_a_run_is_found_claimed_and_let_go(server: Any, client: Any, routes: Any) -> None:
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


def test_a_run_that_is_not_there_is_made(server: Any, client: Any, routes: Any) -> None:
    """KM-01."""
    routes["GET", "/r-1"] = server.answer({"detail": "Run not found."}, 404)
    with client.run(CONFIG, heartbeat_on_enter=False, release_on_exit=False):
        pass
    assert steps(server) == ["GET r-1", "POST runs", "POST claim-session"]


def test_a_run_with_other_fields_is_not_taken(server: Any, client: Any, routes: Any) -> None:
    """KM-01."""
    routes["GET", "/r-1"] = server.answer({**RUN, "template_id": "other"})
    with pytest.raises(kaw.KiteAlgoWorkerError, match="template_id is 'other'") as caught:
        client.run(CONFIG).__enter__()
    assert caught.value.status_code == 409
    assert steps(server) == ["GET r-1"]


def test_a_failed_first_heartbeat_lets_the_run_go(server: Any, client: Any, routes: Any) -> None:
    """KM-01."""
    routes["POST", "/heartbeat"] = server.answer({"detail": "gone"}, 409)
    with pytest.raises(kaw.KiteAlgoWorkerError, match="gone"):
        client.run(CONFIG).__enter__()
    assert steps(server)[-1] == "DELETE claim-session"


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt()])
def test_the_workers_own_error_comes_first(
    server: Any, client: Any, routes: Any, error: BaseException
) -> None:
    """KM-01."""
    routes["DELETE", "/claim-session"] = server.answer({"detail": "lost"}, 409)
    with pytest.raises(type(error)), client.run(CONFIG):
        raise error
    assert steps(server)[-1] == "DELETE claim-session"


def test_an_error_of_letting_go_is_told(server: Any, client: Any, routes: Any) -> None:
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


def test_a_run_without_a_claim_has_no_heartbeat(client: Any, routes: Any) -> None:
    """KM-02."""
    with client.run(CONFIG, claim_session=False, heartbeat_on_enter=False) as run:
        assert run.session_nonce is None
        with pytest.raises(ValueError, match="not claimed"):
            run.heartbeat()


def test_automatic_heartbeats_go_on_until_the_block_ends(
    server: Any, client: Any, routes: Any
) -> None:
    beaten = threading.Event()
    plain = server.route

    def route(asked: Any) -> Any:
        if steps(server).count("POST heartbeat") >= 4:
            beaten.set()
        return plain(asked)

    server.route = route
    with client.run(CONFIG, auto_heartbeat=True, heartbeat_interval_s=0.001) as run:
        assert beaten.wait(10)
        assert run.heartbeats.is_alive
    assert not run.heartbeats.is_alive
    assert run.heartbeats.count >= 2
    assert steps(server)[-1] == "DELETE claim-session"


def test_heartbeats_end_when_another_worker_has_the_run(
    server: Any, client: Any, routes: Any
) -> None:
    with client.run(
        CONFIG, heartbeat_on_enter=False, auto_heartbeat=True, heartbeat_interval_s=0.001
    ) as run:
        routes["POST", "/heartbeat"] = server.answer({"detail": "taken"}, 409)
        run.heartbeats._thread.join(10)
        assert not run.heartbeats.is_alive
        assert "taken" in str(run.heartbeats.error)


def test_a_heartbeat_that_is_lost_is_only_missed(server: Any, client: Any, routes: Any) -> None:
    routes["POST", "/heartbeat"] = server.dropped()
    failed, mended = threading.Event(), threading.Event()
    plain = server.route

    def route(asked: Any) -> Any:
        if asked.path.endswith("/heartbeat"):
            (mended if failed.is_set() else failed).set()
            if mended.is_set():
                return server.answer()
        return plain(asked)

    server.route = route
    with client.run(
        CONFIG, heartbeat_on_enter=False, auto_heartbeat=True, heartbeat_interval_s=0.001
    ) as run:
        assert mended.wait(10)
        assert run.heartbeats.is_alive
