"""A key is known within its run only: nobody else learns anything of its reply (FAULTS
§2)."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

KEY = "shared-key-1"
REPLAYED = ("Idempotent-Replay", "Idempotency-Replayed")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_no_other_user_token_run_or_endpoint_gets_a_keys_answer(
    worker: Any, new_run: Any, api: Any, buy: Any, client: TestClient, sign_in: Any
) -> None:
    owner = worker()
    new_run(owner, "run-1")
    first = owner.post(api("runs/run-1/intents"), json=buy(KEY))
    assert first.status_code == 200
    order_id, order = first.json()["order_id"], buy(KEY)["payload"]["order"]
    basket = {"intent_type": "place_basket", "payload": {"basket": {"orders": [order]}}}
    bodies = {
        "runs/run-1/intents": [buy(KEY), buy(KEY, quantity=3)],
        "runs/run-1/preview/order": [{"order": order}],
        "runs/run-1/exit": [{"idempotency_key": KEY}],
    }
    bodies["runs/run-1/intents"].append({**basket, "idempotency_key": KEY, "metadata": {}})

    strangers = {
        "another user": worker("b@example.com"),
        "a token without the scope": worker(scopes=("data",)),
        "a token of another account": worker(accounts=("kite:paper-b",)),
        "another person": sign_in("b@example.com"),
        "nobody": client,
    }
    headers = {"Idempotency-Key": KEY, "Origin": "http://localhost:18777"}
    for who, stranger in strangers.items():
        for path, wanted in bodies.items():
            for body in wanted:
                answer = stranger.post(api(path), json=body, headers=headers)
                assert answer.status_code in {401, 403, 404}, (who, path, answer.text)
                assert order_id not in answer.text, (who, path)
                assert not any(name in answer.headers for name in REPLAYED), (who, path)

    orders = {order_id}
    for caller, run in ((owner, "run-2"), (strangers["another user"], "run-3")):
        new_run(caller, run)
        answer = caller.post(api(f"runs/{run}/intents"), json=buy(KEY, quantity=2))
        assert (answer.status_code, "Idempotent-Replay" in answer.headers) == (200, False)
        orders.add(answer.json()["order_id"])
    assert len(orders) == 3
    for body in (bodies["runs/run-1/intents"][2], {"idempotency_key": KEY}):
        path = "exit" if "payload" not in body else "intents"
        conflict = owner.post(api(f"runs/run-1/{path}"), json=body)
        assert (conflict.status_code, order_id in conflict.text) == (409, False), path
    again = worker().post(api("runs/run-1/intents"), json=buy(KEY))
    assert again.content == first.content, "another token of the same account"
