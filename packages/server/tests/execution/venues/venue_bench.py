"""A server at one venue of five, with the levers of that venue: what conformance tests go by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from packages.brokers.tests.sandboxed import Running, served_sandbox
from scripted_venue import Fault, ScriptedVenue

from tradertape_brokers import registry
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import Session
from tradertape_core.orders.order import Order, OrderStatus
from tradertape_core.orders.reports import VenueOrder
from tradertape_sandbox.app import open_default_account
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_sandbox.faults.endpoints import Endpoint
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan
from tradertape_server.features.brokerage.accounts import BrokerAccount, Connected, Environment
from tradertape_server.features.execution.service import ExecutionService, RunRef
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.venues.broker_gateway import (
    AccountPace,
    BrokerGateway,
    gtt_rules,
)
from tradertape_server.platform.clock import SystemClock

from .conftest import FAST, eventually

BROKERS = registry.names()
INFY = "NSE:INFY"
LIMIT = {"order_type": "LIMIT", "price": 1490}


@pytest.fixture
def clock() -> SystemClock:
    """The sandbox goes by the machine's clock."""
    return SystemClock()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with served_sandbox() as served:
        yield served


@dataclass
class Venue:
    """A server that trades at one venue, and the levers of that venue."""

    name: str
    connect: Callable[[], tuple[ExecutionService, int]]
    set_price: Callable[[str], None]
    lose_the_answer: Callable[[], None]
    plan: Callable[[FaultPlan], None]  # at the sandbox
    count: Callable[[], int]  # orders that the venue has
    ports: Any = None  # the broker's adapter, beside the server
    exchange: Any = None  # the sandbox's
    service: Any = None
    account: int = 0
    keys: int = 0

    @property
    def is_outside(self) -> bool:
        return self.name != "paper"

    @property
    def run(self) -> RunRef:
        kind = "broker" if self.is_outside else "paper"
        return RunRef(account_id=self.account, run_id="run-1", venue=kind)

    def start(self) -> None:
        self.service, self.account = self.connect()

    def restart(self) -> None:
        self.service.trader.stop()
        self.start()

    def place(self, order: dict[str, Any], key: str | None = None) -> str:
        self.keys += 1
        reply = self.service.place(self.run, order, key=key or f"key-{self.keys:05d}")
        return reply.document["order_id"]

    def read(self) -> tuple[VenueOrder, ...]:
        """Have the order book read and recorded."""
        if not self.is_outside:
            return ()
        lane = self.service.lanes.lane(self.account)
        book = lane._read()
        self.tell(book)
        return book.entries

    def read_gtts(self) -> None:
        """Have the list of triggers read and recorded."""
        self.tell(self.service.lanes.lane(self.account).gtts.read())

    def tell(self, event: Any) -> None:
        self.service.trader.on_venue(event)
        for _ in range(2):
            self.service.trader.execute(Command(lambda _uow: None))

    def until(self, order_id: str, is_true: Callable[[Order], Any]) -> Order:
        def looked() -> Any:
            self.read()
            found = self.service.order("run-1", order_id)
            return found if is_true(found) else None

        return eventually(looked, within_s=20)

    def until_status(self, order_id: str, status: OrderStatus) -> Order:
        return self.until(order_id, lambda one: one.status is status)

    def held(self) -> int:
        found = self.service.positions(run_id="run-1", open_only=True)
        return sum(one.quantity for one in found)


@pytest.fixture(params=["paper", "scripted", *BROKERS])
def venue(request: pytest.FixtureRequest, start: Any, user_id: int, market: Any,
          database: Any, clock: SystemClock, sandbox: Running,
          monkeypatch: pytest.MonkeyPatch) -> Iterator[Venue]:  # fmt: skip
    if request.param == "paper":
        made = _paper(start, user_id, market)
    elif request.param == "scripted":
        made = _scripted(_opener(start, user_id, database), clock, market)
    else:
        monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
        opener = _opener(start, user_id, database)
        made = _at_the_sandbox(request.param, opener, clock, market, sandbox)
    made.start()
    yield made
    sandbox.sandbox.faults.remove()


