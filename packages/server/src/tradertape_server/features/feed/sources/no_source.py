"""A tick source without prices: that of the setting `off`."""
# ruff: noqa: ARG002 - every method returns nothing, whatever its arguments

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.hours import TradingHours
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import Phase, Segment
from tradertape_core.market.tick import Tick
from tradertape_server.features.feed.sources.tick_source import Subscription


class NoSource:
    """A market without prices, always closed."""

    name = "off"
    is_simulated = False

    def market_time(self, now: datetime) -> datetime:
        """The clock's time."""
        return now

    def poll(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """No ticks or candles."""
        return []

    def quote(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """No ticks or candles."""
        return []

    def hours(self, moment: datetime, segment: Segment = Segment.CASH) -> TradingHours | None:
        """Never open."""
        return None

    def phase(self, moment: datetime, segment: Segment) -> Phase | None:
        """Always closed."""
        return None

    def session_candles(
        self, instrument: Instrument, interval: Interval, moment: datetime
    ) -> list[Candle]:
        """No ticks or candles."""
        return []

    def past_candles(
        self, instrument: Instrument, interval: Interval, start: date, end: date
    ) -> list[Candle]:
        """No ticks or candles."""
        return []
