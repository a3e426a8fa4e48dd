"""The paper market's auctions: what rests for them, at what price it fills, what they leave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tradertape_core.market.session_times import PhaseKind
from tradertape_core.market.tick import Tick
from tradertape_core.orders.auctions import against_phase
from tradertape_core.orders.fields import read_order
from tradertape_core.orders.order import Change, Order, OrderStatus

S = OrderStatus
K = PhaseKind
INFY = "NSE:INFY"
LIMIT = {"order_type": "LIMIT", "price": 1450}

Market = Any  # the fixture of conftest
Ticks = Callable[..., Tick]
Orders = Callable[..., Order]


def wait_for_auction(market: Market, order: Order, tick: Tick, now: datetime) -> None:
    market.orders[order.order_id] = order
    market.hear(market.venue.submit(order, market.instrument, tick, now, in_auction=True), now)


def test_orders_fill_at_the_auctions_price_or_rest_on(
    market: Market, placed: Orders, tick: Ticks, noon: datetime, later: Callable[[float], datetime]
) -> None:
    now = tick(1440, bid=1439, ask=1441)
    wait_for_auction(market, placed("1", **LIMIT), now, noon)
    wait_for_auction(market, placed("2", order_type="MARKET"), now, noon)
    wait_for_auction(market, placed("3", order_type="LIMIT", price=1442), now, noon)
    assert [order.status for order in market.orders.values()] == [S.OPEN] * 3
    seen = tick(1441, bid=1440, ask=1442, after=1)
    assert market.venue.on_tick(seen, later(1), in_auction=True) == ()
    market.hear(market.venue.match_auction({INFY: Decimal("1445.5")}, later(2)), later(2))
    first, second, third = market.orders.values()
    assert (first.status, first.average_price) == (S.COMPLETE, Decimal("1445.5"))
    assert (second.status, second.average_price) == (S.COMPLETE, Decimal("1445.5"))
    assert third.status is S.OPEN
    assert market.venue.match_auction({"NSE:TCS": Decimal(1)}, later(3)) == ()
    market.hear(market.venue.close_session(later(3)), later(3))
    assert market.orders["3"].status is S.CANCELLED


def test_a_change_in_an_auction_meets_no_tick(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    now = tick(1440, bid=1439, ask=1441)
    wait_for_auction(market, placed("1", order_type="LIMIT", price=1430), now, noon)
    change = Change(price=Decimal(1450))
    market.hear(market.venue.modify("1", 1, change, noon, in_auction=True), noon)
    assert (market.orders["1"].status, market.orders["1"].request.price) == (S.OPEN, 1450)


def test_the_closing_auction_keeps_no_stops_and_no_disclosed_quantities(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    now = tick(1455, bid=1454, ask=1456)
    market.place(placed("1", **LIMIT), now, noon)
    market.place(placed("2", order_type="SL-M", trigger_price=1460), now, noon)
    market.place(placed("3", disclosed_quantity=5, **LIMIT), now, noon)
    market.hear(market.venue.enter_auction(noon), noon)
    kept, *ended = market.orders.values()
    assert kept.status is S.OPEN
    for order in ended:
        assert order.status is S.CANCELLED
        assert "the closing auction takes no stops" in (order.status_message or "")


ORDER = {
    "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "product": "CNC",
    "order_type": "MARKET", "quantity": 10,
}  # fmt: skip


@pytest.mark.parametrize(
    ("phase", "order", "pointers"),
    [
        (K.PRE_OPEN_ENTRY, {}, []),
        (K.PRE_OPEN_ENTRY, LIMIT, []),
        (K.PRE_OPEN_LIMIT_ONLY, LIMIT, []),
        (K.PRE_OPEN_LIMIT_ONLY, {}, ["/order_type"]),
        (K.PRE_OPEN_LIMIT_ONLY, {"variety": "amo"}, []),
        (K.PRE_OPEN_MATCHING, LIMIT, [""]),
        (K.PRE_OPEN_BUFFER, LIMIT, [""]),
        (K.CONTINUOUS, {"validity": "IOC"}, []),
        (K.CLOSING_REFERENCE, LIMIT, [""]),
        (K.CLOSING_ENTRY, {}, []),
        (K.CLOSING_ENTRY, {"order_type": "SL-M", "trigger_price": 1460}, ["/order_type"]),
        (K.CLOSING_ENTRY, {"validity": "IOC"}, ["/validity"]),
        (K.CLOSING_ENTRY, LIMIT | {"disclosed_quantity": 5}, ["/disclosed_quantity"]),
        (K.CLOSING_LIMIT_ONLY, {"validity": "IOC"}, ["/order_type", "/validity"]),
        (K.CLOSING_MATCHING, LIMIT, [""]),
        (K.POST_CLOSE, {}, [""]),
        (K.POST_CLOSE, {"variety": "amo"}, []),
        (None, LIMIT, [""]),
    ],
)  # fmt: skip
def test_what_each_phase_takes(
    phase: PhaseKind | None, order: dict[str, object], pointers: list[str]
) -> None:
    found = against_phase(read_order(ORDER | order), phase)
    assert [one.pointer for one in found] == pointers


def test_a_refusal_says_what_to_do() -> None:
    request = read_order(ORDER)
    [matching] = against_phase(request, K.PRE_OPEN_MATCHING)
    assert matching.message == (
        "the pre-open auction is being matched: place the order from 09:15 on, "
        "or with variety amo at any time"
    )
    [limit_only] = against_phase(request, K.CLOSING_LIMIT_ONLY)
    assert limit_only.message == (
        "order_type MARKET is not accepted in the closing auction: its last minutes take LIMIT only"
    )
