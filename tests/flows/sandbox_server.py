"""A server that trades at a sandbox, each a process of its own, and a worker of one person."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
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
from tradertape_brokers.errors import RateLimited
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginGrant
from tradertape_server.features.brokerage.accounts import Addresses, Environment
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.brokerage.credentials import CredentialStore, GivenCredentials
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.secrets import SecretBox
from tradertape_server.settings import Settings
from tradertape_server.wiring import build_container

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
        for _ in range(5):
            try:
                return list(self.ports.orders.order_book())
            except RateLimited:  # the server has the same limits, and reads as well
                time.sleep(1)
        return list(self.ports.orders.order_book())


@dataclass
class Person:
    """One of several people on the server, with an account of their own at the sandbox."""

    place: Place
    number: int
    user_id: int
    token: str
    session: Any = None

    @property
    def api_key(self) -> str:
        return f"app{self.number}"

    @property
    def secret(self) -> str:
        return f"secret-of-app-{self.number}"

    @property
    def account(self) -> str:
        return f"SB{1000 + self.number}"

    @property
    def client(self) -> KiteAlgoWorkerClient:
        return KiteAlgoWorkerClient(
            AlgoWorkerConfig(self.place.server.url, self.token, timeout=60, enable_live=True)
        )

    def book(self) -> list[Json]:
        """What the sandbox truly has of the account."""
        return self.place.admin("GET", f"/accounts/kite/{self.account}")["orders"]

    def kite(self, path: str) -> Any:
        """Ask the sandbox as Kite."""
        proof = f"token {self.api_key}:{self.session.access_token.reveal()}"
        answer = HTTP.get(f"{self.place.sandbox_url}{path}", headers={"Authorization": proof})
        return answer.raise_for_status().json()["data"]

    def live_run(self) -> str:
        """Make the person's live run once the server knows the login."""
        body = {
            "template_id": "flows", "account_scope": f"kite:{self.account}",
            "execution_mode": "live", "strategy_run_id": f"run-{self.number}", "metadata": ABOUT,
        }  # fmt: skip

        def made() -> bool:
            try:
                self.client.create_run(**body)
            except KiteAlgoWorkerError:
                return False
            return True

        eventually(made, 30, "a live run can be made")
        return f"run-{self.number}"


def people(place: Place, count: int) -> list[Person]:
    """Further people, signed in at the sandbox with accounts of their own and stored secrets."""
    url = f"sqlite:///{place.home / 'tradertape.db'}"
    container = build_container(Settings(home=place.home, database_url=url, feed="off"))
    found: list[Person] = []
    for number in range(1, count + 1):
        email = f"p{number}@example.com"
        user_id = container.auth.create_user(email, password=None)
        token = container.auth.create_token(email, "worker", name="flows", scopes=["live"])
        found.append(Person(place, number, user_id, token))
    hosts, store = Hosts.sandbox(place.sandbox_url), CredentialStore(container.secrets)
    connections = Connections(
        container.database, container.clock, container.secrets, registry.broker,
        Addresses.of(hosts, place.sandbox_url),
    )  # fmt: skip
    door = registry.broker("kite").session(hosts)
    for one in found:
        app = {"user_id": one.account, "secret": one.secret, "redirect_url": f"{url}/back"}
        place.admin("PUT", f"/apps/kite/{one.api_key}", json=app)
        page = HTTP.get(f"{door.login_url(one.api_key)}&auto=1", follow_redirects=False)
        (code,) = parse_qs(urlsplit(page.headers["location"]).query)["request_token"]
        grant = LoginGrant(api_key=one.api_key, code=Secret(code), api_secret=Secret(one.secret))
        time.sleep(0.2)  # the sandbox has the limits of the broker
        one.session = door.exchange(grant, container.clock.now())
        given = GivenCredentials(
            environment=Environment.SANDBOX, api_key=one.api_key, api_secret=one.secret
        )
        with container.database.write() as session:
            store.save(session, one.user_id, "kite", given, container.clock.now(), replace=False)
        connections.connect(one.user_id, Environment.SANDBOX, one.session)
    container.close()
    return found


@contextmanager
def served(
    tmp_path: Path, *, clock: Path | None = None, options: Sequence[str] = (), **settings: str
) -> Iterator[Place]:
    """A sandbox and a server that uses it, until the end.

    clock: the file of both programs' clock (`moved_clock.py`). options: of the sandbox.
    """
    port, home = free_port(), tmp_path / "home"
    url = f"http://127.0.0.1:{port}"
    program = ["-m", "tradertape_server"]
    if clock is not None:
        program = [str(Path(__file__).with_name("moved_clock.py"))]
    command = [sys.executable, *program, "sandbox", "serve", "--port", str(port)]
    kite = ["--kite-redirect-url", f"{url}/back"]
    at = {} if clock is None else {"MOVED_CLOCK": str(clock)}
    with (tmp_path / "sandbox.log").open("wb") as log:
        sandbox = subprocess.Popen(
            [*command, *kite, *options], stdout=log, stderr=log, env={**os.environ, **at}
        )
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TRADERTAPE_")},
        "TRADERTAPE_HOME": str(home),
        "TRADERTAPE_SANDBOX_URL": url,
        "TRADERTAPE_REQUESTS_PER_MINUTE": "100000",
        **settings,
        **at,
    }
    token, cookie = prepare(home, f"sqlite:///{home / 'tradertape.db'}")
    server = Server("live", "all", environment, tmp_path / "live.log", program=program)
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
