"""Exit rules and add-on conditions, compiled to postfix code that the day loop interprets.

Everything that does not read the position is evaluated once for the whole panel and becomes a mask
or a matrix; only what does read it is left for the loop. Truth is three-valued, as in `evaluate`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.panel import Matrix
from tradertape_core.strategy.evaluation.evaluate import Evaluation, reads_position
from tradertape_core.strategy.language import rules

_COMPARE = {
    ">": k.OP_GT,
    ">=": k.OP_GE,
    "<": k.OP_LT,
    "<=": k.OP_LE,
    "==": k.OP_EQ,
    "!=": k.OP_NE,
}
_ARITH = {"+": k.OP_ADD, "-": k.OP_SUB, "*": k.OP_MUL, "/": k.OP_DIV}
_FIELDS: dict[rules.PositionField, int] = {
    "total_bars_held": k.F_BARS,
    "bars_since_entry": k.F_BARS,
    "avg_price": k.F_AVG,
    "entry_price": k.F_ENTRY,
    "qty": k.F_QUANTITY,
    "pnl_pct": k.F_PNL,
    "max_pnl_pct": k.F_MAX_PNL,
    "drawdown_from_peak_pct": k.F_DRAWDOWN,
    "addon_count": k.F_ADDONS,
    "bars_since_addon": k.F_BARS_SINCE_ADDON,
    "atr_at_entry": k.F_ATR,
    "stop_price": k.F_STOP,
}


@dataclass(slots=True)
class _Writer:
    """Collects code and what it refers to."""

    evaluation: Evaluation
    code: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])
    start: list[int] = field(default_factory=lambda: [0])
    consts: list[float] = field(default_factory=list[float])
    masks: list[NDArray[np.int8]] = field(default_factory=list[NDArray[np.int8]])
    values: list[Matrix] = field(default_factory=list[Matrix])

    def emit(self, operation: int, argument: int = 0, second: int = 0) -> None:
        self.code.append((operation, argument, second))

    def const(self, value: float) -> None:
        self.emit(k.OP_CONST, len(self.consts))
        self.consts.append(value)

    def end(self) -> None:
        self.start.append(len(self.code))

    # --- conditions -------------------------------------------------------------------------------

    def condition(self, node: rules.Condition) -> None:
        """Leave the truth of the node on the stack."""
        if not reads_position(node):
            self.emit(k.OP_MASK, len(self.masks))
            self.masks.append(self.evaluation.truth(node))
            return
        match node:
            case rules.And() | rules.Or():
                operation = k.OP_AND if isinstance(node, rules.And) else k.OP_OR
                self._folded(node.conditions, operation)
            case rules.Not():
                self.condition(node.condition)
                self.emit(k.OP_NOT)
            case rules.Count():
                for each in node.conditions:
                    self.condition(each)
                self.emit(k.OP_COUNT, len(node.conditions), node.at_least)
            case rules.Compare():
                self.operand(node.left)
                self.operand(node.right)
                self.emit(_COMPARE[node.op])
            case rules.Between():
                for part in (node.value, node.low, node.high):
                    self.operand(part)
                self.emit(k.OP_BETWEEN)
            case rules.In():
                self._folded(_equalities(node), k.OP_OR)
            case _:
                raise InvalidInput(
                    "cross and for_bars look at bars before this one, where a position's fields "
                    "are not kept"
                )

    def _folded(self, conditions: tuple[rules.Condition, ...], operation: int) -> None:
        for place, each in enumerate(conditions):
            self.condition(each)
            if place:
                self.emit(operation)

    # --- operands ---------------------------------------------------------------------------------

    def operand(self, node: rules.Operand) -> None:
        """Leave the value of the node on the stack."""
        if isinstance(node, rules.PositionValue):
            self.emit(k.OP_FIELD, _FIELDS[node.field])
        elif isinstance(node, rules.Arith) and reads_position(node):
            self.operand(node.left)
            self.operand(node.right)
            self.emit(_ARITH[node.op])
        else:
            self._panel_value(node)

    def _panel_value(self, node: rules.Operand) -> None:
        value = self.evaluation.number(node)
        if isinstance(value, np.ndarray):
            self.emit(k.OP_VALUE, len(self.values))
            self.values.append(np.broadcast_to(value, self.evaluation.panel.shape))
        else:
            self.const(float(value))

    def price(self, node: rules.Operand) -> None:
        """Like `operand`, with null for the plain close: that is what null falls back to."""
        if isinstance(node, rules.Indicator) and node.fn == "close" and node.offset == 0:
            self.const(math.nan)
        else:
            self.operand(node)


def _equalities(node: rules.In) -> tuple[rules.Condition, ...]:
    return tuple(rules.Compare(node.value, "==", rules.Number(value)) for value in node.values)


def compile_program(strategy: rules.Strategy, evaluation: Evaluation) -> k.Program:
    """Compile the strategy's exit rules, in the order they are tried, and its add-on condition.

    Raises InvalidInput for a cross or for_bars over a position's field.
    """
    writer = _Writer(evaluation)
    for rule in strategy.exit_rules:
        writer.condition(rule.condition)
        writer.end()
        writer.price(rule.exit_price)
        writer.end()
    if strategy.addon_rules.enabled and strategy.addon_rules.condition is not None:
        writer.condition(strategy.addon_rules.condition)
    else:
        writer.const(0.0)
    writer.end()
    shape = evaluation.panel.shape
    sizes = [rule.size_pct for rule in strategy.exit_rules]
    ignoring = [rule.ignore_min_hold for rule in strategy.exit_rules]
    return k.Program(
        code=_array(writer.code, np.int64),
        start=_array(writer.start, np.int64),
        consts=_array([*writer.consts, 0.0], np.float64),
        masks=_stacked(writer.masks, shape, np.int8),
        values=_stacked(writer.values, shape, np.float64),
        rules=len(strategy.exit_rules),
        size_pct=_array(sizes or [100.0], np.float64),
        ignores_min_hold=_array(ignoring or [False], np.bool_),
    )


def _stacked(matrices: list[Any], shape: tuple[int, int], kind: type[np.generic]) -> Any:
    """(M, T, N) of the matrices; without any, one cell, so that there is something to look at."""
    if not matrices:
        return np.zeros((1, 1, 1), dtype=kind)
    if len(matrices) == 1:
        return np.ascontiguousarray(matrices[0]).reshape(1, *shape)
    return np.stack(matrices)


def _array(values: Sequence[object], kind: type[np.generic]) -> Any:
    return np.array(values, dtype=kind)
