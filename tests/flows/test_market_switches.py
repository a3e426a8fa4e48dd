"""The market is switched while the server runs: one process, one port, no price of the other."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import prepare  # pyright: ignore[reportAttributeAccessIssue]
from flow_servers import Server, eventually

from tradertape_server.features.auth.models import User
from tradertape_server.platform.database.engine import Database

MARKET = "/api/live/market"
# What the pages of each market say, and nothing between them.
TRUE = {("simulated", True, "simulated"), ("exchange", False, "live NSE")}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Server, str]]:
    home = tmp_path / "home"
    url = f"sqlite:///{home / 'tradertape.db'}"
    _, cookie = prepare(home, url)
    database = Database(url)
    with database.write() as session:
        session.query(User).update({"is_admin": True})
    database.close()
    environment = {"TRADERTAPE_HOME": str(home), "PATH": "/usr/bin:/bin"}
    made = Server("switching", "all", environment, tmp_path / "server.log")
    made.start()
    made.wait_until_up()
    yield made, cookie
    made.send(signal.SIGKILL)


@pytest.mark.slow
def test_the_market_is_switched_without_ending_the_server(server: tuple[Server, str]) -> None:
    made, cookie = server
    assert made.process is not None
    pid = made.process.pid
    seen: Counter[tuple[str, bool, str]] = Counter()
    failures: Counter[str] = Counter()
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(0.05):
            try:
                found = httpx.get(f"{made.url}/api/live/status", headers={"Cookie": cookie},
                                  timeout=60).json()  # fmt: skip
                seen[found["source"], found["simulated"], found["label"]] += 1
            except httpx.TransportError as error:
                failures[type(error).__name__] += 1

    watcher = threading.Thread(target=watch)
    watcher.start()
    took: list[float] = []
    for market in ("exchange", "simulated", "exchange", "simulated"):
        began = time.monotonic()
        chosen = _ask(made, cookie, "PUT", json={"market": market})
        assert (chosen["chosen"], chosen["switches_itself"]) == (market, True)
        eventually(lambda wanted=market: _is(made, cookie, wanted), 90, f"{market} is traded")
        took.append(time.monotonic() - began)
        price = _quote(made, cookie)
        assert (price is not None) == (market == "simulated"), "no other market's price"
    is_over.set()
    watcher.join(60)
    assert made.process.poll() is None
    assert made.process.pid == pid
    sys.stdout.write(
        f"\nswitched 4 times in {', '.join(f'{one:.1f} s' for one in took)}; answers: "
        f"{dict(seen)}; connections cut: {dict(failures)}\n"
    )
    assert {(source, simulated, label) for source, simulated, label in seen} == TRUE


def _ask(made: Server, cookie: str, method: str, **more: Any) -> Any:
    headers = {"Cookie": cookie, "Origin": made.url}
    found = httpx.request(method, f"{made.url}{MARKET}", headers=headers, timeout=60, **more)
    assert found.status_code == 200, found.text
    return found.json()


def _is(made: Server, cookie: str, market: str) -> bool:
    try:
        found = _ask(made, cookie, "GET")
    except httpx.TransportError:
        return False
    return (found["market"], found["needs_restart"]) == (market, False)


def _quote(made: Server, cookie: str) -> float | None:
    headers = {"Cookie": cookie, "Origin": made.url}
    asked = {"symbols": ["NSE:INFY"]}
    found = httpx.post(f"{made.url}/api/live/quotes", headers=headers, json=asked, timeout=60)
    quotes = found.json()["quotes"]
    return quotes["NSE:INFY"]["last_price"] if quotes else None
