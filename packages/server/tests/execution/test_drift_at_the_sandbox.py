"""AR-01…03 at the sandbox: what its accounts have, compared with what is recorded of them."""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from packages.brokers.tests.contract.desk import Desk, desk_of
from packages.brokers.tests.sandboxed import Running, served_sandbox

from tradertape_brokers import registry
from tradertape_brokers.errors import Unavailable
from tradertape_brokers.hosts import Hosts
from tradertape_core.kernel.clock import IST
from tradertape_core.orders.order import Order, OrderRequest, OrderStatus, OrderType, Product, Side
from tradertape_sandbox.exchange.conversion import Conversion
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_server.features.brokerage.accounts import Addresses, Environment
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.execution.broker_figures import read_figures
from tradertape_server.features.execution.live_accounts import LiveAccounts
from tradertape_server.features.execution.service import ExecutionService, RunRef
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.venues.broker_gateway import BrokerGateway
from tradertape_server.features.operations.checks import books_check
from tradertape_server.platform.secrets import SecretBox

DOUBLE = Path(__file__).parents[1] / "doubles" / "scripted_broker.py"
SCOPE, INFY = "kite:SB0001", "NSE:INFY"
MORNING = time_of_day(10)
SHARES, INTRADAY = (INFY, Product.CNC), (INFY, Product.MIS)


