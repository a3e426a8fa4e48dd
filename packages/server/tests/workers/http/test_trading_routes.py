"""Intents, orders, trades, funds, P&L, exits, GTTs: endpoints 9, 11, 15 to 17, 20 to 31."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
Json = dict[str, Any]
RUN = {"strategy_run_id": "run-1"}


@pytest.fixture
def overrides() -> Json:
    return {"feed": "off", "requests_per_minute": 100_000}


@pytest.fixture
def caller(worker: Any, new_run: Any) -> Any:
    caller = worker()
    new_run(caller)
    return caller


def place(caller: Any, api: Any, intent: Json) -> Any:
    return caller.post(api("runs/run-1/intents"), json=intent)


def test_an_order_is_placed_and_its_reply_repeated_byte_for_byte(
    caller: Any, api: Any, buy: Any
) -> None:
    """KP-02, FAULTS §2."""
    first = place(caller, api, buy("key-00001"))
    body = first.json()
    assert body["status"] == "COMPLETE"
    assert body["order_id"] == body["result"]["order_id"]
    again = place(caller, api, buy("key-00001"))
    assert again.content == first.content
    assert again.headers["Idempotent-Replay"] == "true"
    other = place(caller, api, buy("key-00001", quantity=11))
    assert other.status_code == 409
    assert len(caller.get(api("orders"), params=RUN).json()["orders"]) == 1


def test_a_later_token_or_metadata_does_not_make_another_command(
    caller: Any, api: Any, buy: Any
) -> None:
    """KP-02."""
    first = place(caller, api, buy("key-00001"))
    token = caller.get(api("runs/run-1/safety-check")).json()["safety_token"]
    again = place(caller, api, buy("key-00001", token=token) | {"metadata": {"try": 2}})
    assert again.content == first.content


@pytest.mark.slow
def test_64_clients_on_one_key_make_one_order(caller: Any, api: Any, buy: Any) -> None:
    """KP-02; FAULTS §2: 20 races of 64."""
    for race in range(20):
        intent = buy(f"race-{race:05d}", quantity=1)
        with ThreadPoolExecutor(64) as pool:
            answers = list(pool.map(lambda _, i=intent: place(caller, api, i), range(64)))
        bodies = {answer.content for answer in answers if answer.status_code == 200}
        assert {answer.status_code for answer in answers} <= {200, 409}
        assert len(bodies) == 1
    assert len(caller.get(api("orders"), params=RUN).json()["orders"]) == 20


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"order_type": "LIMIT"}, "price"),
        ({"order_type": "SL-M"}, "trigger_price"),
        ({"tag": "mine"}, "tag"),
        ({"disclosed_quantity": 11}, "disclosed_quantity"),
        ({"tradingsymbol": "NOTHING"}, "tradingsymbol"),
    ],
)
def test_a_broken_field_is_named_and_the_key_stays_free(
    caller: Any, api: Any, buy: Any, change: Json, field: str
) -> None:
    """KO-05, KP-02."""
    answer = place(caller, api, buy("key-00001", **change))
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["pointer"].endswith(f"/{field}")
    assert place(caller, api, buy("key-00001")).status_code == 200


def test_a_closed_run_accepts_no_orders(caller: Any, api: Any, buy: Any) -> None:
    """KP-02."""
    caller.post(api("runs/run-1/exit"), json={})
    answer = place(caller, api, buy("key-00001"))
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (409, "run_closed")


def test_previews_have_margin_charges_and_warnings(caller: Any, api: Any, buy: Any) -> None:
    """KP-01, KB-01."""
    order = buy("x")["payload"]["order"]
    one = caller.post(api("runs/run-1/preview/order"), json={"order": order, "metadata": {}}).json()
    assert set(one) == {"strategy_run_id", "mode", "preview"}
    assert one["preview"]["intent_type"] == "place_order"
    assert one["preview"]["cost_contract"]["margin_required"] > 0
    both = caller.post(
        api("runs/run-1/preview/basket"), json={"orders": [order, order], "all_or_none": False}
    ).json()
    assert len(both["preview"]["basket"]["orders"]) == 2
    assert caller.get(api("orders"), params=RUN).json()["orders"] == []


def test_orders_are_changed_and_cancelled(caller: Any, api: Any, buy: Any) -> None:
    """KP-03."""
    order_id = place(caller, api, buy("key-00001", order_type="LIMIT", price=1450.0)).json()[
        "order_id"
    ]
    body = {**RUN, "variety": "regular", "quantity": 5}
    assert caller.post(api(f"orders/{order_id}/modify"), json=body).json()["quantity"] == 5
    assert caller.get(api(f"orders/{order_id}"), params=RUN).json()["status"] == "OPEN"
    gone = caller.post(api(f"orders/{order_id}/cancel"), json={**RUN, "variety": "regular"})
    assert gone.json()["status"] == "CANCELLED"
    assert caller.get(api("orders/123"), params=RUN).status_code == 404


def test_trades_pnl_and_funds_follow_the_fill(caller: Any, api: Any, buy: Any, market: Any) -> None:
    """KP-03, KF-01, KL-01: the seed's bodies by default."""
    place(caller, api, buy("key-00001"))
    market.trade("NSE:INFY", "1510.00")
    trades = caller.get(api("trades"), params=RUN).json()
    assert [one["quantity"] for one in trades["trades"]] == [10]
    pnl = caller.get(api("runs/run-1/pnl")).json()
    totals = pnl["totals"]
    assert {"net_pnl", "gross_pnl", "charges", "brokerage", "taxes"} <= set(totals)
    assert totals["net_pnl"] == pytest.approx(totals["gross_pnl"] - totals["charges"])
    assert totals["charges"] == pytest.approx(totals["brokerage"] + totals["taxes"])
    assert [leg["net_quantity"] for leg in pnl["legs"]] == [10]
    funds = caller.get(api("funds")).json()
    assert set(funds) == {"available", "utilized", "net"}
    assert funds["net"] < 1_000_000 - 14_000


