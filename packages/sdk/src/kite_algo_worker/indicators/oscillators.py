"""Oscillators about zero: PPO and DPO."""

from __future__ import annotations

from typing import Any

import tradertape_indicators as kernels
from kite_algo_worker.indicators import momentum
from kite_algo_worker.indicators._shapes import frame_of
from kite_algo_worker.indicators.base import line_of, normalize_input

__all__ = ["TechnicalAnalysis", "dpo", "ppo"]


class TechnicalAnalysis(momentum.TechnicalAnalysis):
    """Adds PPO and DPO."""

    def ppo(
        self,
        data: Any,
        fast_period: int = 12,
        slow_period: int = 26,
        signal_period: int = 9,
        column: str | None = None,
    ) -> Any:
        """Return the MACD in percent of the slow EMA, that line's own EMA, and their difference.

        Returns a DataFrame in percent: ppo, signal, histogram.
        Raises ValueError if a period < 1 or fast_period is not below slow_period.
        """
        series = normalize_input(data, column)
        lines = kernels.ppo(series.values, int(fast_period), int(slow_period), int(signal_period))
        return frame_of(lines, series)

    def dpo(self, data: Any, period: int = 21, column: str | None = None) -> Any:
        """Return the value less the simple average of period // 2 + 1 bars ago, in its unit.

        No later bar is read. Raises ValueError if period < 1.
        """
        series = normalize_input(data, column)
        return line_of(kernels.dpo(series.values, int(period)), series, name="dpo")


_ta = TechnicalAnalysis()
dpo = _ta.dpo
ppo = _ta.ppo
