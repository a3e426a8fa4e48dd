"""How many units: by value, by risk, by what can be paid; always whole lots, never rounded up."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.kernel.money import Paise

_STEPS = 64  # enough halvings for any quantity


def quantity_for_value(value_paise: Paise, price: Decimal, lot_size: int = 1) -> int:
    """Return the units that `value_paise` buys at `price` rupees.

    Raises InvalidInput for a price or lot of 0 or less.
    """
    _positive(price, lot_size)
    units = int(Decimal(max(value_paise, 0)) / 100 / price)
    return units // lot_size * lot_size


def quantity_for_risk(
    capital_paise: Paise, risk_pct: Decimal, entry: Decimal, stop: Decimal, lot_size: int = 1
) -> int:
    """Return the units that lose `risk_pct` of the capital between entry and stop, in rupees.

    Raises InvalidInput when entry and stop are the same price, or one is 0 or less.
    """
    _positive(min(entry, stop), lot_size)
    if entry == stop:
        raise InvalidInput("the stop must differ from the entry")
    at_risk = risk_pct / 100 * max(capital_paise, 0) / 100
    units = int(at_risk / abs(entry - stop))
    return units // lot_size * lot_size


def affordable_quantity(
    free_paise: Paise, cost: Callable[[int], int], most: int, lot_size: int = 1
) -> int:
    """Return the largest quantity up to `most` whose cost is free.

    cost: paise that a quantity needs, charges inside; it must not fall as the quantity grows.
    """
    _positive(Decimal(1), lot_size)
    low, high = 0, max(most, 0) // lot_size
    for _ in range(_STEPS):
        if low == high:
            break
        middle = (low + high + 1) // 2
        if cost(middle * lot_size) <= free_paise:
            low = middle
        else:
            high = middle - 1
    return low * lot_size


def _positive(price: Decimal, lot_size: int) -> None:
    if price <= 0 or lot_size < 1:
        raise InvalidInput(f"price and lot must be above 0, were {price:f} and {lot_size}")
