"""What the timeline says of an order, for people."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tradertape_core.orders.events import CancelRequested, OrderAccepted
from tradertape_core.orders.order import (
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Product,
    Side,
)
from tradertape_core.orders.reports import CancelReason
from tradertape_server.features.execution.store.timeline_text import order_in_words, summary

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_figures_of_an_order_are_grouped_as_they_are_everywhere_else() -> None:
    request = OrderRequest(
        exchange="NSE", tradingsymbol="MRF", side=Side.BUY, product=Product.CNC,
        order_type=OrderType.SL, quantity=123_456,
        price=Decimal("134321.5"), trigger_price=Decimal(1300),
    )  # fmt: skip
    assert order_in_words(request) == "BUY 1,23,456 NSE:MRF SL 1,34,321.50 trigger 1,300.00 CNC"


def an_order() -> Order:
    request = OrderRequest(
        exchange="NSE", tradingsymbol="INFY", side=Side.BUY, product=Product.CNC,
        order_type=OrderType.MARKET, quantity=5,
    )  # fmt: skip
    return Order(
        order_id="1", account="1", run_id=None, request=request, status=OrderStatus.OPEN,
        venue="paper", tag="T", placed_at=NOW, updated_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (CancelReason.DAY, "Cancellation requested: BUY 5 NSE:INFY MARKET CNC (the session ended)"),
        (CancelReason.REQUESTED, "Cancellation requested: BUY 5 NSE:INFY MARKET CNC"),
    ],
)
def test_why_an_order_is_taken_back_is_said_in_words(reason: CancelReason, text: str) -> None:
    order = an_order()
    event = CancelRequested(order_id="1", at=NOW, ask=1, reason=reason)
    assert summary(order, event) == text


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (OrderStatus.OPEN, "Open: BUY 5 NSE:INFY MARKET CNC"),
        (OrderStatus.AMO_REQUESTED, "Pending market open: BUY 5 NSE:INFY MARKET CNC"),
    ],
)
def test_what_the_venue_said_is_told_in_words(status: OrderStatus, text: str) -> None:
    event = OrderAccepted(order_id="1", at=NOW, status=status, sequence=1)
    assert summary(an_order(), event) == text
