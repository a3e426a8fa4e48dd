"""Direction and stops: ADX, Aroon, parabolic SAR."""

from __future__ import annotations

from typing import Any

import tradertape_indicators as kernels
from kite_algo_worker.indicators import statistics
from kite_algo_worker.indicators._shapes import candles_of, frame_of

__all__ = ["TechnicalAnalysis", "adx", "aroon", "sar"]


class TechnicalAnalysis(statistics.TechnicalAnalysis):
    """Adds ADX, Aroon and parabolic SAR."""

    def adx(
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
        """Return Wilder's directional movement.

        Returns a DataFrame, 0 to 100: plus_di and minus_di from bar period - 1, adx from bar
        2 × period - 2; it starts afresh where neither side moved.
        Raises ValueError if period < 1; for the forms of input see `atr`.
        """
        series = candles_of((high, low, close), (high_column, low_column, close_column))
        lines = kernels.adx(*(one.values for one in series), period=int(period))
        return frame_of(lines, series[0])

    def aroon(
        self,
        high: Any,
        low: Any | None = None,
        period: int = 14,
        *,
        high_column: str = "high",
        low_column: str = "low",
    ) -> Any:
        """Return how lately the high and the low of period + 1 bars were.

        Returns a DataFrame, 100 this bar to 0 the oldest: aroon_up, aroon_down; of equal extremes
        the oldest counts; the first `period` are NaN.
        Raises ValueError if period < 1; for the forms of input see `atr`, without the close.
        """
        series = candles_of((high, low), (high_column, low_column))
        lines = kernels.aroon(*(one.values for one in series), period=int(period))
        return frame_of(lines, series[0])

    def sar(
        self,
        high: Any,
        low: Any | None = None,
        acceleration: float = 0.02,
        maximum: float = 0.2,
        *,
        high_column: str = "high",
        low_column: str = "low",
    ) -> Any:
        """Return Wilder's parabolic stop and reverse, from the first bar on.

        Returns a DataFrame: sar in the unit of the prices, trend (±1). A bar that touches the stop
        reverses it to the old extreme.
        Raises ValueError if acceleration <= 0 or above maximum; for the forms of input see `atr`,
        without the close.
        """
        series = candles_of((high, low), (high_column, low_column))
        values = (one.values for one in series)
        lines = kernels.sar(*values, acceleration=float(acceleration), maximum=float(maximum))
        return frame_of(lines, series[0])


_ta = TechnicalAnalysis()
adx = _ta.adx
aroon = _ta.aroon
sar = _ta.sar
