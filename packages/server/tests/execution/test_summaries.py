"""What the timeline says of an order, for people."""

from __future__ import annotations

from decimal import Decimal

from tradertape_core.orders.order import OrderRequest, OrderType, Product, Side
from tradertape_server.features.execution.summaries import wish


def test_figures_of_an_order_are_grouped_as_they_are_everywhere_else() -> None:
    request = OrderRequest(
        exchange="NSE", tradingsymbol="MRF", side=Side.BUY, product=Product.CNC,
        order_type=OrderType.SL, quantity=123_456,
        price=Decimal("134321.5"), trigger_price=Decimal(1300),
    )  # fmt: skip
    assert wish(request) == "BUY 1,23,456 NSE:MRF SL 1,34,321.50 trigger 1,300.00 CNC"
