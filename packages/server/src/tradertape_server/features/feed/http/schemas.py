"""Request and response bodies of the live market routes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from tradertape_core.market.instrument import Instrument
from tradertape_server.features.feed.live.market_state import State
from tradertape_server.features.feed.sources.source_details import BrokerFeed
from tradertape_server.features.instruments.traded_market import TradedMarket
from tradertape_server.platform.http.routing import Body, IstTime, Reply
from tradertape_server.platform.http.units import Price, Quantity


class InstrumentOut(Reply):
    """An instrument, with the field names of Kite's instrument file."""

    instrument: str
    exchange: str
    tradingsymbol: str
    instrument_token: int
    exchange_token: int
    name: str
    isin: str
    lot_size: Quantity
    tick_size: Price
    freeze_quantity: Quantity | None
    segment: str
    instrument_type: str
    expiry: date | None
    strike: Price | None
    option_type: str | None
    underlying: str


def instrument_out(one: Instrument) -> InstrumentOut:
    """Convert an instrument to its response."""
    return InstrumentOut(
        instrument=one.id,
        exchange=one.exchange,
        tradingsymbol=one.tradingsymbol,
        instrument_token=one.instrument_token,
        exchange_token=one.exchange_token,
        name=one.name,
        isin=one.isin,
        lot_size=one.lot_size,
        tick_size=float(one.tick_size),
        freeze_quantity=one.freeze_quantity,
        segment=one.segment,
        instrument_type=one.instrument_type.value,
        expiry=one.expiry,
        strike=None if one.strike is None else float(one.strike),
        option_type=one.option_type,
        underlying=one.underlying,
    )


class QuotesIn(Body):
    """Instruments to quote, and how much of each quote to return."""

    symbols: list[str] = Field(default_factory=list, max_length=500)
    instrument_tokens: list[int] = Field(default_factory=list, max_length=500)
    mode: Literal["ltp", "quote", "full"] = "quote"


class InstrumentsIn(Body):
    """Instruments by symbol or token."""

    symbols: list[str] = Field(default_factory=list, max_length=500)
    instrument_tokens: list[int] = Field(default_factory=list, max_length=500)


class CandlesIn(Body):
    """An instrument (`symbol` or `instrument_token`), the interval and number of candles."""

    symbol: Annotated[str, Field(max_length=100)] | None = None
    instrument_token: int | None = None
    interval: Annotated[str, Field(max_length=40)] = "5minute"
    lookback: Annotated[int, Field(ge=1, le=500)] = 50


class SnapshotIn(QuotesIn):
    """Quotes and candles in one request."""

    candles: list[CandlesIn] = Field(default_factory=list[CandlesIn], max_length=50)


class BrokerFeedOut(Reply):
    """A broker account's feed. condition: live, connecting, silent, backing_off, signed_out, idle
    or closed, with the reason. reconnects: connections lost. dropped: packets and ticks lost."""

    broker: str
    title: str
    condition: str
    reason: str
    instruments: int
    last_tick_at: IstTime | None
    reconnects: int
    dropped: int


class MasterOut(Reply):
    """A broker's list of instruments. stale: today's is overdue. reason: why it was not renewed."""

    broker: str
    instruments: int
    downloaded_at: IstTime | None
    stale: bool
    reason: str


class MarketOut(Reply):
    """The market that the server trades, and the one chosen for its next start.

    can_choose: whether the caller may. fixed_by: the setting that leaves no choice, in words.
    needs_restart: another market is chosen than the one that is traded. switches_itself: the server
    changes to it within seconds; otherwise it has to be started again.
    """

    market: TradedMarket
    chosen: TradedMarket
    needs_restart: bool
    switches_itself: bool
    can_choose: bool
    fixed_by: str
    choices: list[TradedMarket]
    masters: list[MasterOut]


class MarketIn(Body):
    """The market to trade from the next start on."""

    market: TradedMarket


class FeedStatusOut(Reply):
    """The state of the feed. simulated: no price is real. demo: the exchange itself is closed.

    label: the source in words. feeds: which broker gives how much.

    state: the state of the market, with a label and a hint about orders. opens_at: the exchange's
    next opening time while it is closed.
    """

    connected: bool
    source: str
    label: str
    feeds: list[BrokerFeedOut]
    simulated: bool
    demo: bool
    stale: bool
    last_tick_at: IstTime | None
    reason: str
    state: State
    state_text: str
    state_hint: str
    opens_at: IstTime | None
    session_start: IstTime | None
    session_end: IstTime | None
    instruments: int


class CandleSetOut(Reply):
    """Candles, oldest first."""

    symbol: str
    instrument_token: int
    interval: str
    timeframe: str
    source: str
    count: int
    is_stale: bool
    candles: list[dict[str, Any]]
    current: dict[str, Any] | None = None


def broker_feed_out(one: BrokerFeed) -> BrokerFeedOut:
    """Convert an account's feed to its response; whose account it is stays private."""
    return BrokerFeedOut(
        broker=one.broker,
        title=one.title,
        condition=one.condition,
        reason=one.reason,
        instruments=one.instruments,
        last_tick_at=one.last_tick_at,
        reconnects=one.reconnects,
        dropped=one.dropped,
    )
