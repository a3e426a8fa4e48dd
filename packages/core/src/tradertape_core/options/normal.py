"""The normal distribution on arrays, without SciPy."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Coefficients = tuple[float, ...]

_ROOT_OF_TWO = math.sqrt(2.0)
_ROOT_OF_PI = math.sqrt(math.pi)
# W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of
# Computation 23 (1969): the error function near zero, its complement further out, and far out.
_NEAR, _FAR = 0.46875, 4.0
_NOTHING_LEFT = 40.0  # beyond, the tail is below the least double
_NEAR_ABOVE = (
    1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2,
    3.77485237685302021e2, 3.20937758913846947e3,
)  # fmt: skip
_NEAR_BELOW = (
    1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
    2.84423683343917062e3,
)  # fmt: skip
_MIDDLE_ABOVE = (
    2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
    2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
    1.23033935479799725e3,
)  # fmt: skip
_MIDDLE_BELOW = (
    1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
    1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3,
    1.23033935480374942e3,
)  # fmt: skip
_FAR_ABOVE = (
    1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
    1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4,
)  # fmt: skip
_FAR_BELOW = (
    1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1,
    6.05183413124413191e-2, 2.33520497626869185e-3,
)  # fmt: skip


def density(x: ArrayLike) -> Floats:
    """The standard normal density at `x`, of any shape."""
    size: Floats = np.minimum(np.abs(np.asarray(x, dtype=np.float64)), 2.0 * _NOTHING_LEFT)
    return np.exp(-0.5 * size * size) / (_ROOT_OF_TWO * _ROOT_OF_PI)


def cumulative(x: ArrayLike) -> Floats:
    """Return the standard normal distribution function at `x`, of any shape; NaN stays NaN.

    Right to 1e-13 of the value itself wherever that does not underflow, hence also far out.
    """
    at: Floats = np.asarray(x, dtype=np.float64) / _ROOT_OF_TWO
    size: Floats = np.minimum(np.abs(at), _NOTHING_LEFT)
    upper: Floats = np.exp(-size * size) * _middle(np.clip(size, _NEAR, _FAR))
    if (size < _NEAR).any():
        near: Floats = np.minimum(size, _NEAR)
        upper = np.where(size < _NEAR, 1.0 - _error_near(near), upper)
    if (size > _FAR).any():
        upper = np.where(size > _FAR, np.exp(-size * size) * _far(np.maximum(size, _FAR)), upper)
    return 0.5 * np.where(at > 0.0, 2.0 - upper, upper)


def _error_near(x: Floats) -> Floats:
    square: Floats = x * x
    return x * _polynomial(_NEAR_ABOVE, square) / _polynomial(_NEAR_BELOW, square)


def _middle(x: Floats) -> Floats:
    return _polynomial(_MIDDLE_ABOVE, x) / _polynomial(_MIDDLE_BELOW, x)


def _far(x: Floats) -> Floats:
    square: Floats = 1.0 / (x * x)
    rest: Floats = square * _polynomial(_FAR_ABOVE, square) / _polynomial(_FAR_BELOW, square)
    return (1.0 / _ROOT_OF_PI - rest) / x


def _polynomial(coefficients: Coefficients, x: Floats) -> Floats:
    value: Floats = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value
