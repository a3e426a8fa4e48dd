"""A person with portfolios that an agent executes, and the agents' keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.portfolios.conftest import Json
from packages.server.tests.portfolios.live.conftest import LiveDesk, OpenMarket

from tradertape_core.kernel.clock import Clock
from tradertape_server.container import Container
from tradertape_server.features.agents.build import build_agents
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.service import Settings as ExecutionSettings
from tradertape_server.features.portfolios.build import build_portfolios
from tradertape_server.main import create_app
from tradertape_server.wiring.trading import build_risk_rules, build_workers

BASE_URL = "http://localhost:18777"


class NoFacts:
    """Rules know nothing of the market."""

    def __getattr__(self, _name: str) -> Any:
        return lambda *_args, **_more: None


class Servers:
    """The parts of servers, one after the other, on one database."""

    def __init__(self, container: Container, clock: Clock, market: OpenMarket) -> None:
        self.container, self.clock, self.market = container, clock, market
        self.running: ExecutionService | None = None
        self.has_real_prices = True
        self.first = self.build()

    def build(self) -> Container:
        self.stop()
        base, clock = self.container, self.clock
        execution = ExecutionService.build(base.database, clock, self.market, ExecutionSettings())
        risk = build_risk_rules(base.database, clock, execution, base.bus, NoFacts())  # type: ignore[arg-type]
        workers, guardian = build_workers(
            base.database, clock, base.secrets, execution, base.bus, self.market,
            by_token=self.market.by_token,
        )  # fmt: skip
        portfolios = build_portfolios(
            base.database, clock, base.market, base.strategies, execution, base.live_accounts
        )
        self.running = execution
        return replace(
            base, execution=execution, risk=risk, workers=workers, guardian=guardian,
            portfolios=portfolios,
            agents=build_agents(
                base.database, clock, base.secrets, execution, portfolios, base.brokerage,
                base.notifications.publisher, lambda: self.has_real_prices,
            ),
        )  # fmt: skip

    def stop(self) -> None:
        if self.running is not None:
            self.running.trader.stop()
            self.running = None


class Agent:
    """An agent, as far as the server sees it."""

    def __init__(self, app: FastAPI, key: str, instance: str) -> None:
        headers = {"Authorization": f"Bearer {key}", "X-Agent-Instance": instance}
        self.client = TestClient(app, base_url=BASE_URL, headers=headers)
        self.key = key

    def poll(self) -> Json:
        answer = self.client.get("/api/agent/pending-signals?v=2")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def items(self) -> list[Json]:
        """What is leased to it."""
        return [one for one in self.poll()["items"] if not one["requires_approval"]]

    def waiting(self) -> list[Json]:
        """What waits for approval."""
        return [one for one in self.poll()["items"] if one["requires_approval"]]

    def post(self, path: str, body: Json | None = None, status: int = 200) -> Json:
        answer = self.client.post(f"/api/agent/{path}", json=body or {})
        assert answer.status_code == status, answer.text
        return answer.json()

    def report(self, item: Json, outcome: str, status: int = 200, **more: Any) -> Json:
        body = {
            "signal_id": item["id"], "version": item["version"], "outcome": outcome,
            "idempotency_key": item["idempotency_key"], "broker": "kite",
            "occurred_at": "2026-07-24T10:15:03+05:30", "scaled": False, **more,
        }  # fmt: skip
        return self.post("signal-result", body, status)

    def filled(self, item: Json, **more: Any) -> Json:
        order = item["order"]
        price = order["limit_price"] or item["ref_price"]
        wanted = {"filled_quantity": item["quantity"], "average_price": price, **more}
        return self.report(item, "filled", **wanted)


class AgentDesk(LiveDesk):
    """A person whose portfolios an agent executes."""

    def __init__(
        self, app: FastAPI, client: TestClient, servers: Servers, clock: Any, market: Any
    ) -> None:
        super().__init__(client, servers.first, clock, market)
        self.served, self.servers = app, servers

    def deploy_live(self, **settings: Any) -> Json:
        wanted = {
            "paper_mode": False, "confirm_live": True, "placed_by": "agent", "paper_fill": "close",
            **settings,
        }  # fmt: skip
        return super().deploy_live(**wanted)

    def key(self, **body: Any) -> str:
        made = self.client.post("/api/auth/agent-keys", json=body)
        assert made.status_code == 201, made.text
        return made.json()["token"]

    def agent(self, instance: str = "laptop", key: str | None = None) -> Agent:
        return Agent(self.served, key or self.key(label=instance), instance)

    def restart(self) -> None:
        """Stop the server that trades, and start another one."""
        built = self.servers.build()
        built.execution.trader.start()
        self.container = self.served.state.container = built
        self.parts.upkeep.recover()

    def in_cart(self) -> tuple[Json, Json]:
        """A portfolio with one approved signal, on the morning after."""
        portfolio = self.deploy_live()
        _, (one,) = self.approved(portfolio)
        return portfolio, one

    def bought(self, agent: Agent) -> tuple[Json, Json]:  # type: ignore[override]
        """Portfolio and signal of a purchase that the agent has filled."""
        portfolio, _ = self.in_cart()
        (item,) = agent.items()
        agent.report(item, "placed", gtt_id="G1")
        agent.filled(item, order_id="O1")
        self.settle()
        return portfolio, item


@pytest.fixture
def overrides() -> Json:
    return {"feed": "off"}


@pytest.fixture
def market(clock: Clock) -> OpenMarket:
    return OpenMarket(clock)


@pytest.fixture
def servers(container: Container, clock: Clock, market: OpenMarket) -> Iterator[Servers]:
    made = Servers(container, clock, market)
    yield made
    made.stop()


@pytest.fixture
def app(servers: Servers) -> FastAPI:
    return create_app(container=servers.first)


@pytest.fixture
def desk(
    with_market: None,
    app: FastAPI,
    signed_in: TestClient,
    servers: Servers,
    clock: Any,
    market: Any,
) -> AgentDesk:
    container = servers.first
    container.portfolios.schedule.stop()
    container.portfolios.upkeep.stop()
    container.guardian.stop()
    container.execution_jobs.stop()
    return AgentDesk(app, signed_in, servers, clock, market)
