"""Kleene's three-valued logic, as tables."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tradertape_core.strategy.evaluation import truth
from tradertape_core.strategy.evaluation.truth import Truth

YES, NO, NULL = 1, 0, -1


def one(verdict: int) -> Truth:
    return Truth(np.array([[verdict == YES]]), np.array([[verdict == NO]]))


def read(found: Truth) -> int:
    return int(found.verdict()[0, 0])


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [
        (YES, YES, YES, YES),
        (YES, NO, NO, YES),
        (YES, NULL, NULL, YES),
        (NO, NO, NO, NO),
        (NO, NULL, NO, NULL),
        (NULL, NULL, NULL, NULL),
    ],
)
def test_and_and_or_with_nulls(left: int, right: int, both: int, either: int):
    for pair in ((left, right), (right, left)):
        assert read(truth.both([one(each) for each in pair])) == both
        assert read(truth.either([one(each) for each in pair])) == either


@pytest.mark.parametrize(("verdict", "denied"), [(YES, NO), (NO, YES), (NULL, NULL)])
def test_not_of_null_stays_null(verdict: int, denied: int):
    assert read(truth.negated(one(verdict))) == denied


@pytest.mark.parametrize("verdicts", list(itertools.product((YES, NO, NULL), repeat=3)))
def test_count_is_decided_as_soon_as_it_can_be(verdicts: tuple[int, ...]):
    for least in (1, 2, 3):
        surely = verdicts.count(YES) >= least
        possibly = verdicts.count(YES) + verdicts.count(NULL) >= least
        expected = YES if surely else NULL if possibly else NO
        assert read(truth.at_least(least, [one(each) for each in verdicts])) == expected


@pytest.mark.parametrize(
    ("op", "verdicts"),
    [
        (">", (NO, NO, YES)),
        (">=", (NO, YES, YES)),
        ("<", (YES, NO, NO)),
        ("<=", (YES, YES, NO)),
        ("==", (NO, YES, NO)),
        ("!=", (YES, NO, YES)),
    ],
)
def test_comparisons_and_their_nulls(op, verdicts: tuple[int, int, int]):
    for left, expected in zip((1.0, 2.0, 3.0), verdicts, strict=True):
        assert read(truth.compared(np.array([[left]]), op, 2.0)) == expected
        assert read(truth.compared(left, op, np.array([[2.0]]))) == expected
    nan = np.array([[np.nan]])
    assert read(truth.compared(nan, op, 2.0)) == NULL
    assert read(truth.compared(2.0, op, nan)) == NULL
    assert read(truth.compared(nan, op, nan)) == NULL


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (2.0, 1.0, 3.0, YES),
        (1.0, 1.0, 3.0, YES),
        (3.0, 1.0, 3.0, YES),
        (4.0, 1.0, 3.0, NO),
        (np.nan, 1.0, 3.0, NULL),
        (4.0, 1.0, np.nan, NULL),
        (0.0, 1.0, np.nan, NULL),
    ],
)
def test_between_includes_its_bounds_and_is_null_with_any_null(value, low, high, expected):
    assert read(truth.within(np.array([[value]]), low, high)) == expected


@pytest.mark.parametrize(("value", "expected"), [(2.0, YES), (5.0, NO), (np.nan, NULL)])
def test_in_is_one_of_its_values(value: float, expected: int):
    assert read(truth.one_of(np.array([[value]]), (1.0, 2.0))) == expected
