"""Numbers of Upstox's JSON as rupees, paise, units and times; raises ValueError and its like."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from tradertape_core.kernel.money import Paise, paise_from_rupees
from tradertape_core.kernel.python310 import UTC

# What reading a row may raise.
UNREADABLE: Final = (KeyError, TypeError, ValueError, ArithmeticError)
_STEP: Final = Decimal("0.0001")
_LATEST_MS: Final = 4_102_444_800_000  # the year 2100


def rupees(value: object) -> Decimal:
    """An amount; 0 where there is none."""
    amount = Decimal(str(value)) if value is not None else Decimal(0)
    if not amount.is_finite():
        raise ValueError(f"{value!r} is no amount")
    return amount.quantize(_STEP).normalize() + 0


def price(value: object) -> Decimal | None:
    """A price; None for nothing, which Upstox sends as 0."""
    found = rupees(value)
    if found < 0:
        raise ValueError(f"{value!r} is no price")
    return found or None


def paise(value: object) -> Paise:
    """An amount of rupees in paise."""
    return paise_from_rupees(rupees(value))


def units(value: object) -> int:
    """A whole number; 0 where there is none."""
    number = rupees(value)
    if number != number.to_integral_value():
        raise ValueError(f"{value!r} is no number of units")
    return int(number)


def moment(value: object) -> datetime | None:
    """Milliseconds since 1970; None for nothing."""
    number = int(str(value or 0))
    if not 0 <= number < _LATEST_MS:
        raise ValueError(f"{value!r} is no time")
    return datetime.fromtimestamp(number / 1000, UTC) if number else None
