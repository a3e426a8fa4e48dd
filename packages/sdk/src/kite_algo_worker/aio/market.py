"""Calls on instruments, quotes, candles and ticks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from kite_algo_worker.aio.base import AsyncBase
from kite_algo_worker.aio.streaming import AsyncEventStream
from kite_algo_worker.endpoints import market
from kite_algo_worker.models import JsonDict, WorkerHistoricalCandles


class AsyncMarketMethods(AsyncBase):
    """Market data. Instruments are named `NSE:INFY` or by token; prices are rupees."""

    async def resolve_ticker(self, symbol: str) -> JsonDict:
        """Return an instrument: `tradingsymbol`, `instrument_token`, `lot_size`, `tick_size` …"""
        return await self._send(market.resolve_ticker(symbol))

    async def resolve_tickers(self, instruments: Iterable[str | int]) -> JsonDict:
        """Return several: `instruments` by the name given, and `unresolved`."""
        return await self._send(market.resolve_tickers(instruments))

    async def search_tickers(
        self, query: str, exchange: str | None = None, limit: int = 20
    ) -> JsonDict:
        """Return the `instruments` that match every word of a query, the best match first."""
        return await self._send(market.search_tickers(query, exchange, limit))

    async def get_quotes(self, instruments: Iterable[str | int], mode: str = "quote") -> JsonDict:
        """Return `quotes` by the name given: `last_price`, `ohlc`, `volume`, `depth` …"""
        return await self._send(market.get_quotes(instruments, mode))

    def stream_ticks(
        self, instruments: Iterable[str | int], mode: str = "quote"
    ) -> AsyncEventStream:
        """Stream ticks as they arrive, `{"ticks": [{"last_price": …}, …]}`.

        ```python
        async for message in client.stream_ticks(["NSE:INFY"]):
            print(message["ticks"])
        ```
        """
        return self._stream("ticks", market.stream_ticks(instruments, mode))

    async def get_candles(
        self, instrument: str | int, interval: str = "5minute", lookback: int = 50
    ) -> JsonDict:
        """Return recent candles of the live market; `current` is the incomplete one."""
        return await self._send(market.get_candles(instrument, interval, lookback))

    async def get_candles_snapshot(
        self, instrument: str | int, interval: str = "5minute", lookback: int = 50
    ) -> WorkerHistoricalCandles:
        """Return recent candles; as `get_candles`."""
        return await self._send(market.candles_snapshot(instrument, interval, lookback))

    async def get_current_candle(
        self, instrument: str | int, interval: str = "5minute"
    ) -> JsonDict | None:
        """Return the current, incomplete candle; None if there is none."""
        return await self._send(market.current_candle(instrument, interval))

    async def get_historical_candles(
        self,
        instrument: str | int,
        timeframe: str = "day",
        from_date: str | datetime | None = None,
        to_date: str | datetime | None = None,
        lookback_days: int | None = None,
        ingest: bool = True,
        passthrough: bool = False,
    ) -> JsonDict:
        """Return the candles of a range: `candles` oldest first, `source`, `ingestion`."""
        return await self._send(
            market.get_history(
                instrument,
                timeframe,
                from_date,
                to_date,
                lookback_days,
                ingest=ingest,
                passthrough=passthrough,
            )
        )

    async def get_historical_candles_snapshot(
        self,
        instrument: str | int,
        timeframe: str = "day",
        from_date: str | datetime | None = None,
        to_date: str | datetime | None = None,
        lookback_days: int | None = None,
        ingest: bool = True,
        passthrough: bool = False,
    ) -> WorkerHistoricalCandles:
        """Return the candles of a range; as `get_historical_candles`."""
        call = market.get_history(
            instrument,
            timeframe,
            from_date,
            to_date,
            lookback_days,
            ingest=ingest,
            passthrough=passthrough,
        )
        return await self._send(market.history_snapshot(call))

    def stream_candles(self, instrument: str | int, interval: str = "5minute") -> AsyncEventStream:
        """Stream the current candle whenever it changes, and once more when it is complete."""
        return self._stream("candles", market.stream_candles(instrument, interval))

    async def get_market_snapshot(
        self,
        *,
        symbols: list[str] | None = None,
        instrument_tokens: list[int] | None = None,
        candles: list[Mapping[str, Any]] | None = None,
        mode: str = "quote",
    ) -> JsonDict:
        """Return quotes and candles; `candles` lists `{"symbol", "interval", "lookback"}`."""
        return await self._send(market.market_snapshot(symbols, instrument_tokens, candles, mode))
