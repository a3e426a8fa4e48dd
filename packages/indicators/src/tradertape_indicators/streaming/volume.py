"""Streaming indicators of traded volume; see `tradertape_indicators.volume` for definitions."""

from __future__ import annotations

from math import isfinite, isnan

from tradertape_indicators.arrays import check_period
from tradertape_indicators.streaming.parts import NAN, Parts, Total, divide, window_sum


class Obv(Parts):
    """On-balance volume of a price and its volume."""

    def __init__(self) -> None:
        self._total = Total()
        self._now = self._next = NAN  # the price before
        super().__init__(self._total)

    def look(self, price: float, volume: float) -> float:
        """Return the volume added on rises less that of falls, since the run's start."""
        known = isfinite(price) and isfinite(volume)
        before = self._now
        self._next = price if known else NAN
        sign = float(price > before) - float(price < before)  # 0 on the first bar of a run
        return self._total.look(sign * volume, known=known)

    def keep(self) -> None:
        """Take the bar looked at last for good."""
        super().keep()
        self._now = self._next


class VwapOfPrice(Parts):
    """Volume-weighted mean of a price since the run's first bar."""

    def __init__(self) -> None:
        self._value, self._volume = Total(), Total()
        super().__init__(self._value, self._volume)

    def look(self, price: float, volume: float) -> float:
        """Return the mean with this bar; NaN until the first volume."""
        known = isfinite(price) and isfinite(volume)
        value = self._value.look(price * volume, known=known)
        return divide(value, self._volume.look(volume, known=known))


class Vwap(Parts):
    """Volume-weighted mean of the typical price of high, low, close and volume."""

    def __init__(self) -> None:
        self._mean = VwapOfPrice()
        super().__init__(self._mean)

    def look(self, high: float, low: float, close: float, volume: float) -> float:
        """Return the mean with this bar; NaN until the first volume."""
        return self._mean.look((high + low + close) / 3.0, volume)


class Mfi(Parts):
    """Money flow index of high, low, close and volume."""

    def __init__(self, period: int = 14) -> None:
        length = check_period(period)
        self._rising, self._falling = window_sum(length), window_sum(length)
        self._now = self._next = NAN  # the typical price before
        super().__init__(self._rising, self._falling)

    def look(self, high: float, low: float, close: float, volume: float) -> float:
        """Return the share of rising flow in the last `period` moves, 0 to 100."""
        typical = (high + low + close) / 3.0
        change = typical - self._now
        self._next = typical
        flow = NAN if isnan(change) else typical * volume
        rising = self._rising.look(flow if change > 0 else flow * 0.0)
        both = rising + self._falling.look(flow if change < 0 else flow * 0.0)
        return 50.0 if both == 0.0 else 100.0 * divide(rising, both)

    def keep(self) -> None:
        """Take the bar looked at last for good."""
        super().keep()
        self._now = self._next
