"""Contracts that were held until they expired: what they were settled at, and who says so."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from tradertape_server.features.wealth.reckoning import Reckoning
from tradertape_server.features.wealth.schemas import Number
from tradertape_server.platform.http.routing import Body, Reply


class SettlementOut(Reply):
    """A contract that was held until it expired, and what it was settled at.

    quantity: below zero of what was sold. price: rupees a unit was worth. is_stated: you said so;
    else it follows from the close of the underlying on that day.
    """

    broker: str
    account: str
    symbol: str
    expiry: date
    quantity: Number
    price: Number
    is_stated: bool


class SettlementIn(Body):
    """What a unit of a contract was worth when it expired, in rupees: 0 of a worthless option.
    null takes back what you stated."""

    symbol: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    price: Annotated[Decimal, Field(ge=0, le=10_000_000, decimal_places=4)] | None


def settlements(book: Reckoning) -> list[SettlementOut]:
    """Contracts that were held until they expired, the latest first."""
    return [
        SettlementOut(
            broker=one.trade.broker,
            account=one.trade.account,
            symbol=one.trade.symbol,
            expiry=one.day,
            quantity=-one.quantity if one.is_buy else one.quantity,
            price=one.trade.price,
            is_stated=one.trade.symbol in book.stated,
        )
        for one in book.settlements
    ]
