"""How a report reads the values behind each decision, without evaluating the rules again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tradertape_core.strategy.english.sentences import phrase
from tradertape_core.strategy.evaluation.conviction import breakdowns
from tradertape_core.strategy.evaluation.evaluate import Evaluation
from tradertape_core.strategy.language import rules
from tradertape_core.strategy.language.walk import indicators, numbers

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
    """An empty context: reports of simulations without an evaluated strategy."""

    def entry_reason(self) -> str:
        """Empty: these signals came without rules."""
        return ""

    def exit_reason(self, rule: int) -> str:
        """Empty: these signals came without rules."""
        del rule
        return ""

    def indicators_at(self, rows: Ints, columns: Ints) -> Mapping[str, Floats]:
        """Empty: there are no rules that read indicators."""
        del rows, columns
        return {}

    def conviction_at(self, rows: Ints, columns: Ints) -> Sequence[list[dict[str, Any]]]:
        """An empty breakdown for each entry."""
        del columns
        return [[] for _ in range(rows.size)]


class Evaluated:
    """A context that reads an evaluation whose indicators the simulation has computed already."""

    def __init__(self, strategy: rules.Strategy, evaluation: Evaluation) -> None:
        self._strategy, self._evaluation = strategy, evaluation

    def entry_reason(self) -> str:
        """The entry rule in English."""
        return self._phrase(self._strategy.entry_rules)

    def exit_reason(self, rule: int) -> str:
        """The exit rule in English. rule: its index in the strategy."""
        return self._phrase(self._strategy.exit_rules[rule].condition)

    def indicators_at(self, rows: Ints, columns: Ints) -> Mapping[str, Floats]:
        """Values of the indicators that entries and scores read, by name, in the order of the
        cells."""
        scores = self._strategy.conviction_scoring
        read = [s.condition if isinstance(s, rules.ScoreCondition) else s.input for s in scores]
        return {
            indicator_name(node, self._strategy.params): self._evaluation.value(node)[rows, columns]
            for node in indicators(self._strategy.entry_rules, *read)
        }

    def conviction_at(self, rows: Ints, columns: Ints) -> Sequence[list[dict[str, Any]]]:
        """The scored points of each cell: `name`, `input`, `points` of every score."""
        return [
            [{"name": s.name, "input": _rounded(s.input), "points": s.points} for s in scored]
            for scored in breakdowns(self._strategy, self._evaluation, (rows, columns))
        ]

    def _phrase(self, condition: rules.Condition) -> str:
        regime = self._strategy.regime_filter
        index = regime.index if regime else rules.MARKET_INDEX
        return phrase(condition, index=index, params=self._strategy.params)


def _rounded(value: float | bool | None) -> float | bool | None:
    return round(value, 6) if isinstance(value, float) else value


def indicator_name(node: rules.Indicator, params: rules.Params) -> str:
    """A short name, or "sma(period=37)"; a value from two bars earlier as "close[2]"."""
    name = node.name
    if not name or name == node.fn:
        inner = ", ".join(f"{key}={value:g}" for key, value in numbers(node, params).items())
        name = f"{node.fn}({inner})" if inner else node.fn
    if not node.name:
        name += f" of {node.source}" if node.source != "close" else ""
        name += f".{node.output}" if node.output else ""
    return f"{name}[{node.offset}]" if node.offset else name
