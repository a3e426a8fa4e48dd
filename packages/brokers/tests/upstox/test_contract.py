"""The adapter against the sandbox: what it sends is understood, what comes back is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from packages.brokers.tests.sandboxed import Running
from packages.brokers.tests.upstox.test_orders import order_of

from tradertape_brokers import errors as e
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.upstox.keys import Keys
from tradertape_brokers.upstox.orders import UpstoxOrders
from tradertape_brokers.upstox.rest import Rest
from tradertape_core.orders.order import Change, Order, OrderStatus, OrderType, Product, Side
from tradertape_core.orders.reports import VenueOrder
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_sandbox.faults.endpoints import Endpoint
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan

KEY = AccountKey("upstox", "SB0001")
S = OrderStatus


class Watch:
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the sandbox goes by the machine's clock

    def monotonic(self) -> float:
        return 0.0


def rest_of(fresh: Running, limiter: Limiter | None = None) -> Rest:
    session = fresh.sandbox.sessions["upstox"].open("sandbox", "SB0001", ends_earlier=False)
    return Rest(session.access_token, root=fresh.url("upstox"), limiter=limiter or Limiter({}))


@pytest.fixture(autouse=True)
def unlimited(fresh: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox's rate limits are another test's."""
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)


@pytest.fixture
def upstox(fresh: Running) -> UpstoxOrders:
    return UpstoxOrders(rest_of(fresh), Watch(), Keys(fresh.sandbox.exchange.instruments.all))


def limit(number: int = 1, price: str = "145.00", **terms: Any) -> Order:
    made = order_of(price=Decimal(price), **terms)
    return replace(made, tag=f"TT{number:018d}", venue_order_id=None)


def market(number: int = 1, **terms: Any) -> Order:
    return limit(number, "0", order_type=OrderType.MARKET, **terms)


def found(upstox: UpstoxOrders, order: Order) -> VenueOrder | None:
    return next((one for one in upstox.order_book() if one.tag == order.tag), None)


def test_an_order_is_placed_changed_and_cancelled(upstox: UpstoxOrders) -> None:
    order = limit()
    report = upstox.submit(order)
    assert report is not None
    order = replace(order, venue_order_id=report.venue_order_id)
    entry = found(upstox, order)
    assert entry is not None
    assert (entry.status, entry.request) == (S.OPEN, order.request)
    upstox.modify(order, 1, Change(price=Decimal("144.50"), quantity=7))
    entry = found(upstox, order)
    assert entry is not None
    assert (entry.request.price, entry.request.quantity) == (Decimal("144.5"), 7)
    upstox.cancel(order, 2)
    entry = found(upstox, order)
    assert entry is not None
    assert (entry.status, entry.trades) == (S.CANCELLED, ())
    with pytest.raises(e.Refused):
        upstox.cancel(order, 3)


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
@pytest.mark.parametrize("product", [Product.CNC, Product.MIS])
def test_a_filled_order_has_the_trades_that_the_exchange_made(
    fresh: Running, upstox: UpstoxOrders, side: Side, product: Product
) -> None:
    order = market(side=side, product=product)
    upstox.submit(order)
    entry = found(upstox, order)
    assert entry is not None
    account = fresh.sandbox.exchange.account(KEY)
    (record,) = account.orders.values()
    assert (entry.status, entry.filled_quantity) == (S.COMPLETE, 5)
    assert [(one.quantity, one.price) for one in entry.trades] == [
        (one.quantity, one.price) for one in record.trades
    ]


def test_a_stop_waits_for_its_trigger(fresh: Running, upstox: UpstoxOrders) -> None:
    order = limit(price="140.00", order_type=OrderType.SL, side=Side.SELL,
                  trigger_price=Decimal("141.00"))  # fmt: skip
    upstox.submit(order)
    entry = found(upstox, order)
    assert entry is not None
    assert (entry.status, entry.request) == (S.TRIGGER_PENDING, order.request)


