"""With a broker connected, names that no other market has work everywhere a name can be used."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from flow_servers import eventually
from sandbox_server import Place, created, order, served

from kite_algo_worker import wait_for_terminal_order_state
from tradertape_server.features.auth.models import User
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.database.engine import Database

NAMES = ("TAPEFIN", "TAPESTEEL", "TAPEPOWER")  # the sandbox's own


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with served(tmp_path) as found:
        yield found


@pytest.mark.slow
def test_names_that_only_the_broker_lists_work_everywhere(place: Place) -> None:
    assert [_ids(place, name) for name in NAMES] == [[], [], []], "the simulation has none of them"
    place.sign_in()
    _trade_the_sandbox(place)
    assert [_ids(place, name)[:1] for name in NAMES] == [[f"NSE:{name}"] for name in NAMES]
    _is_watched_and_charted(place)
    _has_a_chain(place)
    _is_traded(place)
    _is_backtested(place)


def _trade_the_sandbox(place: Place) -> None:
    database = Database(f"sqlite:///{place.home / 'tradertape.db'}")
    with database.write() as session:
        session.query(User).update({"is_admin": True})
    database.close()
    eventually(lambda: _chosen(place), 30, "the server knows of the administrator")
    eventually(lambda: _market(place) == ("sandbox", False), 90, "the sandbox's market is traded")
    eventually(lambda: _ids(place, "TAPEFIN"), 60, "the broker's list is read")


def _chosen(place: Place) -> bool:
    """Choose the market; refused while a server remembers the person as they were."""
    headers = {"Cookie": place.cookie, "Origin": place.server.url}
    url = f"{place.server.url}/api/live/market"
    found = httpx.put(url, json={"market": "sandbox"}, headers=headers, timeout=60)
    assert found.status_code in (200, 403), found.text
    return found.is_success


def _is_watched_and_charted(place: Place) -> None:
    name = "NSE:TAPESTEEL"
    made = _ask(place, "POST", "/api/watchlists", json={"name": "Theirs", "instruments": [name]})
    (watched,) = _ask(place, "GET", f"/api/watchlists/{made['id']}/instruments")
    assert (watched["tradingsymbol"], watched["name"]) == ("TAPESTEEL", "Tape Steel")
    eventually(lambda: _price(place, name), 60, "it has a price")
    days = _ask(place, "GET", "/api/live/history", params={"symbol": name, "interval": "day"})
    assert len(days["candles"]) > 100
    minutes = {"symbol": name, "interval": "5minute"}
    assert _ask(place, "GET", "/api/live/candles", params=minutes)["candles"]


def _has_a_chain(place: Place) -> None:
    found = _ask(place, "GET", "/api/options/NIFTY/chain")
    assert len(found["rows"]) > 20
    eventually(lambda: _has_a_market(place), 60, "its contracts have open interest and quotes")


def _has_a_market(place: Place) -> bool:
    found = _ask(place, "GET", "/api/options/NIFTY/chain")
    calls = [row["CE"] for row in found["rows"] if row["CE"]]
    is_quoted = any(one["bid"] and one["ask"] for one in calls)
    return is_quoted and any(one["oi"] for one in calls) and found["pcr"] is not None


def _is_traded(place: Place) -> None:
    client = place.client
    eventually(lambda: created(client), 30, "a live run can be made")
    wanted = {**order(quantity=2), "tradingsymbol": "TAPESTEEL"}
    placed = client.place_order("live-1", wanted, idempotency_key="key-00000001")
    status = wait_for_terminal_order_state(client, "live-1", placed["order_id"])
    assert status is not None
    assert (status.status, status.filled_quantity) == ("COMPLETE", 2)
    (sent,) = place.at_the_sandbox()
    assert (sent.request.tradingsymbol, sent.filled_quantity) == ("TAPESTEEL", 2)


def _is_backtested(place: Place) -> None:
    today = SystemClock().now().date()
    begin, end = ((today - timedelta(days=days)).isoformat() for days in (900, 1))
    command = [sys.executable, "-m", "tradertape_server", "data", "fetch", "--source", "kite"]
    command += ["--symbols", ",".join(NAMES), "--from", begin, "--to", end]
    fetched = subprocess.run(
        command, env=place.server.environment, capture_output=True, text=True, timeout=300
    )
    assert fetched.returncode == 0, fetched.stdout + fetched.stderr
    asked = {
        "strategy": {"name": "Dips", "base_model": "v3_dip_buyer"}, "universe": list(NAMES),
        "data_set": "sandbox-kite", "start_date": begin, "end_date": end,
    }  # fmt: skip
    report = _ask(place, "POST", "/api/backtest/run", json=asked)
    assert report["trades"], report["warnings"]
    assert {one["symbol"] for one in report["trades"]} <= set(NAMES)


def _ids(place: Place, words: str) -> list[str]:
    found = _ask(place, "GET", "/api/instruments/search", params={"query": words})
    return [one["instrument"] for one in found if one["tradingsymbol"] == words]


def _price(place: Place, name: str) -> float | None:
    quotes = _ask(place, "POST", "/api/live/quotes", json={"symbols": [name]})["quotes"]
    return quotes[name]["last_price"] if name in quotes else None


def _market(place: Place) -> tuple[str, bool] | None:
    try:
        found = _ask(place, "GET", "/api/live/market")
    except httpx.TransportError:
        return None
    return found["market"], found["needs_restart"]


def _ask(place: Place, method: str, path: str, **more: Any) -> Any:
    headers = {"Cookie": place.cookie, "Origin": place.server.url}
    found = httpx.request(method, f"{place.server.url}{path}", headers=headers, timeout=60, **more)
    assert found.is_success, found.text
    return found.json()
