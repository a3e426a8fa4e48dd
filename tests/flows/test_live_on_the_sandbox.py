"""A worker trades live at the sandbox through a real server, which is killed in the middle."""

from __future__ import annotations

import secrets
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flow_servers import eventually
from sandbox_server import Place, created, live_run, order, orders_of, served

from kite_algo_worker import (
    KiteAlgoWorkerClient,
    KiteAlgoWorkerError,
    wait_for_terminal_order_state,
)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with served(tmp_path) as found:
        yield found


@pytest.mark.slow
def test_a_worker_trades_live_and_a_killed_server_loses_and_doubles_nothing(place: Place) -> None:
    client = place.client
    with pytest.raises(KiteAlgoWorkerError, match="sign in"):
        live_run(client, "live-1")
    place.sign_in()
    eventually(lambda: created(client), 15, "a live run can be made")
    placed = client.place_order("live-1", order(quantity=5), idempotency_key="key-00000001")
    status = wait_for_terminal_order_state(client, "live-1", placed["order_id"])
    assert status is not None
    assert (status.status, status.filled_quantity) == ("COMPLETE", 5)
    (at_broker,) = place.at_the_sandbox()
    assert (at_broker.tag, at_broker.filled_quantity) == (orders_of(client)[0]["tag"], 5)
    eventually(lambda: _net_at_broker(client) == 5, 40, "the broker's quantity is shown")
    keys = _placed_while_killed(place)
    eventually(lambda: _settled(client, len(keys) + 1), 120, "every order is settled")
    book = place.at_the_sandbox()
    ours = orders_of(client)
    tags = Counter(one.tag for one in book)
    assert max(tags.values()) == 1, "an order was sent twice"
    filled = {one["tag"]: one["filled_quantity"] for one in ours}
    assert {one.tag: one.filled_quantity for one in book}.items() <= filled.items()
    assert not [one for one in ours if one["tag"] not in tags and one["filled_quantity"]]
    leave = client.exit_run("live-1", reason="done", idempotency_key="exit-0001")
    sys.stdout.write(f"\nexit: {leave['status']}; {len(keys)} keys, {len(book)} at the sandbox\n")
    eventually(lambda: client.get_run("live-1")["status"] == "closed", 60, "the run is closed")
    sides = Counter[str]()
    for one in place.at_the_sandbox():
        sides[one.request.side.value] += one.filled_quantity or 0
    assert sides["BUY"] == sides["SELL"] > 5


def _net_at_broker(client: KiteAlgoWorkerClient) -> int | None:
    (leg,) = client.get_run_pnl("live-1")["legs"]
    return leg["broker_net_quantity"]


def _placed_while_killed(place: Place) -> list[str]:
    """Keys that were placed while the server was killed, each repeated until it is answered."""
    keys: list[str] = []
    stop = threading.Event()

    def place_them() -> None:
        while not stop.is_set():
            key = f"key-{secrets.token_hex(8)}"
            keys.append(key)
            while not _answered(place, key):
                time.sleep(0.2)

    threads = [threading.Thread(target=place_them, daemon=True) for _ in range(3)]
    for one in threads:
        one.start()
    for _ in range(2):
        wanted = len(keys) + 8
        # Each thread may have an order that never left: that is known after a minute of looking.
        eventually(lambda least=wanted: len(keys) >= least, 150, "orders are placed")
        place.server.send(signal.SIGKILL)
        place.server.start()
        place.server.wait_until_up()
    stop.set()
    for one in threads:
        one.join(120)
        assert not one.is_alive()
    return keys


def _answered(place: Place, key: str) -> bool:
    try:
        place.client.place_order("live-1", order(), idempotency_key=key)
    except (KiteAlgoWorkerError, OSError):
        return False
    return True


def _settled(client: KiteAlgoWorkerClient, least: int) -> bool:
    found = orders_of(client)
    over = [one for one in found if one["status"] in ("COMPLETE", "REJECTED", "CANCELLED")]
    return len(over) == len(found) >= least
