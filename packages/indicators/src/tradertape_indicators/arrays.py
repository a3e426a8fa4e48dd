"""Shapes: indicators take (n,) or (n, m) arrays, time on axis 0, and work inside on (n, m)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]  # (n,) or (n, m), oldest first
Matrix = NDArray[np.float64]  # (n, m), C order
Truth = NDArray[np.bool_]  # shaped like the input
Restore = Callable[[Matrix], Array]


def as_matrices(*series: ArrayLike) -> tuple[list[Matrix], Restore]:
    """Return the series as (n, m) float64 matrices, and a function giving results their shape back.

    Nothing is copied unless dtype or memory order ask for it; inputs are never written to.
    Raises ValueError if the series differ in shape or are neither 1-D nor 2-D.
    """
    arrays = [np.asarray(one, dtype=np.float64) for one in series]
    shape = arrays[0].shape
    if any(one.shape != shape for one in arrays):
        shapes = ", ".join(str(one.shape) for one in arrays)
        raise ValueError(f"all series must have one shape, were {shapes}")
    if len(shape) not in (1, 2):
        raise ValueError(f"a series must have 1 or 2 axes (bars, symbols), had {len(shape)}")
    matrix_shape = shape if len(shape) == 2 else (shape[0], 1)
    matrices = [np.ascontiguousarray(one.reshape(matrix_shape)) for one in arrays]
    return matrices, lambda matrix: matrix.reshape(shape)


def check_period(period: int, *, name: str = "period") -> int:
    """Return period as an int. Raises ValueError unless it is a whole number of at least 1."""
    if isinstance(period, bool) or period != period or int(period) != period or period < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, was {period}")
    return int(period)


def check_positive(value: float, *, name: str) -> float:
    """Return value. Raises ValueError unless it is a finite number above zero."""
    if not np.isfinite(value) or value <= 0:
        raise ValueError(f"{name} must be above 0, was {value}")
    return float(value)


def undefined(like: Matrix) -> Matrix:
    """Return a new matrix of NaN shaped like another."""
    return np.full(like.shape, np.nan)


def earlier(values: Matrix, bars: int) -> Matrix:
    """Return each value of `bars` bars ago; NaN where there is none."""
    shifted = undefined(values)
    if bars < len(values):
        shifted[bars:] = values[: len(values) - bars]
    return shifted


def divide(numerator: Matrix, denominator: Matrix) -> Matrix:
    """Return the quotient; NaN where the denominator is zero or either side is NaN."""
    quotient = undefined(numerator)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient


def runs_of(finite: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """Return the runs of True in each column as (column, first row, row after the last)."""
    edges: NDArray[Any] = np.zeros((finite.shape[1], finite.shape[0] + 2), dtype=np.int8)
    edges[:, 1:-1] = finite.T
    steps = np.diff(edges, axis=1)
    columns, starts = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]
    return list(zip(columns.tolist(), starts.tolist(), ends.tolist()))
