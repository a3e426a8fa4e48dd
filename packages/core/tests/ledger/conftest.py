"""Helpers for the ledger's tests: a fill in one line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest

from tradertape_core.orders.order import Fill, Product, Side

NINE_FIFTEEN = datetime(2026, 6, 1, 3, 45, tzinfo=UTC)

MakeFill = Callable[..., Fill]


@pytest.fixture
def fill() -> MakeFill:
    """Make a fill from `"B 10 101.5"`; each is a second after the last, `days` after the first."""
    numbers = count(1)

    def make(
        text: str,
        *,
        order: str = "",
        instrument: str = "NSE:INFY",
        product: Product = Product.MIS,
        run_id: str | None = "run-1",
        days: int = 0,
    ) -> Fill:
        side, quantity, price = text.split()
        number = next(numbers)
        return Fill(
            trade_id=f"t{number}",
            order_id=order or f"o{number}",
            account="kite:paper-a",
            run_id=run_id,
            instrument=instrument,
            product=product,
            side=Side.BUY if side == "B" else Side.SELL,
            quantity=int(quantity),
            price=Decimal(price),
            at=NINE_FIFTEEN + timedelta(days=days, seconds=number),
        )

    return make
