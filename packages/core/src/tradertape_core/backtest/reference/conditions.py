"""Conditions and operands of the rules that read a position, decided one close at a time.

The language of the rules is described in docs/strategies.md; what does not read the position is
asked of the evaluator.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tradertape_core.backtest.reference.candles import known
from tradertape_core.backtest.reference.position import Position
from tradertape_core.strategy.evaluation.evaluate import Evaluation, reads_position
from tradertape_core.strategy.language import rules


class Conditions:
    """The truth of a strategy's conditions for a position at a close."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._seen: dict[int, list[list[float]]] = {}

    def truth(self, node: rules.Condition, day: int, position: Position) -> bool | None:
        """Whether a condition holds on the day; None where it is unknown."""
        if not reads_position(node):
            rows = self._rows(id(node), lambda: self._evaluation.truth(node))
            found = rows[day][position.symbol]
            return None if found < 0 else bool(found)
        match node:
            case rules.And():
                return _least([self.truth(each, day, position) for each in node.conditions])
            case rules.Or():
                found = [self.truth(each, day, position) for each in node.conditions]
                return _negated(_least([_negated(each) for each in found]))
            case rules.Not():
                return _negated(self.truth(node.condition, day, position))
            case rules.Count():
                found = [self.truth(each, day, position) for each in node.conditions]
                return _count(found, node.at_least)
            case _:
                return self._comparison(node, day, position)

    def _comparison(self, node: rules.Condition, day: int, position: Position) -> bool | None:
        match node:
            case rules.Compare():
                left = self.value(node.left, day, position)
                right = self.value(node.right, day, position)
                return _compare(left, node.op, right)
            case rules.Between():
                value, low, high = (
                    self.value(each, day, position) for each in (node.value, node.low, node.high)
                )
                if value is None or low is None or high is None:
                    return None
                return low <= value <= high
            case rules.In():
                value = self.value(node.value, day, position)
                return None if value is None else value in node.values
            case _:
                raise TypeError(node)

    def value(self, node: rules.Operand, day: int, position: Position) -> float | None:
        """The value of an operand on the day; None where it is unknown."""
        if isinstance(node, rules.PositionValue):
            return position.value(node.field)
        if isinstance(node, rules.Arith) and reads_position(node):
            left = self.value(node.left, day, position)
            right = self.value(node.right, day, position)
            return _arithmetic(left, node.op, right)
        rows = self._rows(id(node), lambda: self._evaluation.value(node))
        return known(float(rows[day][position.symbol]))

    def _rows(self, key: int, make: Callable[[], np.ndarray]) -> list[list[float]]:
        if key not in self._seen:
            self._seen[key] = make().tolist()
        return self._seen[key]


def _least(found: list[bool | None]) -> bool | None:
    if False in found:
        return False
    return None if None in found else True


def _negated(found: bool | None) -> bool | None:
    return None if found is None else not found


def _count(found: list[bool | None], at_least: int) -> bool | None:
    if found.count(True) >= at_least:
        return True
    return None if len(found) - found.count(False) >= at_least else False


def _compare(left: float | None, op: rules.CompareOp, right: float | None) -> bool | None:
    if left is None or right is None:
        return None
    match op:
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case "==":
            return left == right
        case "!=":
            return left != right


def _arithmetic(left: float | None, op: rules.ArithOp, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right if right else None
