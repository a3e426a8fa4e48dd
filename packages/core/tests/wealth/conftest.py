"""Trades of a made-up tradebook."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from itertools import count

import pytest

from tradertape_core.orders.order import Side
from tradertape_core.wealth.records import BookTrade, Segment

IST = timezone(timedelta(hours=5, minutes=30))
MakeTrade = Callable[..., BookTrade]


@pytest.fixture
def trade() -> MakeTrade:
    """Make trades, each later in its day than the one before."""
    numbers = count(1)

    def make(
        side: str,
        quantity: object,
        price: object,
        day: str,
        *,
        symbol: str = "ALPHA",
        isin: str = "INE001A01011",
        segment: Segment = Segment.EQUITY,
        exchange: str = "NSE",
        **more: object,
    ) -> BookTrade:
        number = next(numbers)
        on = date.fromisoformat(day)
        given: dict[str, object] = {
            "broker": "kite",
            "account": "AB0001",
            "charges": Decimal(0),
            "order_id": "",
            "at": datetime.combine(on, time(9, 15), IST) + timedelta(seconds=number),
        } | more
        return BookTrade(
            exchange=exchange,
            segment=segment,
            symbol=symbol,
            isin=isin,
            side=Side(side),
            quantity=Decimal(str(quantity)),
            price=Decimal(str(price)),
            traded_on=on,
            trade_id=str(number),
            **given,  # pyright: ignore[reportArgumentType]
        )

    return make
