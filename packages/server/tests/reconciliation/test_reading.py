"""What a broker's rows amount to."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from tradertape_server.features.reconciliation.reading import Rows, places

AT = datetime(2026, 7, 24, 6, tzinfo=UTC)


def row(quantity: int, **more: Any) -> Any:
    common = {
        "exchange": "NSE", "symbol": "INFY", "isin": "INE009A01021", "product": "CNC",
        "quantity": quantity, "t1_quantity": 0, "pledged_quantity": 0, "average_price": 1,
        "last_price": 1, "kind": "net",
    }  # fmt: skip
    return SimpleNamespace(**{**common, **more})


def at_broker(rows: Rows) -> int:
    (found,) = places(rows, [], {}, lambda _: "", lambda *_: (), AT)
    return found.broker.quantity


def test_a_delivery_sale_of_the_day_is_off_the_holdings_once() -> None:
    """The broker shows it as a position below 0 too."""
    assert at_broker(Rows(holdings=[row(70)], positions=[row(-30)])) == 70
    assert at_broker(Rows(holdings=[row(70)], positions=[row(30)])) == 100


def test_a_short_position_of_another_product_counts() -> None:
    assert at_broker(Rows(positions=[row(-30, product="MIS")])) == -30
