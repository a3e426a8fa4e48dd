"""Instrument keys: `NSE_EQ|INE009A01021`, `NSE_INDEX|Nifty 50`, `NSE_FO|43919`."""

from __future__ import annotations

from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_sandbox.exchange.listing import Listing
from tradertape_sandbox.wire.upstox.envelope import UpstoxError

_DERIVATIVES = {"NFO": "NSE_FO", "BFO": "BSE_FO"}
_EXCHANGES = {
    "NSE_EQ": "NSE", "BSE_EQ": "BSE", "NSE_FO": "NFO", "BSE_FO": "BFO",
    "NSE_INDEX": "NSE", "BSE_INDEX": "BSE",
}  # fmt: skip
# Indices whose names Upstox writes in another way than the exchange's symbol.
_INDEX_NAMES = {
    "NIFTY 50": "Nifty 50",
    "NIFTY BANK": "Nifty Bank",
    "NIFTY FIN SERVICE": "Nifty Fin Service",
    "NIFTY NEXT 50": "Nifty Next 50",
    "INDIA VIX": "India VIX",
}


def segment_of(instrument: Instrument) -> str:
    """The segment in Upstox's words."""
    if instrument.is_derivative:
        return _DERIVATIVES[instrument.exchange]
    is_index = instrument.instrument_type is InstrumentType.INDEX
    return f"{instrument.exchange}_{'INDEX' if is_index else 'EQ'}"


def key_of(instrument: Instrument) -> str:
    """The instrument's key."""
    segment = segment_of(instrument)
    if instrument.is_derivative:
        return f"{segment}|{instrument.exchange_token}"
    if instrument.instrument_type is InstrumentType.INDEX:
        symbol = instrument.tradingsymbol
        return f"{segment}|{_INDEX_NAMES.get(symbol, symbol)}"
    return f"{segment}|{instrument.isin}"


def find(listing: Listing, key: str) -> Instrument | None:
    """The instrument of a key; None for one that does not exist."""
    segment, _, name = key.partition("|")
    exchange = _EXCHANGES.get(segment)
    if exchange is None or not name:
        return None
    if segment.endswith("_EQ"):
        return listing.by_isin(exchange, name)
    if segment.endswith("_FO"):
        return listing.by_exchange_token(exchange, int(name)) if name.isdecimal() else None
    return listing.get(f"{exchange}:{name.upper()}")


def instrument_of(listing: Listing, key: str) -> Instrument:
    """The instrument of a key. Raises UpstoxError."""
    if not key:
        raise UpstoxError("UDAPI1026", "Instrument key is required", field="instrument_key")
    found = find(listing, key)
    if found is None:
        code = "UDAPI100011" if "|" in key else "UDAPI1087"
        words = f"Invalid Instrument key {key}: the instrument files list them"
        raise UpstoxError(code, words, field="instrument_key", value=key)
    return found
