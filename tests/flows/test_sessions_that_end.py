"""The broker's session ends with work under way: no storm of requests, and work resumes after the
login (FAULTS §3)."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from flow_servers import eventually
from sandbox_server import Place, created, live_run, order, orders_of, served

from kite_algo_worker import KiteAlgoWorkerError, wait_for_terminal_order_state

WATCHED_S = 30.0


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with served(tmp_path) as found:
        yield found


@pytest.mark.slow
def test_a_session_that_ends_causes_no_storm_and_its_work_resumes(place: Place) -> None:
    client = place.client
    place.sign_in()
    eventually(lambda: created(client), 15, "a live run can be made")
    bought = client.place_order("live-1", order(quantity=3), idempotency_key="key-00000001")
    wait_for_terminal_order_state(client, "live-1", bought["order_id"])

    place.count_requests()
    place.admin("POST", "/sessions/expire", json={"broker": "kite"})
    eventually(lambda: not _status(place)["connected"], 30, "the end is noticed")
    noticed = place.requests
    left = client.exit_run("live-1", reason="done", idempotency_key="exit-0001")
    refusals = 0
    until = time.monotonic() + WATCHED_S
    while time.monotonic() < until:  # a worker that goes on as if nothing had happened
        with pytest.raises(KiteAlgoWorkerError):
            client.place_order("live-1", order(), idempotency_key=f"late-{refusals:06d}")
        refusals += 1
        time.sleep(0.2)
    after = place.requests - noticed
    sys.stdout.write(
        f"\nrequests that reached the broker until the end was noticed: {noticed}; in the "
        f"{WATCHED_S:.0f} s after it: {after}, beside {refusals} refused orders\n"
    )
    assert noticed <= 6, "each reader may meet the end once"
    assert after <= 1
    assert _status(place)["reason"]
    assert left["status"] != "closed"
    assert client.get_run("live-1")["status"] == "exiting", "kept, and waiting"

    place.sign_in()
    eventually(
        lambda: client.get_run("live-1")["status"] == "closed", 60, "the exit is carried out"
    )
    sides = {one.request.side.value: one.filled_quantity for one in place.at_the_sandbox()}
    assert sides == {"BUY": 3, "SELL": 3}, "once, and nothing of what was refused"
    filled = {one["tag"] for one in orders_of(client) if one["status"] == "COMPLETE"}
    assert filled == {one.tag for one in place.at_the_sandbox()}, "what waited in vain never left"
    assert live_run(client, "live-2")


def _status(place: Place) -> dict[str, object]:
    url = f"{place.server.url}/api/auth/status"
    found = httpx.get(url, params={"broker": "kite"}, headers={"Cookie": place.cookie}, timeout=10)
    return found.raise_for_status().json()
