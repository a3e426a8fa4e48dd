"""The paper market, rule by rule of docs/paper-venue.md."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tradertape_core.market.tick import Depth, DepthLevel, Tick
from tradertape_core.orders.order import Change, Order, OrderStatus, OrderType

S = OrderStatus
LIMIT = {"order_type": "LIMIT", "price": 1450}
SL_M = {"order_type": "SL-M", "trigger_price": 1460}
SL = {"order_type": "SL", "trigger_price": 1460, "price": 1461}
SELL = {"transaction_type": "SELL"}


Market = Any  # the fixture of conftest
Ticks = Callable[..., Tick]
Orders = Callable[..., Order]


def outcome(order: Order) -> tuple[OrderStatus, int, Decimal]:
    return order.status, order.filled_quantity, order.average_price


# --- market orders --------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "price"), [("BUY", "1450.05"), ("SELL", "1449.95")])
def test_a_market_order_pays_the_other_side(
    market: Market, placed: Orders, tick: Ticks, noon: datetime, side: str, price: str
) -> None:
    now = tick(1450, bid=1449.95, ask=1450.05)
    order = market.place(placed(transaction_type=side), now, noon)
    assert outcome(order) == (S.COMPLETE, 10, Decimal(price))
    assert order.request.order_type is OrderType.MARKET
    assert len(market.venue) == 0


def test_without_quotes_a_market_order_pays_the_last_price_and_slippage(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    # 1450 + 5 basis points is 1450.725, on the tick above for a purchase, below for a sale.
    order = market.place(placed(), tick(1450), noon)
    assert order.average_price == Decimal("1450.75")
    order = market.place(placed("1002", **SELL), tick(1450), noon)
    assert order.average_price == Decimal("1449.25")


def test_a_market_order_with_nobody_on_the_other_side_waits(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    at_the_circuit = tick(1595, bid=1595, lower_circuit=1305, upper_circuit=1595)
    order = market.place(placed(), at_the_circuit, noon)
    assert (order.status, order.filled_quantity) == (S.OPEN, 0)


def test_a_protected_market_order_rests_at_its_band(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    # The market is 2% away; the band for prices above 500 is 0.5%: 1457.25.
    order = market.place(placed(), tick(1450, bid=1440, ask=1479), noon)
    assert (order.status, order.request.order_type) == (S.OPEN, OrderType.LIMIT)
    assert order.request.price == Decimal("1457.25")
    order = market.move(tick(1452, bid=1450, ask=1457.25, after=1))
    assert outcome(order) == (S.COMPLETE, 10, Decimal("1457.25"))


@pytest.mark.parametrize(("percent", "filled"), [(1, 0), (3, 10), (0, 10)])
def test_a_given_protection_is_the_band(
    market: Market, placed: Orders, tick: Ticks, noon: datetime, percent: int, filled: int
) -> None:
    now = tick(1450, bid=1440, ask=1479)
    assert market.place(placed(market_protection=percent), now, noon).filled_quantity == filled


def test_the_depth_is_walked_where_fills_are_partial(
    strict: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    offers = tuple(DepthLevel(Decimal(p), q) for p, q in (("1450.05", 4), ("1450.10", 4)))
    deep = tick(1450, bid=1449.95, ask=1450.05, depth=Depth(sell=offers))
    order = strict.place(placed(), deep, noon)
    assert outcome(order) == (S.OPEN, 8, Decimal("1450.075"))
    other = strict.place(placed("1002"), deep, noon)
    assert other.filled_quantity == 0, "what was taken is not there twice"
    order = strict.move(tick(1450, bid=1449.95, ask=1450.05, ask_quantity=2, after=1))
    assert outcome(order)[:2] == (S.COMPLETE, 10)
    assert strict.orders["1002"].filled_quantity == 0


# --- limits ---------------------------------------------------------------------------------------


def test_a_limit_that_can_trade_at_once_pays_the_offer_not_its_limit(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    order = market.place(placed(**LIMIT), tick(1448, bid=1447.95, ask=1448.05), noon)
    assert outcome(order) == (S.COMPLETE, 10, Decimal("1448.05"))


@pytest.mark.parametrize(
    ("last", "ask", "fills"),
    [(1450.05, 1450.05, False), (1450, 1450.05, True), (1450.05, 1450, True), (1449, 1449, True)],
)
def test_a_resting_limit_fills_at_its_price_when_the_market_touches_it(
    market: Market,
    placed: Orders,
    tick: Ticks,
    noon: datetime,
    last: float,
    ask: float,
    fills: bool,
) -> None:
    order = market.place(placed(**LIMIT), tick(1452, bid=1451.95, ask=1452.05), noon)
    assert order.status is S.OPEN
    order = market.move(tick(last, bid=1448, ask=ask, after=1))
    expected = (S.COMPLETE, 10, Decimal(1450)) if fills else (S.OPEN, 0, 0)
    assert outcome(order) == expected


def test_a_price_that_was_before_the_order_does_not_fill_it(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    """The last trade was at 1449, but the market stands higher: nobody sells at 1450."""
    order = market.place(placed(**LIMIT), tick(1449, bid=1451, ask=1452, volume=500), noon)
    assert order.status is S.OPEN
    order = market.move(tick(1449, bid=1451, ask=1452, volume=500, after=1))
    assert order.status is S.OPEN


def test_behind_the_queue_trades_at_the_price_fill_only_what_is_left_of_them(
    strict: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    now = tick(1450.1, bid=1450, ask=1450.2, bid_quantity=100, volume=1000)
    assert strict.place(placed(**LIMIT), now, noon).status is S.OPEN
    order = strict.move(tick(1450, bid=1450, ask=1450.2, volume=1060, after=1))
    assert order.filled_quantity == 0
    order = strict.move(tick(1450, bid=1450, ask=1450.2, volume=1104, after=2))
    assert order.filled_quantity == 4
    order = strict.move(tick(1449.95, bid=1449.9, ask=1450.2, volume=1105, after=3))
    assert order.filled_quantity == 5, "a trade through the price fills what was traded"
    order = strict.move(tick(1450, bid=1450, ask=1450.2, volume=1200, after=4))
    assert outcome(order) == (S.COMPLETE, 10, Decimal(1450))


def test_better_prices_go_first_then_earlier_orders(
    strict: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    far = tick(1460, bid=1459, ask=1461)
    for order_id, price in (("1", 1449), ("2", 1450), ("3", 1450)):
        strict.place(placed(order_id, order_type="LIMIT", price=price), far, noon)
    strict.move(tick(1449, bid=1448, ask=1449, ask_quantity=15, after=1))
    filled = {name: order.filled_quantity for name, order in strict.orders.items()}
    assert filled == {"1": 0, "2": 10, "3": 5}


def test_prices_beyond_the_circuit_are_rejected(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    now = tick(1450, lower_circuit=1305, upper_circuit=1595)
    order = market.place(placed(order_type="LIMIT", price=1600), now, noon)
    assert order.status is S.REJECTED
    assert order.status_message == "1,600.00 is outside the circuit limits 1,305.00 to 1,595.00"


# --- triggers -------------------------------------------------------------------------------------


def test_a_stop_waits_for_its_trigger_and_pays_the_market(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    order = market.place(placed(**SL_M), tick(1450, bid=1449, ask=1451), noon)
    assert order.status is S.TRIGGER_PENDING
    assert market.move(tick(1459.95, bid=1459, ask=1461, after=1)).status is S.TRIGGER_PENDING
    order = market.move(tick(1460, bid=1459.5, ask=1460.5, after=2))
    assert outcome(order) == (S.COMPLETE, 10, Decimal("1460.5"))


def test_a_stop_with_a_limit_rests_where_the_market_has_jumped_over_it(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    market.place(placed(**SL), tick(1450, bid=1449, ask=1451), noon)
    order = market.move(tick(1470, bid=1469, ask=1471, after=1))
    assert outcome(order) == (S.OPEN, 0, 0)
    order = market.move(tick(1461, bid=1460, ask=1462, after=2))
    assert outcome(order) == (S.COMPLETE, 10, Decimal(1461))


def test_the_trade_that_triggers_a_stop_does_not_fill_it(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    """It was over when the order came to the market, where no offer is good enough."""
    market.place(placed(**SL), tick(1450, bid=1449, ask=1451), noon)
    order = market.move(tick(1460.5, bid=1459, ask=1462, after=1))
    assert outcome(order) == (S.OPEN, 0, 0)
    order = market.move(tick(1460.5, bid=1459, ask=1461, after=2))
    assert outcome(order) == (S.COMPLETE, 10, Decimal(1461))


def test_a_stop_beyond_the_price_triggers_at_once(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    order = market.place(
        placed(order_type="SL-M", trigger_price=1460, **SELL), tick(1450, bid=1449), noon
    )
    assert outcome(order) == (S.COMPLETE, 10, Decimal(1449))


def test_a_new_trigger_is_waited_for(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    order = market.place(placed(**SL), tick(1450, bid=1449, ask=1451), noon)
    change = Change(trigger_price=Decimal(1440))
    market.hear(market.venue.modify("1001", 1, change, noon), noon)
    order = market.orders["1001"]
    assert order.request.trigger_price == 1440
    assert outcome(order) == (S.COMPLETE, 10, Decimal(1451)), "the price is past it already"


# --- ticks ----------------------------------------------------------------------------------------


def test_a_tick_that_comes_with_another_order_triggers_a_waiting_stop(
    market: Market, placed: Orders, tick: Ticks, noon: datetime, later: Callable[[float], datetime]
) -> None:
    stop = {"order_type": "SL-M", "trigger_price": 1499}
    market.place(placed("1", **stop, **SELL), tick(1500, bid=1499.5, ask=1500.5), noon)
    seen = tick(1498, bid=1497.5, ask=1498.5, after=1)
    market.place(placed("2"), seen, later(1))
    assert outcome(market.orders["1"]) == (S.COMPLETE, 10, Decimal("1497.5"))


def test_a_leg_takes_the_tick_that_comes_with_another_order(
    market: Market, placed: Orders, tick: Ticks, noon: datetime, later: Callable[[float], datetime]
) -> None:
    """Otherwise the next leg would rest, and pay its limit instead of the offer."""
    iceberg = {"variety": "iceberg", "iceberg_legs": 2, "order_type": "LIMIT", "price": 1530}
    market.place(placed("1", **iceberg), tick(1500, bid=1499, ask=1500), noon)
    market.place(placed("2"), tick(1501, bid=1500, ask=1501, after=1), later(1))
    assert [fill.price for fill in market.orders["1"].fills] == [1500, 1501]


def test_a_tick_out_of_reach_is_met_too(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    """From then on the order rests, and is met at its own price."""
    market.place(placed(**LIMIT), None, noon)
    market.move(tick(1470, bid=1469, ask=1471, after=1))
    order = market.move(tick(1440, bid=1439, ask=1441, after=2))
    assert outcome(order) == (S.COMPLETE, 10, Decimal(1450))


def test_a_price_that_went_away_and_came_back_is_a_trade_without_volumes(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    for second, last in enumerate((1450, 1451, 1450)):
        now = tick(last, bid=1449, ask=1452, after=second)
        order = market.move(now) if second else market.place(placed(**LIMIT), now, noon)
    assert outcome(order) == (S.COMPLETE, 10, Decimal(1450))
