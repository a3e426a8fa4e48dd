"""A post of a broker that arrives at a process that does not trade reaches the one that does."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient
from packages.server.tests.conftest import FrozenClock
from packages.server.tests.doubles.scripted_broker import session_at

from tradertape_server.container import Container
from tradertape_server.features.auth.models import User
from tradertape_server.features.brokerage.accounts import Environment
from tradertape_server.features.brokerage.credentials import CredentialStore, GivenCredentials
from tradertape_server.main import create_app
from tradertape_server.settings import Settings
from tradertape_server.wiring import build_container

from .conftest import SECRET
from .test_postbacks import Heard, update

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
DEAD = {"kite_root": "http://127.0.0.1:1", "kite_ticker_root": "ws://127.0.0.1:1", "feed": "off"}


@dataclass
class Processes:
    """The trading process behind a port, and another one on the same database."""

    trader: Container
    web: Container
    heard: Heard
    heard_at_web: Heard
    page: TestClient

    def post(self, row: dict[str, Any]) -> httpx.Response:
        return self.page.post("/api/brokers/kite/postback", content=json.dumps(row).encode())

    def log_in(self, *, secret: bool) -> None:
        """A person with an account at Kite, which both processes come to know."""
        container = self.trader
        with container.database.write() as session:
            user = User(email="person@example.com", created_at=container.clock.now())
            session.add(user)
            session.flush()
            user_id = user.id
            given = GivenCredentials(
                environment=Environment.LIVE, api_key="sandbox",
                api_secret=SECRET if secret else None,
            )  # fmt: skip
            CredentialStore(container.secrets).save(
                session, user_id, "kite", given, container.clock.now(), replace=False
            )
        session_there = session_at(container.clock.now())
        container.connections.connect(user_id, Environment.LIVE, session_there)
        for one in (self.trader, self.web):
            eventually(lambda one=one: one.connections.of(user_id, "kite") is not None)


@pytest.fixture
def processes(tmp_path: Path, database_url: str, clock: FrozenClock) -> Iterator[Processes]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    given = {"home": tmp_path / "home", "database_url": database_url, **DEAD}
    trader = build_container(
        Settings(**given, role="trader", address=f"http://127.0.0.1:{port}"), clock=clock
    )
    web = build_container(Settings(**given, role="web"), clock=clock)
    config = uvicorn.Config(create_app(container=trader), port=port, log_config=None, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually(lambda: server.started and trader.processes.is_trader)
    with TestClient(create_app(container=web), base_url="http://localhost:18777") as page:
        yield Processes(trader, web, Heard(trader), Heard(web), page)
    server.should_exit = True
    thread.join(30)


def eventually(what: Callable[[], object], within_s: float = 30.0) -> None:
    until = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_proven_post_at_another_process_reaches_the_trading_one(processes: Processes) -> None:
    processes.log_in(secret=True)
    answer = processes.post(update())
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    eventually(lambda: processes.heard.orders)
    assert processes.heard.orders == [("kite:SB0001", "241124000000001")]
    assert processes.heard_at_web.orders == []
    forwarded = processes.web.processes.forwarded
    assert (forwarded.refused, forwarded.lost) == (0, 0)
    assert processes.trader.processes.forwarded.received == 1


def test_a_forged_post_is_refused_without_the_trading_process(processes: Processes) -> None:
    processes.log_in(secret=True)
    answer = processes.post(update(secret="another-secret"))
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (401, "postback_checksum_wrong")
    assert processes.trader.processes.forwarded.received == 0
    assert (processes.heard.orders, processes.heard.hints) == ([], [])


def test_hints_reach_it_too_and_not_each_of_a_flood(processes: Processes) -> None:
    processes.log_in(secret=False)
    assert {processes.post(update(filled_quantity=n)).status_code for n in range(20)} == {200}
    eventually(lambda: processes.heard.hints)
    assert processes.heard.hints == ["kite:SB0001"]
    assert processes.trader.processes.forwarded.received == 1


def test_without_a_trading_process_the_broker_is_told_to_come_back(processes: Processes) -> None:
    processes.log_in(secret=True)
    processes.trader.processes.election.stop()
    answer = processes.post(update())
    assert answer.status_code == 503
    assert processes.heard.orders == []
