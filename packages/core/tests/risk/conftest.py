"""Helpers for the risk tests: positions and ticks in one line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.lots import Lot
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import Product

NOW = datetime(2026, 6, 1, 5, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def held():
    """Make a position of `quantity` units (below 0: short) that cost `price` each."""

    def make(instrument, quantity, price=100, product=Product.MIS):
        lots = ()
        if quantity:
            lots = (Lot("t", NOW, quantity, Paise(int(Decimal(str(price)) * 100) * quantity)),)
        return Position(key=PositionKey("kite:paper-a", "run-1", instrument, product), lots=lots)

    return make


@pytest.fixture
def ticks():
    """Make the latest ticks of instruments from their prices, `age` seconds old."""

    def make(prices, *, age=0.0, at=NOW, **more):
        return {
            name: Tick(
                instrument_token=1,
                instrument_id=name,
                last_price=Decimal(str(price)),
                at=at - timedelta(seconds=age),
                **more,
            )
            for name, price in prices.items()
        }

    return make
