"""Answers about prices."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from tradertape_server.features.feed.http.schemas import InstrumentOut
from tradertape_server.platform.http.units import Price, Quantity, Time


class DepthLevelOut(TypedDict):
    """A price of the order book. orders: 0 where the number is not known."""

    price: Price
    quantity: Quantity
    orders: int


class DepthOut(TypedDict):
    """Up to five levels a side, the best first."""

    buy: list[DepthLevelOut]
    sell: list[DepthLevelOut]


class OhlcOut(TypedDict):
    """The day's prices; close is that of the day before."""

    open: Price | None
    high: Price | None
    low: Price | None
    close: Price | None


class TickOut(TypedDict):
    """A tick with Kite's field names.

    Mode `ltp` has the first four fields; depth, the day's range of open interest and the circuit
    limits are only in `full`.
    """

    instrument_token: int
    instrument: str
    last_price: Price
    timestamp: Time
    last_quantity: NotRequired[Quantity]
    average_price: NotRequired[Price | None]
    volume: NotRequired[Quantity]
    buy_quantity: NotRequired[Quantity]
    sell_quantity: NotRequired[Quantity]
    ohlc: NotRequired[OhlcOut]
    net_change: NotRequired[Price | None]
    oi: NotRequired[Quantity]
    bid: NotRequired[Price | None]
    ask: NotRequired[Price | None]
    depth: NotRequired[DepthOut]
    last_trade_time: NotRequired[Time | None]
    oi_day_high: NotRequired[Quantity]
    oi_day_low: NotRequired[Quantity]
    lower_circuit_limit: NotRequired[Price | None]
    upper_circuit_limit: NotRequired[Price | None]


class Quote(TickOut):
    """The latest tick; complete unless mode `ltp` is requested. is_stale: too old to act on."""

    is_stale: bool


class Unresolved(TypedDict):
    """An identifier without instrument or price. near: similar names."""

    identifier: str
    detail: str
    near: NotRequired[list[str]]


class Quotes(TypedDict):
    """Quotes by the identifier that was asked for."""

    quotes: dict[str, Quote]
    unresolved: list[Unresolved]


class LiveCandle(TypedDict):
    """A candle. ts: its start. has_gap: ticks are missing in it."""

    ts: Time
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity
    oi: Quantity
    is_complete: bool
    has_gap: bool


class CandleSeries(TypedDict):
    """Recent candles, oldest first; `current` is the incomplete one."""

    symbol: str
    instrument_token: int
    interval: str
    timeframe: str
    source: str
    count: int
    candles: list[LiveCandle]
    current: LiveCandle | None
    is_stale: bool


class Ingestion(TypedDict):
    """How a history was filled."""

    status: str
    candles: int


# `from` is a keyword.
HistoryRange = TypedDict("HistoryRange", {"from": str, "to": str})


class CandleHistoryOut(HistoryRange):
    """Historical candles, oldest first. source: where they come from."""

    symbol: str
    instrument_token: int
    interval: str
    timeframe: str
    source: str
    count: int
    ingestion: Ingestion
    candles: list[LiveCandle]
    current: None
    is_stale: bool


class MarketSnapshot(Quotes):
    """Quotes and candles of several instruments."""

    candles: list[CandleSeries]


class ResolvedOut(TypedDict):
    """Instruments by the identifier that was asked for."""

    instruments: dict[str, InstrumentOut]
    unresolved: list[Unresolved]


class FoundInstruments(TypedDict):
    """Instruments that contain every word, the best match first."""

    instruments: list[InstrumentOut]
    count: int


class TicksEvent(TypedDict):
    """The data of an event of the tick stream: the latest tick of each instrument that changed."""

    ticks: list[TickOut]


class CandleEvent(TypedDict):
    """The data of an event of the candle stream."""

    symbol: str
    instrument_token: int
    interval: str
    current: LiveCandle
