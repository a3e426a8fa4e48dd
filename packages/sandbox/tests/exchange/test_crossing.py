"""Orders of two accounts trade with each other: by price, then by time."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packages.sandbox.tests.exchange.bench import KEY, SHARE, Bench, opened

from tradertape_core.orders.order import OrderStatus, OrderType, Product, Side, Validity
from tradertape_sandbox.exchange.events import AccountKey

OTHER = AccountKey("upstox", "SB0001")
LIMIT = OrderType.LIMIT


@pytest.fixture
def pair(bench: Bench) -> Bench:
    return with_other(bench)


def with_other(bench: Bench) -> Bench:
    """A second account, and a market with room between its bid and its ask."""
    bench.exchange.open_account(OTHER, Decimal(10_000_000), holdings=[(SHARE, 500, Decimal(300))])
    bench.price("700.00")
    tick = bench.exchange.tick(SHARE)
    assert tick is not None
    assert tick.bid is not None
    assert tick.ask is not None
    assert tick.ask - tick.bid >= Decimal("0.10")
    return bench


def inside(bench: Bench) -> Decimal:
    """A price between the market's bid and its ask."""
    tick = bench.exchange.tick(SHARE)
    assert tick is not None
    assert tick.bid is not None
    return tick.bid + Decimal("0.05")


def test_an_order_takes_a_better_resting_one_and_then_the_market(pair: Bench) -> None:
    price = inside(pair)
    resting = pair.place(OTHER, side=Side.SELL, order_type=LIMIT, price=price, quantity=4)
    assert resting.status is OrderStatus.OPEN

    bought = pair.place(quantity=10)

    trades = pair.exchange.trades(KEY, bought.order_id)
    tick = pair.exchange.tick(SHARE)
    assert tick is not None
    assert [(one.quantity, one.price) for one in trades] == [(4, price), (6, tick.ask)]
    sold = pair.exchange.order(OTHER, resting.order_id)
    assert (sold.status, sold.average_price) == (OrderStatus.COMPLETE, price)


def test_of_two_resting_orders_the_better_price_then_the_earlier_one_is_first(pair: Bench) -> None:
    price = inside(pair)
    terms = {"side": Side.SELL, "order_type": LIMIT, "quantity": 5}
    tick = pair.exchange.tick(SHARE)
    assert tick is not None
    later_better = [
        pair.place(OTHER, price=tick.ask, **terms),
        pair.place(OTHER, price=price, **terms),
        pair.place(OTHER, price=price, **terms),
    ]

    pair.place(quantity=7)

    filled = [pair.exchange.order(OTHER, one.order_id).filled_quantity for one in later_better]
    assert filled == [0, 5, 2]


def test_a_resting_order_worse_than_the_market_is_passed_over(pair: Bench) -> None:
    worse = pair.place(OTHER, side=Side.SELL, order_type=LIMIT, price=Decimal("702"), quantity=4)

    bought = pair.place(quantity=10)

    assert bought.average_price < Decimal("702")
    assert pair.exchange.order(OTHER, worse.order_id).filled_quantity == 0


def test_an_immediate_order_keeps_what_it_took_and_the_rest_ends(pair: Bench) -> None:
    price = inside(pair)
    pair.place(OTHER, side=Side.SELL, order_type=LIMIT, price=price, quantity=4)

    bought = pair.place(order_type=LIMIT, price=price, quantity=10, validity=Validity.IOC)

    assert (bought.status, bought.filled_quantity) == (OrderStatus.CANCELLED, 4)


orders = st.lists(
    st.tuples(
        st.sampled_from([KEY, OTHER]),
        st.sampled_from(list(Side)),
        st.integers(-4, 4),
        st.integers(1, 20),
    ),
    min_size=1,
    max_size=15,
)


@settings(deadline=None, max_examples=15)
@given(orders)
def test_what_one_account_buys_of_the_other_is_what_that_one_sells(
    wanted: list[tuple[AccountKey, Side, int, int]],
) -> None:
    bench = with_other(opened())
    for key, side, away, quantity in wanted:
        price = Decimal("700.05") + away * Decimal("0.05")
        bench.place(
            key, side=side, order_type=LIMIT, price=price, quantity=quantity, product=Product.MIS
        )

    for key in (KEY, OTHER):
        account = bench.exchange.account(key)
        for record in account.orders.values():
            filled = sum(trade.quantity for trade in record.trades)
            assert filled == record.order.filled_quantity <= record.order.request.quantity
            is_buy = record.order.request.side is Side.BUY
            limit = record.order.request.price
            assert all((t.price <= limit) is is_buy or t.price == limit for t in record.trades)
        signed = sum(
            trade.quantity if trade.side is Side.BUY else -trade.quantity
            for trade in bench.exchange.trades(key)
        )
        assert account.position(SHARE, Product.MIS).quantity == signed
    best_bid = max((p for p in open_prices(bench, Side.BUY)), default=Decimal(0))
    best_ask = min((p for p in open_prices(bench, Side.SELL)), default=Decimal(10_000))
    assert best_bid < best_ask


def open_prices(bench: Bench, side: Side) -> list[Decimal]:
    """Limits of the orders that rest on a side."""
    return [
        one.request.price
        for key in (KEY, OTHER)
        for one in bench.exchange.orders(key)
        if one.is_open and one.request.side is side
    ]
