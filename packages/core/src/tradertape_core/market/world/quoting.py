"""The book around a price: bid, ask and five levels a side, on the tick, the same each time."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from tradertape_core.market.tick import Depth, DepthLevel

LEVELS = 5
_MASK = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Book:
    """The best prices in paise, None where that side is empty, and the quantities there."""

    bid: int | None
    ask: int | None
    bid_quantity: int
    ask_quantity: int
    last_was_bought: bool
    step: int  # between levels, paise


def scatter(*parts: int) -> int:
    """Mix integers into 64 well-spread bits; equal arguments give equal bits (splitmix64)."""
    mixed = 0
    for part in parts:
        mixed = (mixed + part * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) & _MASK
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        mixed ^= mixed >> 31
    return mixed


def book_at(
    last: int, *, tick: int, token: int, moment: int, usual: int, spread_bps: float = 2.0,
    lot: int = 1, lower: int = 0, upper: int = 0,
) -> Book:  # fmt: skip
    """The book after a trade at `last` paise in the given `moment` (any counter).

    usual: quantity that typically waits at the best price, units. lower, upper: the day's price
    limits in paise, 0 for none: at a limit the other side is empty.
    """
    bits = scatter(token, moment)
    ticks = max(1, round(last * spread_bps / 10_000 / tick)) + (bits & 7 == 0)
    was_bought = bool(bits & 8)
    bid, ask = (last - ticks * tick, last) if was_bought else (last, last + ticks * tick)
    bid_quantity = _quantity(usual, bits >> 8, lot)
    ask_quantity = _quantity(usual, bits >> 24, lot)
    has_bid = bid > 0 and (not lower or bid >= lower)
    has_ask = not upper or ask <= upper
    return Book(
        bid if has_bid else None,
        ask if has_ask else None,
        bid_quantity if has_bid else 0,
        ask_quantity if has_ask else 0,
        was_bought,
        tick * max(1, ticks // 2),
    )


def depth_of(
    book: Book, *, token: int, moment: int, lot: int, lower: int = 0, upper: int = 0
) -> Depth:
    """Five levels behind the best prices; fewer near a price limit."""
    lowest, highest = max(1, lower), upper or _MASK
    sides: list[tuple[DepthLevel, ...]] = []
    for best, quantity, sign in (
        (book.bid, book.bid_quantity, -1),
        (book.ask, book.ask_quantity, 1),
    ):
        levels: list[DepthLevel] = []
        for level in range(LEVELS if best is not None else 0):
            price = (best or 0) + sign * level * book.step
            if not lowest <= price <= highest:
                break
            bits = scatter(token, moment, sign + 2, level)
            size = quantity if level == 0 else _quantity(quantity * (1 + level), bits >> 8, lot)
            levels.append(DepthLevel(rupees_of(price), size, 1 + (bits & 31) % max(1, size // lot)))
        sides.append(tuple(levels))
    return Depth(sides[0], sides[1])


@lru_cache(maxsize=65_536)
def rupees_of(paise: int) -> Decimal:
    """Paise as a price; kept, since the same prices come again and again."""
    return Decimal(paise).scaleb(-2)


def _quantity(usual: int, bits: int, lot: int) -> int:
    """Around `usual`, a quarter to four times of it, in whole lots."""
    doubling = (bits & 0xFFFF) / 0x10000 * 4 - 2
    return max(1, round(usual * 2**doubling / lot)) * lot
