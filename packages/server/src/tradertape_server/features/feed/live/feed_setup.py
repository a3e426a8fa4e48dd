"""Opens the tick source that the settings choose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tradertape_core.kernel.clock import Clock
from tradertape_core.market.calendar import Calendar, nse_calendar
from tradertape_core.options.pricer import SurfacePricer
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.sources.candle_files import (
    FileCandles,
    ReplayRange,
    StoredCandles,
    is_candle_file,
)
from tradertape_server.features.feed.sources.candle_replay import CandleReplaySource, MarketClock
from tradertape_server.features.feed.sources.exchange_source import ExchangeSource
from tradertape_server.features.feed.sources.no_source import NoSource
from tradertape_server.features.feed.sources.simulated_source import SimulatedSource
from tradertape_server.features.feed.sources.tick_replay import ReplaySource
from tradertape_server.features.feed.sources.tick_source import TickSource
from tradertape_server.features.instruments.broker_masters import BrokerMasters
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.features.instruments.traded_market import TradedMarket
from tradertape_server.features.market.live_world import LiveWorld
from tradertape_server.features.market.service import MarketService
from tradertape_server.platform.metrics import Metrics


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """The settings of the feed."""

    source: Literal["simulated", "replay", "off"]
    any_hour: bool
    replay_file: Path | None
    replay_speed: float
    replay: ReplayRange  # which recorded candles
    replay_loop: bool
    rate_hz: float


def open_source(
    options: FeedOptions, clock: Clock, market: MarketService, world: LiveWorld,
    instruments: InstrumentService,
) -> TickSource:  # fmt: skip
    """Open the configured source; raises InvalidInput when its recording cannot be read."""
    if options.source == "off":
        return NoSource()
    if options.source == "simulated":
        return SimulatedSource(
            world,
            market,
            instruments,
            nse_calendar(),
            any_hour=options.any_hour,
            pricer=SurfacePricer(),
        )
    speed, file = options.replay_speed, options.replay_file
    if file is not None and not is_candle_file(file):
        return ReplaySource.open(
            file,
            nse_calendar(),
            started=clock.now(),
            speed=speed,
            rate_hz=options.rate_hz,
            loop=options.replay_loop,
        )
    book = (
        StoredCandles(market, options.replay)
        if file is None
        else FileCandles.open(file, options.replay)
    )
    return CandleReplaySource(
        book,
        nse_calendar(),
        started=clock.now(),
        speed=speed,
        rate_hz=options.rate_hz,
        loop=options.replay_loop,
    )


def open_exchange(
    market: TradedMarket, clock: Clock, connections: Connections, masters: BrokerMasters,
    home: Path, *, any_hour: bool,
) -> ExchangeSource:  # fmt: skip
    """Open a real market; nothing is asked of a broker before the first poll.

    any_hour: a sandbox, which is open then, is traded at any hour; the exchange never is.
    """
    folder = home / "cache" / "broker-candles"
    return ExchangeSource(
        market, connections, masters, nse_calendar(), clock, folder,
        any_hour=any_hour and market is TradedMarket.SANDBOX,
    )  # fmt: skip


def trading_clock(source: TickSource, clock: Clock) -> Clock:
    """The clock that orders use: the system's, or the market's time in a replay."""
    is_replay = isinstance(source, CandleReplaySource | ReplaySource)
    return MarketClock(source, clock) if is_replay else clock


def trading_calendar(source: TickSource) -> Calendar:
    """The calendar that orders use: the exchange's, or that of a looped replay."""
    is_replay = isinstance(source, CandleReplaySource | ReplaySource)
    return source.calendar if is_replay else nse_calendar()


def publish_metrics(feed: Feed, metrics: Metrics) -> None:
    """Publish metrics of the feed and its streams."""
    add = metrics.add_gauge
    add("feed_ticks", "Valid ticks received since the start.", lambda: feed.ticks_received)
    add("feed_refused", "Invalid ticks discarded.", feed.refused.total)
    add("feed_instruments", "Subscribed instruments.", lambda: len(feed.subscriptions))
    add("feed_step_seconds", "Duration of the last step.", lambda: feed.step_s)
    add("feed_stale", "1 when no ticks are received.", lambda: float(feed.status().stale))
    add("streams_open", "Clients of live streams.", lambda: feed.bus.mailboxes)
