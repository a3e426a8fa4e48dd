"""A key is known within its run only: nobody else learns anything of its reply (FAULTS
§2)."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from tradertape_server.features.execution.orders.idempotency import request_hash
from tradertape_server.features.execution.store.models import IntentRow

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


def _order(**fields: Any) -> dict[str, Any]:
    return {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "product": "CNC",
        "order_type": "LIMIT", "quantity": 1, "price": 1500, **fields,
    }  # fmt: skip


SPELLINGS = (
    {"price": 1500.0},
    {"variety": "regular", "validity": "DAY"},
    {"trigger_price": 0, "disclosed_quantity": 0},
)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_repetition_is_known_by_what_it_asks_for_however_it_is_spelled(
    worker: Any, new_run: Any, api: Any, spelling: dict[str, Any]
) -> None:
    caller = worker()
    new_run(caller)

    def send(key: str, order: dict[str, Any]) -> Any:
        body = {
            "intent_type": "place_order", "idempotency_key": key, "payload": {"order": order},
            "metadata": {},
        }  # fmt: skip
        return caller.post(api("runs/run-1/intents"), json=body)

    assert send("other-00001", _order(**spelling)).status_code == 200, "it can be read"
    first = send(KEY, _order())
    again = send(KEY, _order(**spelling))
    assert (again.status_code, again.content) == (200, first.content)
    for changed in ({"price": 1499}, {"quantity": 2}, {"validity": "IOC"}, {"product": "MIS"}):
        assert send(KEY, _order(**{**spelling, **changed})).status_code == 409, changed
    assert len(caller.get(api("orders"), params={"strategy_run_id": "run-1"}).json()["orders"]) == 2


def test_a_basket_too_is_known_by_its_orders_as_they_are_read(
    worker: Any, new_run: Any, api: Any
) -> None:
    caller = worker()
    new_run(caller)

    def send(*orders: dict[str, Any], **flags: Any) -> Any:
        body = {
            "intent_type": "place_basket", "idempotency_key": KEY, "metadata": {},
            "payload": {"basket": {"orders": list(orders), **flags}},
        }  # fmt: skip
        return caller.post(api("runs/run-1/intents"), json=body)

    first = send(_order(), _order(tradingsymbol="TCS", price=3000))
    assert first.status_code == 200, first.text
    again = send(
        _order(price=1500.0),
        _order(tradingsymbol="TCS", price=3000.0, variety="regular"),
        all_or_none=False,
    )
    assert (again.status_code, again.content) == (200, first.content)
    assert send(_order(), _order(tradingsymbol="TCS", price=3001)).status_code == 409


def test_a_key_of_an_earlier_version_still_has_its_reply(
    worker: Any, new_run: Any, api: Any, container: Any
) -> None:
    """Versions before hashed the order as it was spelled."""
    caller = worker()
    new_run(caller)
    body = {
        "intent_type": "place_order", "idempotency_key": KEY, "payload": {"order": _order()},
        "metadata": {},
    }  # fmt: skip
    first = caller.post(api("runs/run-1/intents"), json=body)
    former = request_hash("place_order", body["payload"])
    with container.database.write() as session:
        session.execute(update(IntentRow).values(request_hash=former))
    again = caller.post(api("runs/run-1/intents"), json=body)
    assert (again.status_code, again.content) == (200, first.content)
