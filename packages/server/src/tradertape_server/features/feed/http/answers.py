"""Answers about prices. Rupees and units; times are ISO 8601 in Indian time."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from tradertape_server.features.feed.http.schemas import InstrumentOut


class DepthLevelOut(TypedDict):
    """A price of the order book. orders: 0 where the number is not known."""

    price: float
    quantity: int
    orders: int


class DepthOut(TypedDict):
    """Up to five levels a side, the best first."""

    buy: list[DepthLevelOut]
    sell: list[DepthLevelOut]


class OhlcOut(TypedDict):
    """The day's prices; close is that of the day before."""

    open: float | None
    high: float | None
    low: float | None
    close: float | None


class Quote(TypedDict):
    """A quote with Kite's field names; of mode `ltp` only the first five fields."""

    instrument_token: int
    instrument: str
    last_price: float
    timestamp: str
    is_stale: bool
    last_quantity: NotRequired[int]
    average_price: NotRequired[float | None]
    volume: NotRequired[int]
    buy_quantity: NotRequired[int]
    sell_quantity: NotRequired[int]
    ohlc: NotRequired[OhlcOut]
    net_change: NotRequired[float | None]
    oi: NotRequired[int]
    bid: NotRequired[float | None]
    ask: NotRequired[float | None]
    depth: NotRequired[DepthOut]
    last_trade_time: NotRequired[str]
    oi_day_high: NotRequired[int]
    oi_day_low: NotRequired[int]
    lower_circuit_limit: NotRequired[float | None]
    upper_circuit_limit: NotRequired[float | None]


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

    ts: str
    open: float
    high: float
    low: float
    close: float
    volume: int
    oi: int
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