def test_a_dry_run_has_no_legs_and_zero_totals(
    worker: Any, new_run: Any, api: Any, buy: Any
) -> None:
    """KR-05, KL-01."""
    caller = worker()
    new_run(caller, execution_mode="dry_run")
    answer = place(caller, api, buy("key-00001")).json()
    assert (answer["mode"], answer["status"]) == ("dry_run", "COMPLETE")
    [shown] = caller.get(api("orders?strategy_run_id=run-1")).json()["orders"]
    assert (shown["status"], shown["dry_run"], shown["filled_quantity"]) == ("COMPLETE", True, 0)
    assert caller.get(api("trades?strategy_run_id=run-1")).json()["trades"] == []
    pnl = caller.get(api("runs/run-1/pnl")).json()
    assert (pnl["legs"], pnl["totals"]["net_pnl"]) == ([], 0.0)


def test_an_exit_is_previewed_done_once_and_closes_the_run(caller: Any, api: Any, buy: Any) -> None:
    """KE-01."""
    place(caller, api, buy("key-00001", product="MIS"))
    place(caller, api, buy("key-00002", order_type="LIMIT", price=1450.0))
    dry = caller.post(api("runs/run-1/exit"), json={"dry_run": True}).json()
    assert [one["transaction_type"] for one in dry["close"]] == ["SELL"]
    assert len(dry["cancel"]) == 1
    body = {"reason": "done", "idempotency_key": "exit-00001", "dry_run": False}
    first = caller.post(api("runs/run-1/exit"), json=body)
    assert (first.status_code, first.json()["status"]) == (200, "closed")
    assert caller.post(api("runs/run-1/exit"), json=body).content == first.content
    assert caller.get(api("runs/run-1")).json()["status"] == "closed"
    orders = caller.get(api("orders"), params=RUN).json()["orders"]
    assert sorted(one["status"] for one in orders) == ["CANCELLED", "COMPLETE", "COMPLETE"]
    assert first.json()["orders"] == orders[-1:], "as the list of orders has them, to the token"


def test_an_exit_without_a_key_returns_the_one_that_was_done(
    caller: Any, api: Any, buy: Any
) -> None:
    """KE-01: a repeated exit without a key reports the one that was done."""
    place(caller, api, buy("key-00001", product="MIS"))
    body = {"reason": "target reached", "idempotency_key": "exit-00001"}
    first = caller.post(api("runs/run-1/exit"), json=body)
    for again in ({}, {"reason": "out of here"}):
        answer = caller.post(api("runs/run-1/exit"), json=again)
        assert (answer.status_code, answer.content) == (200, first.content)


def test_a_run_is_closed_when_its_exit_is_done_whoever_finished_it(
    caller: Any, api: Any, buy: Any, container: Any, clock: Any, market: Any, wait_for: Any
) -> None:
    """KE-01: the job that advances exits may be faster than the request."""
    service = container.execution
    place(caller, api, buy("key-00001", product="MIS"))
    clock.advance(seconds=20)  # no fresh price: the exit has to wait
    body = {"reason": "done", "idempotency_key": "exit-00001"}
    assert caller.post(api("runs/run-1/exit"), json=body).status_code == 202
    market.trade("NSE:INFY", "1500.00")
    wait_for(lambda: service.positions(run_id="run-1", open_only=True) == [])
    assert service.advance_exit("run-1", "exit-00001").document["status"] == "closed"
    assert caller.post(api("runs/run-1/exit"), json=body).json()["status"] == "closed"
    assert caller.get(api("runs/run-1")).json()["status"] == "closed"
    events = caller.get(api("runs/run-1/timeline")).json()["events"]
    assert [one["event_type"] for one in events].count("run_closed") == 1


