"""Upstox's instrument keys, `NSE_EQ|INE009A01021`, and the instruments of core.

Shares go by ISIN, futures and options by the exchange's number, indices by name. A key that two
instruments would share belongs to neither: an order for a wrong instrument is worse than none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tradertape_brokers.errors import Refused
from tradertape_core.market.instrument import Instrument, InstrumentType

SEGMENTS: Final = {"NFO": "NSE_FO", "BFO": "BSE_FO"}
EXCHANGES: Final = {
    "NSE_EQ": "NSE", "BSE_EQ": "BSE", "NSE_FO": "NFO", "BSE_FO": "BFO",
    "NSE_INDEX": "NSE", "BSE_INDEX": "BSE",
}  # fmt: skip


class Keys:
    """Translates between an account's instruments and Upstox's keys."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._keys: dict[str, str] = {}
        self._instruments: dict[str, Instrument] = {}
        self._ambiguous: set[str] = set()
        for one in instruments:
            key = _key_of(one)
            if key is None:
                continue
            self._keys[one.id] = key
            known = self._instruments.setdefault(_folded(key), one)
            if known.id != one.id:
                self._ambiguous.add(_folded(key))

    def key_of(self, exchange: str, tradingsymbol: str) -> str:
        """The key of an instrument. Raises Refused for one that Upstox has not, or not for sure."""
        key = self._keys.get(f"{exchange}:{tradingsymbol}")
        if key is None:
            raise Refused(f"Upstox lists no {exchange}:{tradingsymbol}: refresh its instruments")
        if _folded(key) in self._ambiguous:
            raise Refused(
                f"{exchange}:{tradingsymbol} shares its key {key} with another instrument"
            )
        return key

    def find(self, key: str) -> Instrument | None:
        """The instrument of a key; None for an unknown or ambiguous one."""
        folded = _folded(key)
        return None if folded in self._ambiguous else self._instruments.get(folded)


def exchange_of(segment: str) -> str:
    """Core's exchange of a segment or an exchange of Upstox: `NFO` for `NSE_FO`."""
    return EXCHANGES.get(segment, segment)


def _key_of(one: Instrument) -> str | None:
    if one.is_derivative:
        segment = SEGMENTS.get(one.exchange)
        return None if segment is None else f"{segment}|{one.exchange_token}"
    if one.exchange not in ("NSE", "BSE"):
        return None
    if one.instrument_type is InstrumentType.INDEX:
        return f"{one.exchange}_INDEX|{one.name or one.tradingsymbol}"
    return f"{one.exchange}_EQ|{one.isin}" if one.isin else None


def _folded(key: str) -> str:
    """Indices are written in several ways: `Nifty 50`, `NIFTY 50`."""
    return key.casefold()
