"""What a study maximises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tradertape_core.backtest.robustness.sweep import objective


@dataclass(frozen=True, slots=True)
class Goal:
    """A metric to maximise; rows with fewer than `min_trades` trades do not count."""

    metric: str
    min_trades: int

    def value(self, row: dict[str, Any]) -> float | None:
        """The row's value; None for a failed one."""
        if "error" in row:
            return None
        return objective(row, self.metric, min_trades=self.min_trades)
