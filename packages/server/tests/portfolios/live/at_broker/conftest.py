"""Live portfolios at a broker that is scripted: its orders and triggers do what a test says.

The broker outlives the servers: `desk.down()` stops the one that trades, `desk.up()` starts
another one on the same database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.doubles.scripted_gtts import ScriptedGtts
from packages.server.tests.doubles.scripted_venue import Kept, ScriptedVenue
from packages.server.tests.portfolios.conftest import Json
from packages.server.tests.portfolios.live.conftest import LiveDesk, OpenMarket

from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.broker_gtts import VenueGtt
from tradertape_core.orders.order import OrderStatus
from tradertape_server.container import Container
from tradertape_server.features.execution.loop import parked
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.service import Settings as ExecutionSettings
from tradertape_server.features.execution.state import broker_gtts as memory
from tradertape_server.features.execution.venues import lane
from tradertape_server.features.execution.venues.gtt_reader import GttReader
from tradertape_server.features.portfolios.build import build_portfolios
from tradertape_server.features.portfolios.live.upkeep import Upkeep
from tradertape_server.features.risk.market_facts import NoMarketFacts
from tradertape_server.main import create_app
from tradertape_server.wiring.trading import build_risk_rules, build_workers

FAST = {"per_second": 100_000, "per_minute": 1_000_000}


class AbleAccounts:
    """Every account may trade live."""

    def why_not(self, user_id: int, scope: str) -> tuple[Any, ...]:
        return ()


@pytest.fixture(autouse=True)
def _read_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GttReader, "_start", lambda _self: None)
    monkeypatch.setattr(memory, "HOLD_S", 0.0)
    monkeypatch.setattr(parked, "REPLY_WITHIN_S", 0.3)
    monkeypatch.setattr(lane, "_RETRY_S", 0.01)
    monkeypatch.setattr(lane, "_MOST_RETRY_S", 0.05)
    monkeypatch.setattr(lane, "_READ_SOON_S", 3600.0)
    monkeypatch.setattr(lane, "_READ_EVERY_S", 3600.0)


@pytest.fixture
def venue(clock: Clock) -> ScriptedVenue:
    venue = ScriptedVenue(clock)
    venue.gtts = ScriptedGtts(clock)
    return venue


class Servers:
    """The parts of servers, one after the other, on one database and one broker."""

    def __init__(
        self, container: Container, clock: Clock, market: OpenMarket, venue: ScriptedVenue
    ) -> None:
        self.container, self.clock, self.market, self.venue = container, clock, market, venue
        self.accounts: list[int] = []
        self.running: ExecutionService | None = None
        self.gateway: Any = None
        self.first = self.build()

    def build(self) -> Container:
        """Another server; the one before is stopped."""
        self.stop()
        gateway = self.gateway = self.venue.connect()
        base, clock = self.container, self.clock
        execution = ExecutionService.build(
            base.database, clock, self.market, ExecutionSettings(),
            gateway_of=lambda one: gateway if one in self.accounts else None,
        )  # fmt: skip
        risk = build_risk_rules(base.database, clock, execution, base.bus, NoMarketFacts())
        workers, guardian = build_workers(
            base.database, clock, base.secrets, execution, base.bus, self.market,
            by_token=self.market.by_token,
        )  # fmt: skip
        portfolios = build_portfolios(
            base.database, clock, base.market, base.strategies, execution, AbleAccounts()
        )
        self.running = execution
        return replace(
            base, execution=execution, risk=risk, workers=workers, guardian=guardian,
            portfolios=portfolios,
        )  # fmt: skip

    def stop(self) -> None:
        if self.gateway is not None:
            self.gateway.close()
        if self.running is not None:
            self.running.trader.stop()
            self.running = None


@pytest.fixture
def servers(
    container: Container, clock: Clock, market: OpenMarket, venue: ScriptedVenue
) -> Iterator[Servers]:
    made = Servers(container, clock, market, venue)
    yield made
    made.stop()


@pytest.fixture
def app(servers: Servers) -> Any:
    return create_app(container=servers.first)


class BrokerDesk(LiveDesk):
    """A person with portfolios that trade at a broker."""

    def __init__(
        self, app: FastAPI, client: TestClient, servers: Servers, clock: Any, market: Any
    ) -> None:
        container = servers.first
        super().__init__(client, container, clock, market)
        self.served = app
        self.servers, self.venue = servers, servers.venue
        self.there: ScriptedGtts = servers.venue.gtts  # type: ignore[assignment]
        user = client.get("/api/auth/me").json()["id"]
        row = self.container.execution.broker_account(user, "kite:AB1234", "zerodha")
        with container.database.write() as session:
            session.get_one(type(row), row.id).rate_limits = FAST
        self.account = row.id
        servers.accounts.append(row.id)
        self.container.execution.read_order_books()
        self.idle()

    def deploy_live(self, **settings: Any) -> Json:
        wanted = {"paper_mode": False, "confirm_live": True, "stops_at": "server", **settings}
        return super().deploy_live(**wanted)

    # --- the server ---------------------------------------------------------------------------

    @property
    def upkeep(self) -> Upkeep:
        return self.container.portfolios.upkeep

    def down(self) -> None:
        """Stop the server that trades."""
        self.servers.stop()

    def up(self) -> None:
        """Start another one, which finds what happened meanwhile."""
        built = self.servers.build()
        built.execution.trader.start()
        built.execution.read_order_books()
        self.container = self.served.state.container = built
        self.read()
        self.upkeep.recover()

    def read(self) -> None:
        """Have the broker's triggers and orders read and recorded."""
        execution = self.container.execution
        found = execution.lanes.lane(self.account)
        assert found is not None
        execution.trader.on_venue(found.gtts.read())
        execution.trader.on_venue(found._read())
        self.idle()

    def settle(self) -> None:
        execution = self.container.execution
        for _ in range(3):
            self.read()
            for run_id, key in execution.exits_under_way():
                execution.advance_exit(run_id, key)
            self.upkeep.run_once()
            self.container.guardian.check_all()

    # --- the broker ---------------------------------------------------------------------------

    def at(self, *args: Any, **more: Any) -> None:
        super().at(*args, **more)
        self.market.refresh()

    @property
    def resting(self) -> list[VenueGtt]:
        return self.there.active

    def fire(self, *, filled: int | None = None, price: float | None = None, leg: int = 0) -> str:
        """The one trigger that rests there is reached; its order is filled as far as said."""
        (entry,) = self.resting
        number = self.venue.external(entry.request.orders[leg], filled=False)
        self.there.fire(entry.trigger_id, order_id=number, leg=leg)
        if filled is None or filled:
            self.fill(number, filled, price=price)
        return number

    def fill(self, number: str, quantity: int | None = None, *, price: float | None = None) -> None:
        rupees = None if price is None else Decimal(str(price))
        self.venue.fill(number, quantity, price=rupees)

    def orders(self, side: str) -> list[Kept]:
        """The orders of a side that the broker has, first to last."""
        kept = self.venue.orders.values()
        return [one for one in kept if one.entry.request.side.value == side]

    def open_sales(self) -> int:
        """Units that the broker may still sell: by orders, and by triggers."""
        left = sum(
            one.entry.request.quantity - sum(trade.quantity for trade in one.trades)
            for one in self.orders("SELL")
            if not one.entry.status.is_terminal
        )
        by_trigger = sum(
            max(order.quantity for order in one.request.orders)
            for one in self.resting
            if one.request.orders[0].side.value == "SELL"
        )
        return left + by_trigger

    def refuse(self, number: str, words: str = "RMS: margin exceeds") -> None:
        self.venue.report(number, OrderStatus.REJECTED, message=words)


@pytest.fixture
def desk(
    with_market: None,
    app: FastAPI,
    signed_in: TestClient,
    servers: Servers,
    clock: Any,
    market: Any,
) -> Iterator[BrokerDesk]:
    container = servers.first
    container.portfolios.schedule.stop()
    container.portfolios.upkeep.stop()
    container.guardian.stop()
    container.execution_jobs.stop()
    yield BrokerDesk(app, signed_in, servers, clock, market)
    # Before the app closes the database: a thread that reads would keep its connection.
    servers.stop()
