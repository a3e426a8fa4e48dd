"""A run that another worker holds: taken over by the same worker, or waited for."""

from __future__ import annotations

import json
import logging
from pathlib import Path
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
HELD = "Run is claimed by another worker (last heartbeat 4s ago)"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KITE_ALGO_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def held(server: Any) -> list[int]:
    """How often a claim is refused before it is taken."""
    refusals = [0]

    def route(asked: Any) -> Any:
        if asked.method == "GET":
            return server.answer(RUN)
        if asked.method == "POST" and asked.path.endswith("/claim-session"):
            if refusals[0] > 0:
                refusals[0] -= 1
                return server.answer({"detail": HELD}, 409, X_Error_Code="session_claimed")
            return server.answer({"worker_session_nonce": "n-1"})
        return None

    server.route = route
    return refusals


def claims(server: Any) -> list[Any]:
    found = [one for one in server.asked if one.path.endswith("/claim-session")]
    return [json.loads(one.body or "{}") for one in found if one.method == "POST"]


def test_a_claim_names_the_worker_the_same_each_time(
    server: Any, client: Any, held: list[int]
) -> None:
    for _ in range(2):
        with client.run(CONFIG, heartbeat_on_enter=False, release_on_exit=False):
            pass
    first, second = claims(server)
    assert first == second
    assert len(first["worker_id"]) > 32


def test_a_named_worker_is_that_one(server: Any, client: Any, held: list[int]) -> None:
    with client.run(CONFIG, heartbeat_on_enter=False, worker_id="pod-7"):
        pass
    assert claims(server) == [{"worker_id": "pod-7"}]


def test_a_second_worker_of_this_machine_has_no_identity_to_take_over_with(
    server: Any, client: Any, held: list[int]
) -> None:
    with client.run(CONFIG, heartbeat_on_enter=False):
        held[0] = 1
        with pytest.raises(kaw.KiteAlgoWorkerError, match="claimed by another"):
            client.run(CONFIG).__enter__()
    assert [bool(one) for one in claims(server)] == [True, False]


def test_it_waits_and_says_for_what(
    server: Any, client: Any, held: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    held[0] = 3
    slept: list[float] = []
    client._sleep = slept.append
    with (
        caplog.at_level(logging.WARNING, "kite_algo_worker"),
        client.run(CONFIG, heartbeat_on_enter=False, wait_for_claim_s=75) as run,
    ):
        assert run.session_nonce == "n-1"
    assert slept == [2.0, 2.0, 2.0]
    assert [one.getMessage() for one in caplog.records] == [
        f"waiting up to 75 s to claim run r-1: {HELD}"
    ]


def test_without_waiting_the_refusal_is_raised_at_once(
    server: Any, client: Any, held: list[int]
) -> None:
    held[0] = 1
    with pytest.raises(kaw.KiteAlgoWorkerError, match="claimed by another") as caught:
        client.run(CONFIG).__enter__()
    assert (caught.value.status_code, len(claims(server))) == (409, 1)


def test_only_a_held_run_is_waited_for(server: Any, client: Any) -> None:
    def route(asked: Any) -> Any:
        if asked.method == "GET":
            return server.answer(RUN)
        return server.answer({"detail": "closed"}, 409, X_Error_Code="run_closed")

    server.route = route
    with pytest.raises(kaw.KiteAlgoWorkerError, match="closed"):
        client.run(CONFIG, wait_for_claim_s=75).__enter__()
    assert len(claims(server)) == 1


@pytest.mark.parametrize("seconds", [-1.0, float("inf"), float("nan")])
def test_a_wait_is_a_number_of_seconds(client: Any, held: list[int], seconds: float) -> None:
    with pytest.raises(kaw.KiteAlgoWorkerError, match="wait_for_claim_s"):
        client.run(CONFIG, wait_for_claim_s=seconds).__enter__()
