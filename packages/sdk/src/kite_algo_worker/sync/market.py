"""Calls on instruments, quotes, candles and ticks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from kite_algo_worker.endpoints import market
from kite_algo_worker.models import JsonDict, WorkerHistoricalCandles
from kite_algo_worker.sync.base import SyncBase
from kite_algo_worker.sync.streaming import EventStream


class MarketMethods(SyncBase):
    """Market data. Instruments are named `NSE:INFY` or by token; prices are rupees."""

    def resolve_ticker(self, symbol: str) -> JsonDict:
        """Return an instrument: `tradingsymbol`, `instrument_token`, `lot_size`, `tick_size` …

        Raises KiteAlgoWorkerError with status 404, which suggests similar names, if it is unknown.
        """
        return self._send(market.resolve_ticker(symbol))

    def resolve_tickers(self, instruments: Iterable[str | int]) -> JsonDict:
        """Return several: `instruments` by the name given, and `unresolved`."""
        return self._send(market.resolve_tickers(instruments))

    def search_tickers(self, query: str, exchange: str | None = None, limit: int = 20) -> JsonDict:
        """Return the `instruments` that match every word of a query, the best match first."""
        return self._send(market.search_tickers(query, exchange, limit))

    def get_quotes(self, instruments: Iterable[str | int], mode: str = "quote") -> JsonDict:
        """Return `quotes` by the name given: `last_price`, `ohlc`, `volume`, `depth` …

        mode: `ltp`, `quote` or `full`.

        ```python
        client.get_quotes(["NSE:INFY"])["quotes"]["NSE:INFY"]["last_price"]
        ```
        """
        return self._send(market.get_quotes(instruments, mode))

    def stream_ticks(self, instruments: Iterable[str | int], mode: str = "quote") -> EventStream:
        """Stream ticks as they arrive, `{"ticks": [{"last_price": …}, …]}`.

        The stream is opened at once and reconnects by itself; it is an `EventStream`, whose
        `health` has its state.
        """
        return self._stream("ticks", market.stream_ticks(instruments, mode))

    def get_candles(
        self, instrument: str | int, interval: str = "5minute", lookback: int = 50
    ) -> JsonDict:
        """Return recent candles of the live market; `current` is the incomplete one.

        lookback: number of candles. For longer ranges use `get_historical_candles`.
        """
        return self._send(market.get_candles(instrument, interval, lookback))

    def get_candles_snapshot(
        self, instrument: str | int, interval: str = "5minute", lookback: int = 50
    ) -> WorkerHistoricalCandles:
        """Return recent candles; as `get_candles`."""
        return self._send(market.candles_snapshot(instrument, interval, lookback))

    def get_current_candle(
        self, instrument: str | int, interval: str = "5minute"
    ) -> JsonDict | None:
        """Return the current, incomplete candle; None if there is none."""
        return self._send(market.current_candle(instrument, interval))

    def get_historical_candles(
        self,
        instrument: str | int,
        timeframe: str = "day",
        from_date: str | datetime | None = None,
        to_date: str | datetime | None = None,
        lookback_days: int | None = None,
        ingest: bool = True,
        passthrough: bool = False,
    ) -> JsonDict:
        """Return the candles of a range: `candles` oldest first, `source`, `ingestion`.

        from_date, to_date: ISO 8601 or datetime; absent, the server chooses. lookback_days:
        instead of `from_date`. ingest: fetch what is missing. passthrough: ask the broker directly.
        Raises InvalidInputError for a range that contradicts itself.

        ```python
        client.get_historical_candles("NSE:INFY", timeframe="day", lookback_days=366)
        ```
        """
        return self._send(
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

    def get_historical_candles_snapshot(
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
        return self._send(market.history_snapshot(call))

    def stream_candles(self, instrument: str | int, interval: str = "5minute") -> EventStream:
        """Stream the current candle whenever it changes, and once more when it is complete.

        ```python
        for event in client.stream_candles("NSE:INFY", interval="5minute"):
            candle = event.get("current") or event
        ```
        """
        return self._stream("candles", market.stream_candles(instrument, interval))

    def get_market_snapshot(
        self,
        symbols: list[str] | None = None,
        instrument_tokens: list[int] | None = None,
        candles: list[Mapping[str, Any]] | None = None,
        mode: str = "quote",
    ) -> JsonDict:
        """Return quotes and candles; `candles` lists `{"symbol", "interval", "lookback"}`."""
        return self._send(market.market_snapshot(symbols, instrument_tokens, candles, mode))
