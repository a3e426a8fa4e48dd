"""Indicators of traded volume: OBV, VWAP, MFI."""

from __future__ import annotations

from typing import Any

import tradertape_indicators as kernels
from kite_algo_worker.indicators import trend
from kite_algo_worker.indicators._series import check_together
from kite_algo_worker.indicators._shapes import candles_of, price_and_volume
from kite_algo_worker.indicators.base import is_frame, line_of, normalize_input

__all__ = ["TechnicalAnalysis", "mfi", "obv", "vwap"]


class TechnicalAnalysis(trend.TechnicalAnalysis):
    """Adds the indicators of volume."""

    def obv(
        self,
        price: Any,
        volume: Any | None = None,
        *,
        price_column: str = "close",
        volume_column: str = "volume",
    ) -> Any:
        """Return on-balance volume: volume added on a rise, taken off on a fall, from 0.

        price, volume: two series, or one frame with `price_column` and `volume_column`.
        Raises TypeError without a volume, ValueError if the two do not belong together.
        """
        prices, volumes = price_and_volume(
            price, volume, price_column=price_column, volume_column=volume_column
        )
        return line_of(kernels.obv(prices.values, volumes.values), prices, name="obv")

    def vwap(
        self,
        high: Any,
        low: Any | None = None,
        close: Any | None = None,
        volume: Any | None = None,
        *,
        high_column: str = "high",
        low_column: str = "low",
        close_column: str = "close",
        volume_column: str = "volume",
    ) -> Any:
        """Return the volume-weighted mean price since the first bar; a new day resets nothing.

        Four series or one frame: of the typical price (high + low + close) / 3. Two series: price
        and volume, the price as it is. A frame with `volume=`: its typical price, that volume.
        NaN until the first volume; it starts afresh after a gap. For a day's VWAP give one day.
        Raises ValueError if only some series are given or they do not belong together, TypeError
        for one series alone.
        """
        columns = (high_column, low_column, close_column)
        if low is not None and close is None and volume is None and not is_frame(high):
            low, volume = None, low
        if low is None and close is None and volume is not None:
            return self._vwap_of(high, volume, columns)
        series = candles_of((high, low, close, volume), (*columns, volume_column))
        highs, lows, closes, volumes = (one.values for one in series)
        values = kernels.vwap(highs, lows, closes, volumes)
        return line_of(values, series[0], name="vwap")

    def _vwap_of(self, price: Any, volume: Any, columns: tuple[str, str, str]) -> Any:
        """Return the VWAP with the volume apart: of a frame's typical price, or of a price."""
        volumes = normalize_input(volume)
        if not is_frame(price):
            prices = normalize_input(price)
            check_together(prices, volumes)
            values = kernels.vwap_of_price(prices.values, volumes.values)
            return line_of(values, prices, name="vwap")
        high, low, close = candles_of((price, None, None), columns)
        check_together(high, volumes)
        values = kernels.vwap(high.values, low.values, close.values, volumes.values)
        return line_of(values, high, name="vwap")

    def mfi(
        self,
        high: Any,
        low: Any | None = None,
        close: Any | None = None,
        volume: Any | None = None,
        period: int = 14,
        *,
        high_column: str = "high",
        low_column: str = "low",
        close_column: str = "close",
        volume_column: str = "volume",
    ) -> Any:
        """Return the money flow index: the share of rising flow in `period` moves, 0 to 100.

        Flow is typical price × volume; 50 where neither rose nor fell. The first `period` are NaN.
        Raises ValueError if period < 1; for the forms of input see `atr`, with volume.
        """
        columns = (high_column, low_column, close_column, volume_column)
        series = candles_of((high, low, close, volume), columns)
        values = kernels.mfi(*(one.values for one in series), period=int(period))
        return line_of(values, series[0], name="mfi")


_ta = TechnicalAnalysis()
mfi = _ta.mfi
obv = _ta.obv
vwap = _ta.vwap
