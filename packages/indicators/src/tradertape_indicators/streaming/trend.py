"""Streaming averages and trend indicators; see `tradertape_indicators.trend` for definitions."""

from __future__ import annotations

from math import isfinite, isnan

from tradertape_indicators.arrays import check_period, check_positive
from tradertape_indicators.streaming.parts import (
    NAN,
    Parts,
    Smooth,
    divide,
    exponential,
    wilder,
    window_age_of_max,
    window_sum,
    window_weighted,
)
from tradertape_indicators.streaming.volatility import Range
from tradertape_indicators.trend import check_acceleration


class Sma(Parts):
    """Simple moving average of one series."""

    def __init__(self, period: int = 20) -> None:
        self._period = check_period(period)
        self._sum = window_sum(self._period)
        super().__init__(self._sum)

    def look(self, value: float) -> float:
        """Return the mean of the last `period` values."""
        return self._sum.look(value) / self._period


class Ema(Parts):
    """Exponential moving average of one series."""

    def __init__(self, period: int = 20) -> None:
        self._average = exponential(period)
        super().__init__(self._average)

    def look(self, value: float) -> float:
        """Return the average with this value."""
        return self._average.look(value)


class Wma(Parts):
    """Weighted moving average of one series."""

    def __init__(self, period: int = 20) -> None:
        length = check_period(period)
        self._weights = length * (length + 1) / 2
        self._window = window_weighted(length)
        super().__init__(self._window)

    def look(self, value: float) -> float:
        """Return the mean of the last `period` values, the newest weighing most."""
        return self._window.look((value, value))[1] / self._weights


class Vwma(Parts):
    """Volume-weighted moving average of a price and its volume."""

    def __init__(self, period: int = 14) -> None:
        length = check_period(period)
        self._weighted, self._volume = window_sum(length), window_sum(length)
        super().__init__(self._weighted, self._volume)

    def look(self, value: float, volume: float) -> float:
        """Return the average price of the window's volume."""
        return divide(self._weighted.look(value * volume), self._volume.look(volume))


class Linreg(Parts):
    """End of the regression line of one series."""

    def __init__(self, period: int = 14) -> None:
        self._period = check_period(period)
        self._weights = self._period * (self._period + 1) / 2
        self._window = window_weighted(self._period)
        super().__init__(self._window)

    def look(self, value: float) -> float:
        """Return where the line through the last `period` values ends."""
        total, weighted = self._window.look((value, value))
        mean = total / self._period
        return mean + 3.0 * (weighted / self._weights - mean)


class Supertrend(Parts):
    """Supertrend of high, low and close."""

    def __init__(self, period: int = 10, multiplier: float = 3.0) -> None:
        self._range = Range()
        self._average = wilder(period)
        self._factor = check_positive(multiplier, name="multiplier")
        self._now = self._next = (0.0, NAN, NAN)  # direction, upper and lower band of the bar
        super().__init__(self._range, self._average)

    def look(self, high: float, low: float, close: float) -> dict[str, float]:
        """Return the line, its direction, and the line while up and while down."""
        reach = self._factor * self._average.look(self._range.look(high, low, close))
        middle = (high + low) / 2.0
        upper, lower = middle + reach, middle - reach
        direction, above, below = self._now
        if isfinite(upper + lower + close):
            before = direction
            if before == 0.0 or close > above:
                direction = 1.0
            elif close < below:
                direction = -1.0
            if before > 0.0 and direction > 0.0:
                lower = max(lower, below)
            elif before < 0.0 and direction < 0.0:
                upper = min(upper, above)
            above, below = upper, lower
        self._next = (direction, above, below)
        line = below if direction >= 0.0 else above
        return {
            "supertrend": line,
            "direction": direction or NAN,
            "long": line if direction > 0.0 else NAN,
            "short": line if direction < 0.0 else NAN,
        }

    def keep(self) -> None:
        """Take the bar looked at last for good."""
        super().keep()
        self._now = self._next


