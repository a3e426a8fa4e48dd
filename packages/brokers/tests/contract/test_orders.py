"""Orders through every adapter: what it sends is understood, what comes back is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from packages.brokers.tests.contract.desk import Desk

from tradertape_brokers import errors as e
from tradertape_core.orders.order import Change, OrderStatus, OrderType, Product, Side
from tradertape_sandbox.faults.endpoints import Endpoint
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan

S = OrderStatus


def test_an_order_is_placed_changed_and_cancelled(desk: Desk) -> None:
    order = desk.limit()
    report = desk.orders.submit(order)
    assert report is not None
    order = replace(order, venue_order_id=report.venue_order_id)
    entry = desk.found(order)
    assert entry is not None
    assert (entry.status, entry.request) == (S.OPEN, order.request)
    assert entry.venue_order_id == order.venue_order_id
    desk.orders.modify(order, 1, Change(price=Decimal("144.50"), quantity=7))
    entry = desk.found(order)
    assert entry is not None
    assert (entry.request.price, entry.request.quantity) == (Decimal("144.5"), 7)
    desk.orders.cancel(order, 2)
    entry = desk.found(order)
    assert entry is not None
    assert (entry.status, entry.trades) == (S.CANCELLED, ())
    with pytest.raises(e.Refused):
        desk.orders.cancel(order, 3)


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
@pytest.mark.parametrize("product", [Product.CNC, Product.MIS])
def test_a_filled_order_has_the_trades_that_the_exchange_made(
    desk: Desk, side: Side, product: Product
) -> None:
    order = desk.market(side=side, product=product)
    desk.orders.submit(order)
    entry = desk.found(order)
    assert entry is not None
    (record,) = desk.account.orders.values()
    assert (entry.status, entry.filled_quantity) == (S.COMPLETE, 5)
    assert [(one.quantity, one.price) for one in entry.trades] == [
        (one.quantity, one.price) for one in record.trades
    ]


def test_a_stop_waits_for_its_trigger(desk: Desk) -> None:
    order = desk.limit(
        price="140.00", order_type=OrderType.SL, side=Side.SELL, trigger_price=Decimal("141.00")
    )
    desk.orders.submit(order)
    entry = desk.found(order)
    assert entry is not None
    assert (entry.status, entry.request) == (S.TRIGGER_PENDING, order.request)


def test_a_future_is_an_order_of_its_own_exchange(desk: Desk) -> None:
    future = min(
        (one for one in desk.exchange.instruments.derivatives("NIFTY") if not one.strike),
        key=lambda one: str(one.expiry),
    )
    order = desk.market(
        exchange="NFO", tradingsymbol=future.tradingsymbol, product=Product.NRML,
        quantity=future.lot_size,
    )  # fmt: skip
    desk.orders.submit(order)
    entry = desk.found(order)
    assert entry is not None
    assert (entry.request.instrument, entry.status) == (future.id, S.COMPLETE)


def test_every_product_type_and_side_is_what_the_exchange_got(desk: Desk) -> None:
    """An adapter that mixes two up would trade the wrong way round."""
    capabilities, sent = desk.broker.capabilities, {}
    products = [one for one in (Product.CNC, Product.MIS) if one in capabilities.products]
    number = 0
    for product in products:
        for side in Side:
            for kind in (OrderType.LIMIT, OrderType.SL, OrderType.SL_M):
                number += 1
                price = {Side.BUY: ("140", "155", "154"), Side.SELL: ("160", "145", "146")}[side]
                terms: dict[str, Any] = {"order_type": kind, "side": side, "product": product}
                if kind is not OrderType.LIMIT:
                    terms["trigger_price"] = Decimal(price[2])
                if kind is OrderType.SL_M and capabilities.protects_markets:
                    terms["market_protection"] = Decimal(-1)
                value = {OrderType.LIMIT: price[0], OrderType.SL: price[1]}.get(kind, "0")
                order = desk.limit(number, value, quantity=1, **terms)
                desk.orders.submit(order)
                sent[order.tag] = order.request
    at_exchange = {one.order.tag: one.order.request for one in desk.account.orders.values()}
    assert at_exchange.keys() == sent.keys()
    for tag, request in sent.items():
        got = at_exchange[tag]
        for name in ("side", "product", "order_type", "quantity", "price", "trigger_price"):
            assert getattr(got, name) == getattr(request, name), (name, request)
    book = {one.tag: one.request for one in desk.orders.order_book()}
    for tag, request in sent.items():
        assert (book[tag].side, book[tag].product) == (request.side, request.product)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"tradingsymbol": "NOSUCH"}, "NOSUCH"),
        ({"price": Decimal("145.003")}, "(?i)multiple|tick"),
        ({"quantity": 500_000}, "(?i)available|margin|insufficient|funds"),
    ],
)
def test_a_refusal_is_told_in_its_own_words(desk: Desk, terms: dict[str, Any], words: str) -> None:
    order = desk.limit()
    with pytest.raises(e.Refused, match=words):
        desk.orders.submit(replace(order, request=replace(order.request, **terms)))
    assert desk.account.orders == {}


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
    desk: Desk, plan: FaultPlan, error: type[e.BrokerError], orders: int
) -> None:
    plan = replace(plan, broker=desk.name, endpoint=Endpoint.PLACE, count=1)
    desk.running.sandbox.faults.add(plan)
    order = desk.limit()
    with pytest.raises(e.BrokerError) as failed:
        desk.orders.submit(order)
    assert type(failed.value) is error
    assert len(desk.account.orders) == orders
    assert (desk.found(order) is not None) is bool(orders)


@pytest.mark.parametrize("endpoint", [Endpoint.MODIFY, Endpoint.CANCEL])
@pytest.mark.parametrize(
    "kind", [FaultKind.DROP_AFTER, FaultKind.HTML, FaultKind.TRUNCATED, FaultKind.STATUS_AFTER]
)
def test_a_change_or_cancellation_whose_answer_is_lost_is_unknown(
    desk: Desk, endpoint: Endpoint, kind: FaultKind
) -> None:
    order = desk.limit()
    report = desk.orders.submit(order)
    assert report is not None
    order = replace(order, venue_order_id=report.venue_order_id)
    plan = FaultPlan(kind=kind, status=502, broker=desk.name, endpoint=endpoint, count=1)
    desk.running.sandbox.faults.add(plan)
    calls: dict[Endpoint, Callable[[], object]] = {
        Endpoint.MODIFY: lambda: desk.orders.modify(order, 1, Change(price=Decimal("144.50"))),
        Endpoint.CANCEL: lambda: desk.orders.cancel(order, 1),
    }
    with pytest.raises(e.OutcomeUnknown):
        calls[endpoint]()
    entry = desk.found(order)
    assert entry is not None
    if endpoint is Endpoint.MODIFY:
        assert entry.request.price == Decimal("144.5")
    else:
        assert entry.status is S.CANCELLED


@pytest.mark.parametrize("kind", [FaultKind.DROP_BEFORE, FaultKind.HTML, FaultKind.EMPTY])
def test_a_question_is_asked_once_more(desk: Desk, kind: FaultKind) -> None:
    desk.orders.submit(desk.limit())
    faults = desk.running.sandbox.faults
    faults.add(FaultPlan(kind=kind, broker=desk.name, endpoint=Endpoint.BOOK, count=1))
    assert len(desk.orders.order_book()) == 1
    faults.add(FaultPlan(kind=kind, broker=desk.name, endpoint=Endpoint.BOOK, count=2))
    with pytest.raises(e.Unavailable):
        desk.orders.order_book()


def test_a_session_that_ended_is_told_apart(desk: Desk) -> None:
    desk.running.sandbox.sessions[desk.name].close_all()
    calls: list[Callable[[], object]] = [
        lambda: desk.orders.submit(desk.limit()), desk.orders.order_book,
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(e.SessionExpired):
            call()
    assert desk.account.orders == {}


def test_sixty_orders_are_in_the_book_each_once(desk: Desk) -> None:
    for number in range(60):
        desk.orders.submit(desk.limit(number, quantity=1))
    book = desk.orders.order_book()
    assert len({one.venue_order_id for one in book}) == len(book) == 60
    assert {one.tag for one in book} == {desk.limit(number).tag for number in range(60)}


def test_no_error_shows_the_token(desk: Desk) -> None:
    token = desk.session.access_token.reveal()
    faults = desk.running.sandbox.faults
    faults.add(FaultPlan(kind=FaultKind.HTML, broker=desk.name))
    for call in (lambda: desk.orders.submit(desk.limit()), desk.orders.order_book):
        with pytest.raises(e.BrokerError) as failed:
            call()
        error: BaseException | None = failed.value
        while error is not None:
            assert token not in f"{error!r} {error}"
            error = error.__cause__ or error.__context__
    assert token not in f"{desk.session!r} {desk.connection!r}"
