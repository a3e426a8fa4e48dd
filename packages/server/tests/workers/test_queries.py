"""What the page of an instrument shows of a person's runs."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
POSITION = {
    "symbol": "NSE:INFY", "product": "CNC", "side": "BUY", "quantity": 10,
    "entry_price": 1500.0, "stoploss_pct": 2.0, "target_pct": 4.0,
}  # fmt: skip


def doings(caller: Any, instrument: str = "NSE:INFY") -> Any:
    found = caller.get("/api/activity", params={"instrument": instrument})
    assert found.status_code == 200, found.text
    return found.json()


def test_levels_and_open_orders_of_runs_stand_at_their_prices(
    worker: Any, new_run: Any, api: Any, buy: Any, sign_in: Any
) -> None:
    caller, owner = worker(), sign_in()
    new_run(caller, runtime_state={"backend_protection": {"positions": [POSITION]}})
    open_order = buy("key-00001", order_type="LIMIT", price=1490.0)
    assert caller.post(api("runs/run-1/intents"), json=open_order).status_code == 200
    found = doings(owner)
    [levels] = found["protections"]
    assert (levels["run_id"], levels["side"], levels["status"]) == ("run-1", "BUY", "armed")
    assert (levels["stop_price"], levels["target_price"]) == (1470.0, 1560.0)
    assert levels["trailing_price"] is None
    [order] = found["orders"]
    assert (order["run_id"], order["price"], order["pending_quantity"]) == ("run-1", 1490.0, 10)
    assert doings(owner, "NSE:TCS")["protections"] == []
    assert doings(sign_in("b@example.com"))["orders"] == []
    assert doings(sign_in("b@example.com"))["protections"] == []


def test_a_run_that_is_over_draws_no_levels(
    worker: Any, new_run: Any, api: Any, sign_in: Any
) -> None:
    caller, owner = worker(), sign_in()
    new_run(caller, runtime_state={"backend_protection": {"positions": [POSITION]}})
    assert len(doings(owner)["protections"]) == 1
    exited = caller.post(
        api("runs/run-1/exit"), json={"reason": "done", "idempotency_key": "exit-001"}
    )
    assert exited.json()["status"] == "closed", exited.text
    assert doings(owner)["protections"] == []
