"""Volatility: ATR, Bollinger bands, Keltner channel."""

from __future__ import annotations

from typing import Any

import tradertape_indicators as kernels
from kite_algo_worker.indicators import trend
from kite_algo_worker.indicators._shapes import candles_of, frame_of
from kite_algo_worker.indicators.base import line_of, normalize_input

__all__ = ["TechnicalAnalysis", "atr", "bbands", "keltner"]


class TechnicalAnalysis(trend.TechnicalAnalysis):
    """Adds ranges and bands."""

    def atr(
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
        """Return Wilder's average true range, in the unit of the prices.

        high, low, close: three series, or one frame with those columns (other names with
        `high_column` …). The first bar's range is high - low; the first period - 1 are NaN.
        Raises ValueError if period < 1, only some series are given or they do not belong together,
        TypeError for one series alone, KeyError if the frame lacks a column.
        """
        series = candles_of((high, low, close), (high_column, low_column, close_column))
        values = kernels.atr(*(one.values for one in series), period=int(period))
        return line_of(values, series[0], name="atr")

    def bbands(
        self,
        data: Any,
        period: int = 20,
        multiplier: float = 2.0,
        column: str | None = None,
    ) -> Any:
        """Return Bollinger's bands: simple average ± multiplier × population standard deviation.

        Returns a DataFrame in the unit of the values: upper, middle, lower; the first period - 1
        are NaN.
        Raises ValueError if period < 1 or multiplier <= 0.
        """
        series = normalize_input(data, column)
        lines = kernels.bbands(series.values, int(period), float(multiplier))
        return frame_of(lines, series)

    def keltner(
        self,
        high: Any,
        low: Any | None = None,
        close: Any | None = None,
        period: int = 20,
        multiplier: float = 2.0,
        *,
        high_column: str = "high",
        low_column: str = "low",
        close_column: str = "close",
    ) -> Any:
        """Return Keltner's channel: EMA of the close ± multiplier × ATR, one period for both.

        Returns a DataFrame in the unit of the prices: upper, middle, lower.
        Raises ValueError if period < 1 or multiplier <= 0; for the forms of input see `atr`.
        """
        series = candles_of((high, low, close), (high_column, low_column, close_column))
        values = (one.values for one in series)
        lines = kernels.keltner(*values, period=int(period), multiplier=float(multiplier))
        return frame_of(lines, series[0])


_ta = TechnicalAnalysis()
atr = _ta.atr
bbands = _ta.bbands
keltner = _ta.keltner
