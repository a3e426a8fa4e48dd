"""What a tick must pass before anything reads it: in trading, no price beats a wrong one."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from tradertape_core.market.tick import Tick

# No share or index moves so far between two ticks; a wrong decimal point or another share's does.
_LARGEST_JUMP = Decimal(5)
_ZERO = Decimal(0)  # a comparison with an int would make one of it every time


class BadTick(StrEnum):
    """Why a tick is thrown away."""

    NOT_A_PRICE = "not_a_price"
    JUMP = "jump"
    NOT_A_QUANTITY = "not_a_quantity"
    NO_TIME = "no_time"


def fault_of(
    tick: Tick, *, last_price: Decimal | None = None, may_jump: bool = False
) -> BadTick | None:
    """What is wrong with a tick; None when it may be used.

    last_price: the last good one; the previous close stands in without one. may_jump: options do,
    near their expiry.
    """
    if tick.at.tzinfo is None or (tick.exchange_at and tick.exchange_at.tzinfo is None):
        return BadTick.NO_TIME
    prices = (tick.open, tick.high, tick.low, tick.close, tick.bid, tick.ask, tick.average_price)
    if not _is_price(tick.last_price) or not all(map(_is_amount, prices)):
        return BadTick.NOT_A_PRICE
    quantities = (tick.volume, tick.last_quantity, tick.oi, tick.bid_quantity, tick.ask_quantity)
    if min(quantities) < 0:
        return BadTick.NOT_A_QUANTITY
    reference = last_price or tick.close
    if may_jump or reference is None or reference <= _ZERO:
        return None
    rise, fall = reference * _LARGEST_JUMP, tick.last_price * _LARGEST_JUMP
    return None if tick.last_price <= rise and reference <= fall else BadTick.JUMP


def _is_price(price: Decimal) -> bool:
    return price.is_finite() and price > _ZERO


def _is_amount(price: Decimal | None) -> bool:
    return price is None or (price.is_finite() and price >= _ZERO)
