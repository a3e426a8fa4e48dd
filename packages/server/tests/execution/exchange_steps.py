"""What traders, a market and the clock do at the paper exchange, a step at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from tradertape_core.market.instrument import Instrument, InstrumentType

FUTURE = Instrument(
    exchange="NFO",
    tradingsymbol="NIFTY26AUGFUT",
    instrument_token=31,
    exchange_token=3,
    lot_size=65,
    segment="NFO-FUT",
    instrument_type=InstrumentType("FUT"),
    expiry=date(2026, 8, 11),
    underlying="NIFTY",
)
PRICES = {"NSE:INFY": 1500, "NSE:TCS": 3000, FUTURE.id: 24000}


@dataclass(frozen=True)
class Quote:
    """A tick to come: its price and spread in steps of 5 paise, what is shown and traded."""

    instrument: str
    last: int
    spread: int = 1
    shown: int = 1000
    traded: int = 10


@dataclass(frozen=True)
class Place:
    """An order of a trader. quote: a tick that comes in the same moment (`Days.tells_first`)."""

    who: int
    key: str
    fields: tuple[tuple[str, Any], ...]
    quote: Quote | None = None


@dataclass(frozen=True)
class Basket:
    """Several orders of a trader under one key."""

    who: int
    key: str
    legs: tuple[tuple[tuple[str, Any], ...], ...]


@dataclass(frozen=True)
class Alter:
    """A change of one of a trader's open orders."""

    who: int
    key: str
    number: int
    patch: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Withdraw:
    """A cancel of one of a trader's open orders."""

    who: int
    key: str
    number: int


@dataclass(frozen=True)
class Trigger:
    """A good-till-triggered order to sell, away from the latest price by some rupees."""

    who: int
    key: str
    instrument: str
    away: int
    quantity: int


@dataclass(frozen=True)
class Exit:
    """A trader's intraday positions are closed."""

    who: int
    key: str


@dataclass(frozen=True)
class Wait:
    """Time that passes; what the clock does is done at its end."""

    seconds: int


@dataclass(frozen=True)
class Until:
    """Time that passes up to an hour of a day, counted from the first."""

    day: int
    hour: int
    minute: int
    second: int = 0


Step = Quote | Place | Basket | Alter | Withdraw | Trigger | Exit | Wait | Until
