"""The feed's messages: bytes in, what they tell out. Pure; only Malformed is raised.

Source: the fields of growwapi 1.5.0's protobuf messages.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeAlias

from tradertape_brokers.groww.names import CASH, FNO
from tradertape_brokers.groww.protobuf import (
    Fields,
    Malformed,
    fields_of,
    number_of,
    parts_of,
    text_of,
    whole_of,
)
from tradertape_core.kernel.python310 import UTC
from tradertape_core.market.tick import Depth, DepthLevel

_PRICE, _BOOK, _INDEX = 4, 5, 6  # members of the message's oneof
_SEGMENTS: Final = {0: CASH, 1: FNO}
_LATEST_MS: Final = 4_102_444_800_000  # the year 2100
_STEP: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceUpdate:
    """A trade's price and the day so far; 0 is what Groww sends where it has nothing."""

    at: datetime | None
    last_price: Decimal | None
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    close: Decimal | None
    average_price: Decimal | None
    volume: int
    oi: int
    lower_circuit: Decimal | None
    upper_circuit: Decimal | None


@dataclass(frozen=True, slots=True)
class BookUpdate:
    """Five levels of each side."""

    at: datetime | None
    depth: Depth


@dataclass(frozen=True, slots=True)
class IndexUpdate:
    """An index's value."""

    at: datetime | None
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class OrderHint:
    """An order changed. Only its name is taken: its state is read from the order book."""

    venue_order_id: str
    segment: str


MarketUpdate: TypeAlias = PriceUpdate | BookUpdate | IndexUpdate


def market_update(payload: bytes) -> MarketUpdate:
    """What a message of a market subject tells. Raises Malformed."""
    fields = fields_of(payload)
    for number, read in ((_PRICE, _price), (_BOOK, _book), (_INDEX, _index)):
        parts = parts_of(fields, number)
        if parts:
            return read(parts[-1])
    raise Malformed("the message has neither price nor book nor index")


def order_hint(payload: bytes) -> OrderHint:
    """Which order a message of an order subject is about. Raises Malformed."""
    parts = parts_of(fields_of(payload), 2)
    name = text_of(parts[-1], 7) if parts else ""
    segment = _SEGMENTS.get(whole_of(parts[-1], 12)) if parts else None
    if not name or segment is None:
        raise Malformed("the message names no order")
    return OrderHint(name, segment)


def _price(part: Fields) -> PriceUpdate:
    return PriceUpdate(
        at=_moment(part, 1),
        last_price=_amount(part, 13),
        open=_amount(part, 2),
        high=_amount(part, 3),
        low=_amount(part, 4),
        close=_amount(part, 5),
        average_price=_amount(part, 10),
        volume=_units(part, 6),
        oi=_units(part, 14),
        lower_circuit=_amount(part, 12),
        upper_circuit=_amount(part, 11),
    )


def _book(part: Fields) -> BookUpdate:
    return BookUpdate(_moment(part, 1), Depth(_side(part, 2), _side(part, 3)))


def _side(part: Fields, number: int) -> tuple[DepthLevel, ...]:
    """A map of places (from 1, the best) to levels."""
    levels: dict[int, DepthLevel] = {}
    for entry in parts_of(part, number):
        level = parts_of(entry, 2)
        price = _amount(level[-1], 1) if level else None
        if price is not None:
            levels[whole_of(entry, 1)] = DepthLevel(price, _units(level[-1], 2))
    return tuple(levels[place] for place in sorted(levels))


def _index(part: Fields) -> IndexUpdate:
    return IndexUpdate(_moment(part, 1), _amount(part, 2))


def _amount(part: Fields, number: int) -> Decimal | None:
    """Rupees, from a double; None for nothing. Raises Malformed."""
    value = number_of(part, number)
    if not math.isfinite(value) or value < 0 or value > 1e12:
        raise Malformed(f"field {number} is no amount")
    return Decimal(str(value)).quantize(_STEP).normalize() + 0 if value else None


def _units(part: Fields, number: int) -> int:
    value = number_of(part, number)
    if not math.isfinite(value) or not 0 <= value < 2**53:
        raise Malformed(f"field {number} is no number of units")
    return int(value)


def _moment(part: Fields, number: int) -> datetime | None:
    value = number_of(part, number)
    if not 0 <= value < _LATEST_MS:
        raise Malformed(f"field {number} is no time")
    return datetime.fromtimestamp(value / 1_000, UTC) if value else None
