"""Prices planned for later: a path given point by point, or candles to replay."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.candle_path import path_of

_STEPS = 4  # points of each straight leg of a candle


class PlannedPrice(NamedTuple):
    """A price that an instrument has from a moment on."""

    at: datetime
    instrument_id: str
    price: Decimal


@dataclass(slots=True)
class PricePlan:
    """Planned prices by time."""

    _rows: list[PlannedPrice] = field(default_factory=list[PlannedPrice])

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, rows: Iterable[PlannedPrice]) -> None:
        """Plan further prices."""
        for row in rows:
            heapq.heappush(self._rows, row)

    def due(self, now: datetime) -> list[PlannedPrice]:
        """Take out what is due, oldest first."""
        found: list[PlannedPrice] = []
        while self._rows and self._rows[0].at <= now:
            found.append(heapq.heappop(self._rows))
        return found

    def clear(self) -> None:
        """Plan nothing any more."""
        self._rows.clear()


def path_through(
    instrument_id: str, candles: Sequence[Candle], interval: Interval, tick_size: Decimal,
    start: datetime,
) -> list[PlannedPrice]:  # fmt: skip
    """The path through candles, the first of which begins at `start`.

    Raises InvalidInput for candles whose prices cannot be.
    """
    first, seconds = candles[0].start, int(interval.length.total_seconds())
    return [
        PlannedPrice(
            start + (candle.start - first) + timedelta(seconds=point.second),
            instrument_id,
            point.price,
        )
        for candle in candles
        for point in path_of(candle, seconds, tick_size, steps=_STEPS)
    ]
