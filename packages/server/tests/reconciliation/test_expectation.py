"""What the broker is expected to hold: the sum of everything open in an instrument (PO-03)."""

from __future__ import annotations

from datetime import UTC, datetime

from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.lots import Lot
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.orders.order import Product
from tradertape_core.portfolio.reconciliation import find_cause
from tradertape_server.features.reconciliation.reading import Rows, places

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


def held(run_id: str, instrument: str, quantity: int) -> Position:
    key = PositionKey("1", run_id, instrument, Product.CNC)
    lots = (Lot("t1", NOW, quantity, Paise(quantity * 100_00)),)
    return Position(key=key, lots=lots if quantity else ())


def test_po_03_the_expectation_is_the_sum_of_open_positions_of_the_symbol() -> None:
    """Two portfolios and a closed position; another symbol does not count."""
    positions = [
        held("portfolio:1:1:7", "NSE:INFY", 12), held("portfolio:2:1:9", "NSE:INFY", 30),
        held("portfolio:2:1:8", "NSE:INFY", 0), held("portfolio:1:1:3", "NSE:TCS", 5),
    ]  # fmt: skip
    infy, tcs = places(Rows(), positions, {}, lambda _name: "", lambda *_: (), NOW)
    assert (infy.instrument, infy.ours.quantity) == ("NSE:INFY", 42)
    assert sum(units for _, units in infy.ours.by_owner) == 42
    assert len(infy.ours.by_owner) == 2
    assert (tcs.ours.quantity, find_cause(infy.ours, infy.broker, infy.known, NOW).difference) == (
        5, -42,
    )  # fmt: skip
