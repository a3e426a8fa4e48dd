"""The interface of tick sources: simulation, replays and broker feeds implement it."""

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
    """How much of a tick is subscribed to; higher modes include lower ones."""

    LTP = 1
    QUOTE = 2
    FULL = 3


@dataclass(frozen=True, slots=True)
class Subscription:
    """An instrument whose ticks are subscribed to, and in which mode."""

    instrument: Instrument
    mode: Mode


class TickSource(Protocol):
    """A market to poll for ticks. Called by one thread at a time, except `past_candles`."""

    name: str
    is_simulated: bool

    def market_time(self, now: datetime) -> datetime:
        """The market's time: `now`, unless the source is a replay."""
        ...

    def poll(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """The ticks since the last call; raises OSError when the market cannot be reached."""
        ...

    def quote(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """The present tick of each instrument, polled or not; none for those without a price."""
        ...

    def hours(self, moment: datetime, segment: Segment = Segment.CASH) -> TradingHours | None:
        """The session at a market time; None while the segment is closed."""
        ...

    def phase(self, moment: datetime, segment: Segment) -> Phase | None:
        """The phase at a market time: continuous trading or a part of an auction; None: closed."""
        ...

    def session_candles(
        self, instrument: Instrument, interval: Interval, moment: datetime
    ) -> list[Candle]:
        """Candles of the session at a market time, up to it, oldest first; the last may be
        incomplete."""
        ...

    def past_candles(
        self, instrument: Instrument, interval: Interval, start: date, end: date
    ) -> list[Candle]:
        """Candles of former sessions from `start` to `end`; none without a record of them."""
        ...
