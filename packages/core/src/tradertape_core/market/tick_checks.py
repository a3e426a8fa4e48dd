"""The checks of every tick before its use: in trading, no price beats a wrong one."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation

from tradertape_core.kernel.python310 import UTC, StrEnum
from tradertape_core.market.tick import Tick

# No share or index moves so far between two ticks; a wrong decimal point or another share's does.
_LARGEST_MOVE = Decimal(5)
_ZERO, _INFINITE = Decimal(0), Decimal("Infinity")


class BadTick(StrEnum):
    """Why a tick is discarded."""

    NOT_A_PRICE = "not_a_price"
    JUMP = "jump"
    NOT_A_QUANTITY = "not_a_quantity"
    NO_TIME = "no_time"


def fault_of(tick: Tick, *, last: Tick | None = None) -> BadTick | None:
    """What is wrong with a tick; None when it may be used.

    last: the last good one, from which the price may not jump; the previous close stands in
    without one. A jump is reported only if nothing else is wrong: options may, near their expiry.
    """
    exchange_at = tick.exchange_at
    if tick.at.tzinfo is None or (exchange_at is not None and exchange_at.tzinfo is None):
        return BadTick.NO_TIME
    try:
        if not (_ZERO < tick.last_price < _INFINITE and _are_prices(tick, last or _NOTHING)):
            return BadTick.NOT_A_PRICE
    except InvalidOperation:  # what is not a number is not compared
        return BadTick.NOT_A_PRICE
    if not _are_quantities(tick):
        return BadTick.NOT_A_QUANTITY
    price = tick.last_price
    reference = tick.close if last is None else last.last_price
    if reference is None or reference <= _ZERO:
        return None
    is_near = price <= reference * _LARGEST_MOVE and reference <= price * _LARGEST_MOVE
    return None if is_near else BadTick.JUMP


def _are_prices(tick: Tick, last: Tick) -> bool:
    """Whether all that are given are prices. A value that is the same object as in the last good
    tick is one: that is the common case, thousands of times a second."""
    return (
        (tick.open is last.open or _is_price(tick.open))
        and (tick.high is last.high or _is_price(tick.high))
        and (tick.low is last.low or _is_price(tick.low))
        and (tick.close is last.close or _is_price(tick.close))
        and (tick.bid is last.bid or _is_price(tick.bid))
        and (tick.ask is last.ask or _is_price(tick.ask))
        and (tick.average_price is last.average_price or _is_price(tick.average_price))
    )


def _is_price(price: Decimal | None) -> bool:
    return price is None or _ZERO <= price < _INFINITE


def _are_quantities(tick: Tick) -> bool:
    return (
        tick.volume >= 0
        and tick.last_quantity >= 0
        and tick.oi >= 0
        and tick.bid_quantity >= 0
        and tick.ask_quantity >= 0
    )


_NOTHING = Tick(
    instrument_token=0, instrument_id="", last_price=_ZERO, at=datetime(1970, 1, 1, tzinfo=UTC)
)
