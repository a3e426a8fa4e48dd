"""The bodies that the SDK's readers rely on, to the last key."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
Json = dict[str, Any]
RUN = {"strategy_run_id": "run-1"}
FUNDS = {
    "available": {"cash", "collateral", "intraday_payin"},
    "utilized": {
        "debits", "exposure", "m2m", "option_premium", "span", "holding_sales", "turnover",
    },
}  # fmt: skip
HEALTH = {
    "strategy_run_id", "status", "execution_mode", "account_scope", "heartbeat_age_sec",
    "health_status", "session_status", "recovery_status", "recovery_action_required",
    "worker_session_claimed_at", "last_heartbeat_at",
}  # fmt: skip
CHARGES = {"brokerage", "stt", "exchange_txn", "sebi", "stamp_duty", "gst", "dp", "total"}


@pytest.fixture
def caller(worker: Any, new_run: Any) -> Any:
    caller = worker()
    new_run(caller, metadata={"allocation_cap": 20_000})
    return caller


def place(caller: Any, api: Any, intent: Json) -> Json:
    answer = caller.post(api("runs/run-1/intents"), json=intent)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_run_has_every_documented_field(caller: Any, api: Any) -> None:
    """KR-03."""
    made = caller.get(api("runs/run-1")).json()
    assert (made["strategy_run_id"], made["status"]) == ("run-1", "open")
    assert (made["template_id"], made["execution_mode"]) == ("t", "paper")
    assert (made["account_scope"], made["runtime_state"]) == ("kite:paper-a", {})
    assert made["metadata"] == {"allocation_cap": 20_000}


@pytest.mark.parametrize("mode", ["demo", "PAPER", "", None, 1])
def test_a_mode_is_one_of_three(worker: Any, api: Any, mode: Any) -> None:
    """KR-05."""
    body = {"template_id": "t", "account_scope": "kite:paper-a", "execution_mode": mode}
    refused = worker().post(api("runs"), json=body)
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["detail"]] == ["/execution_mode"]


def test_a_run_has_all_of_its_health(caller: Any, api: Any, clock: Any) -> None:
    """KF-03, KR-04: as heartbeats arrive and stop."""

    def health() -> Json:
        run = caller.get(api("runs/run-1")).json()
        assert set(run) >= HEALTH
        return run

    run = health()
    assert (run["health_status"], run["session_status"]) == ("unknown", "unclaimed")
    assert (run["heartbeat_age_sec"], run["last_heartbeat_at"]) == (None, None)
    assert (run["recovery_status"], run["recovery_action_required"]) == ("none", False)
    nonce = caller.post(api("runs/run-1/claim-session")).json()["worker_session_nonce"]
    headers = {"X-Worker-Session-Nonce": nonce}
    assert caller.post(api("runs/run-1/heartbeat"), json={}, headers=headers).is_success
    for seconds, words in (
        (0, ("healthy", "claimed")), (61, ("stale", "stale")), (240, ("dead", "stale")),
    ):  # fmt: skip
        clock.advance(seconds=seconds)
        run = health()
        assert (run["health_status"], run["session_status"]) == words
    assert run["heartbeat_age_sec"] == 301
    assert run["worker_session_claimed_at"] == run["last_heartbeat_at"]
    assert run["last_heartbeat_at"].endswith("+05:30")


def test_funds_have_every_figure_and_follow_the_account(
    caller: Any, api: Any, buy: Any, market: Any
) -> None:
    """KF-01."""

    def funds(**query: str) -> Json:
        found = caller.get(api("funds"), params=query).json()
        assert set(found) == {*FUNDS, "net"}
        assert {name: set(found[name]) for name in FUNDS} == FUNDS
        return found

    assert funds()["net"] == funds(mode="paper")["available"]["cash"] == 1_000_000.0
    order = place(caller, api, buy("key-00001", quantity=10))
    market.trade("NSE:INFY", "1510.00")
    bought, charges = order["result"]["average_price"] * 10, 15_000 * 0.002
    after = funds(mode="paper", account_scope="kite:paper-a")
    assert 0 < 1_000_000 - bought - after["net"] < charges
    assert after["utilized"]["exposure"] == 15_100.0
    assert after["utilized"]["m2m"] == pytest.approx(15_100 - bought)
    caller.post(api("accounts"), json={"account_scope": "kite:paper-b"})
    assert funds(account_scope="kite:paper-b")["net"] == 1_000_000.0
    for query, status in (
        ({"mode": "live"}, 403), ({"mode": "real"}, 422), ({"account_scope": "paper"}, 422),
        ({"account_scope": "kite:paper-x"}, 400),
    ):  # fmt: skip
        assert caller.get(api("funds"), params=query).status_code == status


def test_a_runs_funds_are_what_its_cap_leaves(
    caller: Any, worker: Any, new_run: Any, api: Any, buy: Any
) -> None:
    """KF-02: under either name of the cap, and without one."""
    place(caller, api, buy("key-00001", quantity=10))
    used = 15_000.0
    assert caller.get(api("runs/run-1/funds")).json() == {
        "strategy": {
            "allocation": {
                "cap": 20_000.0, "cap_inr": 20_000.0, "usage_gross_exposure": used,
                "remaining": 20_000.0 - used,
            }
        }
    }  # fmt: skip
    new_run(caller, "run-2", metadata={"allocation_cap_inr": 5_000})
    new_run(caller, "run-3")
    for run_id, left in (("run-2", 5_000.0), ("run-3", None)):
        found = caller.get(api(f"runs/{run_id}/funds")).json()["strategy"]["allocation"]
        assert (found["cap_inr"], found["remaining"]) == (left, left)
    assert worker("b@example.com").get(api("runs/run-1/funds")).status_code == 404


def test_a_preview_breaks_the_charges_down(caller: Any, api: Any, buy: Any) -> None:
    """KP-01, KB-01: and they add up."""
    order = buy("x", quantity=10)["payload"]["order"]
    body = {"orders": [order, order], "metadata": {}, "all_or_none": True}
    one = caller.post(api("runs/run-1/preview/order"), json={"order": order}).json()["preview"]
    both = caller.post(api("runs/run-1/preview/basket"), json=body).json()["preview"]
    assert both["basket"]["all_or_none"] is True
    for preview, orders in ((one, 1), (both, 2)):
        cost = preview["cost_contract"]
        assert set(cost) == {
            "margin_required", "charges_estimate", "total_charges", "total_taxes",
        }  # fmt: skip
        assert cost["margin_required"] == pytest.approx(15_000 * orders, rel=0.001)
        parts = cost["charges_estimate"]
        assert set(parts) == CHARGES
        assert sum(parts[name] for name in CHARGES - {"total"}) == pytest.approx(parts["total"])
        assert parts["total"] == cost["total_charges"]
        assert parts["total"] == pytest.approx(cost["total_taxes"] + parts["brokerage"])


def test_an_order_and_its_trade_are_listed_whole(caller: Any, api: Any, buy: Any) -> None:
    """KP-02, KP-03."""
    placed = place(caller, api, buy("key-00001", quantity=10))
    assert set(placed) == {"strategy_run_id", "mode", "order_id", "status", "result"}
    listed = caller.get(api("orders"), params=RUN).json()
    assert set(listed) == {"strategy_run_id", "orders"}
    (order,) = listed["orders"]
    assert (order["order_id"], order["status"]) == (placed["order_id"], "COMPLETE")
    assert (order["instrument_token"], order["filled_quantity"]) == (408065, 10)
    assert 0 < len(order["tag"]) <= 20, "the server's own attribution, as long as Kite takes"
    trades = caller.get(api("trades"), params=RUN).json()
    assert set(trades) == {"strategy_run_id", "trades"}
    (trade,) = trades["trades"]
    assert (trade["order_id"], trade["quantity"]) == (placed["order_id"], 10)
    assert trade["average_price"] == order["average_price"] == placed["result"]["average_price"]
