"""Where prices come from: the door that simulation, recordings and brokers come in by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Protocol

from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.hours import TradingHours
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import Phase, Segment
from tradertape_core.market.tick import Tick


class Mode(IntEnum):
    """How much of a tick is wanted; the higher holds the lower."""

    LTP = 1
    QUOTE = 2
    FULL = 3


@dataclass(frozen=True, slots=True)
class Subscription:
    """An instrument somebody wants ticks of."""

    instrument: Instrument
    mode: Mode


class TickSource(Protocol):
    """A market that can be asked what is new. Called from one thread at a time, except `past`."""

    name: str
    is_simulated: bool

    def market_time(self, now: datetime) -> datetime:
        """What time it is in this market: `now`, unless it is a recording."""
        ...

    def poll(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """Ticks that came since the last call; raises OSError where the market cannot be heard."""
        ...

    def quote(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """The market now, for instruments that need not be polled; none for those it cannot say."""
        ...

    def hours(self, moment: datetime, segment: Segment = Segment.CASH) -> TradingHours | None:
        """The session of a market time; None when nothing of the segment moves then."""
        ...

    def phase(self, moment: datetime, segment: Segment) -> Phase | None:
        """What becomes of orders at a market time: trading, a part of an auction, None: closed."""
        ...

    def session_candles(
        self, instrument: Instrument, interval: Interval, moment: datetime
    ) -> list[Candle]:
        """Candles of a market time's session up to it, oldest first; the last may be incomplete."""
        ...

    def past_candles(
        self, instrument: Instrument, interval: Interval, start: date, end: date
    ) -> list[Candle]:
        """Candles within former sessions from `start` to `end`; none where it has no record."""
        ...
