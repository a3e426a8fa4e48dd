"""Worker tokens that are restricted to some accounts of a person: D18, KR-01, KR-04."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

Json = dict[str, Any]
Api = Callable[[str], str]
OTHER = "kite:paper-a"
OWN = "kite:paper-b"


@pytest.fixture
def free(worker: Any) -> TestClient:
    """A token for all accounts."""
    return worker()


@pytest.fixture
def bound(worker: Any, api: Api) -> TestClient:
    """A token of the same person for one account only."""
    made = worker(accounts=(OWN,))
    assert made.post(api("accounts"), json={"account_scope": OWN}).status_code == 200
    refusal(made.post(api("accounts"), json={"account_scope": "kite:paper-c"}), "kite:paper-c")
    return made


def refusal(answer: Any, scope: str | None = None) -> None:
    """scope: the account that was asked for; an account that was not is not told."""
    what = (
        "of this run or GTT. Use one of its own"
        if scope is None
        else f"{scope}. Name an account it is for"
    )
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (403, "account_not_allowed")
    assert answer.json()["detail"] == (
        f"This token may not act on the account {what}, or create a token for this one under "
        "Workers → Tokens."
    )


def test_runs_are_created_and_listed_on_its_accounts_only(
    free: TestClient, bound: TestClient, api: Api, new_run: Any
) -> None:
    """D18, KR-01: a run's id does not bypass it."""
    new_run(free, "run-a")
    body = {"template_id": "t", "account_scope": OTHER}
    refusal(bound.post(api("runs"), json=body), OTHER)
    taken = {**body, "account_scope": OWN, "strategy_run_id": "run-a"}
    refusal(bound.post(api("runs"), json=taken))
    new_run(bound, "run-b", account_scope=OWN)
    assert [run["strategy_run_id"] for run in bound.get(api("runs")).json()["runs"]] == ["run-b"]
    assert len(free.get(api("runs")).json()["runs"]) == 2


_INFY = {"exchange": "NSE", "tradingsymbol": "INFY"}
_ORDER = {"transaction_type": "BUY", "quantity": 1, "order_type": "LIMIT", "price": 1400.0}
PROTECTION = {
    "positions": [
        {
            "symbol": "NSE:INFY",
            "product": "CNC",
            "side": "BUY",
            "quantity": 1,
            "entry_price": 1500.0,
            "stoploss_pct": 2.0,
        }
    ]
}
TRIGGER = {
    "type": "single",
    "condition": {**_INFY, "trigger_values": [1400.0], "last_price": 1500.0},
    "orders": [{**_INFY, **_ORDER, "product": "CNC"}],
}
READS = (
    "runs/run-a",
    "runs/run-a/pnl",
    "runs/run-a/pnl/stream",
    "runs/run-a/funds",
    "runs/run-a/timeline",
    "runs/run-a/timeline/stream",
    "runs/run-a/safety-check",
    "orders?strategy_run_id=run-a",
    "orders/1?strategy_run_id=run-a",
    "trades?strategy_run_id=run-a",
    "options/runs/run-a/state",
    "funds?account_scope=kite:paper-a",
    "gtt/triggers?account_scope=kite:paper-a",
)


def test_nothing_of_another_account_is_read(
    free: TestClient, bound: TestClient, api: Api, new_run: Any
) -> None:
    """D18, KR-04, KF-01."""
    new_run(free, "run-a")
    for path in READS:
        refusal(bound.get(api(path)), OTHER if "account_scope" in path else None)
    url = f"ws://localhost:18777{api('ws/runs/run-a/pnl')}"
    with pytest.raises((WebSocketDenialResponse, WebSocketDisconnect)):
        bound.websocket_connect(url).__enter__()


def test_nothing_is_changed_on_another_account(
    free: TestClient, bound: TestClient, api: Api, new_run: Any, buy: Any
) -> None:
    """D18: claims, orders, risk, protection, exits, decisions."""
    new_run(free, "run-a")
    named = {"strategy_run_id": "run-a"}
    for method, path, body in (
        ("POST", "runs/run-a/claim-session", {}),
        ("DELETE", "runs/run-a/claim-session", None),
        ("POST", "runs/run-a/heartbeat", {}),
        ("POST", "runs/run-a/intents", buy("key-00001")),
        ("POST", "runs/run-a/preview/order", {"order": buy("x")["payload"]["order"]}),
        ("PATCH", "runs/run-a/risk", {"patch": {"a": 1}}),
        ("PATCH", "runs/run-a/protection", {"backend_protection": PROTECTION}),
        ("POST", "runs/run-a/exit", {}),
        ("POST", "orders/1/cancel", named),
        ("POST", "orders/1/modify", {**named, "quantity": 2}),
        ("POST", "runs/run-a/decision-events", {"event_type": "x", "summary": "x"}),
    ):
        refusal(bound.request(method, api(path), json=body))
    assert free.get(api("orders?strategy_run_id=run-a")).json()["orders"] == []
    assert free.get(api("runs/run-a")).json()["status"] == "open"


def test_where_no_account_is_named_its_own_is_used(
    free: TestClient, bound: TestClient, api: Api, nifty: Any, option_run: Any
) -> None:
    """D18, KF-01: although the person's first account is another."""
    free.get(api("funds"))
    made = option_run(bound, ("BUY", nifty("CE", 0)))
    assert bound.get(api(f"runs/{made['strategy_run_id']}")).json()["account_scope"] == OWN
    assert bound.get(api("funds")).status_code == 200
    elsewhere = {"account_scope": OTHER, "idempotency_key": "entry-0001"}
    enter = api(f"options/runs/{made['strategy_run_id']}/enter")
    refusal(bound.post(enter, json=elsewhere), OTHER)


def test_gtts_of_another_account_are_not_accessible(
    free: TestClient, bound: TestClient, api: Api, market: Any
) -> None:
    """D18, KG-01, KG-02."""
    market.trade("NSE:INFY", "1500.00")
    path = api("gtt/triggers")
    number = free.post(path, json=TRIGGER, params={"account_scope": OTHER}).json()["trigger_id"]
    refusal(bound.post(path, json=TRIGGER, params={"account_scope": OTHER}), OTHER)
    for method in ("GET", "PUT", "DELETE"):
        refusal(bound.request(method, f"{path}/{number}", json=TRIGGER))
    own = bound.post(path, json=TRIGGER).json()["trigger_id"]
    assert [one["id"] for one in bound.get(path).json()] == [own]
    assert [one["id"] for one in free.get(path, params={"account_scope": OTHER}).json()] == [number]
