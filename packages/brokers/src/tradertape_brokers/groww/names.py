"""How Groww names what core names: exchange and segment apart, and symbols of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from tradertape_brokers.errors import Refused

CASH: Final = "CASH"
FNO: Final = "FNO"
_OURS: Final = {
    ("NSE", CASH): "NSE",
    ("BSE", CASH): "BSE",
    ("NSE", FNO): "NFO",
    ("BSE", FNO): "BFO",
}
_THEIRS: Final = {ours: theirs for theirs, ours in _OURS.items()}


@dataclass(frozen=True, slots=True)
class Listed:
    """An instrument as Groww names it: `NSE`, `FNO`, `NIFTY25NOVFUT`."""

    exchange: str
    segment: str
    trading_symbol: str


class Names(Protocol):
    """Translates names of instruments."""

    def theirs(self, exchange: str, tradingsymbol: str) -> Listed:
        """Groww's name of an instrument of core. Raises Refused where there is not just one."""
        ...

    def ours(self, listed: Listed) -> tuple[str, str]:
        """Core's exchange and symbol; those of Groww where core lists no such instrument."""
        ...


class SameSymbols:
    """Groww's symbols where they are the exchange's own, as shares' are."""

    def theirs(self, exchange: str, tradingsymbol: str) -> Listed:
        """The same symbol on Groww's exchange and segment. Raises Refused."""
        return Listed(*place_of(exchange), tradingsymbol)

    def ours(self, listed: Listed) -> tuple[str, str]:
        """The same symbol on core's exchange."""
        return exchange_of(listed), listed.trading_symbol


def place_of(exchange: str) -> tuple[str, str]:
    """Groww's exchange and segment of an exchange of core. Raises Refused."""
    place = _THEIRS.get(exchange)
    if place is None:
        known = ", ".join(_THEIRS)
        raise Refused(f"Groww takes orders for {known}; the instrument is on {exchange}")
    return place


def exchange_of(listed: Listed) -> str:
    """Core's exchange: `NFO` for the derivatives of NSE; others as they are."""
    return _OURS.get((listed.exchange, listed.segment), listed.exchange)
