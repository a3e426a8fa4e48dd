"""Two agents with one key at three servers behind a balancer, of which some are killed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import prepare
from flow_servers import LEASE_S, Cluster, Postgres, Redis, Server, eventually
from packages.agent.tests.machine import Watch, configure, environment_of, sign_in
from packages.brokers.tests.sandboxed import Running, served_sandbox

from tradertape_agent.config.folder import Folder
from tradertape_agent.config.settings import load
from tradertape_agent.journal.intents import IntentState
from tradertape_agent.wiring import Agent, build

EVENING = datetime.fromisoformat("2026-06-10T19:00:00+05:30")
SOON_S = 120.0
Json = dict[str, Any]


@dataclass
class Balancer:
    """Gives each connection to the next server that listens, as a proxy in front would."""

    servers: list[Server]
    served: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._turns = count()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        begin = next(self._turns)
        with client:
            for turn in range(len(self.servers)):
                server = self.servers[(begin + turn) % len(self.servers)]
                with suppress(OSError), socket.create_connection(("127.0.0.1", server.port)) as up:
                    self.served[server.name] += 1
                    back = threading.Thread(target=_copy, args=(up, client), daemon=True)
                    back.start()
                    _copy(client, up)
                    back.join()
                    return

    def close(self) -> None:
        self._listening.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(65_536):
            target.sendall(block)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class Person(httpx.Client):
    """Who has the portfolios; each question may reach another server."""

    def __init__(self, url: str, cookie: str) -> None:
        super().__init__(
            base_url=url, headers={"Cookie": cookie, "Origin": url}, timeout=60,
            limits=httpx.Limits(max_keepalive_connections=0),
        )  # fmt: skip

    def ask(self, path: str, **body: Any) -> Json:
        answer = self.post(f"/api/{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def scanned(self, name: str, base_model: str) -> int:
        """Deploy a portfolio that the agents execute, and scan it; its id."""
        strategy = self.ask("strategies", name=name, base_model=base_model)
        portfolio = self.ask(
            "model/portfolios/deploy", strategy_id=strategy["id"], name=name,
            universe="nifty_50", paper_mode=False, confirm_live=True, placed_by="agent",
            paper_fill="live", atr_stop_multiplier=2.0,
        )  # fmt: skip
        self.ask("model/scan", portfolio_id=portfolio["id"])
        return portfolio["id"]

    def approves(self, portfolio_id: int) -> None:
        """Approve every signal of a portfolio, asked again where a server was away."""
        for one in self.signals(portfolio_id):
            path = f"model/signals/{one['id']}/approve"
            eventually(lambda path=path: self.takes(path), 60, path)
        place = {"portfolio_id": portfolio_id}
        eventually(lambda: self.takes("model/cart/place", **place), 60, "the cart is placed")

    def takes(self, path: str, **body: Any) -> bool:
        """Whether a request is answered with a success, or had been taken before."""
        answer = self.post(f"/api/{path}", json=body)
        assert answer.status_code in (200, 409, 503), answer.text
        return answer.status_code != 503

    def signals(self, portfolio_id: int) -> list[Json]:
        answer = self.get("/api/model/signals", params={"portfolio_id": portfolio_id, "limit": 500})
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def an_agent(folder: Path, url: str, key: str, running: Running) -> Iterator[Agent]:
    folder.mkdir()
    files = Folder(folder / "agent.json")
    configure(files, url, api_key=key)
    watch = Watch()
    watch.ahead = EVENING - datetime.now(UTC)  # noqa: TID251 - as the servers' clock is moved
    agent = build(load(files, {}), files, environment=environment_of(running), clock=watch)
    try:
        yield agent
    finally:
        agent.close()


@pytest.fixture
def moved_cluster(postgres: Postgres, tmp_path: Path) -> Iterator[Cluster]:
    """Two servers that may trade and one that never does, on an evening."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed: scripts/test-deps.sh")
    home, redis, clock = tmp_path / "home", Redis(tmp_path), tmp_path / "clock"
    clock.write_text(EVENING.isoformat())
    redis.start()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TRADERTAPE_")},
        "TRADERTAPE_HOME": str(home), "TRADERTAPE_DATABASE_URL": postgres.url,
        "TRADERTAPE_REDIS_URL": redis.url, "TRADERTAPE_TRADER_LEASE_S": str(LEASE_S),
        "TRADERTAPE_REQUESTS_PER_MINUTE": "100000", "MOVED_CLOCK": str(clock),
    }  # fmt: skip
    token, cookie = prepare(home, postgres.url)
    program = [str(Path(__file__).with_name("moved_clock.py"))]
    servers = [
        Server(name, role, environment, tmp_path / f"{name}.log", program=program)
        for name, role in {"first": "all", "second": "all", "third": "web"}.items()
    ]
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.wait_until_up()
        yield Cluster(servers, postgres.url, token, cookie, redis, postgres)
    finally:
        for server in servers:
            if server.process is not None and server.process.poll() is None:
                server.send(signal.SIGKILL)
        redis.kill()


