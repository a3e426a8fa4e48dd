"""Strategy code decides; the server owns execution, attribution, books and protection (KK-00)."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
Json = dict[str, Any]
RUN = {"strategy_run_id": "run-1"}
FORGED: Json = {
    "backend_protection_state": {"status": "done", "generation": 99, "triggered_rule": "mine"},
    "pnl": {"totals": {"net_pnl": 1_000_000.0}},
    "status": "closed",
}


@pytest.fixture
def caller(worker: Any, new_run: Any) -> Any:
    caller = worker()
    new_run(caller, runtime_state=FORGED, metadata={"net_pnl": 1_000_000.0, "status": "closed"})
    return caller


def books(caller: Any, api: Any) -> Json:
    """The server's view of a run: its orders, trades, profit and protection."""
    pnl = caller.get(api("runs/run-1/pnl")).json()
    del pnl["updated_at"]
    run = caller.get(api("runs/run-1")).json()
    return {
        "orders": caller.get(api("orders"), params=RUN).json()["orders"],
        "trades": caller.get(api("trades"), params=RUN).json()["trades"],
        "pnl": pnl,
        "status": run["status"],
        "protection": run["runtime_state"].get("backend_protection_state"),
        "funds": caller.get(api("funds")).json(),
    }


def test_what_a_worker_reports_changes_no_books(caller: Any, api: Any, buy: Any) -> None:
    """KK-00: its reports are stored as reports of the worker."""
    before = books(caller, api)
    assert (before["status"], before["pnl"]["totals"]["net_pnl"]) == ("open", 0.0)
    assert before["protection"] is None
    assert caller.post(api("runs/run-1/intents"), json=buy("key-00001")).status_code == 200
    before = books(caller, api)
    claim = caller.post(api("runs/run-1/claim-session")).json()["worker_session_nonce"]
    nonce = {"X-Worker-Session-Nonce": claim}
    reported = {"event_type": "order_filled", "summary": "Filled: SELL 10 NSE:INFY at 9999.00"}
    words = (
        caller.post(api("runs/run-1/heartbeat"), json={"metrics": FORGED}, headers=nonce),
        caller.post(api("runs/run-1/decision-events"), json={**reported, "details": FORGED}),
        caller.patch(
            api("runs/run-1/risk"),
            json={"patch": {"net_pnl": 1e6, "status": "closed"}},
            headers=nonce,
        ),
    )
    assert [one.status_code for one in words] == [200, 200, 200]
    assert books(caller, api) == before
    logged = words[1].json()
    assert (logged["event_kind"], logged["event_source"]) == ("decision", "worker")


@pytest.mark.parametrize("name", ["tag", "tags", "attribution"])
def test_the_server_attributes_orders_to_runs(caller: Any, api: Any, buy: Any, name: str) -> None:
    """KK-00, KO-06: an order and its trades belong to the run they were placed in."""
    assert caller.post(api("runs/run-1/intents"), json=buy("key-00001")).status_code == 200
    refused = caller.post(api("runs/run-1/intents"), json=buy("key-00002", **{name: "run-2"}))
    assert refused.status_code == 422
    [order] = caller.get(api("orders"), params=RUN).json()["orders"]
    assert order["tag"].startswith("TT")


def test_a_worker_cannot_act_on_another_run(
    caller: Any, worker: Any, new_run: Any, api: Any
) -> None:
    """KK-00: runs of one account share its funds, and neither orders, positions nor exits."""
    new_run(caller, "run-2")
    order = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "product": "MIS",
        "order_type": "MARKET", "quantity": 3,
    }  # fmt: skip
    for run_id in ("run-1", "run-2"):
        body = {
            "intent_type": "place_order", "payload": {"order": order}, "metadata": {},
            "idempotency_key": "key-00001",
        }  # fmt: skip
        assert caller.post(api(f"runs/{run_id}/intents"), json=body).status_code == 200
    assert caller.post(api("runs/run-1/exit"), json={}).json()["status"] == "closed"
    other = caller.get(api("runs/run-2/pnl")).json()
    assert [leg["net_quantity"] for leg in other["legs"]] == [3]
    assert caller.get(api("runs/run-2")).json()["status"] == "open"
