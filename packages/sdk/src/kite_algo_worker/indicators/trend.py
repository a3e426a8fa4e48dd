"""Averages and the supertrend."""

from __future__ import annotations

from typing import Any

import tradertape_indicators as kernels
from kite_algo_worker.indicators import utils
from kite_algo_worker.indicators._shapes import candles_of, frame_of, price_and_volume
from kite_algo_worker.indicators.base import line_of, normalize_input

__all__ = [
    "TechnicalAnalysis",
    "ema",
    "sma",
    "supertrend",
    "vwma",
    "wma",
]


class TechnicalAnalysis(utils.TechnicalAnalysis):
    """Adds averages and the supertrend."""

    def ema(self, data: Any, period: int, column: str | None = None) -> Any:
        """Return the exponential average, weight 2 / (period + 1), seeded with a simple mean.

        In the unit of the values; the first period - 1 are NaN, and it starts afresh after a gap.
        Raises ValueError if period < 1.
        """
        series = normalize_input(data, column)
        return line_of(kernels.ema(series.values, int(period)), series, name="ema")

    def wma(self, data: Any, period: int, column: str | None = None) -> Any:
        """Return the average weighted 1 (oldest) to period (newest); the first period - 1 are NaN.

        Raises ValueError if period < 1.
        """
        series = normalize_input(data, column)
        return line_of(kernels.wma(series.values, int(period)), series, name="wma")

    def vwma(
        self,
        data: Any,
        volume: Any | None = None,
        period: int = 14,
        *,
        column: str | None = None,
        volume_column: str | None = None,
    ) -> Any:
        """Return the average price weighted by volume; NaN where the window's volume is zero.

        data: a price, or a frame with `column` and `volume_column`. The first period - 1 are NaN.
        Raises TypeError without a volume, ValueError if period < 1, no column is named or the two
        do not belong together.
        """
        prices, volumes = price_and_volume(
            data, volume, price_column=column, volume_column=volume_column
        )
        values = kernels.vwma(prices.values, volumes.values, int(period))
        return line_of(values, prices, name="vwma")

    def supertrend(
        self,
        high: Any,
        low: Any | None = None,
        close: Any | None = None,
        period: int = 10,
        multiplier: float = 3.0,
        *,
        high_column: str = "high",
        low_column: str = "low",
        close_column: str = "close",
    ) -> Any:
        """Return the line price has not closed through, and its direction.

        The bands are (high + low) / 2 ± multiplier × ATR; the trend turns on a close beyond the
        band of the bar before.
        Returns a DataFrame: supertrend, direction (±1), long (the line while up), short (while
        down); the first period - 1 are NaN.
        Raises ValueError if period < 1 or multiplier <= 0; for the forms of input see `atr`.
        """
        series = candles_of((high, low, close), (high_column, low_column, close_column))
        values = (one.values for one in series)
        lines = kernels.supertrend(*values, period=int(period), multiplier=float(multiplier))
        return frame_of(lines, series[0])


_ta = TechnicalAnalysis()
ema = _ta.ema
sma = _ta.sma
supertrend = _ta.supertrend
vwma = _ta.vwma
wma = _ta.wma
