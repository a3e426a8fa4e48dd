"""The one evaluator: the truth of any rule, the value of any operand, on a whole panel at once.

A backtest uses every row, a scan the last one. The value on a date never depends on later dates.
Indicators, offsets, crosses and `for_bars` step along each symbol's own candles; market values
along the index's own.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.panel import Matrix, Panel
from tradertape_core.strategy.evaluation import truth
from tradertape_core.strategy.evaluation.cache import IndicatorCache
from tradertape_core.strategy.evaluation.draws import uniform
from tradertape_core.strategy.evaluation.truth import Truth, Value, Verdict
from tradertape_core.strategy.language import rules
from tradertape_core.strategy.language.walk import numbers, reads_position

__all__ = ["Evaluation", "IndicatorCache", "for_strategy", "reads_position"]


class Evaluation:
    """Evaluates conditions and operands of one strategy on one panel.

    params: values of the declared parameters.
    index: name of the market index that market values read.
    cache: indicators of this same panel, to share between evaluations.
    """

    def __init__(
        self,
        panel: Panel,
        params: Mapping[str, float] | None = None,
        *,
        index: str = rules.MARKET_INDEX,
        cache: IndicatorCache | None = None,
    ) -> None:
        if cache is not None and cache.panel is not panel:
            raise InvalidInput("the indicator cache belongs to another panel")
        self.panel = panel
        self.params: Mapping[str, float] = params or {}
        self.cache = cache or IndicatorCache(panel)
        self._index = index
        self._candles = self.cache.candles

    def truth(self, condition: rules.Condition) -> Verdict:
        """(T, N) int8: 1 true, 0 false, -1 null; null wherever the symbol has no candle."""
        found = self.kleene(condition)
        return self._full(found).verdict()

    def holds(self, condition: rules.Condition) -> Truth:
        """Like `truth`, as two (T, N) masks: where it is true, where it is false."""
        return self._full(self.kleene(condition))

    def value(self, operand: rules.Operand) -> Matrix:
        """(T, N) float64, NaN is null. Read-only where it is shared."""
        found = self.number(operand)
        return np.broadcast_to(np.asarray(found, dtype=np.float64), self.panel.shape)

    def regime(self, condition: rules.Condition) -> Verdict:
        """(T,) int8: a condition on market values alone, along the index's own candles."""
        return self.market().truth(condition)[:, 0]

    def market(self) -> Evaluation:
        """The evaluation of the index: its panel has one column, and is its own market."""
        if self.panel.symbols == (self._index,):
            return self
        cache = self.cache.index(self._index)
        return Evaluation(cache.panel, self.params, index=self._index, cache=cache)

    def _full(self, found: Truth) -> Truth:
        yes, no = (np.broadcast_to(mask, self.panel.shape) for mask in found)
        if self._candles.is_full:
            return Truth(yes, no)
        return Truth(yes & self._candles.present, no & self._candles.present)

    # --- operands: (T, N), (T, 1) for the market, or one number for all ---------------------------

    def number(self, operand: rules.Operand) -> Value:
        """The value of an operand in its own shape: a constant stays one number."""
        match operand:
            case rules.Number():
                return operand.value
            case rules.Param():
                return self.params[operand.name]
            case rules.Indicator():
                return self._indicator(operand)
            case rules.Market():
                return self.market().number(operand.indicator)
            case rules.Arith():
                return _arithmetic(
                    self.number(operand.left), operand.op, self.number(operand.right)
                )
            case rules.PositionValue():
                raise InvalidInput(
                    f'"{operand.field}" is read of a position; only a simulation or a live '
                    "position can decide it, not a panel"
                )

    def _indicator(self, node: rules.Indicator) -> Matrix:
        return self.cache.indicator(
            node.fn,
            numbers(node, self.params),
            source=node.source,
            output=node.output,
            offset=node.offset,
        )

    # --- conditions -------------------------------------------------------------------------------

    def kleene(self, node: rules.Condition) -> Truth:
        """The truth of a condition in its own shape; masks broadcast to (T, N)."""
        match node:
            case rules.And():
                return truth.both([self.kleene(each) for each in node.conditions])
            case rules.Or():
                return truth.either([self.kleene(each) for each in node.conditions])
            case rules.Not():
                return truth.negated(self.kleene(node.condition))
            case rules.Count():
                found = [self.kleene(each) for each in node.conditions]
                return truth.at_least(node.at_least, found)
            case rules.ForBars():
                return self._for_bars(node)
            case rules.Random():
                drawn = uniform(node.seed, self.panel.dates, self.panel.symbols) < node.prob
                return Truth(drawn, ~drawn)
            case _:
                return self._comparison(node)

    def _comparison(self, node: rules.Compare | rules.Cross | rules.Between | rules.In) -> Truth:
        match node:
            case rules.Compare():
                return truth.compared(self.number(node.left), node.op, self.number(node.right))
            case rules.Cross():
                return self._cross(node)
            case rules.Between():
                operands = (node.value, node.low, node.high)
                return truth.within(*(self.number(operand) for operand in operands))
            case rules.In():
                return truth.one_of(self.number(node.value), node.values)

    def _cross(self, node: rules.Cross) -> Truth:
        left, right = self.number(node.left), self.number(node.right)
        now, before = (">", "<=") if node.direction == "above" else ("<", ">=")
        is_beyond = truth.compared(left, now, right)
        was_not = truth.compared(self._previous(left), before, self._previous(right))
        yes = is_beyond.yes & was_not.yes
        return Truth(yes, ~(is_beyond.null | was_not.null | yes))

    def _previous(self, value: Value) -> Value:
        return self._candles.earlier(value, 1, np.nan) if isinstance(value, np.ndarray) else value

    def _for_bars(self, node: rules.ForBars) -> Truth:
        inner = self.kleene(node.condition)
        if inner.yes.shape[0] == 1:  # a constant: as true on the bars before as on this one
            inner = Truth(*(np.broadcast_to(mask, self.panel.shape) for mask in inner))
        yes = self._candles.throughout(inner.yes, node.bars, before=False)
        possible = self._candles.throughout(~inner.no, node.bars, before=True)
        return Truth(yes, ~possible)


def for_strategy(
    panel: Panel, strategy: rules.Strategy, *, cache: IndicatorCache | None = None
) -> Evaluation:
    """The evaluation of a strategy's rules: its parameters and its market index."""
    regime = strategy.regime_filter
    index = regime.index if regime else rules.MARKET_INDEX
    return Evaluation(panel, strategy.params, index=index, cache=cache)


def _arithmetic(left: Value, op: rules.ArithOp, right: Value) -> Value:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        match op:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                divided = np.divide(left, right)
                if np.ndim(divided) == 0:
                    return float(divided) if right != 0 else float("nan")
                return np.where(np.equal(right, 0.0), np.nan, divided)
