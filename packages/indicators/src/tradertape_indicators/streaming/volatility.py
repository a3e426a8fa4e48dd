"""Streaming ranges and bands; see `tradertape_indicators.volatility` for definitions."""

from __future__ import annotations

from math import isfinite, sqrt

from tradertape_indicators.arrays import check_period, check_positive
from tradertape_indicators.streaming.parts import (
    NAN,
    Parts,
    exponential,
    wilder,
    window_moments,
    window_sum,
)


class Range:
    """True range of high, low and close."""

    def __init__(self) -> None:
        self._now = self._next = NAN  # the close of the bar before

    def look(self, high: float, low: float, close: float) -> float:
        """Return the true range; high - low on a run's first bar; NaN if a price is missing."""
        span = high - low
        if not isfinite(span + close):
            self._next = NAN
            return NAN
        last = self._now
        self._next = close
        return max(span, abs(high - last), abs(low - last)) if last == last else span

    def keep(self) -> None:
        """Take the bar looked at last for good."""
        self._now = self._next


class Atr(Parts):
    """Average true range of high, low and close."""

    def __init__(self, period: int = 14) -> None:
        self._range = Range()
        self._average = wilder(period)
        super().__init__(self._range, self._average)

    def look(self, high: float, low: float, close: float) -> float:
        """Return Wilder's average of the true range."""
        return self._average.look(self._range.look(high, low, close))


class Bbands(Parts):
    """Bollinger's bands of one series."""

    def __init__(self, period: int = 20, multiplier: float = 2.0) -> None:
        self._period = check_period(period)
        self._factor = check_positive(multiplier, name="multiplier")
        self._sum = window_sum(self._period)
        self._moments = window_moments(self._period)
        super().__init__(self._sum, self._moments)

    def look(self, value: float) -> dict[str, float]:
        """Return the bands around the mean of the last `period` values."""
        middle = self._sum.look(value) / self._period
        squares = self._moments.look((value, value * 0.0))[1]
        return _bands(middle, self._factor * sqrt(squares / self._period))


class Keltner(Parts):
    """Keltner's channel of high, low and close."""

    def __init__(self, period: int = 20, multiplier: float = 2.0) -> None:
        self._middle = exponential(period)
        self._factor = check_positive(multiplier, name="multiplier")
        self._range = Atr(period)
        super().__init__(self._middle, self._range)

    def look(self, high: float, low: float, close: float) -> dict[str, float]:
        """Return the channel around the average close."""
        reach = self._factor * self._range.look(high, low, close)
        return _bands(self._middle.look(close), reach)


def _bands(middle: float, reach: float) -> dict[str, float]:
    return {"upper": middle + reach, "middle": middle, "lower": middle - reach}
