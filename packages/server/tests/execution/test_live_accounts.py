"""Accounts at brokers as venues: which may trade, and what their sessions' ends come to."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tradertape_brokers import errors as broker_errors
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.port import Connection
from tradertape_core.orders.order import Order, OrderStatus
from tradertape_server.features.brokerage.accounts import Addresses, Environment
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.live_accounts import LiveAccounts
from tradertape_server.features.execution.orders.risk_facts import NO_RISK
from tradertape_server.features.execution.service import ExecutionService, RunRef
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.venues import lane
from tradertape_server.features.execution.venues.gateway import SessionExpired
from tradertape_server.features.instruments.traded_market import TradedMarket
from tradertape_server.features.workers.runs.live_gate import live_risk
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.secrets import SecretBox
from tradertape_server.wiring.trading import build_live_accounts

DOUBLES = Path(__file__).parents[1] / "doubles"
SCOPE = "kite:SB0001"


def _double(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, DOUBLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


scripted_broker = _double("scripted_broker")


@dataclass
class Orders:
    """A broker's orders. fails: raised by the next calls. calls: what reached the broker."""

    venue: Any
    fails: Exception | None = None
    cancel_fails: Exception | None = None
    calls: list[str] = field(default_factory=list[str])
    sent: list[Order] = field(default_factory=list[Order])

    def _reached(self, what: str) -> None:
        self.calls.append(what)
        if self.fails is not None:
            raise self.fails

    def submit(self, order: Order, *, is_exit: bool = False) -> Any:
        self._reached("exit" if is_exit else "entry")
        self.sent.append(order)
        return self.venue.submit(order)

    def modify(self, order: Order, ask: int, change: Any) -> Any:
        self._reached("modify")
        return self.venue.modify(order, ask, change)

    def cancel(self, order: Order, ask: int) -> Any:
        self._reached("cancel")
        if order.venue_order_id == "0":
            raise self.cancel_fails or broker_errors.Refused("no order has the id 0")
        return self.venue.cancel(order, ask)

    def order_book(self) -> Any:
        self._reached("book")
        return self.venue.book()


@dataclass
class Bench:
    accounts: LiveAccounts
    connections: Connections
    execution: ExecutionService
    orders: Orders
    venue: Any
    clock: Any
    user_id: int

    def sign_in(
        self, environment: Environment = Environment.SANDBOX, token: str = "t-1",  # noqa: S107
        user: str = "SB0001",
    ) -> None:  # fmt: skip
        session = scripted_broker.session_at(self.clock.now(), token=token, user=user)
        self.connections.connect(self.user_id, environment, session)
        self.connections.step()

    def codes(self, scope: str = SCOPE) -> list[str]:
        return [one.code for one in self.accounts.demand(self.user_id, scope)]

    @property
    def account(self) -> int:
        return self.execution.account(self.user_id, SCOPE).id

    @property
    def run(self) -> RunRef:
        return RunRef(account_id=self.account, run_id="live-1", venue="broker")

    def place(self, order: dict[str, Any], key: str) -> Any:
        return self.execution.place(self.run, order, key=key).document["result"]

    def send_updates(self) -> None:
        self.venue.send_updates(self.account, self.execution.trader.on_venue)
        for _ in range(2):
            self.execution.trader.execute(Command(lambda _uow: None))


@pytest.fixture
def bench(
    database: Database, clock: Any, market: Any, user_id: int, tmp_path: Path,
    start: Callable[..., ExecutionService], monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Bench]:  # fmt: skip
    """Makes a server; scripted is its only broker."""
    from scripted_venue import ScriptedVenue

    monkeypatch.setattr("tradertape_server.features.execution.loop.parked.REPLY_WITHIN_S", 0.3)
    monkeypatch.setattr(lane, "_RETRY_S", 0.01)
    monkeypatch.setattr(lane, "_MOST_RETRY_S", 0.02)
    venue = ScriptedVenue(clock)

    def make(*, is_enabled: bool = False, has_real_prices: bool = False) -> Bench:
        orders = Orders(venue)
        capabilities = replace(scripted_broker.NOTHING, protects_markets=True, charges="zerodha")
        broker = scripted_broker.ScriptedBroker(
            ports=Connection(orders=orders), capabilities=capabilities
        )
        hosts = {one: Hosts() for one in Environment}
        connections = Connections(
            database, clock, SecretBox.open(tmp_path / "secrets"), lambda _: broker,
            Addresses(hosts),
        )  # fmt: skip
        accounts = LiveAccounts(
            database, clock, connections, is_enabled=is_enabled,
            has_real_prices=lambda: has_real_prices,
        )  # fmt: skip
        execution = start(gateway_of=accounts.gateway_of)
        accounts.join(execution)
        return Bench(accounts, connections, execution, orders, venue, clock, user_id)

    return make


