"""One suite for all venues: the paper market, the scripted broker, and every adapter at the sandbox
pass the same tests, through the same execution service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
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
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.service import ExecutionService, RunRef
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.venues.broker_gateway import AccountPace, BrokerGateway
from tradertape_server.features.execution.venues.gateway import Updated
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
    count: Callable[[], int]  # orders that the venue has
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

    return Venue("paper", connect, lambda price: market.trade(INFY, price), unable, lambda: -1)


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
        "scripted", lambda: opened(scripted.connect()), set_price, lose,
        lambda: len(scripted.orders),
    )  # fmt: skip


def _at_the_sandbox(
    name: str, opened: Any, clock: SystemClock, market: Any, running: Running
) -> Venue:
    exchange, broker = running.sandbox.exchange, registry.broker(name)
    exchange.market.set_price(INFY, Decimal(1500))
    open_default_account(exchange, name, Decimal(1_000_000))
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
        plan = FaultPlan(kind=FaultKind.DROP_AFTER, endpoint=Endpoint.PLACE, count=1)
        running.sandbox.faults.add(plan)

    return Venue(
        name,
        lambda: opened(BrokerGateway(lambda: one, lambda *_: None, AccountPace(limiter))),
        set_price,
        lose,
        lambda: len(list(exchange.orders(AccountKey(name, "SB0001")))),
    )


def test_a_limit_order_rests_is_changed_and_cancelled(venue: Venue, order: Any) -> None:
    number = venue.place(order(**LIMIT))
    venue.until_status(number, OrderStatus.OPEN)
    venue.service.modify("run-1", number, {"price": 1480, "quantity": 8})
    changed = venue.until(number, lambda one: one.request.price == 1480 and one.modify_ask is None)
    assert (changed.request.quantity, changed.status) == (8, OrderStatus.OPEN)
    venue.service.cancel("run-1", number)
    over = venue.until_status(number, OrderStatus.CANCELLED)
    assert (over.filled_quantity, venue.held()) == (0, 0)


def test_a_market_order_is_filled_and_its_exit_closes_the_position(
    venue: Venue, order: Any
) -> None:
    number = venue.place(order(product="MIS"))
    filled = venue.until_status(number, OrderStatus.COMPLETE)
    assert (filled.filled_quantity, venue.held()) == (10, 10)
    assert filled.average_price > 0
    leaving = venue.service.exit_run(venue.run, key="exit-0001")

    def is_left() -> bool:
        venue.read()
        venue.service.advance_exit("run-1", "exit-0001")
        return venue.held() == 0

    eventually(is_left, within_s=20)
    assert leaving.document["status"] in ("closed", "exiting")


def test_a_resting_order_fills_when_the_price_reaches_it(venue: Venue, order: Any) -> None:
    number = venue.place(order(**LIMIT))
    venue.until_status(number, OrderStatus.OPEN)
    venue.set_price("1480")
    filled = venue.until_status(number, OrderStatus.COMPLETE)
    assert (filled.filled_quantity, venue.held()) == (10, 10)
    assert filled.average_price <= 1490
    assert len({fill.trade_id for fill in filled.fills}) == len(filled.fills)


def test_what_the_account_cannot_carry_is_refused_with_a_reason(venue: Venue, order: Any) -> None:
    if not venue.is_outside:  # here we are the broker
        with pytest.raises(OrderDenied, match="margin"):
            venue.place(order(quantity=5_000_000, **LIMIT))
        return
    number = venue.place(order(quantity=5_000_000, **LIMIT))
    over = venue.until_status(number, OrderStatus.REJECTED)
    assert over.status_message
    assert venue.held() == 0


def test_the_same_key_is_placed_once(venue: Venue, order: Any) -> None:
    first = venue.place(order(**LIMIT), key="the-same-key")
    assert venue.place(order(**LIMIT), key="the-same-key") == first
    venue.until_status(first, OrderStatus.OPEN)
    assert len(venue.service.orders(run_id="run-1")) == 1
    assert venue.count() in (1, -1)


def test_a_restart_in_the_middle_changes_nothing(venue: Venue, order: Any) -> None:
    number = venue.place(order(**LIMIT))
    venue.until_status(number, OrderStatus.OPEN)
    venue.restart()
    venue.until_status(number, OrderStatus.OPEN)
    venue.set_price("1480")
    venue.until_status(number, OrderStatus.COMPLETE)
    assert venue.held() == 10
    assert venue.count() in (1, -1)


def test_an_order_whose_answer_is_lost_is_found_and_never_sent_again(
    venue: Venue, order: Any
) -> None:
    venue.lose_the_answer()
    number = venue.place(order(**LIMIT))
    found = venue.until_status(number, OrderStatus.OPEN)
    assert not found.in_doubt
    assert venue.count() == 1


def test_updates_that_come_late_and_twice_change_nothing(venue: Venue, order: Any) -> None:
    number = venue.place(order(**LIMIT))
    venue.until_status(number, OrderStatus.OPEN)
    before = venue.read()
    venue.set_price("1480")
    venue.until_status(number, OrderStatus.COMPLETE)
    after = venue.read()
    late = tuple(replace(one, is_snapshot=False) for one in (*after, *before, *after, *before))
    venue.tell(Updated(account_id=venue.account, entries=late))
    found = venue.service.order("run-1", number)
    assert (found.status, found.filled_quantity, venue.held()) == (OrderStatus.COMPLETE, 10, 10)
