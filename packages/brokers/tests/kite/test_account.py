"""What an account holds at Kite, and its triggers, at the sandbox's door."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from packages.brokers.tests.kite.test_orders import order_of
from packages.brokers.tests.kite.test_session import KITE, signed_in
from packages.brokers.tests.sandboxed import Running, served_sandbox

from tradertape_brokers import errors as e
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.kite.gtts import gtt_of
from tradertape_brokers.kite.portfolio import holdings_of
from tradertape_brokers.port import Connection
from tradertape_brokers.portfolio import PositionKind
from tradertape_core.orders.gtt import GttRequest, GttStatus, GttType
from tradertape_core.orders.order import OrderRequest, OrderType, Product, Side
from tradertape_sandbox.app import open_default_account
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_sandbox.faults.endpoints import Endpoint
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan


class Watch:
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the sandbox goes by the machine's clock

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with served_sandbox() as served:
        yield served


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox's rate limits are another test's."""
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)


@pytest.fixture
def kite(running: Running) -> Iterator[Connection]:
    """The default account as at the start, INFY at 150 rupees, and no faults."""
    exchange = running.sandbox.exchange
    open_default_account(exchange, "kite", Decimal(1_000_000))
    exchange.market.set_price("NSE:INFY", Decimal(150))
    hosts = Hosts.sandbox(f"http://127.0.0.1:{running.port}")
    yield KITE.connect(signed_in(hosts), hosts, KITE.limiter(), Watch())
    running.sandbox.faults.remove()


def test_what_is_bought_is_among_the_positions(kite: Connection) -> None:
    bought = order_of(order_type=OrderType.MARKET, price=Decimal(0), market_protection=Decimal(-1))
    assert kite.portfolio is not None
    kite.orders.submit(replace(bought, tag="TT1", venue_order_id=None))
    deadline = time.monotonic() + 10
    while not (found := kite.portfolio.positions()) and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    assert {one.kind for one in found} == {PositionKind.NET, PositionKind.DAY}
    one = found[0]
    assert (one.exchange, one.tradingsymbol, one.product) == ("NSE", "INFY", Product.CNC)
    assert (one.quantity, one.buy_quantity, one.buy_value) == (5, 5, one.average_price * 5)


def test_funds_shares_and_owner_are_read(running: Running, kite: Connection) -> None:
    assert kite.portfolio is not None
    equity = next(one for one in kite.portfolio.margins() if one.segment == "equity")
    assert (equity.available_cash, equity.net, equity.used_margin) == (1_000_000, 1_000_000, 0)
    assert kite.portfolio.profile().user_id == "SB0001"
    key = AccountKey("kite", "SB0001")
    owned = {one.instrument.id: one for one in running.sandbox.exchange.holdings(key)}
    found = {f"{one.exchange}:{one.tradingsymbol}": one for one in kite.portfolio.holdings()}
    assert found.keys() == owned.keys() != set()
    for name, one in found.items():
        assert (one.quantity, one.isin) == (owned[name].quantity, owned[name].instrument.isin)
        assert one.average_price == owned[name].average_price


@pytest.mark.parametrize("fault", [FaultKind.HTML, FaultKind.TRUNCATED, FaultKind.EMPTY])
def test_a_spoiled_answer_is_an_unavailable_broker(
    running: Running, kite: Connection, fault: FaultKind
) -> None:
    assert kite.portfolio is not None
    running.sandbox.faults.add(FaultPlan(kind=fault, endpoint=Endpoint.PORTFOLIO))
    for read in (kite.portfolio.holdings, kite.portfolio.positions, kite.portfolio.margins):
        with pytest.raises(e.Unavailable):
            read()


HOLDING = {
    "tradingsymbol": "INFY", "exchange": "NSE", "instrument_token": 408065, "isin": "INE009A01021",
    "product": "CNC", "quantity": 5, "t1_quantity": 3, "collateral_quantity": 2,
    "average_price": 100.05, "last_price": 110.5, "close_price": 100.5,
    "mtf": {"quantity": 4, "average_price": 90.1},
}  # fmt: skip


