"""First in, first out: which purchase a sale closes, to the paisa, long and short alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.kernel.money import Paise

_NOTHING = Paise(0)


@quickly_made
@dataclass(frozen=True, slots=True)
class Lot:
    """What is left of one trade. Bought: quantity and cost above 0; sold short: both below 0.

    mtm: what daily mark-to-market has paid for it in cash, below 0 what it has taken.
    """

    trade_id: str
    at: datetime
    quantity: int
    cost: Paise
    mtm: Paise = _NOTHING


@quickly_made
@dataclass(frozen=True, slots=True)
class LotChange:
    """Lots after a trade, oldest first, and what the trade closed."""

    lots: tuple[Lot, ...]
    closed_quantity: int = 0  # units closed, without a sign
    relieved: Paise = _NOTHING  # cost of the closed units, signed as the lots were
    realised: Paise = _NOTHING


def quantity_of(lots: Sequence[Lot]) -> int:
    """Units held, below 0 when short."""
    return sum(lot.quantity for lot in lots)


def cost_of(lots: Sequence[Lot]) -> Paise:
    """What the units cost, below 0 (received) when short."""
    return Paise(sum(lot.cost for lot in lots))


def mtm_of(lots: Sequence[Lot]) -> Paise:
    """What daily mark-to-market has paid for the units in cash, below 0 what it has taken."""
    return Paise(sum(lot.mtm for lot in lots))


def add_trade(lots: Sequence[Lot], trade: Lot) -> LotChange:
    """Return the lots after a trade; one against them closes the oldest first.

    trade: a lot as if it opened: a sale has a quantity and a cost below 0. What goes beyond the
    units held opens the other way round, at its share of the trade's value.
    """
    if trade.quantity == 0:
        raise InvariantBroken(f"trade {trade.trade_id} has no quantity")
    held = quantity_of(lots)
    if held == 0 or (held > 0) == (trade.quantity > 0):
        return LotChange((*lots, trade))
    closing, opening = cut(trade, min(abs(held), abs(trade.quantity)))
    taken, rest = take(lots, abs(closing.quantity))
    relieved = cost_of(taken)
    return LotChange(
        lots=rest if opening is None else (opening,),
        closed_quantity=abs(closing.quantity),
        relieved=relieved,
        realised=Paise(-(relieved + closing.cost)),
    )


def take(lots: Sequence[Lot], quantity: int) -> tuple[tuple[Lot, ...], tuple[Lot, ...]]:
    """Split lots into the oldest `quantity` units (without a sign) and the rest."""
    taken: list[Lot] = []
    for index, lot in enumerate(lots):
        if quantity == 0:
            return tuple(taken), tuple(lots[index:])
        part, rest = cut(lot, min(quantity, abs(lot.quantity)))
        taken.append(part)
        quantity -= abs(part.quantity)
        if rest is not None:
            return tuple(taken), (rest, *lots[index + 1 :])
    if quantity:
        raise InvariantBroken(f"{quantity} units more were to be closed than are held")
    return tuple(taken), ()


def cut(lot: Lot, quantity: int) -> tuple[Lot, Lot | None]:
    """Cut `quantity` units (without a sign) off a lot; both parts' amounts add up to the lot's."""
    if quantity == abs(lot.quantity):
        return lot, None
    signed = quantity if lot.quantity > 0 else -quantity
    cost, mtm = (share(amount, signed, lot.quantity) for amount in (lot.cost, lot.mtm))
    part = replace(lot, quantity=signed, cost=cost, mtm=mtm)
    rest = replace(
        lot,
        quantity=lot.quantity - signed,
        cost=Paise(lot.cost - cost),
        mtm=Paise(lot.mtm - mtm),
    )
    return part, rest


def share(amount: Paise, part: int, whole: int) -> Paise:
    """amount x part / whole in paise, rounded half away from zero; part and whole of one sign."""
    size = (2 * abs(amount) * abs(part) + abs(whole)) // (2 * abs(whole))
    return Paise(size if amount >= 0 else -size)
