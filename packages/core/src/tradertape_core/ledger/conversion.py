"""Conversions: units of a position that are carried as another product from now on.

No unit is traded: lots move from one position to another at their cost, with what mark-to-market
has paid for them. The latest lots move first, as a broker converts today's trades.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput, InvariantBroken
from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.lots import Lot, quantity_of, take
from tradertape_core.ledger.position import Position, Today, roll
from tradertape_core.orders.order import Product

_SHARES = frozenset({Product.CNC, Product.MIS})
_CONTRACTS = frozenset({Product.NRML, Product.MIS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """Lots of an instrument that go from one product to another. lots: those that move."""

    conversion_id: str
    instrument: str
    old_product: Product
    new_product: Product
    lots: tuple[Lot, ...]
    at: datetime

    @property
    def quantity(self) -> int:
        """Units that move, below 0 of a short position."""
        return quantity_of(self.lots)


def conversion_of(
    position: Position,
    there: Position,
    quantity: int,
    *,
    conversion_id: str,
    is_derivative: bool,
    at: datetime,
) -> Conversion:
    """Return what converts `quantity` units of a position into that of another product.

    Raises InvalidInput where the products do not fit, the units are not held, short shares would be
    delivered, or the other position is the other way round.
    """
    old, new = position.key.product, there.key.product
    name = position.key.instrument
    fitting = _CONTRACTS if is_derivative else _SHARES
    if old is new or {old, new} - fitting:
        words = " and ".join(sorted(fitting))
        raise InvalidInput(f"{name} is converted between {words}, not from {old} to {new}")
    held = abs(position.quantity)
    if not 0 < quantity <= held:
        raise InvalidInput(f"{held} of {name} ({old}) can be converted, was {quantity}")
    if position.quantity < 0 and new is Product.CNC:
        raise InvalidInput(f"{name} was sold short: it cannot become {new}")
    if position.quantity * there.quantity < 0:
        raise InvalidInput(f"{name} is held the other way round as {new}: exit one of them")
    _, moved = take(position.lots, held - quantity)
    return Conversion(
        conversion_id=conversion_id,
        instrument=name,
        old_product=old,
        new_product=new,
        lots=moved,
        at=at,
    )


def apply_conversion(position: Position, conversion: Conversion) -> Position:
    """Return the position of either product after a conversion.

    Raises InvariantBroken for a position that is of neither, or does not have the units.
    """
    key, day = position.key, conversion.at.astimezone(IST).date()
    if key.instrument != conversion.instrument:
        raise InvariantBroken(f"{conversion.conversion_id} is not of {key.instrument}")
    position, sign = roll(position, day), 1
    if key.product is conversion.new_product:
        lots = tuple(sorted((*position.lots, *conversion.lots), key=lambda lot: lot.at))
    elif key.product is conversion.old_product:
        stays, sign = abs(position.quantity) - abs(conversion.quantity), -1
        if stays < 0:
            raise InvariantBroken(f"{conversion.conversion_id}: {key.instrument} has fewer units")
        lots = take(position.lots, stays)[0]
    else:
        raise InvariantBroken(f"{conversion.conversion_id} is not of product {key.product}")
    return replace(
        position,
        lots=lots,
        adjusted_quantity=position.adjusted_quantity + sign * conversion.quantity,
        today=_counted(position.today, conversion.lots, day, sign),
    )


def _counted(today: Today, lots: tuple[Lot, ...], day: date, sign: int) -> Today:
    """The day with lots that came (or left): counted as carried over, or as traded today."""
    for lot in lots:
        units, value = sign * abs(lot.quantity), Paise(sign * abs(lot.cost))
        if lot.at.astimezone(IST).date() < day:
            overnight = today.overnight_quantity + sign * lot.quantity
            today = replace(today, overnight_quantity=overnight)
        elif lot.quantity > 0:
            today = replace(today, bought=today.bought.plus(units, value))
        else:
            today = replace(today, sold=today.sold.plus(units, value))
    return today
