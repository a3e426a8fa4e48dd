"""A server that dies between the legs of an option run, and the one that comes after it (KQ-03)."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

EXIT_CODE = 137  # what a kill -9 leaves behind
RUNS = "/options/runs"


def a_worker(environment: dict[str, str]) -> httpx.Client:
    return httpx.Client(
        base_url=f"{environment['URL']}/api/algo-workers/worker",
        headers={"Authorization": f"Bearer {environment['KITE_ALGO_WORKER_TOKEN']}"},
        timeout=60,
    )


def a_run(worker: httpx.Client) -> str:
    wanted = [{"option_type": "CE", "offset": name} for name in ("ATM", "OTM2")]
    chosen = worker.post(
        "/options/underlyings/NIFTY/selection/resolve",
        json={"expiry": "next_month", "legs": wanted},
    ).raise_for_status()
    legs = [
        {
            "tradingsymbol": one["tradingsymbol"],
            "transaction_type": side,
            "quantity": one["lot_size"],
        }
        for side, one in zip(("SELL", "BUY"), chosen.json()["resolved"], strict=True)
    ]
    body = {
        "strategy_name": "Bear call spread", "product": "NRML", "legs": legs,
        "protection": {"stoploss_pct": 80},
    }  # fmt: skip
    return worker.post(RUNS, json=body).raise_for_status().json()["strategy_run_id"]


@pytest.mark.slow
@pytest.mark.parametrize("step", ["after_send", "before_record"])
def test_killed_between_the_legs_it_is_entered_once_and_guarded_after_the_start(
    servers: Any, step: str
) -> None:
    """after_send: one leg is at the venue, the other is not; FAULTS §1."""
    worker = a_worker(servers.start(TRADERTAPE_CRASH_AT=step))
    run_id = a_run(worker)
    with pytest.raises(httpx.TransportError):
        worker.post(f"{RUNS}/{run_id}/enter", json={})
    assert servers.ended() == EXIT_CODE
    worker = a_worker(servers.start())
    answer = worker.post(f"{RUNS}/{run_id}/enter", json={}).raise_for_status().json()
    assert len(answer["result"]["legs"]) == 2  # each at the venue, and filled with the next prices
    state = _settled(worker, run_id)
    assert [leg["net_quantity"] for leg in state["legs"]] == [-65, 65]
    assert state["protection"]["status"] == "armed"
    orders = worker.get("/orders", params={"strategy_run_id": run_id}).json()["orders"]
    assert [order["status"] for order in orders] == ["COMPLETE", "COMPLETE"]


def _settled(worker: httpx.Client, run_id: str) -> dict[str, Any]:
    """The guardian looks every second."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        state: dict[str, Any] = worker.get(f"{RUNS}/{run_id}/state").raise_for_status().json()
        if state["option_status"] == "entered":
            return state
        time.sleep(0.1)
    pytest.fail(f"not entered: {state['option_status']}")
