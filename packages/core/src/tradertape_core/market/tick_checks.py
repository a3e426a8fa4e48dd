"""What a tick must pass before anything reads it: in trading, no price beats a wrong one."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from enum import StrEnum

from tradertape_core.market.tick import Tick

# No share or index moves so far between two ticks; a wrong decimal point or another share's does.
_LARGEST_RISE, _LARGEST_FALL = Decimal(5), 1 / Decimal(5)
_ZERO, _INFINITE = Decimal(0), Decimal("Infinity")


class BadTick(StrEnum):
    """Why a tick is thrown away."""

    NOT_A_PRICE = "not_a_price"
    JUMP = "jump"
    NOT_A_QUANTITY = "not_a_quantity"
    NO_TIME = "no_time"


def fault_of(tick: Tick, *, last_price: Decimal | None = None) -> BadTick | None:
    """What is wrong with a tick; None when it may be used.

    last_price: the last good one; the previous close stands in without one. A jump is told when
    nothing else is wrong: options may, near their expiry.
    """
    if tick.at.tzinfo is None or (tick.exchange_at and tick.exchange_at.tzinfo is None):
        return BadTick.NO_TIME
    if not _are_prices(tick):
        return BadTick.NOT_A_PRICE
    quantities = (tick.volume, tick.last_quantity, tick.oi, tick.bid_quantity, tick.ask_quantity)
    if min(quantities) < 0:
        return BadTick.NOT_A_QUANTITY
    reference = last_price or tick.close
    if reference is None or reference <= _ZERO:
        return None
    is_near = _LARGEST_FALL <= tick.last_price / reference <= _LARGEST_RISE
    return None if is_near else BadTick.JUMP


def _are_prices(tick: Tick) -> bool:
    """Whether the last price is one, and of the others those that are given."""
    others = (tick.open, tick.high, tick.low, tick.close, tick.bid, tick.ask, tick.average_price)
    try:
        if not _ZERO < tick.last_price < _INFINITE:
            return False
        for price in others:
            if price is not None and not _ZERO <= price < _INFINITE:
                return False
    except InvalidOperation:  # what is not a number is not compared
        return False
    return True