def test_a_derivative_is_named_by_its_own_exchange(fresh: Running, upstox: UpstoxOrders) -> None:
    future = min(
        (one for one in fresh.sandbox.exchange.instruments.derivatives("NIFTY") if not one.strike),
        key=lambda one: str(one.expiry),
    )
    order = market(
        exchange="NFO", tradingsymbol=future.tradingsymbol, product=Product.NRML,
        quantity=future.lot_size,
    )  # fmt: skip
    upstox.submit(order)
    entry = found(upstox, order)
    assert entry is not None
    assert entry.request.instrument == future.id
    assert entry.status is S.COMPLETE


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"tradingsymbol": "NOSUCH"}, "NSE:NOSUCH cannot be traded"),
        ({"price": Decimal("145.003")}, "multiple"),
        ({"quantity": 500_000}, "available"),
    ],
)
def test_a_refusal_is_told_in_its_own_words(
    upstox: UpstoxOrders, terms: dict[str, Any], words: str
) -> None:
    with pytest.raises(e.Refused, match=words):
        upstox.submit(replace(limit(), request=replace(limit().request, **terms)))
    assert upstox.order_book() == []


FAULTS: list[tuple[FaultPlan, type[e.BrokerError], int]] = [
    # the plan, what the caller hears, orders that the exchange has
    (FaultPlan(kind=FaultKind.DROP_AFTER), e.OutcomeUnknown, 1),
    (FaultPlan(kind=FaultKind.DROP_BEFORE), e.OutcomeUnknown, 0),
    *(
        (FaultPlan(kind=kind, status=status), e.OutcomeUnknown, orders)
        for status in (500, 502, 503, 504)
        for kind, orders in ((FaultKind.STATUS, 0), (FaultKind.STATUS_AFTER, 1))
    ),
    (FaultPlan(kind=FaultKind.STATUS, status=429), e.RateLimited, 0),
    (FaultPlan(kind=FaultKind.HTML), e.OutcomeUnknown, 1),
    (FaultPlan(kind=FaultKind.EMPTY), e.OutcomeUnknown, 1),
    (FaultPlan(kind=FaultKind.TRUNCATED), e.OutcomeUnknown, 1),
]


@pytest.mark.parametrize(("plan", "error", "orders"), FAULTS)
def test_a_fault_of_a_new_order_is_sorted_and_the_order_is_found_by_its_tag(
    fresh: Running, upstox: UpstoxOrders, plan: FaultPlan, error: type[e.BrokerError], orders: int
) -> None:
    fresh.sandbox.faults.add(replace(plan, broker="upstox", endpoint=Endpoint.PLACE, count=1))
    order = limit()
    with pytest.raises(e.BrokerError) as failed:
        upstox.submit(order)
    assert type(failed.value) is error
    assert len(fresh.sandbox.exchange.account(KEY).orders) == orders
    assert (found(upstox, order) is not None) is bool(orders)


@pytest.mark.parametrize("kind", [FaultKind.DROP_BEFORE, FaultKind.HTML, FaultKind.EMPTY])
def test_a_question_is_asked_once_more(
    fresh: Running, upstox: UpstoxOrders, kind: FaultKind
) -> None:
    upstox.submit(limit())
    fresh.sandbox.faults.add(FaultPlan(kind=kind, broker="upstox", endpoint=Endpoint.BOOK, count=1))
    assert len(upstox.order_book()) == 1
    fresh.sandbox.faults.add(FaultPlan(kind=kind, broker="upstox", endpoint=Endpoint.BOOK, count=2))
    with pytest.raises(e.Unavailable):
        upstox.order_book()


def test_a_session_that_ended_is_told_apart(fresh: Running, upstox: UpstoxOrders) -> None:
    fresh.sandbox.sessions["upstox"].close_all()
    calls: list[Callable[[], object]] = [lambda: upstox.submit(limit()), upstox.order_book]
    for call in calls:
        with pytest.raises(e.SessionExpired):
            call()


def test_sixty_orders_are_in_the_book_each_once(fresh: Running, upstox: UpstoxOrders) -> None:
    for number in range(60):
        upstox.submit(limit(number))
    book = upstox.order_book()
    assert len({one.venue_order_id for one in book}) == len(book) == 60
