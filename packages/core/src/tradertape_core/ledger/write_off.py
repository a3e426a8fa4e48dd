"""Units that are in the books and no longer at the broker: they leave a position, oldest first.

They leave for what they were sold for elsewhere, where that is known, else at their cost: without
a profit or a loss. Taken back, the same lots return.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput, InvariantBroken
from tradertape_core.kernel.money import Paise, Price, notional
from tradertape_core.ledger.lots import Lot, cost_of, quantity_of, take
from tradertape_core.ledger.position import Position, Today, roll


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff:
    """Lots of a long position that leave it. value: what they count as sold for.

    is_undone: it is the opposite, and the lots return.
    """

    write_off_id: str
    instrument: str
    lots: tuple[Lot, ...]
    value: Paise
    at: datetime
    is_undone: bool = False

    @property
    def quantity(self) -> int:
        """Units that leave or return."""
        return quantity_of(self.lots)

    @property
    def realised_paise(self) -> Paise:
        """What the position gains by it."""
        return Paise(self.value - cost_of(self.lots))

    def undoing(self, at: datetime) -> WriteOff:
        """Its opposite."""
        return replace(self, at=at, is_undone=True)


def write_off_of(
    position: Position, quantity: int, price: Decimal | None, *, write_off_id: str, at: datetime
) -> WriteOff:
    """Return what takes the oldest `quantity` units from a position. price: of a sale elsewhere,
    rupees; None: their cost. Raises InvalidInput where fewer are held."""
    if not 0 < quantity <= position.quantity:
        name = position.key.instrument
        raise InvalidInput(f"{max(position.quantity, 0)} of {name} are held, was {quantity}")
    lots, _ = take(position.lots, quantity)
    value = cost_of(lots) if price is None else notional(Price(price), quantity)
    return WriteOff(
        write_off_id=write_off_id, instrument=position.key.instrument, lots=lots, value=value, at=at
    )


def apply_write_off(position: Position, one: WriteOff) -> Position:
    """Return the position without the lots, or with them again.

    Raises InvariantBroken for another instrument's, or where the units are not there.
    """
    if position.key.instrument != one.instrument:
        raise InvariantBroken(f"{one.write_off_id} is not of {position.key.instrument}")
    day = one.at.astimezone(IST).date()
    position = roll(position, day)
    if one.is_undone:
        lots = _joined(position.lots, one.lots)
    else:
        if position.quantity < one.quantity:
            raise InvariantBroken(f"{one.write_off_id}: {one.instrument} has fewer units")
        lots = take(position.lots, one.quantity)[1]
    sign = 1 if one.is_undone else -1
    realised = -sign * one.realised_paise
    today = _counted(position.today, one.lots, day, sign)
    return replace(
        position,
        lots=lots,
        adjusted_quantity=position.adjusted_quantity + sign * one.quantity,
        realised_paise=Paise(position.realised_paise + realised),
        today=replace(today, realised_paise=Paise(today.realised_paise + realised)),
    )


def _joined(lots: tuple[Lot, ...], more: tuple[Lot, ...]) -> tuple[Lot, ...]:
    """All of them, oldest first; what was cut from a trade's lot is one with the rest of it."""
    found: dict[tuple[str, datetime], Lot] = {}
    for lot in (*lots, *more):
        name = lot.trade_id, lot.at
        before = found.get(name)
        found[name] = (
            lot
            if before is None
            else replace(
                lot,
                quantity=before.quantity + lot.quantity,
                cost=Paise(before.cost + lot.cost),
                mtm=Paise(before.mtm + lot.mtm),
            )
        )
    return tuple(sorted(found.values(), key=lambda lot: lot.at))


def _counted(today: Today, lots: tuple[Lot, ...], day: date, sign: int) -> Today:
    """The day with the units that were carried over; those bought today stay bought."""
    carried = sum(lot.quantity for lot in lots if lot.at.astimezone(IST).date() < day)
    return replace(today, overnight_quantity=today.overnight_quantity + sign * carried)