def test_funded_shares_are_a_holding_of_their_own() -> None:
    own, funded = holdings_of(HOLDING)
    assert (own.total_quantity, own.average_price) == (10, Decimal("100.05"))
    assert (funded.product, funded.total_quantity) == (Product.MTF, 4)
    assert funded.average_price == Decimal("90.1")
    assert holdings_of(HOLDING | {"quantity": 0, "t1_quantity": 0, "collateral_quantity": 0}) == [
        funded
    ]


@pytest.mark.parametrize("price", [float("nan"), float("inf")])
def test_a_price_that_is_no_number_is_not_read(price: float) -> None:
    with pytest.raises(ValueError, match="last_price is no number"):
        holdings_of(HOLDING | {"last_price": price})


def exit_of(*triggers: str, quantity: int = 5) -> GttRequest:
    """An exit of INFY at each trigger."""
    values = tuple(Decimal(value) for value in triggers)
    orders = tuple(
        OrderRequest(
            exchange="NSE", tradingsymbol="INFY", side=Side.SELL, product=Product.CNC,
            order_type=OrderType.LIMIT, quantity=quantity, price=value,
        )
        for value in values
    )  # fmt: skip
    return GttRequest(
        type=GttType.SINGLE if len(values) == 1 else GttType.TWO_LEG,
        exchange="NSE", tradingsymbol="INFY", trigger_values=values,
        last_price=Decimal(150), orders=orders,
    )  # fmt: skip


def test_a_trigger_is_placed_changed_and_deleted(kite: Connection) -> None:
    gtts = kite.gtts
    assert gtts is not None
    request = exit_of("140.05", "160.1")
    trigger = gtts.place(request)
    found = next(one for one in gtts.list() if one.trigger_id == trigger)
    assert (found.status, found.request) == (GttStatus.ACTIVE, request)
    changed = exit_of("139.95", "161", quantity=3)
    gtts.modify(trigger, changed)
    found = next(one for one in gtts.list() if one.trigger_id == trigger)
    assert found.request.trigger_values == (Decimal("139.95"), Decimal(161))
    assert found.request.orders[0].quantity == 3
    gtts.cancel(trigger)
    found = next((one for one in gtts.list() if one.trigger_id == trigger), None)
    assert found is None or found.status in (GttStatus.DELETED, GttStatus.CANCELLED)
    for no_trigger in ("0", "GTT-1"):
        with pytest.raises(e.Refused):
            gtts.cancel(no_trigger)


def test_a_trigger_whose_answer_is_lost_is_in_the_list_once(
    running: Running, kite: Connection
) -> None:
    gtts = kite.gtts
    assert gtts is not None
    running.sandbox.faults.add(
        FaultPlan(kind=FaultKind.DROP_AFTER, endpoint=Endpoint.PLACE, count=1)
    )
    with pytest.raises(e.OutcomeUnknown):
        gtts.place(exit_of("120.05"))
    waiting = [one.request for one in gtts.list() if one.status is GttStatus.ACTIVE]
    assert waiting.count(replace(exit_of("120.05"), last_price=Decimal(150))) == 1


def test_the_legs_that_fired_have_their_orders() -> None:
    order = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "SELL", "product": "CNC",
        "order_type": "LIMIT", "quantity": 5, "price": 140,
    }  # fmt: skip
    outcome = {"status": "failed", "order_id": "", "rejection_reason": "no shares"}
    fired = {**order, "result": {"timestamp": "2026-11-24 10:00:00", "order_result": outcome}}
    read = gtt_of({
        "id": 7, "type": "two-leg", "status": "triggered", "created_at": "2026-11-23 10:00:00",
        "updated_at": "2026-11-24 10:00:00", "expires_at": "2027-11-23 00:00:00",
        "condition": {"exchange": "NSE", "tradingsymbol": "INFY", "last_price": 150,
                      "trigger_values": [140, 160]},
        "orders": [{**order, "result": None}, fired],
    })  # fmt: skip
    assert [(one.leg, one.order_id, one.reason) for one in read.results] == [(1, None, "no shares")]