@contextmanager
def working(agents: list[Agent]) -> Iterator[None]:
    """Let agents poll, each in its own thread, as often as they can."""
    stop = threading.Event()

    def work(agent: Agent) -> None:
        while not stop.is_set():
            agent.loop.cycle()
            stop.wait(0.2)

    with ThreadPoolExecutor(len(agents)) as pool:
        ends = [pool.submit(work, one) for one in agents]
        try:
            yield
        finally:
            stop.set()
        for one in ends:
            one.result()


def triggers(agent: Agent) -> list[Any]:
    gtts = agent.desk.primary.trading.gtts
    assert gtts is not None
    return [one for one in gtts.list() if one.status.value == "active"]


def at_reference(running: Running, found: list[Json]) -> None:
    """Have the broker's prices be those of the scan, so that each trigger waits."""
    for one in found:
        priced(running, one["symbol"], one["ref_price"])


def priced(running: Running, symbol: str, price: float) -> None:
    """Have a stock trade at the first price on its tick that is not below the one given."""
    market, instrument = running.sandbox.exchange.market, f"NSE:{symbol}"
    listed = market.instruments.get(instrument)
    assert listed is not None
    tick = listed.tick_size
    market.set_price(instrument, -(-Decimal(str(price)) // tick) * tick)


@contextmanager
def both(
    folder: Path, balancer: Balancer, key: str, running: Running
) -> Iterator[tuple[Agent, Agent]]:
    """Two agents with one key and one session at the broker."""
    with (
        an_agent(folder / "a", balancer.url, key, running) as one,
        an_agent(folder / "b", balancer.url, key, running) as other,
    ):
        one.loop.cycle()
        other.loop.cycle()
        sign_in(other)  # a second login ends the first: both have the session of the last
        session = other.desk.primary.session
        assert session is not None
        one.desk.primary._open(session)
        yield one, other


@pytest.mark.slow
def test_ag_01_two_agents_at_three_servers_place_each_signal_once_while_servers_are_killed(
    moved_cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    balancer, trader = Balancer(moved_cluster.servers), moved_cluster.trader()
    with served_sandbox() as running, Person(balancer.url, moved_cluster.cookie) as person:
        key = person.ask("auth/agent-keys", label="one key")["token"]
        with both(tmp_path, balancer, key, running) as (one, other):
            first = person.scanned("Before", "v1_momentum")
            at_reference(running, person.signals(first))
            with working([one, other]):
                trader.send(signal.SIGKILL)
                person.approves(first)
                all_placed(person, first)
                moved_cluster.servers = [s for s in moved_cluster.servers if s is not trader]
                moved_cluster.trader(within_s=LEASE_S + 60)
                second = person.scanned("After", "v3_dip_buyer")
                at_reference(running, person.signals(second))
                person.approves(second)
                next(s for s in moved_cluster.servers if s.role == "web").send(signal.SIGKILL)
                all_placed(person, second)
                bought = filled(person, running, first)
            found = person.signals(first) + person.signals(second)
            orders = one.desk.primary.trading.orders.order_book()
            assert orders, "the one that has fired"
            assert len(triggers(one)) + len(orders) == len(found), "each once"
            for agent in (one, other):
                assert agent.journal.reports.count() == 0
                assert agent.journal.intents.of_states([IntentState.SENDING]) == []
    balancer.close()
    sys.stdout.write(f"\n{len(found)} signals, {bought} bought; served by {balancer.served}\n")
    assert min(balancer.served[name] for name in ("first", "second", "third")) > 0


def all_placed(person: Person, portfolio_id: int) -> None:
    """Wait until each signal of a portfolio has its trigger at the broker."""

    def done() -> bool:
        found = person.signals(portfolio_id)
        return bool(found) and all(one["gtt_status"] for one in found)

    eventually(done, SOON_S, f"each signal is placed: {person.signals(portfolio_id)[:1]}")


def filled(person: Person, running: Running, portfolio_id: int) -> str:
    """Reach the trigger of a signal; wait until its units are a position on the server."""
    signal = person.signals(portfolio_id)[0]
    priced(running, signal["symbol"], signal["trigger_price"])

    def position() -> list[Json]:
        asked = {"portfolio_id": portfolio_id}
        held = person.get("/api/model/positions", params=asked).json()
        return [one for one in held if one["symbol"] == signal["symbol"]]

    [held] = eventually(position, SOON_S, "the fill is a position")
    assert held["open_quantity"] == signal["quantity"]
    return f"{signal['quantity']} {signal['symbol']}"