class Sar:
    """Wilder's stop and reverse of high and low.

    A falling trend is kept as a rising one of mirrored prices, as in `kernels.parabolic`.
    """

    def __init__(self, acceleration: float = 0.02, maximum: float = 0.2) -> None:
        self._step = check_positive(acceleration, name="acceleration")
        check_acceleration(self._step, maximum)
        self._maximum = float(maximum)
        # side ±1 (0 outside a run), level, extreme, factor, and the last bars (newest first)
        self._now = self._next = (0.0, NAN, NAN, NAN, ((NAN, NAN), (NAN, NAN)))

    def look(self, high: float, low: float) -> dict[str, float]:
        """Return the stop and the trend (±1)."""
        side, level, extreme, factor, bars = self._now
        if not isfinite(high + low):
            self._next = (0.0, NAN, NAN, NAN, ((NAN, NAN), bars[0]))
            return {"sar": NAN, "trend": NAN}
        if side == 0.0:
            side, level, extreme, factor = 1.0, low, high, self._step
        else:
            top, bottom = (high, low) if side > 0.0 else (-low, -high)
            moved = level + factor * (extreme - level)
            if bottom <= moved:
                side, level, extreme, factor = -side, -extreme, -bottom, self._step
            else:
                for old_high, old_low in bars:
                    before = old_low if side > 0.0 else -old_high
                    moved = min(moved, before)  # stays as it is where the bar has no prices
                level = moved
                if top > extreme:
                    extreme, factor = top, min(factor + self._step, self._maximum)
        self._next = (side, level, extreme, factor, ((high, low), bars[0]))
        return {"sar": level * side, "trend": side}

    def keep(self) -> None:
        """Take the bar looked at last for good."""
        self._now = self._next


class Adx(Parts):
    """Directional movement of high, low and close."""

    def __init__(self, period: int = 14) -> None:
        self._range = Range()
        self._average, self._index = wilder(period), wilder(period)
        self._up, self._down = wilder(period), wilder(period)
        self._now = self._next = (NAN, NAN)  # high and low of the bar before
        super().__init__(self._range, self._average, self._index, self._up, self._down)

    def look(self, high: float, low: float, close: float) -> dict[str, float]:
        """Return both directional indicators and their index."""
        span = self._range.look(high, low, close)
        known = not isnan(span)
        old_high, old_low = self._now
        self._next = (high, low) if known else (NAN, NAN)
        up, down = high - old_high, old_low - low
        average = self._average.look(span)
        plus = self._share(self._up, up if up > down and up > 0 else 0.0, known, average)
        minus = self._share(self._down, down if down > up and down > 0 else 0.0, known, average)
        index = 100.0 * divide(abs(plus - minus), plus + minus)
        return {"plus_di": plus, "minus_di": minus, "adx": self._index.look(index)}

    def _share(self, moves: Smooth, moved: float, known: bool, average: float) -> float:
        return 100.0 * divide(moves.look(moved if known else NAN), average)

    def keep(self) -> None:
        """Take the bar looked at last for good."""
        super().keep()
        self._now = self._next


class Aroon(Parts):
    """How lately the high and the low of high and low series were."""

    def __init__(self, period: int = 14) -> None:
        self._period = check_period(period)
        self._high = window_age_of_max(self._period + 1)
        self._low = window_age_of_max(self._period + 1)
        super().__init__(self._high, self._low)

    def look(self, high: float, low: float) -> dict[str, float]:
        """Return 100 where the extreme is this bar, 0 where it is the window's oldest."""
        return {
            "aroon_up": self._lately(self._high.look((high, 0.0))),
            "aroon_down": self._lately(self._low.look((-low, 0.0))),
        }

    def _lately(self, extreme: tuple[float, float]) -> float:
        if isnan(extreme[0]):
            return NAN
        return 100.0 * (self._period - extreme[1]) / self._period