def test_an_exit_that_a_stop_interrupted_is_finished(
    caller: Any, api: Any, buy: Any, container: Any
) -> None:
    """KE-01: A stop after the run was marked as exiting, before anything else of it was stored."""
    from tradertape_server.features.workers import repository

    place(caller, api, buy("key-00001", product="MIS"))
    with container.database.write() as session:
        repository.change(session, "run-1", status="exiting", exit_key="exit-00001")
    container.guardian.check_all()
    assert caller.get(api("runs/run-1")).json()["status"] == "closed"
    sides = [
        one["transaction_type"] for one in caller.get(api("orders"), params=RUN).json()["orders"]
    ]
    assert sides == ["BUY", "SELL"]


def test_the_key_of_an_order_cannot_be_used_for_an_exit(caller: Any, api: Any, buy: Any) -> None:
    """KE-01."""
    place(caller, api, buy("key-00001"))
    answer = caller.post(api("runs/run-1/exit"), json={"idempotency_key": "key-00001"})
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (409, "idempotency_key_reused")
    assert caller.get(api("runs/run-1")).json()["status"] == "open"


def gtt() -> Json:
    return {
        "type": "single",
        "condition": {
            "exchange": "NSE", "tradingsymbol": "INFY",
            "trigger_values": [1450.0], "last_price": 1500.0,
        },
        "orders": [{
            "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY",
            "quantity": 1, "order_type": "LIMIT", "product": "CNC", "price": 1450.0,
        }],
    }  # fmt: skip


def test_gtts_are_created_changed_and_triggered(worker: Any, api: Any, market: Any) -> None:
    """KG-01, KG-02."""
    caller = worker()
    made = caller.post(api("gtt/triggers"), json=gtt())
    assert set(made.json()) == {"trigger_id"}
    url = api(f"gtt/triggers/{made.json()['trigger_id']}")
    assert caller.get(url).json()["status"] == "active"
    patch = {"condition": {"trigger_values": [1460.0], "last_price": 1500.0}}
    assert caller.put(url, json=patch).json() == made.json()
    assert isinstance(caller.get(api("gtt/triggers")).json(), list)
    other = caller.post(api("gtt/triggers"), json=gtt()).json()["trigger_id"]
    assert caller.delete(api(f"gtt/triggers/{other}")).json() == {"trigger_id": other}
    assert caller.get(api("gtt/triggers/999")).status_code == 404
    stranger = worker("b@example.com")
    assert stranger.get(url).status_code == 404


def test_numbers_json_does_not_know_are_refused(caller: Any, api: Any) -> None:
    """KO-05."""
    for text in ("NaN", "Infinity", "-Infinity"):
        body = f'{{"patch": {{"a": {text}}}, "reason": null}}'
        assert caller.patch(api("runs/run-1/risk"), content=body).status_code == 422


def test_empty_query_values_are_absent(caller: Any, api: Any) -> None:
    empty = {"after_cursor": "", "limit": "", "event_kind": ""}
    assert caller.get(api("runs/run-1/timeline"), params=empty).status_code == 200
    assert (
        caller.get(api("funds"), params={"mode": "paper", "account_scope": ""}).status_code == 200
    )


def test_orders_of_another_user_are_not_found(caller: Any, worker: Any, api: Any, buy: Any) -> None:
    """KP-03."""
    order_id = place(caller, api, buy("key-00001", order_type="LIMIT", price=1450.0)).json()[
        "order_id"
    ]
    stranger = worker("b@example.com")
    for method, path, content in (
        ("GET", "orders", {"params": RUN}),
        ("GET", f"orders/{order_id}", {"params": RUN}),
        ("GET", "trades", {"params": RUN}),
        ("POST", f"orders/{order_id}/cancel", {"json": RUN}),
        ("POST", f"orders/{order_id}/modify", {"json": {**RUN, "quantity": 1}}),
        ("POST", "runs/run-1/intents", {"json": buy("key-00001")}),
        ("GET", "runs/run-1/pnl", {}),
        ("GET", "runs/run-1/timeline", {}),
        ("GET", "runs/run-1/timeline/stream", {}),
        ("GET", "runs/run-1/pnl/stream", {}),
    ):
        assert stranger.request(method, api(path), **content).status_code == 404, path


