"""One update of an instrument's market, as every feed delivers it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tradertape_core.kernel.frozen import quickly_made


@quickly_made
@dataclass(frozen=True, slots=True)
class DepthLevel:
    """One price of the book: rupees, units, number of orders."""

    price: Decimal
    quantity: int
    orders: int = 0


@dataclass(frozen=True, slots=True)
class Depth:
    """Both sides of the book, best price first."""

    buy: tuple[DepthLevel, ...] = ()
    sell: tuple[DepthLevel, ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """The market of an instrument at a moment. Prices are rupees, times aware.

    `close` is the previous session's; `at` is when the feed received it, `exchange_at` the
    exchange's own time; `seq` rises by one a tick of the feed. A side of the market that is empty
    is None.
    """

    instrument_token: int
    instrument_id: str
    last_price: Decimal
    at: datetime
    seq: int = 0
    last_quantity: int = 0
    volume: int = 0
    average_price: Decimal | None = None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    close: Decimal | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    bid_quantity: int = 0
    ask_quantity: int = 0
    oi: int = 0
    exchange_at: datetime | None = None
    lower_circuit: Decimal | None = None
    upper_circuit: Decimal | None = None
    depth: Depth | None = None
