"""The kill switch at an account whose broker's session is over: what is cancelled waits for the
login, over a restart of the server, and is sent once (FAULTS §2 and §3)."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from flow_servers import eventually
from sandbox_server import Place, created, order, served

from kite_algo_worker import KiteAlgoWorkerError

ENTRIES = 5


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with served(tmp_path) as found:
        yield found


@pytest.mark.slow
def test_kill_restart_login_leaves_an_empty_book_and_no_new_entry(place: Place) -> None:
    client = place.client
    place.sign_in()
    eventually(lambda: created(client), 15, "a live run can be made")
    asked = {"symbols": ["NSE:INFY"]}
    last = _ask(place, "POST", "/api/live/quotes", json=asked)["quotes"]["NSE:INFY"]["last_price"]
    place.admin("PUT", "/prices", json={"prices": {"NSE:INFY": f"{last:.2f}"}})
    price = round(last * 0.98)
    for number in range(ENTRIES):
        resting = {**order(), "order_type": "LIMIT", "price": price}
        client.place_order("live-1", resting, idempotency_key=f"key-0000000{number}")
    eventually(lambda: len(_open(place)) == ENTRIES, 20, "every entry rests at the broker")

    place.admin("POST", "/sessions/expire", json={"broker": "kite"})
    eventually(lambda: not _status(place)["connected"], 30, "the end is noticed")
    place.count_requests()
    killed = _ask(place, "POST", "/api/risk/kill", json={"reason": "drill"})
    assert (killed["active"], killed["cancels_waiting_for_login"]) == (True, ENTRIES)
    check = _ask(place, "GET", "/api/health")["checks"]["broker_cancels"]
    assert (check["status"], check["facts"]) == ("stale", {"waiting_for_login": ENTRIES})

    place.server.send(signal.SIGKILL)
    place.server.start()
    place.server.wait_until_up()
    assert _ask(place, "GET", "/api/risk/kill")["cancels_waiting_for_login"] == ENTRIES
    assert len(place.admin("GET", "/accounts/kite/SB0001")["orders"]) == ENTRIES
    assert place.requests == 0, "nobody asks the broker without a session"

    place.sign_in()
    eventually(lambda: not _open(place), 30, "the book is empty")
    with pytest.raises(KiteAlgoWorkerError):
        client.place_order("live-1", order(), idempotency_key="key-00000099")
    book = place.at_the_sandbox()
    statuses = Counter(one.status.value for one in book)
    sys.stdout.write(f"\nbook after the login: {dict(statuses)}\n")
    assert statuses == {"CANCELLED": ENTRIES}, "and nothing new"
    switch = "/api/risk/kill"
    eventually(lambda: not _ask(place, "GET", switch)["open_entries"], 15, "and here as well")
    assert _ask(place, "GET", switch)["cancels_waiting_for_login"] == 0
    assert place.server.health()["broker_cancels"]["status"] == "ok"


def _open(place: Place) -> list[Any]:
    book = place.admin("GET", "/accounts/kite/SB0001")["orders"]
    return [one for one in book if one["status"] not in ("CANCELLED", "REJECTED", "COMPLETE")]


def _ask(place: Place, method: str, path: str, **more: Any) -> Any:
    headers = {"Cookie": place.cookie, "Origin": place.server.url}
    found = httpx.request(method, f"{place.server.url}{path}", headers=headers, timeout=30, **more)
    assert found.status_code == 200, found.text
    return found.json()


def _status(place: Place) -> dict[str, object]:
    return _ask(place, "GET", "/api/auth/status?broker=kite")
