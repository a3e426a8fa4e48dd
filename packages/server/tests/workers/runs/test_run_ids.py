"""A run's id belongs to its user: two users may name their runs alike, and know nothing of it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tradertape_server.features.workers.models import WorkerRun

NONCE = "X-Worker-Session-Nonce"
Json = dict[str, Any]


@pytest.fixture
def overrides() -> Json:
    return {"feed": "off", "requests_per_minute": 100_000}


@pytest.fixture
def first(worker: Any, new_run: Any) -> Any:
    caller = worker("first@example.com")
    new_run(caller)
    return caller


@pytest.fixture
def second(first: Any, worker: Any, new_run: Any) -> Any:
    caller = worker("second@example.com")
    assert new_run(caller)["recovered"] is False
    return caller


def test_two_users_trade_runs_of_one_name_to_the_end(
    first: Any, second: Any, api: Any, buy: Any, container: Any
) -> None:
    """Same name, same keys: each has its own orders, session, profit, timeline and exit."""
    quantities = {first: 3, second: 7}
    for caller, quantity in quantities.items():
        claim = caller.post(api("runs/run-1/claim-session")).json()
        assert claim["takeover"] is False
        nonce = {NONCE: claim["worker_session_nonce"]}
        assert caller.post(api("runs/run-1/heartbeat"), json={}, headers=nonce).status_code == 200
        check = caller.get(api("runs/run-1/safety-check")).json()
        assert check["can_trade"] is True
        order = buy("key-00001", quantity=quantity, token=check["safety_token"])
        placed = caller.post(api("runs/run-1/intents"), json=order, headers=nonce)
        assert placed.json()["status"] == "COMPLETE", placed.text
        again = caller.post(api("runs/run-1/intents"), json=order, headers=nonce)
        assert again.content == placed.content
        patch = {"patch": {"max_orders": quantity}, "reason": "own"}
        assert caller.patch(api("runs/run-1/risk"), json=patch, headers=nonce).status_code == 200
        caller.nonce = nonce
    for caller, quantity in quantities.items():
        query = {"strategy_run_id": "run-1"}
        (order,) = caller.get(api("orders"), params=query).json()["orders"]
        (trade,) = caller.get(api("trades"), params=query).json()["trades"]
        assert order["quantity"] == trade["quantity"] == quantity
        (leg,) = caller.get(api("runs/run-1/pnl")).json()["legs"]
        assert leg["net_quantity"] == quantity
        run = caller.get(api("runs/run-1")).json()
        assert run["runtime_state"]["risk"] == {"max_orders": quantity}
        events = caller.get(api("runs/run-1/timeline")).json()["events"]
        assert {event["strategy_run_id"] for event in events} == {"run-1"}
    done = second.post(api("runs/run-1/exit"), json={}, headers=second.nonce).json()
    assert (done["status"], done["strategy_run_id"]) == ("closed", "run-1")
    assert first.get(api("runs/run-1")).json()["status"] == "open"
    (leg,) = first.get(api("runs/run-1/pnl")).json()["legs"]
    assert leg["net_quantity"] == 3


def test_no_answer_shows_how_the_second_run_is_stored(
    first: Any, second: Any, api: Any, buy: Any, sign_in: Any, container: Any
) -> None:
    second.post(api("runs/run-1/intents"), json=buy("key-00001"))
    resting = buy("key-00002", order_type="LIMIT", price=1450.0)
    order_id = second.post(api("runs/run-1/intents"), json=resting).json()["order_id"]
    query = {"strategy_run_id": "run-1"}
    page = sign_in("second@example.com")
    answers = [
        second.get(api("runs")),
        second.get(api("runs/run-1")),
        second.get(api("runs/run-1/pnl")),
        second.get(api("runs/run-1/funds")),
        second.get(api("runs/run-1/safety-check")),
        second.get(api("runs/run-1/timeline")),
        second.get(api("orders"), params=query),
        second.get(api("trades"), params=query),
        second.post(api(f"orders/{order_id}/cancel"), json=query),
        second.post(api("runs/run-1/exit"), json={"dry_run": True}),
        page.get("/api/workers/overview"),
        page.get("/api/workers/runs"),
        page.get("/api/workers/runs/run-1"),
        page.get("/api/workers/runs/run-1/timeline"),
        page.get("/api/workers/runs/run-1/exit-plan"),
        second.post(api("runs/run-1/exit"), json={}),
        second.post(api("runs/run-1/intents"), json=buy("key-00003")),
    ]
    assert [answer.status_code for answer in answers] == [200] * 16 + [409]
    with container.database.read() as session:
        stored = session.scalars(select(WorkerRun.strategy_run_id)).all()
    assert stored[0] == "run-1"
    for answer in answers:
        assert stored[1] not in answer.text, answer.request.url
    assert len(set(stored)) == 2


def test_the_same_user_finds_the_run_again_and_may_repeat_it(
    second: Any, api: Any, new_run: Any
) -> None:
    assert new_run(second)["recovered"] is True
    second.post(api("runs/run-1/exit"), json={})
    closed = second.post(
        api("runs"),
        json={"strategy_run_id": "run-1", "template_id": "t", "account_scope": "kite:paper-a"},
    )
    assert closed.status_code == 409
    assert "run-1 " in closed.json()["detail"]
    again = new_run(second, metadata={"restart_of": "run-1"})
    assert (again["status"], again["recovered"]) == ("open", False)


def test_a_third_user_sees_none_of_them(
    first: Any, second: Any, worker: Any, api: Any, buy: Any, container: Any
) -> None:
    third = worker("third@example.com")
    with container.database.read() as session:
        stored = session.scalars(select(WorkerRun.strategy_run_id)).all()
    for name in (*stored, "run-1", "absent"):
        answer = third.get(api(f"runs/{name.replace('#', '%23')}"))
        assert (answer.status_code, answer.json()["detail"]) == (404, "Run not found.")
        placed = third.post(api(f"runs/{name.replace('#', '%23')}/intents"), json=buy("key-00001"))
        assert placed.status_code == 404


def test_a_name_that_is_too_long_to_be_shared_says_so(worker: Any, new_run: Any, api: Any) -> None:
    name = "r" * 120
    new_run(worker("first@example.com"), name)
    body = {"strategy_run_id": name, "template_id": "t", "account_scope": "kite:paper-a"}
    answer = worker("second@example.com").post(api("runs"), json=body)
    assert answer.status_code == 422
    assert "at most 11" in answer.json()["detail"][0]["msg"]
