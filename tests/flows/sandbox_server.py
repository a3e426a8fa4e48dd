"""A server that trades at a sandbox, each a process of its own, and a worker of one person."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from conftest import prepare  # pyright: ignore[reportAttributeAccessIssue]
from flow_servers import HTTP, Server, eventually, free_port

from kite_algo_worker import AlgoWorkerConfig, KiteAlgoWorkerClient, KiteAlgoWorkerError
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
    cookie: str

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

    def admin(self, method: str, path: str, **more: Any) -> Any:
        """Call the sandbox's admin door."""
        answer = HTTP.request(method, f"{self.sandbox_url}/admin{path}", timeout=30, **more)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def count_requests(self) -> None:
        """Count what reaches the broker from now on."""
        self.admin("DELETE", "/faults")
        self.admin("POST", "/faults", json={"kind": "delay", "broker": "kite", "delay_s": 0})

    @property
    def requests(self) -> int:
        """How many requests have reached the broker since then."""
        return sum(one["done"] for one in self.admin("GET", "/faults"))

    def at_the_sandbox(self) -> list[Any]:
        """The sandbox's order book."""
        return list(self.ports.orders.order_book())


@contextmanager
def served(tmp_path: Path, **settings: str) -> Iterator[Place]:
    """A sandbox and a server that uses it, until the end."""
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
        **settings,
    }
    token, cookie = prepare(home, f"sqlite:///{home / 'tradertape.db'}")
    server = Server("live", "all", environment, tmp_path / "live.log")
    try:
        eventually(lambda: _listens(port), 60, "the sandbox listens")
        server.start()
        server.wait_until_up()
        yield Place(server, url, token, home, cookie)
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


def created(client: KiteAlgoWorkerClient, name: str = "live-1") -> bool:
    """Whether a live run could be made by now."""
    try:
        live_run(client, name)
    except KiteAlgoWorkerError:
        return False
    return True


def orders_of(client: KiteAlgoWorkerClient, run: str = "live-1") -> list[Json]:
    """A run's orders as the server has them."""
    return client.list_orders(run)["orders"]
