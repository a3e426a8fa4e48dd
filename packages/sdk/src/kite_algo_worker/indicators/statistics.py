"""Regression."""

from __future__ import annotations

from typing import Any

import tradertape_indicators as kernels
from kite_algo_worker.indicators import oscillators
from kite_algo_worker.indicators.base import line_of, normalize_input

__all__ = ["TechnicalAnalysis", "linreg"]


class TechnicalAnalysis(oscillators.TechnicalAnalysis):
    """Adds the regression line."""

    def linreg(self, data: Any, period: int = 14, column: str | None = None) -> Any:
        """Return where the least-squares line through the last `period` values ends; their unit.

        The first period - 1 are NaN. Raises ValueError if period < 1.
        """
        series = normalize_input(data, column)
        return line_of(kernels.linreg(series.values, int(period)), series, name="linreg")


linreg = TechnicalAnalysis().linreg
