"""Where the quantity at a broker is not the sum of what was recorded: drift.

Delivered shares are counted over both exchanges, for a depository knows none. More of them at the
broker than here is no drift: they may be from before. Fewer are, for a run would sell what is not
there. Of everything else any difference is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tradertape_core.orders.order import Product

Place = tuple[str, Product]  # instrument and product
Quantities = Mapping[Place, int]

DELIVERED = frozenset({Product.CNC, Product.MTF})


@dataclass(frozen=True, slots=True)
class Difference:
    """Units of an instrument and product: recorded here, and at the broker; below 0 short."""

    instrument: str
    product: Product
    here: int
    at_broker: int

    @property
    def units(self) -> int:
        """How many more there are at the broker; below 0 fewer."""
        return self.at_broker - self.here

    def is_of(self, traded: Iterable[Place]) -> bool:
        """Whether it is of one of these places."""
        return place_name((self.instrument, self.product)) in map(place_name, traded)


def with_delivered(open_positions: Quantities, holdings: Quantities) -> dict[Place, int]:
    """Return what an account has at its broker: its net positions, and its holdings.

    A purchase of today is a position, from the next day on it is among the holdings, settled or
    not. What is sold of the holdings today leaves them at once, and is a position below 0 as well.
    """
    found = dict(open_positions)
    for place in {*holdings, *(one for one in open_positions if one[1] in DELIVERED)}:
        found[place] = holdings.get(place, 0) + max(0, open_positions.get(place, 0))
    return found


def quantity_at(quantities: Quantities, place: Place) -> int:
    """Return the units of a place; of delivered shares those of both exchanges."""
    name = place_name(place)
    return sum(units for one, units in quantities.items() if place_name(one) == name)


def differences(
    here: Quantities, at_broker: Quantities, is_compared: Callable[[str], bool] = lambda _name: True
) -> tuple[Difference, ...]:
    """Return where the books and the broker differ, in the order of their names.

    here: of every instrument that the books know, 0 where it was closed; others are not compared.
    is_compared: whether an instrument is; not where its contract has ended, for instance.
    """
    names = {place_name(place): place for place in sorted(here, reverse=True)}
    found = [
        Difference(*place, quantity_at(here, place), quantity_at(at_broker, place))
        for place in sorted(names.values())
        if is_compared(place[0])
    ]
    return tuple(one for one in found if _is_drift(one))


def _is_drift(one: Difference) -> bool:
    return one.units < 0 if one.product in DELIVERED else one.units != 0


def place_name(place: Place) -> Place:
    """Return what both exchanges' delivered shares of a name have in common."""
    instrument, product = place
    return (instrument.partition(":")[2], product) if product in DELIVERED else place