def test_a_gtt_is_on_the_account_of_the_tokens_run_unless_another_is_named(
    worker: Any, new_run: Any, api: Any, container: Any
) -> None:
    """KG-01."""
    first, second, idle = worker(), worker(), worker()
    for name in ("kite:paper-b", "kite:paper-c"):
        assert first.post(api("accounts"), json={"account_scope": name}).status_code == 200
    new_run(first, "run-a", account_scope="kite:paper-a")
    new_run(second, "run-b", account_scope="kite:paper-b")
    named = {"account_scope": "kite:paper-c"}
    made = [
        first.post(api("gtt/triggers"), json=gtt()).json()["trigger_id"],
        second.post(api("gtt/triggers"), json=gtt()).json()["trigger_id"],
        idle.post(api("gtt/triggers"), json=gtt()).json()["trigger_id"],
        idle.post(api("gtt/triggers"), json=gtt(), params=named).json()["trigger_id"],
    ]

    def listed(caller: Any, **params: str) -> list[int]:
        return [one["id"] for one in caller.get(api("gtt/triggers"), params=params).json()]

    assert listed(first) == [made[0], made[2]]  # a token without a run: the first account
    assert listed(second) == [made[1]]
    assert listed(second, **named) == [made[3]]
    assert second.get(api(f"gtt/triggers/{made[3]}")).status_code == 200
    assert first.delete(api(f"gtt/triggers/{made[3]}")).json() == {"trigger_id": made[3]}
    stranger = worker("b@example.com")
    assert stranger.get(api(f"gtt/triggers/{made[0]}")).status_code == 404
    refused = idle.post(api("gtt/triggers"), json=gtt(), params={"account_scope": "x"})
    assert refused.status_code == 422


def test_changes_of_orders_under_a_key_are_made_once(
    worker: Any, new_run: Any, api: Any, buy: Any, market: Any
) -> None:
    """A cancellation that is repeated gets the first reply, not that the order is over."""
    caller = worker()
    new_run(caller)
    resting = buy("key-00001", order_type="LIMIT", price=1490)
    order_id = caller.post(api("runs/run-1/intents"), json=resting).json()["order_id"]
    body = {"strategy_run_id": "run-1"}
    for path, change, key in (
        ("modify", {"quantity": 3}, "change-1"),
        ("cancel", {}, "cancel-1"),
    ):
        url, headers = api(f"orders/{order_id}/{path}"), {"Idempotency-Key": key}
        first, second = (
            caller.post(url, json={**body, **change}, headers=headers) for _ in range(2)
        )
        assert (first.status_code, "Idempotent-Replay" in first.headers) == (200, False)
        assert second.headers["Idempotent-Replay"] == "true"
        assert second.content == first.content
        other = caller.post(
            api(f"orders/{order_id}/modify"), json={**body, "quantity": 9}, headers=headers
        )
        assert (other.status_code, other.headers["X-Error-Code"]) == (
            409, "idempotency_key_reused",
        )  # fmt: skip
    plain = caller.post(api(f"orders/{order_id}/cancel"), json=body)
    assert plain.status_code == 409, "without a key it is another request"
    bad = caller.post(
        api(f"orders/{order_id}/cancel"), json=body, headers={"Idempotency-Key": "server:x"}
    )
    assert bad.json()["detail"][0]["pointer"] == "/idempotency_key"


def test_gtts_under_a_key_are_written_once(worker: Any, new_run: Any, api: Any, buy: Any) -> None:
    caller, other = worker(scopes=("paper", "gtt")), worker(scopes=("paper", "gtt"))
    new_run(caller)
    leg = buy("key-00001", order_type="LIMIT", price=1450)["payload"]["order"]
    document = {
        "type": "single",
        "condition": {
            "exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [1450],
            "last_price": 1500,
        },
        "orders": [leg],
    }  # fmt: skip

    def send(who: Any, method: str, path: str, key: str, body: Any = None) -> Any:
        return who.request(method, api(path), json=body, headers={"Idempotency-Key": key})

    first, second = (send(caller, "POST", "gtt/triggers", "make-1", document) for _ in range(2))
    assert (first.status_code, second.content) == (200, first.content)
    trigger = first.json()["trigger_id"]
    strange = send(other, "POST", "gtt/triggers", "make-1", document)
    assert strange.json()["trigger_id"] != trigger, "a key is its token's own"
    assert len(caller.get(api("gtt/triggers")).json()) == 2
    url = f"gtt/triggers/{trigger}"
    for method, key in (("PUT", "change-1"), ("DELETE", "delete-1")):
        body = document if method == "PUT" else None
        answers = [send(caller, method, url, key, body) for _ in range(2)]
        assert [one.json() for one in answers] == [{"trigger_id": trigger}] * 2, method
