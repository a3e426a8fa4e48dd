"""Orders at Upstox: how the book is read."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from packages.brokers.tests.upstox.test_orders import INFY, KEYS, NOW, TAG, Told, order_of

from tradertape_brokers import errors as e
from tradertape_brokers.upstox.orders_mapping import (
    STATUSES,
    UnknownRow,
    trade_of,
    venue_order,
    venue_orders,
)
from tradertape_core.execution import engine
from tradertape_core.orders.events import OrderModified, OrderPlaced
from tradertape_core.orders.order import Change, OrderStatus, OrderType, Product, Side
from tradertape_core.orders.reports import CancelReason
from tradertape_core.orders.transitions import evolve

ROW: dict[str, Any] = {
    "exchange": "NSE", "product": "D", "price": 1500.05, "quantity": 5, "status": "open",
    "guid": None, "tag": TAG, "instrument_token": INFY, "placed_by": "SB0001",
    "tradingsymbol": "INFY-EQ", "trading_symbol": "INFY-EQ", "order_type": "LIMIT",
    "validity": "DAY", "trigger_price": 0.0, "disclosed_quantity": 0, "transaction_type": "BUY",
    "average_price": 1500.0, "filled_quantity": 2, "pending_quantity": 3, "status_message": None,
    "status_message_raw": None, "exchange_order_id": "1100000000000001", "parent_order_id": None,
    "order_id": "261124000000007", "variety": "SIMPLE", "order_timestamp": "2026-11-24 10:30:00",
    "exchange_timestamp": "2026-11-24 10:30:02", "is_amo": False, "order_request_id": "1",
    "order_ref_id": "REF",
}  # fmt: skip
TRADE: dict[str, Any] = {
    "exchange": "NSE", "product": "D", "tradingsymbol": "INFY-EQ", "trading_symbol": "INFY-EQ",
    "instrument_token": INFY, "order_type": "LIMIT", "transaction_type": "BUY", "quantity": 2,
    "exchange_order_id": "1100000000000001", "order_id": "261124000000007",
    "exchange_timestamp": "2026-11-24 10:30:01", "average_price": 1500.0, "trade_id": "10001",
    "order_ref_id": "REF", "order_timestamp": "2026-11-24 10:30:00",
}  # fmt: skip


def read(**changes: Any) -> Any:
    return venue_order(ROW | changes, KEYS, is_snapshot=True)


def test_the_book_with_its_trades() -> None:
    told = Told([ROW], [TRADE])
    (order,) = told.orders.order_book()
    assert order.at == datetime(2026, 11, 24, 5, 0, 2, tzinfo=UTC)
    assert order.placed_at == datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    assert order.sequence == int(order.at.timestamp()) * 1_000_000
    assert order.request == order_of().request  # by its key: Upstox's symbol is another
    assert (order.tag, order.status, order.filled_quantity) == (TAG, OrderStatus.OPEN, 2)
    assert [(one.trade_id, one.quantity, one.price) for one in order.trades] == [
        ("10001", 2, Decimal("1500.0"))
    ]
    assert order.trades[0].at == datetime(2026, 11, 24, 5, 0, 1, tzinfo=UTC)
    assert order.exchange_order_id == "1100000000000001"
    assert order.is_snapshot


@pytest.mark.parametrize("word", list(STATUSES))
def test_every_state_of_upstox_is_known(word: str) -> None:
    assert read(status=word, filled_quantity=0).status is STATUSES[word]


def test_a_request_that_failed_leaves_the_order_as_it_was() -> None:
    assert read(status="not cancelled", filled_quantity=5).status is OrderStatus.COMPLETE
    assert read(status="not modified", filled_quantity=4).status is OrderStatus.OPEN


@pytest.mark.parametrize(
    ("key", "word", "product"),
    [
        (INFY, "D", Product.CNC), (INFY, "I", Product.MIS), (INFY, "MTF", Product.MTF),
        (INFY, "CO", Product.MIS), ("NSE_FO|43919", "D", Product.NRML),
        ("NSE_FO|43919", "I", Product.MIS), ("BSE_FO|5", "D", Product.NRML),
    ],
)  # fmt: skip
def test_delivery_of_a_contract_is_overnight(key: str, word: str, product: Product) -> None:
    assert read(instrument_token=key, product=word).request.product is product


def test_an_instrument_that_is_not_listed_keeps_the_names_of_upstox() -> None:
    request = read(instrument_token="NSE_FO|999", exchange="NFO", trading_symbol="X FUT").request
    assert request.instrument == "NFO:X FUT"
    request = read(instrument_token="NSE_EQ|INE000000001", trading_symbol="TWIN").request
    assert request.instrument == "NSE:TWIN"


def test_the_rest_of_an_immediate_order_is_cancelled_for_that() -> None:
    order = read(status="cancelled", validity="IOC")
    assert order.reason is CancelReason.IOC
    order = read(status="cancelled", validity="IOC", status_message="by the exchange")
    assert (order.reason, order.message) == (CancelReason.VENUE, "by the exchange")


@pytest.mark.parametrize(
    "change",
    [
        {"status": "something new"}, {"status": None}, {"order_timestamp": None},
        {"exchange_timestamp": "yesterday"}, {"product": "XX"}, {"quantity": "many"},
        {"transaction_type": None}, {"order_type": "STOP"}, {"price": "free"}, {"validity": "GTC"},
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_says_so(change: dict[str, object]) -> None:
    """Nothing is guessed: a book with such a row counts as not read."""
    with pytest.raises(UnknownRow):
        read(**change)
    with pytest.raises(e.Unavailable, match="cannot be read"):
        Told([ROW | change], []).orders.order_book()


def test_a_trade_that_cannot_be_read_says_so() -> None:
    for change in ({"average_price": "x"}, {"quantity": None}, {"exchange_timestamp": "x"}):
        with pytest.raises(UnknownRow):
            trade_of(TRADE | change)
    with pytest.raises(UnknownRow):
        venue_orders([ROW], [{"order_id": "1"}], KEYS)


def test_the_book_takes_no_protection_away() -> None:
    """Upstox tells of none: a protected stop would be changed into an unprotected one."""
    stop = order_of(
        order_type=OrderType.SL_M, price=Decimal(0), trigger_price=Decimal(1480),
        side=Side.SELL, market_protection=Decimal(-1),
    )  # fmt: skip
    row = ROW | {
        "order_type": "SL-M", "price": 0.0, "trigger_price": 1480.0, "transaction_type": "SELL",
        "filled_quantity": 0, "status": "trigger pending", "order_timestamp": "2026-11-24 10:31:00",
    }  # fmt: skip
    order = evolve(
        None,
        OrderPlaced(
            order_id="ours", at=NOW, account="a", run_id=None, request=stop.request,
            venue="broker", tag=TAG,
        ),
    )  # fmt: skip
    changes: list[Change] = []
    for second, trigger in enumerate((1480.0, 1480.0, 1475.0)):
        told = row | {"trigger_price": trigger, "order_timestamp": f"2026-11-24 10:31:0{second}"}
        report = venue_order(told, KEYS, is_snapshot=True).report_on("ours")
        for event in engine.apply(report, order, NOW):
            order = evolve(order, event)
            changes += [event.change] if isinstance(event, OrderModified) else []
    assert changes == [Change(trigger_price=Decimal("1475.0"))]
    assert order.request.market_protection == -1
