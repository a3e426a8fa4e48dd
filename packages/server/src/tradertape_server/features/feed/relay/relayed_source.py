"""The tick source of a process that may or may not be the trading one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.hours import TradingHours
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import Phase, Segment
from tradertape_core.market.tick import Tick
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.sources.tick_source import Subscription, TickSource

if TYPE_CHECKING:
    from tradertape_server.features.feed.relay.redis_relay import TickRelay

NO_REDIS = "without TRADERTAPE_REDIS_URL only the trading process has live prices"


class RelayedSource:
    """Reads the market while this process trades, and receives ticks by the relay otherwise.

    Hours and past candles are the same in every process and are always read from the market.
    """

    def __init__(
        self, market: TickSource, relay: TickRelay | None, is_trader: Callable[[], bool]
    ) -> None:
        self._market = market
        self._relay = relay
        self._is_trader = is_trader
        self.name = market.name
        self.is_simulated = market.is_simulated

    def market_time(self, now: datetime) -> datetime:
        """The market's time."""
        if self._relay is None or self._is_trader():
            return self._market.market_time(now)
        return now + self._relay.offset

    def poll(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """New ticks of the market; the relay delivers its ticks by itself. Raises OSError."""
        if self._is_trader():
            return self._market.poll(wanted, now)
        if self._relay is None:
            raise OSError(NO_REDIS)
        if error := self._relay.error:
            raise OSError(error)
        return []

    def quote(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """Present ticks; outside the trading process the relay delivers them to the feed."""
        if self._is_trader():
            return self._market.quote(wanted, now)
        if self._relay is not None:
            self._relay.request(wanted)
        return []

    def preload(self, instrument: Instrument, now: datetime) -> None:
        """Load the market's data in advance, so that a fail-over need not wait for it."""
        self._market.session_candles(instrument, Interval.DAY, now)

    def hours(self, moment: datetime, segment: Segment = Segment.CASH) -> TradingHours | None:
        """The session at a market time."""
        return self._market.hours(moment, segment)

    def phase(self, moment: datetime, segment: Segment) -> Phase | None:
        """The trading phase at a market time."""
        return self._market.phase(moment, segment)

    def session_candles(
        self, instrument: Instrument, interval: Interval, moment: datetime
    ) -> list[Candle]:
        """Candles of the session at a market time."""
        return self._market.session_candles(instrument, interval, moment)

    def past_candles(
        self, instrument: Instrument, interval: Interval, start: date, end: date
    ) -> list[Candle]:
        """Candles of former sessions."""
        return self._market.past_candles(instrument, interval, start, end)


class MarketDuty:
    """Resets the feed when this process starts or stops trading.

    Ticks of another process have sequence numbers of their own, so they cannot be compared.
    close: closes the sockets at brokers, which are the trading process's alone.
    """

    def __init__(self, feed: Feed, close: Callable[[], None] | None = None) -> None:
        self._feed = feed
        self._close = close

    def start(self) -> None:
        """Receive ticks from the market itself."""
        self._feed.reset()

    def stop(self) -> None:
        """Resume the relayed feed."""
        self._feed.reset()
        if self._close is not None:
            self._close()
