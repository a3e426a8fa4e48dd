"""The seam through which a report learns what the rules saw, without evaluating them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class ReportContext(Protocol):
    """What a report asks about the strategy; rows index the panel's dates, columns its symbols."""

    def entry_reason(self) -> str:
        """The entry rules in words, such as "close is above SMA(200)"."""
        ...

    def exit_reason(self, rule: int) -> str:
        """The condition of exit rule `rule` in words."""
        ...

    def indicators_at(self, rows: Ints, columns: Ints) -> Mapping[str, Floats]:
        """Value (K,) of every indicator the entry reads, by its short name, NaN for null."""
        ...

    def conviction_at(self, rows: Ints, columns: Ints) -> Sequence[list[dict[str, Any]]]:
        """K lists of `{name, input, points}`: what made up the conviction."""
        ...


class Unexplained:
    """A context that knows nothing: reports of simulations without an evaluated strategy."""

    def entry_reason(self) -> str:
        return ""

    def exit_reason(self, rule: int) -> str:
        del rule
        return ""

    def indicators_at(self, rows: Ints, columns: Ints) -> Mapping[str, Floats]:
        del rows, columns
        return {}

    def conviction_at(self, rows: Ints, columns: Ints) -> Sequence[list[dict[str, Any]]]:
        del columns
        return [[] for _ in range(rows.size)]