def _paper(start: Any, user_id: int, market: Any) -> Venue:
    def connect() -> tuple[ExecutionService, int]:
        service = start()
        return service, service.account(user_id, "kite:paper-a").id

    def unable() -> None:
        pytest.skip("the paper venue answers within the batch: no answer can be lost")

    def set_price(price: str) -> None:
        market.trade(INFY, price)

    return Venue("paper", connect, set_price, unable, _no_plan, lambda: -1)


def _no_plan(_plan: FaultPlan) -> None:
    raise NotImplementedError("faults are planned at the sandbox")


def _opener(start: Any, user_id: int, database: Any) -> Callable[[Any], tuple[Any, int]]:
    """Starts a server with a gateway for the person's account at the broker."""

    def opened(gateway: Any) -> tuple[ExecutionService, int]:
        accounts: list[int] = []
        service = start(gateway_of=lambda one: gateway if one in accounts else None)
        row = service.broker_account(user_id, "kite:AB1234", "zerodha")
        with database.write() as session:
            session.get_one(type(row), row.id).rate_limits = FAST
        accounts.append(row.id)
        service.read_order_books()
        return service, row.id

    return opened


def _scripted(opened: Any, clock: SystemClock, market: Any) -> Venue:
    scripted = ScriptedVenue(clock)

    def set_price(price: str) -> None:
        market.trade(INFY, price)
        for number, kept in list(scripted.orders.items()):
            asked = kept.entry.request
            is_met = not asked.price or Decimal(price) <= asked.price
            if is_met and not kept.entry.status.is_terminal:
                scripted.fill(number)

    def lose() -> None:
        faults = iter([Fault.DROP_AFTER])
        scripted.plan = lambda *_: next(faults, Fault.NONE)

    def plan(action: str, order: Order) -> Fault:
        scripted.fills_at_once = not order.request.price  # as an exchange does
        is_large = action == "submit" and order.request.quantity > 100_000
        return Fault.REFUSE if is_large else Fault.NONE

    scripted.plan = plan
    return Venue(
        "scripted", lambda: opened(scripted.connect()), set_price, lose, _no_plan,
        lambda: len(scripted.orders),
    )  # fmt: skip


def _at_the_sandbox(
    name: str, opened: Any, clock: SystemClock, market: Any, running: Running
) -> Venue:
    exchange, broker = running.sandbox.exchange, registry.broker(name)
    exchange.market.set_price(INFY, Decimal(1500))
    open_default_account(exchange, name, Decimal(10_000_000))  # for thousands of orders
    token = running.sandbox.sessions[name].open("sandbox", "SB0001", ends_earlier=False)
    session = Session(
        broker=name, user_id="SB0001", api_key="sandbox", access_token=Secret(token.access_token),
        expires_at=clock.now() + timedelta(hours=8),
    )  # fmt: skip
    limiter = Limiter({})
    hosts = Hosts.sandbox(f"http://127.0.0.1:{running.port}")
    ports = broker.connect(session, hosts, limiter, clock, exchange.instruments.get)
    account = BrokerAccount(
        user_id=1, broker=name, broker_user_id="SB0001", environment=Environment.SANDBOX
    )
    one = Connected(account=account, broker=broker, ports=ports, session=session, since=clock.now())

    def set_price(price: str) -> None:
        market.trade(INFY, price)
        exchange.market.set_price(INFY, Decimal(price))

    def lose() -> None:
        plan(FaultPlan(kind=FaultKind.DROP_AFTER, endpoint=Endpoint.PLACE, count=1))

    def plan(fault: FaultPlan) -> None:
        running.sandbox.faults.add(fault)

    return Venue(
        name,
        lambda: opened(
            BrokerGateway(lambda: one, lambda *_: None, AccountPace(limiter), gtt_rules(broker))
        ),
        set_price,
        lose,
        plan,
        lambda: len(list(exchange.orders(AccountKey(name, "SB0001")))),
        ports=ports,
        exchange=exchange,
    )
