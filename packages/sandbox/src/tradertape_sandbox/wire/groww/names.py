"""Groww's names of instruments: trading symbol, groww symbol, exchange, segment, feed token."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from tradertape_core.market.contracts import INDEX_CONTRACTS
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_sandbox.exchange.listing import Listing
from tradertape_sandbox.wire.groww.envelopes import bad_request, not_found

CASH, FNO, COMMODITY = "CASH", "FNO", "COMMODITY"
SEGMENTS = (CASH, FNO, COMMODITY)
EXCHANGES = ("NSE", "BSE", "MCX")

_UNDERLYING_OF_INDEX = {one.index: name for name, one in INDEX_CONTRACTS.items()}
_EXCHANGE = {"NFO": "NSE", "BFO": "BSE"}
_DERIVATIVES_OF = {"NSE": "NFO", "BSE": "BFO"}
# Not strftime's: those follow the locale.
_MONTHS = (
    *("", "Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_UNWANTED = re.compile(r"[^A-Z0-9&-]")


def segment_of(instrument: Instrument) -> str:
    """CASH for shares and indices, FNO for futures and options."""
    return FNO if instrument.is_derivative else CASH


def exchange_of(instrument: Instrument) -> str:
    """NSE or BSE; derivatives have no exchange of their own."""
    return _EXCHANGE.get(instrument.exchange, instrument.exchange)


def order_exchange(exchange: str, segment: str) -> str:
    """The exchange in the words of the sandbox: NFO for NSE's derivatives."""
    return _DERIVATIVES_OF.get(exchange, exchange) if segment == FNO else exchange


def is_index(instrument: Instrument) -> bool:
    """Whether it is an index, which has values and no market of its own."""
    return instrument.instrument_type is InstrumentType.INDEX


def trading_symbol(instrument: Instrument) -> str:
    """`RELIANCE`, `NIFTY25NOVFUT`; an index goes by the name of its derivatives: `NIFTY`."""
    if not is_index(instrument):
        return instrument.tradingsymbol
    name = instrument.tradingsymbol
    return _UNDERLYING_OF_INDEX.get(name) or _UNWANTED.sub("", name.upper())


def groww_symbol(instrument: Instrument) -> str:
    """`NSE-WIPRO`, `NSE-NIFTY-30Sep25-FUT`, `NSE-NIFTY-30Sep25-24650-CE`."""
    parts = [exchange_of(instrument)]
    if instrument.expiry is None:
        return "-".join([*parts, trading_symbol(instrument)])
    parts += [instrument.underlying, _day_text(instrument.expiry)]
    if instrument.strike is not None:
        parts.append(plain(instrument.strike))
    return "-".join([*parts, instrument.instrument_type.value])


def feed_token(instrument: Instrument) -> str:
    """What the feed's subjects and the instrument file name it by: an index of NSE by its name."""
    if is_index(instrument) and instrument.exchange == "NSE":
        return trading_symbol(instrument)
    return str(instrument.exchange_token)


def plain(number: Decimal) -> str:
    """A number without needless zeros: 24650, 127.5."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Directory:
    """Finds a day's instruments by Groww's names."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self._by_symbol = {
            (exchange_of(one), segment_of(one), trading_symbol(one)): one for one in listing.all
        }
        self._by_groww = {groww_symbol(one): one for one in listing.all}
        self._by_feed = {
            (exchange_of(one), segment_of(one), is_index(one), feed_token(one)): one
            for one in listing.all
        }

    def find(self, exchange: str, segment: str, symbol: str) -> Instrument:
        """The instrument with a trading symbol. Raises GrowwError."""
        found = self._by_symbol.get((exchange, segment, symbol))
        if found is None:
            raise not_found(
                f"no instrument {symbol} on {exchange} in segment {segment}: "
                "take exchange, segment and trading_symbol from the instrument file"
            )
        return found

    def by_groww_symbol(self, exchange: str, segment: str, symbol: str) -> Instrument:
        """The instrument with a groww symbol. Raises GrowwError."""
        found = self._by_groww.get(symbol)
        if found is None or (exchange_of(found), segment_of(found)) != (exchange, segment):
            raise not_found(
                f"no instrument {symbol} on {exchange} in segment {segment}: "
                "take groww_symbol from the instrument file"
            )
        return found

    def by_feed_token(
        self, exchange: str, segment: str, token: str, *, index: bool = False
    ) -> Instrument | None:
        """The instrument that a subject of the feed names."""
        return self._by_feed.get((exchange, segment, index, token))

    def symbol(self, text: str, segment: str) -> Instrument:
        """The instrument of `NSE_RELIANCE`. Raises GrowwError."""
        exchange, mark, name = text.partition("_")
        if not mark or exchange not in EXCHANGES or not name:
            raise bad_request(
                f"exchange_symbols must look like NSE_RELIANCE, separated by commas; was {text!r}"
            )
        return self.find(exchange, segment, name)

    def underlying(self, exchange: str, name: str) -> Instrument:
        """The index or the share that derivatives are on, by its trading symbol."""
        return self.find(exchange, CASH, name)

    def contracts(self, exchange: str, underlying: str) -> list[Instrument]:
        """The futures and options on an underlying, by expiry and strike. Raises GrowwError."""
        found = [
            one for one in self.listing.derivatives(underlying) if exchange_of(one) == exchange
        ]
        if not found:
            raise not_found(f"{exchange} lists no futures or options on {underlying}")
        return sorted(found, key=_order_of)


def _order_of(instrument: Instrument) -> tuple[date, Decimal, str]:
    strike = instrument.strike or Decimal(0)
    return instrument.expiry or date.max, strike, instrument.tradingsymbol


def _day_text(day: date) -> str:
    return f"{day.day:02d}{_MONTHS[day.month]}{day:%y}"
