"""The adapter against the sandbox: what it sends is understood, what comes back is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from packages.brokers.tests.groww.test_orders import order_of
from packages.brokers.tests.sandboxed import Running

from tradertape_brokers import errors as e
from tradertape_brokers.groww.orders import GrowwOrders
from tradertape_brokers.groww.rest import Rest
from tradertape_brokers.limiter import Limiter
from tradertape_core.orders.order import Change, Order, OrderStatus, OrderType, Product, Side
from tradertape_core.orders.reports import VenueOrder
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_sandbox.faults.endpoints import Endpoint
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan

KEY = AccountKey("groww", "SB0001")
S = OrderStatus


class Watch:
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the sandbox goes by the machine's clock

    def monotonic(self) -> float:
        return 0.0


def rest_of(fresh: Running, limiter: Limiter | None = None) -> Rest:
    session = fresh.sandbox.sessions["groww"].open("sandbox", "SB0001", ends_earlier=False)
    return Rest(session.access_token, root=fresh.url("groww"), limiter=limiter or Limiter({}))


@pytest.fixture(autouse=True)
def unlimited(fresh: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox's rate limits are another test's."""
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)


@pytest.fixture
def groww(fresh: Running) -> GrowwOrders:
    return GrowwOrders(rest_of(fresh), Watch())


def limit(number: int = 1, price: str = "145.00", **terms: Any) -> Order:
    made = order_of(price=Decimal(price), **terms)
    return replace(made, tag=f"TT{number:018d}", venue_order_id=None)


def market(number: int = 1, **terms: Any) -> Order:
    return limit(number, "0", order_type=OrderType.MARKET, **terms)


def found(groww: GrowwOrders, order: Order) -> VenueOrder | None:
    return next((one for one in groww.order_book() if one.tag == order.tag), None)


def test_an_order_is_placed_changed_and_cancelled(groww: GrowwOrders) -> None:
    order = limit()
    report = groww.submit(order)
    assert report is not None
    order = replace(order, venue_order_id=report.venue_order_id)
    entry = found(groww, order)
    assert entry is not None
    assert (entry.status, entry.request) == (S.OPEN, order.request)
    groww.modify(order, 1, Change(price=Decimal("144.50"), quantity=7))
    entry = found(groww, order)
    assert entry is not None
    assert (entry.request.price, entry.request.quantity) == (Decimal("144.5"), 7)
    groww.cancel(order, 2)
    entry = found(groww, order)
    assert entry is not None
    assert (entry.status, entry.trades) == (S.CANCELLED, ())
    with pytest.raises(e.Refused):
        groww.cancel(order, 3)


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
@pytest.mark.parametrize("product", [Product.CNC, Product.MIS])
def test_a_filled_order_has_the_trades_that_the_exchange_made(
    fresh: Running, groww: GrowwOrders, side: Side, product: Product
) -> None:
    order = market(side=side, product=product)
    groww.submit(order)
    entry = found(groww, order)
    assert entry is not None
    account = fresh.sandbox.exchange.account(KEY)
    (record,) = account.orders.values()
    assert (entry.status, entry.filled_quantity) == (S.COMPLETE, 5)
    assert [(one.quantity, one.price) for one in entry.trades] == [
        (one.quantity, one.price) for one in record.trades
    ]
    assert entry.venue_order_id is not None
    assert groww.order(entry.venue_order_id, "CASH") == entry


def test_a_stop_waits_for_its_trigger(fresh: Running, groww: GrowwOrders) -> None:
    order = limit(price="140.00", order_type=OrderType.SL, side=Side.SELL,
                  trigger_price=Decimal("141.00"))  # fmt: skip
    groww.submit(order)
    entry = found(groww, order)
    assert entry is not None
    assert (entry.status, entry.request) == (S.TRIGGER_PENDING, order.request)


def test_a_derivative_is_named_by_its_own_exchange(fresh: Running, groww: GrowwOrders) -> None:
    future = min(
        (one for one in fresh.sandbox.exchange.instruments.derivatives("NIFTY") if not one.strike),
        key=lambda one: str(one.expiry),
    )
    order = market(
        exchange="NFO", tradingsymbol=future.tradingsymbol, product=Product.NRML,
        quantity=future.lot_size,
    )  # fmt: skip
    groww.submit(order)
    entry = found(groww, order)
    assert entry is not None
    assert entry.request.instrument == future.id
    assert entry.status is S.COMPLETE


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"tradingsymbol": "NOSUCH"}, "no instrument NOSUCH"),
        ({"price": Decimal("145.003")}, "multiple"),
        ({"quantity": 500_000}, "available"),
        ({"product": Product.NRML}, "NRML"),
    ],
)
def test_a_refusal_is_told_in_its_own_words(
    groww: GrowwOrders, terms: dict[str, Any], words: str
) -> None:
    with pytest.raises(e.Refused, match=words):
        groww.submit(replace(limit(), request=replace(limit().request, **terms)))
    assert groww.order_book() == []


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
    fresh: Running, groww: GrowwOrders, plan: FaultPlan, error: type[e.BrokerError], orders: int
) -> None:
    fresh.sandbox.faults.add(replace(plan, broker="groww", endpoint=Endpoint.PLACE, count=1))
    order = limit()
    with pytest.raises(e.BrokerError) as failed:
        groww.submit(order)
    assert type(failed.value) is error
    assert len(fresh.sandbox.exchange.account(KEY).orders) == orders
    assert (found(groww, order) is not None) is bool(orders)
    if orders:  # sent again after all, it is Groww that knows the reference
        with pytest.raises(e.OutcomeUnknown):
            groww.submit(order)
        assert len(fresh.sandbox.exchange.account(KEY).orders) == 1


@pytest.mark.parametrize("kind", [FaultKind.DROP_BEFORE, FaultKind.HTML, FaultKind.EMPTY])
def test_a_question_is_asked_once_more(fresh: Running, groww: GrowwOrders, kind: FaultKind) -> None:
    groww.submit(limit())
    fresh.sandbox.faults.add(FaultPlan(kind=kind, broker="groww", endpoint=Endpoint.BOOK, count=1))
    assert len(groww.order_book()) == 1
    fresh.sandbox.faults.add(FaultPlan(kind=kind, broker="groww", endpoint=Endpoint.BOOK, count=2))
    with pytest.raises(e.Unavailable):
        groww.order_book()


def test_a_session_that_ended_is_told_apart(fresh: Running, groww: GrowwOrders) -> None:
    fresh.sandbox.sessions["groww"].close_all()
    calls: list[Callable[[], object]] = [lambda: groww.submit(limit()), groww.order_book]
    for call in calls:
        with pytest.raises(e.SessionExpired):
            call()


def test_sixty_orders_are_in_the_book_each_once(fresh: Running, groww: GrowwOrders) -> None:
    for number in range(60):
        groww.submit(limit(number))
    book = groww.order_book()
    assert len({one.venue_order_id for one in book}) == len(book) == 60
