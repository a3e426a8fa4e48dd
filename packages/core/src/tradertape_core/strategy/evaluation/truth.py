"""Three-valued logic on whole arrays: true, false, or null where something is not known.

Kleene's rules: a null neither confirms nor denies, so `false and null` is false, `true and null`
is null, and `not null` stays null. Short history therefore never turns into an entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.panel import Mask, Matrix
from tradertape_core.strategy.language.rules import CompareOp

Verdict = NDArray[np.int8]  # 1 true, 0 false, -1 null
Value = Matrix | float  # a number a cell, a date (T, 1), or one for all; NaN is null


class Truth(NamedTuple):
    """Where something is true and where it is false: null where neither. Shapes broadcast."""

    yes: Mask
    no: Mask

    @property
    def null(self) -> Mask:
        """Where neither yes nor no is known; bool, sessions by symbols."""
        return ~(self.yes | self.no)

    def verdict(self) -> Verdict:
        """1 true, 0 false, -1 null."""
        return self.yes.view(np.int8) - self.null.view(np.int8)


def both(truths: Sequence[Truth]) -> Truth:
    """True where all are, false where any is."""
    return reduce(lambda a, b: Truth(a.yes & b.yes, a.no | b.no), truths)


def either(truths: Sequence[Truth]) -> Truth:
    """True where any is, false where all are."""
    return reduce(lambda a, b: Truth(a.yes | b.yes, a.no & b.no), truths)


def negated(truth: Truth) -> Truth:
    """Yes and no exchanged; unknown stays unknown."""
    return Truth(truth.no, truth.yes)


def at_least(count: int, truths: Sequence[Truth]) -> Truth:
    """True where `count` are true, false where that many cannot be any more."""
    yes = reduce(np.add, [one.yes.astype(np.int16) for one in truths])
    no = reduce(np.add, [one.no.astype(np.int16) for one in truths])
    return Truth(yes >= count, no > len(truths) - count)


def compared(left: Value, op: CompareOp, right: Value) -> Truth:
    """Compare numbers; null where either is. NaN fails both comparisons, which gives that."""
    match op:
        case ">":
            yes, no = left > right, left <= right
        case ">=":
            yes, no = left >= right, left < right
        case "<":
            yes, no = left < right, left >= right
        case "<=":
            yes, no = left <= right, left > right
        case "==":
            yes, no = left == right, _differ(left, right)
        case "!=":
            yes, no = _differ(left, right), left == right
    return Truth(_mask(yes), _mask(no))


def known(*values: Value) -> Mask:
    """Where none of the numbers is null."""
    return reduce(np.logical_and, [_mask(np.equal(value, value)) for value in values])


def within(value: Value, low: Value, high: Value) -> Truth:
    """low <= value <= high; null where any of the three is."""
    yes = _mask(np.greater_equal(value, low)) & _mask(np.less_equal(value, high))
    return Truth(yes, known(value, low, high) & ~yes)


def one_of(value: Value, values: Sequence[float]) -> Truth:
    """Whether the value is among the values; unknown where it is NaN."""
    yes = _mask(np.isin(value, values))
    return Truth(yes, known(value) & ~yes)


def _differ(left: Value, right: Value) -> Mask:
    return np.less(left, right) | np.greater(left, right)


def _mask(answer: object) -> Mask:
    """At least (1, 1), so that constants mix with arrays."""
    array = np.asarray(answer, dtype=np.bool_)
    return array if array.ndim == 2 else array.reshape(1, 1)
