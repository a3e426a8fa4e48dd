"""Invalid requests of the worker API are refused by field, and nothing of them is done."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
Json = dict[str, Any]
RUN = {"strategy_run_id": "run-1"}


@pytest.fixture
def caller(worker: Any, new_run: Any) -> Any:
    caller = worker()
    new_run(caller)
    return caller


def test_a_problem_is_where_it_stands_in_the_body(caller: Any, api: Any, buy: Any) -> None:
    """KO-05, KB-02: a misspelt member is refused, not ignored."""
    order: Json = buy("key-00001")["payload"]["order"]
    for payload, pointer in (
        ({"order": {**order, "quantity": 0}}, "/payload/order/quantity"),
        ({"order": {**order, "tradingsymbol": "INFI"}}, "/payload/order/tradingsymbol"),
        ({"order": order, "all_or_none": True}, "/payload/all_or_none"),
        ({"basket": {"orders": [{**order, "price": -1}]}}, "/payload/basket/orders/0/price"),
        ({"basket": {"orders": []}}, "/payload/basket/orders"),
        ({"basket": {"orders": [order], "all_or_non": True}}, "/payload/basket/all_or_non"),
    ):
        kind = "place_basket" if "basket" in payload else "place_order"
        body = {"intent_type": kind, "payload": payload, "idempotency_key": "key-00001"}
        refused = caller.post(api("runs/run-1/intents"), json=body)
        assert refused.status_code == 422
        assert [one["pointer"] for one in refused.json()["detail"]] == [pointer]
    seen = caller.post(api("runs/run-1/preview/order"), json={"order": {**order, "quantity": 0}})
    assert seen.json()["detail"][0]["pointer"] == "/order/quantity"
    assert caller.get(api("orders"), params=RUN).json()["orders"] == []


def test_a_wrong_envelope_says_what_to_do(caller: Any, api: Any, buy: Any) -> None:
    """KP-02."""
    for change, pointer, words in (
        ({"idempotency_key": "short"}, "/idempotency_key", "8 to 160 characters"),
        ({"idempotency_key": 5}, "/idempotency_key", "must be a text"),
        ({"idempotency_kez": "x"}, "/idempotency_kez", "leave it out"),
        ({"payload": 5}, "/payload", "must be an object"),
    ):
        refused = caller.post(api("runs/run-1/intents"), json={**buy("key-00001"), **change})
        assert refused.status_code == 422
        (problem,) = refused.json()["detail"]
        assert problem["pointer"] == pointer
        assert words in problem["msg"]
    for content, kind in (("{}", "text/plain"), ("[]", "application/json")):
        refused = caller.post(
            api("runs/run-1/intents"), content=content, headers={"Content-Type": kind}
        )
        assert refused.status_code == 422
        assert "Content-Type: application/json" in refused.json()["detail"][0]["msg"]


def test_what_is_kept_with_orders_and_runs_is_no_book(
    caller: Any, api: Any, buy: Any, new_run: Any
) -> None:
    """KP-02, KR-01, KC-05: every order, run and sign of life carries its words for good."""
    most = {"a": "x" * (16_384 - len('{"a":""}'))}
    too_long, far_too_long = {"a": "x" * 16_400}, {"a": "x" * 66_000}
    run = {"template_id": "t", "account_scope": "kite:paper-a", "strategy_run_id": "run-2"}
    decision = {"event_type": "e", "summary": "s"}
    for path, body, pointer in (
        ("runs/run-1/intents", {**buy("key-00001"), "metadata": too_long}, "/metadata"),
        ("heartbeat", {"metrics": too_long}, "/metrics"),
        ("runs", {**run, "metadata": far_too_long}, "/metadata"),
        ("runs", {**run, "runtime_state": far_too_long}, "/runtime_state"),
        ("runs", {**run, "summary_fields": [{"key": "k", "value": far_too_long}]},
         "/summary_fields"),
        ("runs/run-1/decision-events", {**decision, "details": too_long}, "/details"),
        ("runs/run-1/decision-events", {**decision, "more": too_long}, ""),
    ):  # fmt: skip
        refused = caller.post(api(path), json=body)
        assert refused.status_code == 422
        (problem,) = refused.json()["detail"]
        assert problem["pointer"] == pointer
        assert "bytes of JSON" in problem["msg"]
    assert caller.get(api("orders"), params=RUN).json()["orders"] == []
    assert caller.get(api("runs/run-2")).status_code == 404
    new_run(caller, "run-2", metadata=too_long)
    placed = caller.post(api("runs/run-1/intents"), json={**buy("key-00001"), "metadata": most})
    assert placed.json()["status"] == "COMPLETE"


def test_a_quantity_that_is_there_twice_is_no_order(caller: Any, api: Any, buy: Any) -> None:
    """KO-05: two readers of one body would place two different orders."""
    body = json.dumps(buy("key-00001", quantity=1)).replace(
        '"quantity": 1', '"quantity": 1, "quantity": 2'
    )
    refused = caller.post(
        api("runs/run-1/intents"), content=body, headers={"Content-Type": "application/json"}
    )
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "quantity"]
    assert caller.get(api("orders"), params=RUN).json()["orders"] == []


def test_a_number_that_is_written_nowhere_is_refused_at_the_door(
    caller: Any, api: Any, buy: Any
) -> None:
    """KP-02, KR-06: it must not abort the batch in which it is stored."""
    wide = 2**64
    for send, path, body, where in (
        (caller.patch, "runs/run-1/risk", {"patch": {"a": wide}}, ["patch", "a"]),
        (caller.post, "runs/run-1/intents", {**buy("key-00001"), "metadata": {"a": [wide]}},
         ["metadata", "a", 0]),
    ):  # fmt: skip
        refused = send(api(path), json=body)
        assert refused.status_code == 422
        (problem,) = refused.json()["detail"]
        assert problem["loc"] == ["body", *where]
        assert "64 bits" in problem["msg"]
    assert caller.get(api("orders"), params=RUN).json()["orders"] == []


def test_a_nul_is_in_no_address(caller: Any, api: Any) -> None:
    """PostgreSQL takes none, so nobody may ask it."""
    assert caller.get(api("runs/%00")).status_code == 404
    named = caller.get(api("market/instruments/resolve"), params={"symbol": "NSE:\0"})
    assert named.status_code == 422


def test_a_preview_warns_of_all_that_would_refuse_the_order(
    worker: Any, new_run: Any, api: Any, buy: Any
) -> None:
    """KP-01, KB-01: what the preview passes is placed, what it calls an error is not."""
    caller = worker()
    new_run(caller, metadata={"allocation_cap": 10_000})
    base: Json = buy("key-00001", quantity=1)["payload"]["order"]
    for change, code in (
        ({"quantity": 10}, "allocation_cap_reached"),
        ({"transaction_type": "SELL", "tradingsymbol": "TCS"}, "insufficient_holdings"),
        ({"order_type": "LIMIT", "price": 1400.0}, "price_band"),
        ({}, None),
    ):
        order = {**base, **change}
        seen = caller.post(api("runs/run-1/preview/order"), json={"order": order}).json()
        both = caller.post(api("runs/run-1/preview/basket"), json={"orders": [order]}).json()
        for warned in (seen["preview"]["order"], both["preview"]["basket"]["orders"][0]):
            errors = [one["code"] for one in warned["warnings"] if one["severity"] == "error"]
            assert errors == ([code] if code else [])
        body = {**buy("key-00001"), "payload": {"order": order}}
        placed = caller.post(api("runs/run-1/intents"), json=body)
        assert (placed.status_code, placed.headers.get("X-Error-Code")) == (
            (400, code) if code else (200, None)
        )


def test_keys_and_runs_of_the_servers_own_are_refused(
    caller: Any, worker: Any, new_run: Any, api: Any, buy: Any
) -> None:
    """An order under one would stand in the way of a stop, an exit or a square-off."""
    own = "server:protection:g1:basket"
    for path, body in (
        ("runs/run-1/intents", buy(own)),
        ("runs/run-1/exit", {"idempotency_key": own}),
        ("runs/run-1/exit", {"idempotency_key": "two\nlines"}),
    ):
        refused = caller.post(api(path), json=body)
        assert refused.status_code == 422, path
        assert [one["pointer"] for one in refused.json()["detail"]] == ["/idempotency_key"]
    refused = caller.post(
        api("runs"),
        json={
            "template_id": "t",
            "account_scope": "kite:paper-a",
            "strategy_run_id": "external-orders",
        },
    )
    assert refused.json()["detail"][0]["pointer"] == "/strategy_run_id"
