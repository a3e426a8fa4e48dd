"""Streaming RSI, MACD and oscillators; see `tradertape_indicators.momentum` and `.oscillators`."""

from __future__ import annotations

from math import isfinite, isnan

from tradertape_indicators.arrays import check_period
from tradertape_indicators.momentum import check_order
from tradertape_indicators.streaming.parts import (
    NAN,
    Earlier,
    Parts,
    divide,
    exponential,
    wilder,
    window_max,
    window_min,
    window_moments,
    window_sum,
)


class Rsi(Parts):
    """Wilder's relative strength index of one series."""

    def __init__(self, period: int = 14) -> None:
        self._gain, self._loss = wilder(period), wilder(period)
        self._now = self._next = NAN  # the value before
        super().__init__(self._gain, self._loss)

    def look(self, value: float) -> float:
        """Return the share of gains in all moves, 0 to 100; 50 where nothing moved."""
        change = value - self._now
        self._next = value
        known = isfinite(change)
        gain = self._gain.look((change if change > 0.0 else 0.0) if known else NAN)
        loss = self._loss.look((-change if change < 0.0 else 0.0) if known else NAN)
        both = gain + loss
        if isnan(both):
            return NAN
        return 100.0 * gain / both if both > 0.0 else 50.0

    def keep(self) -> None:
        """Take the value looked at last for good."""
        super().keep()
        self._now = self._next


class Macd(Parts):
    """Difference of two averages of one series, and its own average."""

    def __init__(
        self, fast_period: int = 12, slow_period: int = 26, signal_period: int = 9
    ) -> None:
        self._fast = exponential(fast_period, name="fast_period")
        self._slow = exponential(slow_period, name="slow_period")
        self._signal = exponential(signal_period, name="signal_period")
        super().__init__(self._fast, self._slow, self._signal)

    def look(self, value: float) -> dict[str, float]:
        """Return the difference, its average, and the difference of these."""
        line = self._fast.look(value) - self._slow.look(value)
        signal = self._signal.look(line)
        return {"macd": line, "signal": signal, "histogram": line - signal}


class Ppo(Parts):
    """The MACD of one series in percent of the slow average."""

    def __init__(
        self, fast_period: int = 12, slow_period: int = 26, signal_period: int = 9
    ) -> None:
        check_order(fast_period, slow_period)
        self._fast = exponential(fast_period, name="fast_period")
        self._slow = exponential(slow_period, name="slow_period")
        self._signal = exponential(signal_period, name="signal_period")
        super().__init__(self._fast, self._slow, self._signal)

    def look(self, value: float) -> dict[str, float]:
        """Return the difference, its average, and the difference of these, in percent."""
        fast, slow = self._fast.look(value), self._slow.look(value)
        line = 100.0 * divide(fast - slow, slow)
        signal = self._signal.look(line)
        return {"ppo": line, "signal": signal, "histogram": line - signal}


class Dpo(Parts):
    """One series less its average of some bars ago."""

    def __init__(self, period: int = 21) -> None:
        self._period = check_period(period)
        self._sum = window_sum(self._period)
        self._back = Earlier(self._period // 2 + 1)
        super().__init__(self._sum, self._back)

    def look(self, value: float) -> float:
        """Return the distance from the average of period // 2 + 1 bars ago."""
        return value - self._back.look(self._sum.look(value) / self._period)


class Stochastic(Parts):
    """Fast stochastic of high, low and close."""

    def __init__(self, k_period: int = 14, d_period: int = 3) -> None:
        length = check_period(k_period, name="k_period")
        self._d_period = check_period(d_period, name="d_period")
        self._top, self._bottom = window_max(length), window_min(length)
        self._sum = window_sum(self._d_period)
        super().__init__(self._top, self._bottom, self._sum)

    def look(self, high: float, low: float, close: float) -> dict[str, float]:
        """Return where the close lies in the range, 0 to 100, and its average."""
        top, bottom = self._top.look(high), self._bottom.look(low)
        k = 100.0 * _ratio(close - bottom, top - bottom)
        return {"stoch_k": k, "stoch_d": self._sum.look(k) / self._d_period}


class Williamsr(Parts):
    """Williams %R of high, low and close."""

    def __init__(self, period: int = 14) -> None:
        length = check_period(period)
        self._top, self._bottom = window_max(length), window_min(length)
        super().__init__(self._top, self._bottom)

    def look(self, high: float, low: float, close: float) -> float:
        """Return how far the close is below the highest high, -100 to 0."""
        top, bottom = self._top.look(high), self._bottom.look(low)
        return 100.0 * _ratio(close - top, top - bottom)


class Cci(Parts):
    """Commodity channel index of high, low and close.

    The mean deviation is about a mean that moves with each bar, so every value of the window is
    looked at: a bar costs O(period).
    """

    def __init__(self, period: int = 20) -> None:
        self._period = check_period(period)
        self._moments = window_moments(self._period)
        self._lately = [NAN] * (self._period + 1)  # typical prices, a ring
        self._bar = 0
        super().__init__(self._moments)

    def look(self, high: float, low: float, close: float) -> float:
        """Return the distance from the mean in mean deviations × 0.015."""
        typical = (high + low + close) / 3.0
        length = self._period + 1
        ring, last = self._lately, self._bar % length
        ring[last] = typical
        mean = self._moments.look((typical, typical * 0.0))[0]
        apart = 0.0
        for age in range(self._period):  # not sum(): from Python 3.12 on it rounds otherwise
            apart += abs(ring[last - age] - mean)
        return _ratio(typical - mean, 0.015 * (apart / self._period))

    def keep(self) -> None:
        """Take the bar looked at last for good."""
        super().keep()
        self._bar += 1


def _ratio(numerator: float, denominator: float) -> float:
    """Return the quotient: 0 where the denominator is zero, NaN where either is NaN."""
    if denominator == 0.0:
        return numerator * 0.0 + 0.0
    return numerator / denominator + 0.0
