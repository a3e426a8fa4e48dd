"""Sessions: endpoints 5 to 7 (KS-01); FAULTS §2."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

Json = dict[str, Any]
NONCE = "X-Worker-Session-Nonce"


@pytest.fixture
def overrides() -> Json:
    return {"feed": "off", "requests_per_minute": 100_000}


@pytest.fixture
def caller(worker: Any, new_run: Any) -> Any:
    caller = worker()
    new_run(caller)
    return caller


def claim(caller: Any, api: Any) -> Any:
    return caller.post(api("runs/run-1/claim-session"))


def test_a_claim_needs_no_body_and_gives_a_nonce(caller: Any, api: Any) -> None:
    """KS-01."""
    answer = claim(caller, api)
    assert answer.status_code == 200
    assert len(answer.json()["worker_session_nonce"]) > 20
    assert caller.get(api("runs/run-1")).json()["session_status"] == "claimed"


def test_a_held_run_is_refused_to_a_second_worker(caller: Any, api: Any, clock: Any) -> None:
    """KS-01."""
    claim(caller, api)
    clock.advance(seconds=4)
    answer = claim(caller, api)
    assert answer.status_code == 409
    assert answer.json()["detail"] == ("Run is claimed by another worker (last heartbeat 4s ago)")


def test_a_silent_worker_is_replaced_and_its_nonce_is_void(
    caller: Any, api: Any, clock: Any, buy: Any
) -> None:
    """KS-01, KF-03."""
    old = claim(caller, api).json()["worker_session_nonce"]
    clock.advance(seconds=61)
    new = claim(caller, api).json()
    assert new["takeover"] is True
    for answer in (
        caller.post(api("runs/run-1/heartbeat"), json={}, headers={NONCE: old}),
        caller.delete(api("runs/run-1/claim-session"), headers={NONCE: old}),
        caller.post(api("runs/run-1/intents"), json=buy("key-00001"), headers={NONCE: old}),
        caller.post(api("runs/run-1/exit"), json={}, headers={NONCE: old}),
    ):
        assert answer.status_code == 409
    assert caller.get(api("orders"), params={"strategy_run_id": "run-1"}).json()["orders"] == []


def test_heartbeats_keep_a_session_alive(caller: Any, api: Any, clock: Any) -> None:
    """KS-01, KF-03."""
    nonce = claim(caller, api).json()["worker_session_nonce"]
    for _ in range(3):
        clock.advance(seconds=50)
        beat = caller.post(api("runs/run-1/heartbeat"), json={}, headers={NONCE: nonce})
        assert beat.status_code == 200
    assert claim(caller, api).status_code == 409
    run = caller.get(api("runs/run-1")).json()
    assert (run["health_status"], run["heartbeat_age_sec"]) == ("healthy", 0)


def test_a_released_run_can_be_claimed_at_once(caller: Any, api: Any) -> None:
    """KS-01."""
    nonce = claim(caller, api).json()["worker_session_nonce"]
    assert caller.delete(
        api("runs/run-1/claim-session"), headers={NONCE: nonce}
    ).json()["session_status"] == "released"  # fmt: skip
    assert claim(caller, api).status_code == 200


def test_a_claimed_run_requires_its_nonce(caller: Any, api: Any, buy: Any) -> None:
    """KS-01."""
    nonce = claim(caller, api).json()["worker_session_nonce"]
    assert caller.post(api("runs/run-1/intents"), json=buy("key-00001")).status_code == 409
    wrong = caller.post(api("runs/run-1/intents"), json=buy("key-00001"), headers={NONCE: "x"})
    assert wrong.status_code == 409
    placed = caller.post(api("runs/run-1/intents"), json=buy("key-00001"), headers={NONCE: nonce})
    assert placed.status_code == 200


@pytest.mark.slow
def test_of_many_concurrent_claims_one_wins(caller: Any, api: Any) -> None:
    """KS-01; FAULTS §2: 1,000 claims from 16 threads, one winner."""
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: claim(caller, api).status_code, range(1000)))
    assert answers.count(200) == 1
    assert answers.count(409) == 999


def test_nothing_of_a_replaced_worker_is_accepted(
    caller: Any, api: Any, buy: Any, clock: Any, market: Any
) -> None:
    """KS-01; FAULTS §2: 300 orders, 100 beats, 100 releases with the old nonce, from 8 threads."""
    stale = {NONCE: claim(caller, api).json()["worker_session_nonce"]}
    clock.advance(seconds=61)
    held = {NONCE: claim(caller, api).json()["worker_session_nonce"]}

    def write(n: int) -> int:
        if n % 5 == 3:
            return caller.post(api("runs/run-1/heartbeat"), json={}, headers=stale).status_code
        if n % 5 == 4:
            return caller.delete(api("runs/run-1/claim-session"), headers=stale).status_code
        intent = buy(f"stale-{n:05d}")
        return caller.post(api("runs/run-1/intents"), json=intent, headers=stale).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(write, range(500)))
    assert answers == [409] * 500
    orders = caller.get(api("orders"), params={"strategy_run_id": "run-1"}).json()["orders"]
    assert orders == []
    market.refresh()
    mine = caller.post(api("runs/run-1/intents"), json=buy("mine-00001"), headers=held)
    assert mine.status_code == 200


def claim_as(caller: Any, api: Any, worker_id: str | None) -> Any:
    return caller.post(api("runs/run-1/claim-session"), json={"worker_id": worker_id})


def test_a_killed_worker_takes_its_own_claim_over_at_once(
    caller: Any, api: Any, clock: Any, buy: Any
) -> None:
    """Same token, same worker: no minute of waiting; the nonce before is void."""
    old = claim_as(caller, api, "host-1:abc").json()["worker_session_nonce"]
    clock.advance(seconds=1)
    again = claim_as(caller, api, "host-1:abc")
    assert (again.status_code, again.json()["takeover"]) == (200, True)
    refused = caller.post(api("runs/run-1/intents"), json=buy("key-00001"), headers={NONCE: old})
    assert refused.status_code == 409
    new = {NONCE: again.json()["worker_session_nonce"]}
    assert caller.post(api("runs/run-1/heartbeat"), json={}, headers=new).status_code == 200
    events = caller.get(api("runs/run-1/timeline")).json()["events"]
    assert [one["summary"] for one in events if one["event_type"] == "session.claimed"] == [
        "Session claimed",
        "Session taken over by the same worker",
    ]
    assert events[-1]["payload"] == {"takeover": True}


@pytest.mark.parametrize("worker_id", ["host-2:xyz", None])
def test_another_worker_with_the_same_token_waits(
    caller: Any, api: Any, worker_id: str | None
) -> None:
    claim_as(caller, api, "host-1:abc")
    assert claim_as(caller, api, worker_id).status_code == 409


def test_a_claim_without_a_worker_is_not_taken_over_by_one_without(caller: Any, api: Any) -> None:
    """No identity is nobody's identity: the published client sends none."""
    assert claim(caller, api).status_code == 200
    assert claim_as(caller, api, None).status_code == 409
    assert claim(caller, api).status_code == 409


def test_the_same_worker_with_another_token_waits(caller: Any, worker: Any, api: Any) -> None:
    claim_as(caller, api, "host-1:abc")
    assert claim_as(worker(), api, "host-1:abc").status_code == 409


def test_a_page_in_the_browser_takes_over_nobodys_claim(
    caller: Any, sign_in: Any, api: Any
) -> None:
    claim_as(caller, api, "host-1:abc")
    page = sign_in("person@example.com")
    assert claim_as(page, api, "host-1:abc").status_code == 409


def test_two_restarts_at_once_leave_one_holder(caller: Any, api: Any) -> None:
    claim_as(caller, api, "host-1:abc")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _n: claim_as(caller, api, "host-1:abc"), range(4)))
    nonces = [answer.json()["worker_session_nonce"] for answer in answers]
    beats = [
        caller.post(api("runs/run-1/heartbeat"), json={}, headers={NONCE: nonce}).status_code
        for nonce in nonces
    ]
    assert sorted(beats) == [200, 409, 409, 409]


@pytest.mark.parametrize("worker_id", ["", "x" * 121])
def test_a_worker_id_has_a_length(caller: Any, api: Any, worker_id: str) -> None:
    assert claim_as(caller, api, worker_id).status_code == 422
