"""A price path through a candle: points that make the same candle again.

A rising candle goes open, low, high, close, a falling one open, high, low, close; in three straight
legs of equal time, with the volume spread evenly. What happened inside is not known, so this is a
rule and no estimate: the same candle always gives the same path.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.candle import Candle

LEGS = 3


@dataclass(frozen=True, slots=True)
class Point:
    """Where a candle is `second` seconds after its start. volume: traded in it so far."""

    second: int
    price: Decimal
    volume: int


def path_of(candle: Candle, seconds: int, tick: Decimal, *, steps: int) -> tuple[Point, ...]:
    """Return the points of a candle that lasts `seconds`, first at 0, last a second before its end.

    steps: points a leg, fewer where the seconds do not suffice. Prices between the corners are on
    the tick. Raises InvalidInput for a candle whose prices cannot be or that is too short.
    """
    low, high = candle.low, candle.high
    if not low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= high:
        raise InvalidInput(f"the candle of {candle.start} has prices beyond its high or low")
    if seconds < LEGS + 1 or steps < 1:
        raise InvalidInput(f"a candle of {seconds} seconds is too short for a path")
    turns = (low, high) if candle.close >= candle.open else (high, low)
    corners = (candle.open, *turns, candle.close)
    steps = min(steps, (seconds - 1) // LEGS)
    prices = [
        _between(start, end, i, steps, tick)
        for start, end in pairwise(corners)
        for i in range(steps)
    ]
    prices.append(candle.close)
    last, count = len(prices) - 1, len(prices)
    return tuple(
        Point(
            i * (seconds - 1) // last, min(max(price, low), high), candle.volume * (i + 1) // count
        )
        for i, price in enumerate(prices)
    )


def _between(start: Decimal, end: Decimal, i: int, steps: int, tick: Decimal) -> Decimal:
    if i == 0:
        return start
    exact = start + (end - start) * i / steps
    return (exact / tick).quantize(Decimal(1), ROUND_HALF_UP) * tick
