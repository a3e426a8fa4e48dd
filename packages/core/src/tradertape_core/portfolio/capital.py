"""What of a portfolio's capital is free, deployed and committed. All amounts are paise."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capital:
    """cash: free of positions. deployed: positions at their last close. committed: what accepted
    signals that are not filled yet may take of the cash."""

    starting: int
    cash: int
    deployed: int
    committed: int = 0

    @property
    def current(self) -> int:
        """Equity: cash and positions."""
        return self.cash + self.deployed

    def free(self, max_oversubscription: float = 1.0) -> int:
        """What further signals may commit; never below zero."""
        return max(0, math.floor(self.cash * max_oversubscription) - self.committed)
