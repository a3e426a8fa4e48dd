"""Which of Upstox's instrument keys is which of core's instruments: surely one, or none.

Shares go by ISIN, futures and options by the exchange's number, indices by name. An instrument
whose key is shared, or whose terms differ from those in Upstox's file, has none: an order for a
wrong instrument is worse than no order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Protocol

from tradertape_brokers.errors import Refused
from tradertape_brokers.upstox.instruments import EXCHANGES, UpstoxInstrument
from tradertape_core.market.instrument import Instrument, InstrumentType

__all__ = ["EXCHANGES", "FoundKeys", "KeyBook", "Keys"]

_CONTRACTS: Final = {"NFO": "NSE_FO", "BFO": "BSE_FO"}


class KeyBook(Protocol):
    """Translates between core's instruments and Upstox's keys."""

    def key_of(self, exchange: str, tradingsymbol: str) -> str:
        """The key of an instrument. Raises Refused, which says why there is none."""
        ...

    def find(self, key: str) -> Instrument | None:
        """The instrument of a key; None for one that is unknown or not surely one instrument's."""
        ...

    def named(self, key: str, exchange: str, tradingsymbol: str) -> Instrument | None:
        """The same for a row that has the names beside the key."""
        ...


class FoundKeys:
    """Keys of instruments that are looked up one by one in Upstox's own list."""

    def __init__(self, find: Callable[[str], Instrument | None]) -> None:
        self._look_up = find
        self._known: dict[str, Instrument] = {}

    def key_of(self, exchange: str, tradingsymbol: str) -> str:
        """The key of an instrument of the list. Raises Refused."""
        name = f"{exchange}:{tradingsymbol}"
        one = self._look_up(name)
        key = None if one is None else _made(one)
        if one is None or key is None:
            raise Refused(f"{name} cannot be traded at Upstox: it is not in Upstox's list of today")
        self._known[_folded(key)] = one
        return key

    def find(self, key: str) -> Instrument | None:
        """The instrument of a key that was asked for before."""
        return self._known.get(_folded(key))

    def named(self, key: str, exchange: str, tradingsymbol: str) -> Instrument | None:
        """The instrument of the names, where its key is this one."""
        found = self.find(key)
        if found is not None:
            return found
        one = self._look_up(f"{exchange}:{tradingsymbol}")
        made = None if one is None else _made(one)
        if one is None or made is None or _folded(made) != _folded(key):
            return None
        self._known[_folded(key)] = one
        return one


class Keys:
    """Translates between core's instruments and Upstox's keys.

    rows: Upstox's file; without it the keys are made from core's numbers and ISINs alone.
    unmatched: instruments without a key, by id, with the reason.
    """

    def __init__(
        self, ours: Iterable[Instrument], rows: Iterable[UpstoxInstrument] | None = None
    ) -> None:
        self.unmatched: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self._instruments: dict[str, Instrument] = {}
        listed = None if rows is None else {_folded(row.key): row for row in rows}
        claims: dict[str, dict[str, Instrument]] = {}
        for one in ours:
            key = _made(one)
            if key is None:
                self.unmatched[one.id] = "it has no ISIN, or is on an exchange Upstox has not"
            else:
                claims.setdefault(_folded(key), {})[one.id] = one
        for folded, claiming in claims.items():
            self._settle(folded, claiming, listed)

    def key_of(self, exchange: str, tradingsymbol: str) -> str:
        """The key of an instrument. Raises Refused, which says why there is none."""
        name = f"{exchange}:{tradingsymbol}"
        key = self._keys.get(name)
        if key is None:
            why = self.unmatched.get(name, "it is not listed today")
            raise Refused(f"{name} cannot be traded at Upstox: {why}")
        return key

    def find(self, key: str) -> Instrument | None:
        """The instrument of a key; None for one that is unknown or not surely one instrument's."""
        return self._instruments.get(_folded(key))

    def named(self, key: str, exchange: str, tradingsymbol: str) -> Instrument | None:  # noqa: ARG002 - the key is enough
        """The same: the key alone decides."""
        return self.find(key)

    def _settle(
        self,
        folded: str,
        claiming: dict[str, Instrument],
        listed: dict[str, UpstoxInstrument] | None,
    ) -> None:
        """Give a key to the one instrument that claims it."""
        if len(claiming) > 1:
            for name in claiming:
                others = ", ".join(sorted(set(claiming) - {name}))
                self.unmatched[name] = f"it shares its key with {others}"
            return
        [one] = claiming.values()
        row = None if listed is None else listed.get(folded)
        why = None if listed is None else _difference(one, row)
        if why is not None:
            self.unmatched[one.id] = why
            return
        self._keys[one.id] = row.key if row is not None else _made(one) or ""
        self._instruments[folded] = one


def _difference(one: Instrument, row: UpstoxInstrument | None) -> str | None:
    """Why the row of an instrument's key is not that instrument; None where it is."""
    if row is None:
        return "Upstox lists no such instrument"
    if row.kind is not one.instrument_type or (row.expiry, row.strike) != (one.expiry, one.strike):
        return f"{row.trading_symbol} with its number is another instrument"
    if one.is_derivative and row.lot_size != one.lot_size:
        return f"its lot is {one.lot_size}, at Upstox {row.lot_size}: read the instruments anew"
    return None


def _made(one: Instrument) -> str | None:
    if one.is_derivative:
        segment = _CONTRACTS.get(one.exchange)
        return None if segment is None else f"{segment}|{one.exchange_token}"
    if one.exchange not in ("NSE", "BSE"):
        return None
    if one.instrument_type is InstrumentType.INDEX:
        return f"{one.exchange}_INDEX|{one.name or one.tradingsymbol}"
    return f"{one.exchange}_EQ|{one.isin}" if one.isin else None


def _folded(key: str) -> str:
    """Indices are written in several ways: `Nifty 50`, `NIFTY 50`."""
    return key.casefold()
