"""Hours at which a broker or the market does something: six in the morning, when the broker's
sessions end, and a weekend, on which the exchange is closed and the sandbox need not be."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from flow_servers import eventually
from moved_clock import moved
from sandbox_server import Place, created, order, orders_of, served
from websockets.sync.client import ClientConnection, connect

from kite_algo_worker import KiteAlgoWorkerError, wait_for_terminal_order_state
from tradertape_server.features.auth.models import User
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.database.engine import Database

BEFORE_SIX = "2026-06-11T05:58:00+05:30"  # a Thursday
LAST_MOMENTS = "2026-06-11T05:59:50+05:30"
SATURDAY = "2026-06-13T11:00:00+05:30"
WATCHED_S = 30.0

pytestmark = pytest.mark.slow
At = Callable[..., Any]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> At:
    """Serve a sandbox and a server at an hour."""

    @contextmanager
    def begun(moment: str, *options: str) -> Iterator[tuple[Place, Path]]:
        clock = tmp_path / "clock"
        clock.write_text(moment)
        monkeypatch.setattr(SystemClock, "now", moved(clock))
        with served(tmp_path, clock=clock, options=options) as place:
            yield place, clock

    return begun


def test_at_six_the_session_ends_without_a_storm_and_work_waits_for_the_login(at: At) -> None:
    """FAULTS §3, AU-10: by the clock itself, with a run under way and prices streamed."""
    with at(BEFORE_SIX) as (place, clock):
        client = place.client
        place.sign_in()
        eventually(lambda: created(client), 30, "a live run can be made")
        bought = client.place_order("live-1", order(quantity=3), idempotency_key="key-00000001")
        wait_for_terminal_order_state(client, "live-1", bought["order_id"])
        assert _status(place)["connected"]

        place.count_requests()
        clock.write_text(LAST_MOMENTS)
        eventually(lambda: not _status(place)["connected"], 60, "six o'clock is noticed")
        noticed = place.requests
        assert client.exit_run("live-1", reason="x", idempotency_key="exit-0001")["status"] != (
            "closed"
        )
        refusals = _refused(place)
        after = place.requests - noticed
        sys.stdout.write(
            f"\nrequests at the broker from 05:59:50 until the end was noticed: {noticed}; in the "
            f"{WATCHED_S:.0f} s after it: {after}, beside {refusals} refused orders\n"
        )
        assert after <= 1
        assert client.get_run("live-1")["status"] == "exiting"

        place.sign_in()
        eventually(
            lambda: client.get_run("live-1")["status"] == "closed", 60, "the exit is carried out"
        )
        sides = {one.request.side.value: one.filled_quantity for one in place.at_the_sandbox()}
        assert sides == {"BUY": 3, "SELL": 3}
        filled = {one["tag"] for one in orders_of(client) if one["status"] == "COMPLETE"}
        assert filled == {one.tag for one in place.at_the_sandbox()}


def test_ws_on_a_saturday_the_sandbox_trades_and_its_prices_stream(at: At) -> None:
    """Orders fill, prices come by the feed, and the run ends flat."""
    with at(SATURDAY) as (place, _):
        client = place.client
        place.sign_in()
        eventually(lambda: created(client), 30, "a live run can be made")
        bought = client.place_order("live-1", order(quantity=2), idempotency_key="key-00000001")
        status = wait_for_terminal_order_state(client, "live-1", bought["order_id"])
        assert status is not None
        assert (status.status, status.filled_quantity) == ("COMPLETE", 2)
        trade_the_sandboxs_market(place)
        assert _prices(place, "NSE:INFY", [123.5, 124.5]) == [123.5, 124.5]
        client.exit_run("live-1", reason="done", idempotency_key="exit-0001")
        eventually(lambda: client.get_run("live-1")["status"] == "closed", 60, "it is flat")


def test_on_a_saturday_an_exchange_with_hours_buys_nothing_and_says_why(at: At) -> None:
    """The order ends with the broker's reason; nothing is in doubt."""
    with at(SATURDAY, "--market-hours") as (place, _):
        client = place.client
        place.sign_in()
        eventually(lambda: created(client), 30, "a live run can be made")
        placed = client.place_order("live-1", order(), idempotency_key="key-00000001")
        wait_for_terminal_order_state(client, "live-1", placed["order_id"])
        (ours,) = orders_of(client)
        assert ours["status"] == "REJECTED"
        assert "the market is closed" in ours["status_message"]
        assert "variety amo" in ours["status_message"], "what can be done is said"
        assert place.admin("GET", "/accounts/kite/SB0001")["orders"] == []


def _refused(place: Place) -> int:
    """Orders of a worker that goes on as if nothing had happened; how many were refused: all."""
    refusals, until = 0, time.monotonic() + WATCHED_S
    while time.monotonic() < until:
        with pytest.raises(KiteAlgoWorkerError):
            place.client.place_order("live-1", order(), idempotency_key=f"late-{refusals:06d}")
        refusals += 1
        time.sleep(0.2)
    return refusals


def trade_the_sandboxs_market(place: Place) -> None:
    """Have an admin choose it; the server is built anew for it."""
    database = Database(f"sqlite:///{place.home / 'tradertape.db'}")
    with database.write() as session:
        session.query(User).update({"is_admin": True})
    database.close()
    with httpx.Client(base_url=place.server.url, headers={"Cookie": place.cookie}) as http:
        http.put("/api/live/market", json={"market": "sandbox"}, timeout=30).raise_for_status()

        def is_traded() -> bool:
            asked = {"symbols": ["NSE:INFY"]}
            try:
                found = http.get("/api/live/status", timeout=30).json()
                answer = http.post("/api/live/quotes", json=asked, timeout=30).json()
            except (httpx.TransportError, ValueError):
                return False
            return found.get("source") == "sandbox" and bool(answer.get("quotes"))

        eventually(is_traded, 180, "the sandbox's market is traded, its list is here")


def _prices(place: Place, instrument: str, prices: Sequence[float]) -> list[float]:
    """What the console's stream says of an instrument after each price set at the exchange."""
    address = f"{place.server.url.replace('http', 'ws')}/api/ws/ticks"
    found: list[float] = []
    with connect(address, additional_headers={"Cookie": place.cookie}) as socket:
        socket.send(json.dumps({"action": "subscribe", "symbols": [instrument], "mode": "ltp"}))
        for price in prices:
            place.admin("PUT", "/prices", json={"prices": {instrument: str(price)}})
            found.append(_seen(socket, instrument, price))
    return found


def _seen(socket: ClientConnection, instrument: str, price: float) -> float:
    """The instrument's price once it is the wanted one, else the last that came."""
    last, until = 0.0, time.monotonic() + 30
    while last != price and time.monotonic() < until:
        message = json.loads(socket.recv(timeout=30))
        last = message.get("data", {}).get(instrument, {}).get("ltp", last)
    return last


def _status(place: Place) -> dict[str, Any]:
    url = f"{place.server.url}/api/auth/status"
    found = httpx.get(url, params={"broker": "kite"}, headers={"Cookie": place.cookie}, timeout=10)
    return found.raise_for_status().json()
