"""Lists of instruments for the tests of masters."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tradertape_core.market.instrument import Instrument, InstrumentType

MORNING = datetime(2026, 11, 24, 2, 35, tzinfo=UTC)  # 08:05 IST


class MovableClock:
    """A clock that tests set."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.at = now
        self.seconds = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds

    def advance(self, by: timedelta) -> None:
        self.at += by
        self.seconds += by.total_seconds()


def share(number: int, symbol: str = "", isin: str | None = None) -> Instrument:
    """A share of NSE: everything follows from its number unless it is given."""
    return Instrument(
        exchange="NSE",
        tradingsymbol=symbol or f"SHARE{number}",
        instrument_token=number * 256 + 1,
        exchange_token=number,
        name=f"Share {number} Ltd",
        isin=f"INE{number:06d}01" if isin is None else isin,
        underlying=symbol or f"SHARE{number}",
    )


def contract(number: int, strike: int = 24000) -> Instrument:
    """A call on NIFTY."""
    return Instrument(
        exchange="NFO",
        tradingsymbol=f"NIFTY26NOV{strike}CE",
        instrument_token=number * 256 + 2,
        exchange_token=number,
        lot_size=65,
        segment="NFO",
        instrument_type=InstrumentType.CE,
        expiry=date(2026, 11, 24),
        strike=Decimal(strike),
        option_type="CE",
        underlying="NIFTY",
    )


def index(symbol: str, number: int) -> Instrument:
    """An index, under a broker's own number."""
    return replace(
        share(number, symbol, isin=""), segment="INDICES", instrument_type=InstrumentType.INDEX
    )


@st.composite
def masters(draw: st.DrawFn, least: int = 1) -> list[Instrument]:
    """Shares of different tokens, symbols and ISINs, and some calls."""
    numbers = draw(st.lists(st.integers(1, 60_000), min_size=least, max_size=40, unique=True))
    strikes = draw(st.lists(st.integers(1, 99_000), max_size=10, unique=True))
    calls = [contract(60_001 + i, strike) for i, strike in enumerate(strikes)]
    return [*(share(number) for number in numbers), *calls]
