"""Returns of money that came and went: weighted by money (XIRR) and by time (TWR)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from tradertape_core.kernel.errors import InvalidInput

_YEAR = 365.0  # days, as spreadsheets count: leap years are not longer
_LARGEST = 700.0  # logarithm of a rate: `exp` of more is not finite
_GRID = 2001
_STEPS = 200
_EXACT = 1e-15


def xirr(flows: Iterable[tuple[date, Decimal | float]]) -> float | None:
    """Return the yearly rate at which all flows are worth nothing together: 0.1 is 10 %.

    flows: (day, rupees), any order; money paid in below zero, received (and the value of today)
    above. Days count as 1/365 of a year, from the first flow.
    Returns None where no rate exists: without flows of both signs, all on one day, or where the
    worth is never zero; and for a rate too large for a number. Of several rates, the one nearest
    to zero. Raises InvalidInput for an amount that is not finite.
    """
    by_day: dict[date, float] = defaultdict(float)
    for day, amount in flows:
        by_day[day] += float(amount)
    days = sorted(day for day, amount in by_day.items() if amount)
    if len(days) < 2:
        return None
    years = np.array([(day - days[0]).days / _YEAR for day in days])
    amounts = np.array([by_day[day] for day in days])
    if not np.isfinite(amounts).all():
        raise InvalidInput("a flow must be a finite amount")
    if amounts.min() > 0 or amounts.max() < 0:
        return None
    return _nearest_rate(years, amounts / np.abs(amounts).max())


def _nearest_rate(years: NDArray[np.float64], amounts: NDArray[np.float64]) -> float | None:
    """Find the root of the worth over x = log(1 + rate) that is nearest to zero."""

    def worth(x: float) -> float:
        # Scaled by the largest term: the sign is the same, and nothing overflows.
        powers = -x * years
        return float(np.dot(amounts, np.exp(powers - powers.max())))

    # Beyond, the flows of the first or the last day outweigh all others together.
    spread = np.log(np.abs(amounts).sum() / np.abs(amounts).min()) + 1.0
    widest = float(spread / np.diff(years).min())
    if np.count_nonzero(np.diff(np.sign(amounts))) == 1:  # Descartes: exactly one root
        brackets = [(-widest, widest)]
    else:
        brackets = _sign_changes(worth, widest)
    roots = [_bisect(worth, *bracket) for bracket in brackets]
    if not roots:
        return None
    nearest = min(roots, key=abs)
    return math.expm1(nearest) if nearest < _LARGEST else None


def _sign_changes(worth: Callable[[float], float], widest: float) -> list[tuple[float, float]]:
    # Denser towards zero, where rates are.
    grid = widest * np.linspace(-1.0, 1.0, _GRID) ** 3
    values = [worth(float(x)) for x in grid]
    return [
        (float(grid[place]), float(grid[place + 1]))
        for place in range(_GRID - 1)
        if values[place] == 0 or values[place] * values[place + 1] < 0
    ]


def _bisect(worth: Callable[[float], float], low: float, high: float) -> float:
    at_low = worth(low)
    if at_low == 0:
        return low
    for _ in range(_STEPS):
        middle = (low + high) / 2
        value = worth(middle)
        if value == 0 or high - low <= _EXACT * max(1.0, abs(middle)):
            return middle
        if (value < 0) == (at_low < 0):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def twr(
    values: Sequence[float], paid_in: Sequence[float], paid_out: Sequence[float]
) -> float | None:
    """Return the whole period's time-weighted return: 0.1 is 10 %.

    values: (n,) at each day's close; paid_in, paid_out: (n,) rupees of that day, not below zero.
    A purchase counts from the start of its day, a sale until its end. Days with nothing invested
    are skipped. Returns None where no day had anything invested.
    Raises InvalidInput for unequal lengths.
    """
    steps = twr_steps(values, paid_in, paid_out)
    invested = [step for step in steps if step is not None]
    return math.prod(1.0 + step for step in invested) - 1.0 if invested else None


def twr_steps(
    values: Sequence[float], paid_in: Sequence[float], paid_out: Sequence[float]
) -> list[float | None]:
    """Return each day's return (n,), None for a day with nothing invested; as `twr` has it."""
    if not len(values) == len(paid_in) == len(paid_out):
        raise InvalidInput("values, money paid in and money paid out are of the same days")
    found: list[float | None] = []
    before = 0.0
    for value, into, out in zip(values, paid_in, paid_out, strict=True):
        base = before + into
        found.append((value + out) / base - 1.0 if base > 0 else None)
        before = value
    return found


def yearly(whole: float, days: int) -> float | None:
    """The yearly rate of a return over `days`; None for less than a year: it would mislead."""
    if days < _YEAR or whole <= -1.0:
        return None
    return (1.0 + whole) ** (_YEAR / days) - 1.0
