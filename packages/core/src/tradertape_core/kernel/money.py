"""Where prices, amounts and floats meet; nothing else rounds money.

Prices are `Decimal` rupees on the order path and float64 rupees in arrays; ledger amounts are
integer paise everywhere.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import NewType

Price = NewType("Price", Decimal)  # rupees per unit, on the instrument's tick
Paise = NewType("Paise", int)  # 1 rupee = 100 paise; may be negative

# A float product like 4.605 * 100 may lie a hair under the half; this many paise lift it over.
_HALF_GUARD = 1e-6


def notional(price: Price, quantity: int) -> Paise:
    """Value of `quantity` units at `price`, rounded once, half to even."""
    return Paise(int((price * quantity * 100).quantize(Decimal(1), ROUND_HALF_EVEN)))


def paise_from_rupees(rupees: Decimal | float) -> Paise:
    """Round an amount of rupees to whole paise, half up (away from zero)."""
    if isinstance(rupees, Decimal):
        return Paise(int((rupees * 100).quantize(Decimal(1), ROUND_HALF_UP)))
    scaled = abs(rupees) * 100.0
    return Paise(int(math.copysign(math.floor(scaled + 0.5 + _HALF_GUARD), rupees)))


def rupees(amount: Paise | int) -> float:
    """Paise as rupees for an answer or a chart; never for further money arithmetic."""
    return amount / 100
