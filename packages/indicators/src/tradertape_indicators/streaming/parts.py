"""What streaming indicators are built from: windows and averages that take one value at a time.

A part has two methods. `look` answers for the bar after those kept; it may be asked again with
another value, as a candle in the making changes. `keep` takes the bar looked at last for good. So a
provisional value costs no copy of the state and leaves nothing to roll back.

The arithmetic is that of `windows.py` and `kernels.py`, operation by operation, so values are equal
to the last bit.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import isfinite
from typing import Generic, Protocol, TypeVar

from tradertape_indicators.arrays import check_period

NAN = float("nan")
T = TypeVar("T")
Merge = Callable[[T, T], T]  # (older block, newer block) -> both as one
Pair = tuple[float, float]


class Part(Protocol):
    """Whatever keeps a state from bar to bar."""

    def keep(self) -> None:
        """Take the bar looked at last for good."""
        ...


class Parts:
    """Keep all parts of an indicator together."""

    def __init__(self, *parts: Part) -> None:
        self._parts = parts

    def keep(self) -> None:
        """Take the bar looked at last for good."""
        for part in self._parts:
            part.keep()


class Window(Generic[T]):
    """Fold the last `period` values from blocks of 1, 2, 4 … in O(log period) merges.

    Each level is a ring of the blocks that ended lately, one slot longer than is read: writing the
    newest block again loses nothing that a later bar needs.
    """

    def __init__(self, period: int, merging: Callable[[int, int], Merge[T]], nothing: T) -> None:
        """merging: (bars of the older block, bars of the newer) -> how to merge the two."""
        self._bar = 0
        self._levels: list[tuple[list[T], int, int, Merge[T] | None, Merge[T] | None]] = []
        size, covered = 1, 0
        while size <= period:
            ring = [nothing] * (size + 1)
            taken = merging(size, covered) if period & size and covered else None
            doubled = merging(size, size) if 2 * size <= period else None
            self._levels.append((ring, size, covered if period & size else -1, taken, doubled))
            covered += period & size
            size *= 2

    def look(self, value: T) -> T:
        """Return the folded window that ends with this value."""
        bar = self._bar
        block = total = value
        for ring, size, covered, taken, doubled in self._levels:
            ring[bar % (size + 1)] = block
            if taken is not None:
                total = taken(ring[(bar - covered) % (size + 1)], total)
            elif covered == 0:
                total = block
            if doubled is not None:
                block = doubled(ring[(bar - size) % (size + 1)], block)
        return total

    def keep(self) -> None:
        """Take the value looked at last for good."""
        self._bar += 1


class Earlier:
    """The value of `bars` bars ago; NaN where there is none."""

    def __init__(self, bars: int) -> None:
        self._ring = [NAN] * (bars + 1)
        self._bar = 0

    def look(self, value: float) -> float:
        """Return the value of `bars` bars before this one."""
        length = len(self._ring)
        self._ring[self._bar % length] = value
        return self._ring[(self._bar + 1) % length]

    def keep(self) -> None:
        """Take the value looked at last for good."""
        self._bar += 1


class Smooth:
    """A recursive average seeded with the mean of a run's first `period` values."""

    def __init__(self, period: int, weight: float) -> None:
        self._period = period
        self._weight = weight
        self._now = self._next = (0, 0.0)  # values seen up to the period; sum, then average

    def look(self, value: float) -> float:
        """Return the average with this value; NaN in warm-up and where the value is not finite."""
        if not isfinite(value):
            self._next = (0, 0.0)
            return NAN
        seen, level = self._now
        if seen >= self._period:
            level += (value - level) * self._weight
        else:
            level += value
            seen += 1
            if seen < self._period:
                self._next = (seen, level)
                return NAN
            level /= self._period
        self._next = (seen, level)
        return level

    def keep(self) -> None:
        """Take the value looked at last for good."""
        self._now = self._next


class Total:
    """The sum since the start of a run of finite bars."""

    def __init__(self) -> None:
        self._now = self._next = 0.0

    def look(self, value: float, *, known: bool) -> float:
        """Return the sum with this value; NaN, and a fresh start, where the bar is not known."""
        self._next = self._now + value if known else 0.0
        return self._next if known else NAN

    def keep(self) -> None:
        """Take the value looked at last for good."""
        self._now = self._next


def exponential(period: int, *, name: str = "period") -> Smooth:
    """Return the EMA of a period. Raises ValueError unless it is a whole number of at least 1."""
    length = check_period(period, name=name)
    return Smooth(length, 2.0 / (length + 1))


def wilder(period: int) -> Smooth:
    """Return Wilder's average. Raises ValueError unless period is a whole number of at least 1."""
    length = check_period(period)
    return Smooth(length, 1.0 / length)


def window_sum(period: int) -> Window[float]:
    """Return the sum of the last `period` values."""
    return Window[float](period, lambda _old, _new: operator.add, NAN)


def window_max(period: int) -> Window[float]:
    """Return the highest of the last `period` values; NaN where one of them is."""
    return Window[float](period, lambda _old, _new: _higher, NAN)


def window_min(period: int) -> Window[float]:
    """Return the lowest of the last `period` values; NaN where one of them is."""
    return Window[float](period, lambda _old, _new: _lower, NAN)


def window_moments(period: int) -> Window[Pair]:
    """Return mean and sum of squared deviations; feed it (value, value × 0)."""
    return Window[Pair](period, _moments, (NAN, NAN))


def window_weighted(period: int) -> Window[Pair]:
    """Return sum and sum weighted 1 (oldest) … period (newest); feed it (value, value)."""
    return Window[Pair](period, _weighted, (NAN, NAN))


def window_age_of_max(period: int) -> Window[Pair]:
    """Return the highest and how many bars ago it was, the oldest of equals; feed it (value, 0)."""
    return Window[Pair](period, _age_of_max, (NAN, 0.0))


def divide(numerator: float, denominator: float) -> float:
    """Return the quotient; NaN where the denominator is zero."""
    return numerator / denominator if denominator != 0.0 else NAN


def _higher(older: float, newer: float) -> float:
    return older if older > newer or older != older else newer


def _lower(older: float, newer: float) -> float:
    return older if older < newer or older != older else newer


def _moments(old: int, new: int) -> Merge[Pair]:
    share = old / (old + new)
    weight = old * new / (old + new)

    def merge(older: Pair, newer: Pair) -> Pair:
        between = older[0] - newer[0]
        mean = newer[0] + between * share
        return mean, between * between * weight + older[1] + newer[1]

    return merge


def _weighted(old: int, _new: int) -> Merge[Pair]:
    def merge(older: Pair, newer: Pair) -> Pair:
        return older[0] + newer[0], newer[0] * old + newer[1] + older[1]

    return merge


def _age_of_max(_old: int, new: int) -> Merge[Pair]:
    def merge(older: Pair, newer: Pair) -> Pair:
        age = older[1] + new if older[0] >= newer[0] else newer[1]
        return _higher(older[0], newer[0]), age

    return merge
