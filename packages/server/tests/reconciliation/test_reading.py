"""What a broker's rows amount to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.lots import Lot
from tradertape_core.ledger.position import Flow, Position, PositionKey, Today
from tradertape_core.orders.order import Product
from tradertape_server.features.reconciliation.notices import PATH
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


def bought_here(quantity: int, at: datetime) -> Position:
    flow = Flow(quantity, Paise(quantity * 100))
    return Position(
        key=PositionKey("1", None, "NSE:INFY", Product.CNC), bought=flow,
        lots=(Lot(trade_id="1", at=at, quantity=quantity, cost=Paise(quantity * 100)),),
        today=Today(day=at.date(), bought=flow),
    )  # fmt: skip


def from_before(rows: Rows, position: Position, earlier: int = 0) -> int:
    known = {"NSE:INFY": earlier}
    (found,) = places(rows, [position], {}, lambda _: "", lambda *_: (), AT, from_before=known)
    return found.known.from_before


def test_what_was_settled_on_the_day_of_the_first_trade_here_is_from_before() -> None:
    """100 held, 3 bought through TraderTape: the 100 were not bought elsewhere today."""
    rows = Rows(holdings=[row(100)], positions=[row(3)])
    assert from_before(rows, bought_here(3, AT)) == 100
    later = bought_here(3, AT - timedelta(days=1))
    assert from_before(rows, later) == 0
    assert from_before(rows, later, earlier=100) == 100


def test_a_notice_of_a_difference_leads_to_its_page() -> None:
    routes = Path(__file__).parents[4] / "web/apps/console/src/app/router.tsx"
    assert f'path: "{PATH}"' in routes.read_text()
