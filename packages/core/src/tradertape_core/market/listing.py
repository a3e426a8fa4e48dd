"""Shares and indices as instruments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.ticks import tick_paise
from tradertape_core.market.tokens import instrument_token, numbers_for
from tradertape_core.market.world.quoting import rupees_of

_SHARE_NUMBERS = 2**21

# The exchanges' own numbers of the indices that have derivatives or are widely shown.
INDEX_NUMBERS: Mapping[str, int] = {
    "NIFTY 50": 1001,
    "NIFTY BANK": 1016,
    "NIFTY FIN SERVICE": 1007,
    "NIFTY 100": 1018,
    "NIFTY MID SELECT": 1125,
    "INDIA VIX": 1035,
    "SENSEX": 1,
}
_BSE_INDICES = frozenset({"SENSEX", "BANKEX"})


@dataclass(frozen=True, slots=True)
class ListedShare:
    """A share of a data set. close: the last one, in rupees."""

    symbol: str
    name: str
    isin: str
    close: float


def shares(listed: Iterable[ListedShare], today: date) -> list[Instrument]:
    """Build the instruments of NSE shares; the tick size follows from the last close."""
    rows = {row.symbol: row for row in listed}
    numbers = numbers_for(rows, below=_SHARE_NUMBERS, purpose="NSE")
    return [
        Instrument(
            exchange="NSE",
            tradingsymbol=row.symbol,
            instrument_token=instrument_token(numbers[row.symbol], "NSE"),
            exchange_token=numbers[row.symbol],
            name=row.name,
            isin=row.isin,
            tick_size=rupees_of(tick_paise(row.close, today)),
            segment="NSE",
            underlying=row.symbol,
        )
        for row in rows.values()
    ]


def indices(names: Iterable[str]) -> list[Instrument]:
    """Build the instruments of indices; those without an exchange number get one of ours."""
    wanted = sorted(set(names))
    ours = numbers_for(
        [name for name in wanted if name not in INDEX_NUMBERS], below=2**16, purpose="INDICES"
    )
    return [
        Instrument(
            exchange="BSE" if name in _BSE_INDICES else "NSE",
            tradingsymbol=name,
            instrument_token=instrument_token(number, "INDICES"),
            exchange_token=number,
            name=name,
            tick_size=Decimal("0.01"),
            segment="INDICES",
            instrument_type=InstrumentType.INDEX,
            underlying=name,
        )
        for name in wanted
        # Ours are above the numbers that the exchange uses.
        for number in (INDEX_NUMBERS.get(name) or 2**16 + ours[name],)
    ]
