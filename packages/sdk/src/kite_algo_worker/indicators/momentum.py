"""Momentum: RSI, MACD, stochastic, CCI and Williams %R."""

from __future__ import annotations

from typing import Any

import tradertape_indicators as kernels
from kite_algo_worker.indicators import trend
from kite_algo_worker.indicators._shapes import candles_of, frame_of
from kite_algo_worker.indicators.base import line_of, normalize_input

__all__ = [
    "TechnicalAnalysis",
    "cci",
    "macd",
    "rsi",
    "stochastic",
    "williams_r",
    "williamsr",
]


class TechnicalAnalysis(trend.TechnicalAnalysis):
    """Adds the indicators of momentum."""

    def rsi(self, data: Any, period: int = 14, column: str | None = None) -> Any:
        """Return Wilder's relative strength index, 0 to 100; 50 where nothing moved.

        The first `period` are NaN, and it starts afresh after a gap. Raises ValueError if
        period < 1. (Without numpy and pandas, 100 where nothing moved.)
        """
        series = normalize_input(data, column)
        return line_of(kernels.rsi(series.values, int(period)), series, name="rsi")

    def macd(
        self,
        data: Any,
        fast_period: int = 12,
        slow_period: int = 26,
        signal_period: int = 9,
        column: str | None = None,
    ) -> Any:
        """Return the fast EMA less the slow one, that line's own EMA, and their difference.

        Returns a DataFrame in the unit of the values: macd, signal, histogram.
        Raises ValueError if a period < 1.
        """
        series = normalize_input(data, column)
        lines = kernels.macd(series.values, int(fast_period), int(slow_period), int(signal_period))
        return frame_of(lines, series)

    def stochastic(
        self,
        high: Any,
        low: Any | None = None,
        close: Any | None = None,
        k_period: int = 14,
        d_period: int = 3,
        *,
        high_column: str = "high",
        low_column: str = "low",
        close_column: str = "close",
    ) -> Any:
        """Return where the close lies in the range of k_period bars, and its simple average.

        Returns a DataFrame, 0 to 100: stoch_k (the fast one, not smoothed), stoch_d; 0 where the
        range is zero.
        Raises ValueError if a period < 1; for the forms of input see `atr`.
        """
        series = candles_of((high, low, close), (high_column, low_column, close_column))
        values = (one.values for one in series)
        lines = kernels.stochastic(*values, k_period=int(k_period), d_period=int(d_period))
        return frame_of(lines, series[0])

    def cci(
        self,
        high: Any,
        low: Any | None = None,
        close: Any | None = None,
        period: int = 20,
        *,
        high_column: str = "high",
        low_column: str = "low",
        close_column: str = "close",
    ) -> Any:
        """Return the commodity channel index: distance from the mean in mean deviations × 0.015.

        The first period - 1 are NaN; 0 where nothing deviates.
        Raises ValueError if period < 1; for the forms of input see `atr`.
        """
        series = candles_of((high, low, close), (high_column, low_column, close_column))
        values = kernels.cci(*(one.values for one in series), period=int(period))
        return line_of(values, series[0], name="cci")

    def williamsr(
        self,
        high: Any,
        low: Any | None = None,
        close: Any | None = None,
        period: int = 14,
        *,
        high_column: str = "high",
        low_column: str = "low",
        close_column: str = "close",
    ) -> Any:
        """Return Williams %R: how far the close is below the highest high, -100 to 0.

        The first period - 1 are NaN; 0 where the range is zero. Also called `williams_r`.
        Raises ValueError if period < 1; for the forms of input see `atr`.
        """
        series = candles_of((high, low, close), (high_column, low_column, close_column))
        values = kernels.williamsr(*(one.values for one in series), period=int(period))
        return line_of(values, series[0], name="williamsr")


_ta = TechnicalAnalysis()
cci = _ta.cci
macd = _ta.macd
rsi = _ta.rsi
stochastic = _ta.stochastic
williamsr = _ta.williamsr
williams_r = williamsr
