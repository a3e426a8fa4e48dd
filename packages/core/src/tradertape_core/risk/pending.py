"""What resting orders can make of a position: how much of them opens, how much only closes.

Orders against a position close it first, in whatever order they fill; what is left of them opens a
position the other way. Both sides never stand at once, so the most that can be held is what one
side alone would lead to.
"""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.kernel.money import Paise

_NOTHING = Paise(0)


@quickly_made
@dataclass(frozen=True, slots=True)
class Pending:
    """Units that orders of one side have still to fill, their value and charges in paise."""

    quantity: int = 0
    value_paise: Paise = _NOTHING
    charges_paise: Paise = _NOTHING

    def __add__(self, other: Pending) -> Pending:
        return Pending(
            self.quantity + other.quantity,
            Paise(self.value_paise + other.value_paise),
            Paise(self.charges_paise + other.charges_paise),
        )

    def __sub__(self, other: Pending) -> Pending:
        return Pending(
            self.quantity - other.quantity,
            Paise(self.value_paise - other.value_paise),
            Paise(self.charges_paise - other.charges_paise),
        )

    def part(self, quantity: int) -> Pending:
        """The share of so many units, rounded up; all of it for as many as there are or more."""
        if quantity <= 0:
            return NONE_PENDING
        if quantity >= self.quantity:
            return self
        return Pending(
            quantity,
            Paise(-(-self.value_paise * quantity // self.quantity)),
            Paise(-(-self.charges_paise * quantity // self.quantity)),
        )


NONE_PENDING = Pending()


def opening(held: int, buys: Pending, sells: Pending) -> tuple[Pending, Pending]:
    """Return what of the buys and of the sells opens a position, once the others have closed it.

    held: units of the position, below 0 when short.
    """
    if held > 0:
        return buys, sells.part(sells.quantity - held)
    return buys.part(buys.quantity + held), sells


def largest_value(held: int, value_paise: int, buys: Pending, sells: Pending) -> Paise:
    """Return the largest value, without a sign, that can stand when orders fill as they may.

    held, value_paise: units of the position, below 0 when short, and their value without a sign.
    """
    bought, sold = opening(held, buys, sells)
    longs = bought.value_paise + (value_paise if held > 0 else 0)
    shorts = sold.value_paise + (value_paise if held < 0 else 0)
    return Paise(max(value_paise, longs, shorts))