def _double() -> Any:
    spec = importlib.util.spec_from_file_location("scripted_broker", DOUBLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["scripted_broker"] = module
    spec.loader.exec_module(module)
    return module


def until(is_true: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with served_sandbox() as served:
        yield served


@pytest.fixture
def desk_at(running: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Desk]]:
    """An account at a broker of the sandbox, signed in, as at the start."""
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    exchange = running.sandbox.exchange

    def desk_at(broker: str) -> Desk:
        exchange.open_account(AccountKey(broker, "SB0001"), Decimal(1_000_000))
        exchange.market.set_price(INFY, Decimal(150))
        return desk_of(broker, running)

    yield desk_at
    exchange.clock.reset()


def bought(quantity: int, product: Product, now: datetime, side: Side = Side.BUY) -> Order:
    """An order that another terminal sends."""
    request = OrderRequest(
        exchange="NSE", tradingsymbol="INFY", side=side, product=product,
        order_type=OrderType.MARKET, quantity=quantity,
    )  # fmt: skip
    return Order(
        order_id="1", account="1", run_id=None, request=request, status=OrderStatus.PUT_REQUESTED,
        venue="broker", tag=f"other{time.monotonic_ns() % 10**12}", placed_at=now, updated_at=now,
        pending_quantity=quantity,
    )  # fmt: skip


def begin(running: Running, morning: datetime) -> None:
    """Move the sandbox to a day. Its admin door makes the day before anybody waits for an answer,
    and settles the day before."""
    url, key = f"http://127.0.0.1:{running.port}/admin/clock", {"X-Admin-Key": "k"}
    moved = httpx.put(url, json={"at": morning.isoformat()}, headers=key, timeout=120)
    assert moved.status_code == 200, moved.text


@pytest.mark.parametrize("broker", registry.names())
def test_shares_count_from_the_purchase_over_the_settlement_to_the_sale(
    desk_at: Callable[..., Desk], running: Running, broker: str
) -> None:
    clock = running.sandbox.exchange.clock
    counted, unsettled = [], []
    today = clock.now().astimezone(IST).date()
    days = [today + timedelta(days=n) for n in (1, 2, 3)]  # the sandbox trades at weekends too
    for day in range(3):
        begin(running, datetime.combine(days[day], MORNING, tzinfo=IST))
        desk = desk_at(broker) if day == 0 else desk_of(broker, running)
        portfolio = desk.connection.portfolio
        assert portfolio is not None
        if day != 1:
            side, units = (Side.BUY, 3) if day == 0 else (Side.SELL, 1)
            desk.orders.submit(bought(units, Product.CNC, clock.now(), side))
        unsettled.append(sum(one.t1_quantity for one in portfolio.holdings()))
        counted.append(read_figures(portfolio, clock.now()).quantity(SHARES))
    assert (counted, unsettled) == ([3, 3, 2], [0, 3, 0])


class At:
    """A server that trades the account of a desk at Kite."""

    def __init__(
        self, desk: Desk, database: Any, clock: Any, user_id: int, start: Any, folder: Path
    ) -> None:
        self.desk, self.clock, self.user_id = desk, clock, user_id
        double = _double()
        capabilities = replace(double.NOTHING, charges="zerodha")
        broker = double.ScriptedBroker(ports=desk.connection, capabilities=capabilities)
        hosts = {one: Hosts() for one in Environment}
        self.connections = Connections(
            database, clock, SecretBox.open(folder), lambda _: broker, Addresses(hosts)
        )
        self.live = LiveAccounts(
            database, clock, self.connections, is_enabled=False, has_real_prices=lambda: False
        )
        self.execution: ExecutionService = start(gateway_of=self.live.gateway_of)
        self.live.join(self.execution)
        session = double.session_at(clock.now())
        self.connections.connect(user_id, Environment.SANDBOX, session)
        self.connections.step()

    @property
    def account(self) -> int:
        return self.execution.account(self.user_id, SCOPE).id

    def buy(self, order: dict[str, Any], key: str) -> None:
        run = RunRef(account_id=self.account, run_id="live-1", venue="broker")
        order_id = self.execution.place(run, order, key=key).document["result"]["order_id"]
        until(lambda: self.execution.order("live-1", order_id).status is OrderStatus.COMPLETE)

    def read_book(self) -> None:
        """Read the order book, and have it recorded."""
        began = time.monotonic()
        self.execution.lanes.read_books([self.account])
        until(lambda: self.execution.lanes.book_recorded_s(self.account) > began)

    def look(self, times: int = 2) -> list[tuple[str, int, int]]:
        """Read the account as often, with the order book between; what differs."""
        for _ in range(times):
            self.live.step()
            self.read_book()
        found = [one.difference for one in self.live.drifts(self.account)]
        return [(one.product.value, one.here, one.at_broker) for one in found]

    def convert(self, quantity: int, old: Product, new: Product) -> None:
        conversion = Conversion(
            instrument=INFY, side=Side.BUY, quantity=quantity, old_product=old, new_product=new
        )
        self.desk.exchange.convert(AccountKey("kite", "SB0001"), conversion)


@pytest.fixture
def at(desk_at: Any, database: Any, clock: Any, user_id: int, start: Any, tmp_path: Path) -> At:
    return At(desk_at("kite"), database, clock, user_id, start, tmp_path / "secrets")


def test_runs_and_other_terminals_sum_up_to_what_the_broker_has(at: At, order: Any) -> None:
    at.buy(order(quantity=3), "key-00001")
    at.desk.orders.submit(bought(2, Product.MIS, at.clock.now()))
    at.read_book()
    until(lambda: len(at.execution.positions(account_id=at.account)) == 2)
    # A kill switch closes what is ours alone, and says so.
    assert at.execution.open_counts(at.user_id) == (0, 1)
    assert at.look(3) == []
    figures = at.live.figures(at.account)
    assert figures is not None
    assert (figures.quantity(SHARES), figures.quantity(INTRADAY)) == (3, 2)
    assert books_check(at.live)().status == "ok"


def test_a_difference_is_told_once_it_has_lasted_and_until_it_is_gone(at: At, order: Any) -> None:
    at.buy(order(quantity=3), "key-00001")
    at.buy(order(quantity=2, product="MIS"), "key-00002")
    at.convert(1, Product.CNC, Product.MIS)
    assert at.look(1) == [], "it is seen for the first time"
    assert at.look(1) == [("CNC", 3, 2), ("MIS", 2, 3)]
    check = books_check(at.live)()
    assert (check.status, check.facts) == ("stale", {"differences": 2})
    assert "SB0001" not in check.detail
    at.convert(1, Product.MIS, Product.CNC)
    assert at.look(1) == []
    assert books_check(at.live)().status == "ok"


def test_a_fill_after_it_was_seen_begins_it_anew(at: At, order: Any) -> None:
    at.buy(order(quantity=3), "key-00001")
    at.convert(1, Product.CNC, Product.MIS)
    assert at.look() == [("CNC", 3, 2)]
    at.buy(order(quantity=5), "key-00002")
    assert at.look(1) == []
    assert at.look(1) == [("CNC", 8, 7)]


def test_an_order_book_counts_as_read_once_it_is_recorded(
    at: At, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sale that another terminal made is not taken for missing units while it is on its way."""
    at.buy(order(quantity=10), "key-00001")
    at.read_book()
    at.desk.orders.submit(bought(3, Product.CNC, at.clock.now(), Side.SELL))
    before_s = at.execution.lanes.book_recorded_s(at.account)
    goes_on, answered = threading.Event(), threading.Event()
    read = BrokerGateway.order_book

    def order_book(gateway: BrokerGateway) -> Any:
        found = read(gateway)
        answered.set()
        return found

    monkeypatch.setattr(BrokerGateway, "order_book", order_book)
    waiting = Command(lambda _: goes_on.wait(20))
    busy = threading.Thread(target=at.execution.trader.execute, args=(waiting,))
    busy.start()
    at.live.step()
    answered.clear()
    at.execution.lanes.read_books([at.account])
    assert answered.wait(10)
    at.live.step()
    assert at.execution.lanes.book_recorded_s(at.account) == before_s
    assert at.execution.most_to_close(
        RunRef(account_id=at.account, run_id="live-1", venue="broker"), SHARES, Side.SELL
    ) is None  # fmt: skip
    goes_on.set()
    busy.join(10)
    until(lambda: at.execution.lanes.book_recorded_s(at.account) > before_s)
    assert at.look(1) == []


def test_shares_from_before_and_what_was_never_traded_here_are_no_difference(
    at: At, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = at.desk.exchange.account(AccountKey("kite", "SB0001"))
    at.desk.exchange.open_account(
        account.key,
        Decimal(1_000_000),
        holdings=[(INFY, 40, Decimal(100)), ("NSE:TCS", 7, Decimal(9))],
    )
    at.buy(order(quantity=3), "key-00001")
    assert at.look() == []
    figures = at.live.figures(at.account)
    assert figures is not None
    assert figures.quantity(SHARES) == 43
    monkeypatch.setattr(
        type(at.desk.connection.portfolio), "holdings", _raise(Unavailable("maintenance"))
    )
    assert at.look() == [], "without the holdings nothing is compared"


def _raise(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any) -> Any:
        raise error

    return fail
