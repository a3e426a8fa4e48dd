"""One-minute candles of prices that were set by hand, laid over the simulation's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.tick import Tick


@dataclass(slots=True)
class ObservedMinutes:
    """The minutes in which prices were set, by instrument and start."""

    _minutes: dict[str, dict[datetime, Candle]] = field(
        default_factory=dict[str, dict[datetime, Candle]]
    )

    def add(self, instrument_id: str, tick: Tick) -> None:
        """Take a tick of a set price in."""
        minutes = self._minutes.setdefault(instrument_id, {})
        start, price = tick.at.replace(second=0, microsecond=0), tick.last_price
        known = minutes.get(start)
        if known is None:
            minutes[start] = Candle(start, price, price, price, price, 0)
            return
        high, low = max(known.high, price), min(known.low, price)
        minutes[start] = replace(known, high=high, low=low, close=price)

    def laid_over(
        self, candles: Sequence[Candle], instrument_id: str, interval: Interval
    ) -> list[Candle]:
        """Candles with the prices that were set within them."""
        minutes = self._minutes.get(instrument_id)
        if not minutes:
            return list(candles)
        return [_with_set(one, minutes, interval) for one in candles]

    def clear(self) -> None:
        """Forget everything: another session begins."""
        self._minutes.clear()


def _with_set(candle: Candle, minutes: Mapping[datetime, Candle], interval: Interval) -> Candle:
    end = candle.start + interval.length
    found = [minutes[at] for at in sorted(minutes) if candle.start <= at < end]
    if not found:
        return candle
    if interval is Interval.MINUTE:
        first = found[0]
        return replace(candle, open=first.open, high=first.high, low=first.low, close=first.close)
    return replace(
        candle,
        high=max(candle.high, *(one.high for one in found)),
        low=min(candle.low, *(one.low for one in found)),
        close=found[-1].close,
    )
