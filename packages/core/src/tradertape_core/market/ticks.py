"""NSE tick sizes of the cash market by price and date, and rounding onto them.

A band is fixed for a month by the last close of the month before; here the price itself picks the
band, which differs only in the month in which a share moves from one band to the next. The broker's
instrument file has the last word for a live order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

_GUARD = 1e-6  # of a tick: a float a hair beside a multiple lies on it


@dataclass(frozen=True, slots=True)
class TickTable:
    """Tick sizes in paise from a date on: (upper price bound in rupees, tick) by rising bound."""

    since: date
    below_250: int  # the first band ends below 250 rupees, the others include their bound
    bands: tuple[tuple[float, int], ...]


# Source: NSE circulars on the review of tick size: 0.01 below 250 rupees from 2024-06-10, bands by
# price from 2025-04-15; one tick of 0.05 before.
TICK_TABLES: Sequence[TickTable] = (
    TickTable(date(1994, 11, 3), 5, ((math.inf, 5),)),
    TickTable(date(2024, 6, 10), 1, ((math.inf, 5),)),
    TickTable(
        date(2025, 4, 15),
        1,
        ((1_000.0, 5), (5_000.0, 10), (10_000.0, 50), (20_000.0, 100), (math.inf, 500)),
    ),
)


def tick_paise(price: float, on: date) -> int:
    """The tick, in paise, of a share that trades at `price` rupees on a date."""
    table = _table(on)
    if price < 250.0:
        return table.below_250
    return next(tick for bound, tick in table.bands if price <= bound)


def ceil_to_tick(price: float, on: date) -> float:
    """The lowest price on the tick at or above `price`; rupees."""
    tick = tick_paise(price, on)
    return math.ceil(price * 100.0 / tick - _GUARD) * tick / 100.0


def floor_to_tick(price: float, on: date) -> float:
    """The highest price on the tick at or below `price`; rupees."""
    tick = tick_paise(price, on)
    return math.floor(price * 100.0 / tick + _GUARD) * tick / 100.0


def _table(on: date) -> TickTable:
    for table, following in pairwise(TICK_TABLES):
        if on < following.since:
            return table
    return TICK_TABLES[-1]