def test_without_a_session_an_account_is_blocked_and_says_what_to_do(bench: Any) -> None:
    made = bench()
    assert made.codes() == ["live_disabled", "broker_disconnected"]
    words = made.accounts.why_not(made.user_id, SCOPE)[-1].words
    assert "Settings → Brokers" in words


def test_a_sandbox_needs_no_permission_and_a_real_account_does(bench: Any) -> None:
    made = bench()
    made.sign_in()
    assert made.codes() == []
    assert made.accounts.is_sandbox(made.user_id, SCOPE)
    real = bench(has_real_prices=True)
    real.sign_in(Environment.LIVE, user="AB1234")
    assert real.codes("kite:AB1234") == ["live_disabled"]
    allowed = bench(is_enabled=True, has_real_prices=True)
    allowed.sign_in(Environment.LIVE, user="AB1234")
    assert allowed.codes("kite:AB1234") == []


def test_what_an_account_is_outlives_another_login_and_a_restart(bench: Any) -> None:
    """An account of the sandbox never reads as a real one, nor the other way round."""
    made = bench(is_enabled=True, has_real_prices=True)
    made.sign_in()
    made.sign_in(Environment.LIVE, user="AB1234")
    restarted = bench(is_enabled=True, has_real_prices=True)
    restarted.connections.step()
    for one in (made, restarted):
        assert one.accounts.is_sandbox(one.user_id, SCOPE)
        assert not one.accounts.is_sandbox(one.user_id, "kite:AB1234")
        assert one.codes("kite:AB1234") == []
        assert one.codes() == ["broker_disconnected"]
    found = {one.scope: one.environment for one in made.execution.accounts(made.user_id)}
    assert found == {SCOPE: "sandbox", "kite:AB1234": "live"}


def test_a_login_of_the_same_name_at_the_other_environment_reaches_nothing(
    bench: Any, order: Any
) -> None:
    """No order of the sandbox's run goes to the real account, and none of its orders comes here."""
    made = bench(is_enabled=True, has_real_prices=True)
    made.venue.fills_at_once = True
    made.sign_in()
    made.place(order(), "key-00001")
    sent, reached = len(made.orders.sent), len(made.orders.calls)
    made.sign_in(Environment.LIVE)
    assert made.codes() == ["other_environment"]
    words = made.accounts.why_not(made.user_id, SCOPE)[0].words
    assert "recorded as a sandbox account" in words
    assert "Settings → Brokers" in words
    (connected,) = made.connections.all()
    made.accounts.step()
    made.connections.deliver_orders(connected.account, made.venue.book())
    made.connections.deliver_hint(connected.account)
    with pytest.raises(SessionExpired):
        made.accounts.gateway_of(made.account).submit(made.orders.sent[0])
    assert (len(made.orders.sent), len(made.orders.calls)) == (sent, reached)
    made.sign_in(token="t-3")
    assert made.codes() == []


def test_an_account_from_before_takes_the_environment_of_its_next_login(bench: Any) -> None:
    made = bench()
    row = made.execution.broker_account(made.user_id, SCOPE, "zerodha")
    assert row.environment is None
    made.sign_in()
    assert made.execution.account(made.user_id, SCOPE).environment == "sandbox"
    assert made.accounts.is_sandbox(made.user_id, SCOPE)


def test_a_real_account_is_not_traded_on_simulated_prices(bench: Any) -> None:
    made = bench(is_enabled=True)
    made.sign_in(Environment.LIVE)
    assert made.codes() == ["simulated_prices"]


