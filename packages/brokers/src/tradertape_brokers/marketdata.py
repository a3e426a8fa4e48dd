"""Instruments, quotes and candles of a broker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick


class InstrumentsPort(Protocol):
    """The broker's list of what can be traded. Raises BrokerError."""

    def download(self) -> Sequence[Instrument]:
        """Read today's whole list, of the exchanges in the capabilities.

        Raises Unavailable when it is cut short, cannot be read, or names one instrument twice.
        """
        ...


class QuotesPort(Protocol):
    """Prices on request. Raises BrokerError.

    Instruments are rows of the broker's own list: their tokens and ISINs say what is meant.
    """

    def quotes(self, instruments: Sequence[Instrument]) -> Mapping[str, Tick]:
        """Read quotes with depth, by instrument id; what has none is left out.

        Any number: it is asked for in as many requests as the broker wants.
        """
        ...

    def candles(
        self, instrument: Instrument, interval: Interval, start: datetime, end: datetime,
    ) -> Sequence[Candle]:  # fmt: skip
        """Read candles that begin within [start, end], oldest first.

        Any length: it is asked for in pieces no longer than `capabilities.candle_days`.
        """
        ...
