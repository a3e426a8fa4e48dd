"""Joins the parts of the live feed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tradertape_core.kernel.clock import Clock
from tradertape_core.market.calendar import Calendar
from tradertape_server.features.feed.live.candle_history import CandleHistory
from tradertape_server.features.feed.live.execution_market import ExecutionMarket
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.live.feed_setup import (
    FeedOptions,
    open_source,
    trading_calendar,
    trading_clock,
)
from tradertape_server.features.feed.live.tick_recorder import TickRecorder
from tradertape_server.features.feed.sources.exchange_source import ExchangeSource
from tradertape_server.features.feed.sources.tick_source import TickSource
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.features.market.live_world import LiveWorld
from tradertape_server.features.market.service import MarketService
from tradertape_server.platform.streaming.bus import Bus


@dataclass(frozen=True, slots=True)
class LiveMarket:
    """The live feed and what is read through it.

    exchange: the source of a real market, None while another is traded.
    execution: the market as execution reads it. clock, calendar: those that orders go by.
    """

    feed: Feed
    history: CandleHistory
    execution: ExecutionMarket
    clock: Clock
    calendar: Calendar
    exchange: ExchangeSource | None


def build_live_market(
    options: FeedOptions,
    clock: Clock,
    bus: Bus,
    market: MarketService,
    world: LiveWorld,
    instruments: InstrumentService,
    *,
    share: Callable[[TickSource], TickSource],
    record_file: Path | None,
    with_depth: bool,
    exchange: ExchangeSource | None = None,
) -> LiveMarket:
    """Open the source and join the parts; nothing is polled before `feed.start()`.

    share: makes a source readable by several processes. with_depth: orders need market depth.
    exchange: a real market, which is used instead of what the options name.
    """
    source = exchange or open_source(options, clock, market, world, instruments)
    is_any_hour = options.source == "simulated" and options.any_hour
    if exchange is not None:
        is_any_hour = exchange.is_open_at_any_hour
    feed = Feed(share(source), clock, bus, rate_hz=options.rate_hz, details=exchange)
    if record_file is not None:
        feed.on_ticks(TickRecorder(record_file).record)
    history = CandleHistory(market, feed, is_real=exchange is not None)
    execution = ExecutionMarket(
        feed,
        instruments,
        any_hour=is_any_hour,
        has_auctions=options.source == "simulated",
        with_depth=with_depth,
        close_on=history.close_on,
    )
    return LiveMarket(
        feed,
        history,
        execution,
        trading_clock(source, clock),
        trading_calendar(source),
        exchange,
    )