def test_a_live_run_is_halted_after_a_restart_on_simulated_prices(bench: Any, order: Any) -> None:
    """The market is switched under a run that exists: its next order is refused."""
    made = bench(is_enabled=True, has_real_prices=True)
    made.sign_in(Environment.LIVE)
    run: Any = SimpleNamespace(venue="broker", user_id=made.user_id, account_scope=SCOPE)
    assert live_risk(made.accounts, run, NO_RISK).halted is None
    restarted = bench(is_enabled=True)
    restarted.sign_in(Environment.LIVE)
    risk = live_risk(restarted.accounts, run, NO_RISK)
    with pytest.raises(OrderDenied, match="simulated"):
        restarted.execution.place(replace(restarted.run, risk=risk), order(), key="key-0001")
    assert restarted.orders.sent == []


@pytest.mark.parametrize(
    ("traded", "is_simulated", "codes"),
    [
        (TradedMarket.SIMULATED, True, ["simulated_prices"]),
        (TradedMarket.SIMULATED, False, ["simulated_prices"]),  # TRADERTAPE_FEED=off
        (TradedMarket.SANDBOX, False, ["simulated_prices"]),
        (TradedMarket.EXCHANGE, False, []),
    ],
)
def test_a_server_takes_real_orders_on_the_exchanges_prices_alone(
    bench: Any, traded: TradedMarket, is_simulated: bool, codes: list[str]
) -> None:
    made = bench()
    made.sign_in(Environment.LIVE)
    settings = SimpleNamespace(live_enabled=True)
    base: Any = SimpleNamespace(
        database=made.accounts.database, clock=made.clock, settings=settings
    )
    data: Any = SimpleNamespace(choice=SimpleNamespace(current=traded))
    source = SimpleNamespace(is_simulated=is_simulated)
    live: Any = SimpleNamespace(feed=SimpleNamespace(source=source))
    accounts = build_live_accounts(base, made.connections, data, live)
    assert [one.code for one in accounts.why_not(made.user_id, SCOPE)] == codes


def test_an_address_that_the_broker_does_not_know_is_found_out_before_an_order(bench: Any) -> None:
    """FAULTS §3: refused at the start-up check, not at 09:15."""
    made = bench()
    made.orders.cancel_fails = broker_errors.Refused("IP 10.0.0.1 is not whitelisted for this app")
    made.sign_in()
    assert made.codes() == ["address_not_registered"]
    assert "10.0.0.1" in made.accounts.why_not(made.user_id, SCOPE)[0].words
    assert made.codes() == ["address_not_registered"]
    assert made.orders.calls.count("cancel") == 1, "asked once for a session"
    made.orders.cancel_fails = None
    made.sign_in(token="t-2")
    made.clock.advance(seconds=1)
    made.sign_in(token="t-3")
    assert made.codes() == []


def test_a_connected_account_is_opened_once_and_its_book_is_read(bench: Any) -> None:
    made = bench()
    made.sign_in()
    made.sign_in(token="t-2")
    (account,) = [one for one in made.execution.accounts(made.user_id) if one.scope == SCOPE]
    assert (account.kind, account.broker, account.opening_paise) == ("broker", "zerodha", 0)
    _until(lambda: "book" in made.orders.calls)


def test_a_paper_account_of_that_name_is_never_taken_for_the_brokers(bench: Any) -> None:
    made = bench()
    made.execution.open_paper_account(made.user_id, SCOPE)
    made.sign_in()
    assert made.execution.account(made.user_id, SCOPE).kind == "paper"
    assert made.accounts.gateway_of(made.account) is None


def test_an_entry_without_a_band_is_refused_and_an_exit_gets_the_brokers_own(
    bench: Any, order: Any
) -> None:
    """FAULTS §3: a market order without protection."""
    made = bench()
    made.venue.fills_at_once = True
    made.sign_in()
    with pytest.raises(OrderDenied, match="leave the field out or set -1"):
        made.place(order(market_protection=0), "key-0001")
    preview = made.execution.preview(made.run, order(market_protection=0))["order"]["warnings"]
    told = [(one["code"], one["severity"]) for one in preview if "protection" in one["code"]]
    assert told == [("no_market_protection", "error")]
    made.place(order(), "key-0002")
    made.place(order(order_type="LIMIT", price=1490), "key-0003")
    _until(lambda: len(made.orders.sent) == 2)
    made.send_updates()
    made.place(order(transaction_type="SELL", market_protection=0), "key-0004")
    _until(lambda: len(made.orders.sent) == 3)
    by_side = {(o.request.side.value, o.request.order_type.value): o.request.market_protection
               for o in made.orders.sent}  # fmt: skip
    assert by_side == {("BUY", "MARKET"): -1, ("BUY", "LIMIT"): 0, ("SELL", "MARKET"): -1}


