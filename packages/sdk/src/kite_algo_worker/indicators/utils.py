"""Crossings, extremes and directions."""

from __future__ import annotations

from typing import Any

import tradertape_indicators as kernels
from kite_algo_worker.indicators import base
from kite_algo_worker.indicators._series import check_together
from kite_algo_worker.indicators.base import line_of, normalize_input

__all__ = [
    "TechnicalAnalysis",
    "crossover",
    "crossunder",
    "falling",
    "highest",
    "lowest",
    "rising",
]


class TechnicalAnalysis(base.TechnicalAnalysis):
    """Adds crossings, extremes and directions."""

    def crossunder(self, left: Any, right: Any) -> Any:
        """Return True where left is below right and was not one candle before; see `crossover`."""
        lefts, rights = normalize_input(left), normalize_input(right)
        check_together(lefts, rights)
        truth = kernels.crossunder(lefts.values, rights.values)
        return line_of(truth, lefts, name="crossunder")

    def highest(self, data: Any, period: int, column: str | None = None) -> Any:
        """Return the highest of the last `period` values, this one included; in their unit.

        The first period - 1 are NaN. Raises ValueError if period < 1.
        """
        series = normalize_input(data, column)
        return line_of(kernels.highest(series.values, period), series, name="highest")

    def lowest(self, data: Any, period: int, column: str | None = None) -> Any:
        """Return the lowest of the last `period` values, this one included; in their unit.

        The first period - 1 are NaN. Raises ValueError if period < 1.
        """
        series = normalize_input(data, column)
        return line_of(kernels.lowest(series.values, period), series, name="lowest")

    def rising(self, data: Any, period: int, column: str | None = None) -> Any:
        """Return True where a value is above all `period` values before it; False in the warm-up.

        Raises ValueError if period < 1.
        """
        series = normalize_input(data, column)
        return line_of(kernels.rising(series.values, period), series, name="rising")

    def falling(self, data: Any, period: int, column: str | None = None) -> Any:
        """Return True where a value is below all `period` values before it; False in the warm-up.

        Raises ValueError if period < 1.
        """
        series = normalize_input(data, column)
        return line_of(kernels.falling(series.values, period), series, name="falling")


_ta = TechnicalAnalysis()
crossover = _ta.crossover
crossunder = _ta.crossunder
falling = _ta.falling
highest = _ta.highest
lowest = _ta.lowest
rising = _ta.rising
