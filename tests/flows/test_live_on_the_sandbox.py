"""A worker trades live at the sandbox through a real server, which is killed in the middle."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from conftest import prepare  # pyright: ignore[reportAttributeAccessIssue]
from flow_servers import Server, eventually, free_port

from kite_algo_worker import (
    AlgoWorkerConfig,
    KiteAlgoWorkerClient,
    KiteAlgoWorkerError,
    wait_for_terminal_order_state,
)
from tradertape_brokers import registry
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginGrant
from tradertape_server.features.brokerage.accounts import Addresses, Environment
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.secrets import SecretBox

SCOPE = "kite:SB0001"
ABOUT = {"strategy_family": "flows", "strategy_name": "buyer", "entry_surface": "test"}
Json = dict[str, Any]


@dataclass
class Place:
    """A server, the sandbox it trades at, and the person's token."""

    server: Server
    sandbox_url: str
    token: str
    home: Path

    @property
    def client(self) -> KiteAlgoWorkerClient:
        return KiteAlgoWorkerClient(
            AlgoWorkerConfig(self.server.url, self.token, timeout=30, enable_live=True)
        )

    def sign_in(self) -> None:
        """A login at the sandbox's page, stored as the server's login stores it."""
        hosts, clock = Hosts.sandbox(self.sandbox_url), SystemClock()
        broker = registry.broker("kite")
        door = broker.session(hosts)
        page = httpx.get(f"{door.login_url('sandbox')}&auto=1", follow_redirects=False)
        (code,) = parse_qs(urlsplit(page.headers["location"]).query)["request_token"]
        grant = LoginGrant(
            api_key="sandbox", code=Secret(code), api_secret=Secret("sandbox-secret")
        )
        session = door.exchange(grant, clock.now())
        database = Database(f"sqlite:///{self.home / 'tradertape.db'}")
        box = SecretBox.open(self.home / "secrets")
        addresses = Addresses.of(hosts, self.sandbox_url)
        Connections(database, clock, box, registry.broker, addresses).connect(
            1, Environment.SANDBOX, session
        )
        self.ports = broker.connect(session, hosts, Limiter({}), clock)
        database.close()

    def at_the_sandbox(self) -> list[Any]:
        """The sandbox's order book."""
        return list(self.ports.orders.order_book())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    port, home = free_port(), tmp_path / "home"
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "tradertape_server", "sandbox", "serve", "--port", str(port)]
    kite = ["--kite-redirect-url", f"{url}/back"]
    with (tmp_path / "sandbox.log").open("wb") as log:
        sandbox = subprocess.Popen([*command, *kite], stdout=log, stderr=log)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TRADERTAPE_")},
        "TRADERTAPE_HOME": str(home),
        "TRADERTAPE_SANDBOX_URL": url,
        "TRADERTAPE_REQUESTS_PER_MINUTE": "100000",
    }
    token, _ = prepare(home, f"sqlite:///{home / 'tradertape.db'}")
    server = Server("live", "all", environment, tmp_path / "live.log")
    try:
        eventually(lambda: _listens(port), 60, "the sandbox listens")
        server.start()
        server.wait_until_up()
        yield Place(server, url, token, home)
    finally:
        sandbox.kill()
        sandbox.wait(10)
        if server.process is not None and server.process.poll() is None:
            server.send(signal.SIGKILL)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def order(side: str = "BUY", quantity: int = 1) -> Json:
    return {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": side, "variety": "regular",
        "product": "MIS", "order_type": "MARKET", "quantity": quantity,
    }  # fmt: skip


def live_run(client: KiteAlgoWorkerClient, name: str) -> str:
    run = client.create_run(
        template_id="flows", account_scope=SCOPE, execution_mode="live", strategy_run_id=name,
        metadata=ABOUT,
    )  # fmt: skip
    return run["strategy_run_id"]


@pytest.mark.slow
def test_a_worker_trades_live_and_a_killed_server_loses_and_doubles_nothing(place: Place) -> None:
    client = place.client
    with pytest.raises(KiteAlgoWorkerError, match="sign in"):
        live_run(client, "live-1")
    place.sign_in()
    eventually(lambda: _created(client), 15, "a live run can be made")
    placed = client.place_order("live-1", order(quantity=5), idempotency_key="key-00000001")
    status = wait_for_terminal_order_state(client, "live-1", placed["order_id"])
    assert status is not None
    assert (status.status, status.filled_quantity) == ("COMPLETE", 5)
    (at_broker,) = place.at_the_sandbox()
    assert (at_broker.tag, at_broker.filled_quantity) == (_orders(client)[0]["tag"], 5)
    eventually(lambda: _net_at_broker(client) == 5, 40, "the broker's quantity is shown")
    keys = _placed_while_killed(place)
    eventually(lambda: _settled(client, len(keys) + 1), 120, "every order is settled")
    book = place.at_the_sandbox()
    ours = _orders(client)
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


def _created(client: KiteAlgoWorkerClient) -> bool:
    try:
        live_run(client, "live-1")
    except KiteAlgoWorkerError:
        return False
    return True


def _orders(client: KiteAlgoWorkerClient) -> list[Json]:
    return client.list_orders("live-1")["orders"]


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

    threads = [threading.Thread(target=place_them) for _ in range(3)]
    for one in threads:
        one.start()
    for _ in range(2):
        wanted = len(keys) + 8
        eventually(lambda least=wanted: len(keys) >= least, 60, "orders are placed")
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
    found = _orders(client)
    over = [one for one in found if one["status"] in ("COMPLETE", "REJECTED", "CANCELLED")]
    return len(over) == len(found) >= least