def test_a_session_that_ends_costs_one_request_and_work_resumes_after_the_login(
    bench: Any, order: Any
) -> None:
    """FAULTS §3: 06:00, with an exit queued. One refused request, one reason, nothing lost."""
    made = bench()
    made.venue.fills_at_once = True
    made.sign_in()
    made.place(order(), "key-0001")
    _until(lambda: made.orders.sent)
    made.send_updates()
    made.orders.fails = broker_errors.SessionExpired("the token has expired")
    made.orders.calls.clear()
    leaving = made.execution.exit_run(made.run, key="exit-0001")
    assert leaving.status_code == 202
    _until(lambda: made.connections.of(made.user_id, "kite") is None)
    made.clock.advance(seconds=60)
    _until(lambda: made.execution.lanes.problem(made.account))
    assert len([one for one in made.orders.calls if one != "book"]) <= 1
    assert len(made.orders.calls) <= 2, "a lane's two threads may each meet it once"
    made.connections.step()
    assert made.codes() == ["token_expired"]
    made.orders.fails = None
    made.orders.calls.clear()
    made.sign_in(token="t-2")
    _until(lambda: "exit" in made.orders.calls)
    asked = [one for one in made.orders.calls if one != "cancel"]
    assert asked.index("book") < asked.index("exit"), "the order book is read first"
    made.send_updates()
    assert made.execution.positions(run_id="live-1", open_only=True) == []


def test_orders_that_a_broker_sends_reach_the_account(bench: Any, order: Any) -> None:
    made = bench()
    made.sign_in()
    placed = made.place(order(), "key-0001")
    _until(lambda: made.venue.orders)
    (number,) = made.venue.orders
    entry = made.venue.fill(number)
    account = made.connections.of(made.user_id, "kite").account
    made.connections.deliver_orders(account, [entry])
    _until(
        lambda: made.execution.order("live-1", placed["order_id"]).status is OrderStatus.COMPLETE
    )
    made.orders.calls.clear()
    made.connections.deliver_hint(account)
    _until(lambda: "book" in made.orders.calls)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (broker_errors.Refused("no funds"), "REJECTED"),
        (broker_errors.OutcomeUnknown("timed out"), "IN_DOUBT"),
    ],
)
def test_every_error_of_an_adapter_is_one_of_the_port(
    bench: Any, order: Any, error: Exception, outcome: str
) -> None:
    made = bench()
    made.sign_in()
    _until(lambda: "book" in made.orders.calls)
    made.orders.fails = error
    placed = made.place(order(), "key-0001")
    assert placed["status"] == outcome
    made.orders.fails = None
    if outcome == "IN_DOUBT":
        made.execution.settle_by_hand("live-1", placed["order_id"])


def test_what_was_surely_not_sent_is_sent_later(bench: Any, order: Any) -> None:
    made = bench()
    made.sign_in()
    _until(lambda: "book" in made.orders.calls)
    made.orders.fails = broker_errors.RateLimited("too many", 0.01)
    placed = made.place(order(), "key-0001")
    made.orders.fails = None
    _until(lambda: made.execution.order("live-1", placed["order_id"]).venue_order_id)
    assert len(made.venue.orders) == 1


def test_after_its_hours_a_session_is_over_without_asking(bench: Any) -> None:
    made = bench()
    made.sign_in()
    calls = list(made.orders.calls)
    made.clock.advance(seconds=timedelta(hours=15).total_seconds())
    made.connections.step()
    assert made.codes() == ["token_expired"]
    assert [one for one in made.orders.calls if one == "cancel"] == [
        one for one in calls if one == "cancel"
    ]


def _until(is_true: Callable[[], Any]) -> None:
    import time

    until = time.monotonic() + 10
    while not is_true():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.005)
