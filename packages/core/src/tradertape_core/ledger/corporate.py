"""Splits, bonuses, consolidations and swaps of shares: units change, their cost does not.
Cash dividends: units stay, what they paid is realised."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput, InvariantBroken
from tradertape_core.kernel.money import Paise, paise_from_rupees
from tradertape_core.ledger.lots import Lot, cost_of, quantity_of, share
from tradertape_core.ledger.position import Position, latest, roll


@dataclass(frozen=True, slots=True, kw_only=True)
class CorporateAction:
    """`new` units for every `old` one held before `ex_date`: a split 1:10 is new=10, old=1.

    A bonus 1:1 is new=2, old=1. in_lieu_price: rupees a unit (after the action) paid for what is
    less than a whole unit; None pays nothing. renamed_to: the instrument it becomes, if another.
    """

    action_id: str
    instrument: str
    ex_date: date
    new: int
    old: int
    in_lieu_price: Decimal | None = None
    renamed_to: str | None = None

    def __post_init__(self) -> None:
        if self.new < 1 or self.old < 1:
            raise InvalidInput("a corporate action gives and takes at least one unit")

    def units(self, quantity: int) -> int:
        """Whole units `quantity` becomes; a fraction is dropped towards zero."""
        size = abs(quantity) * self.new // self.old
        return size if quantity >= 0 else -size

    def price(self, price: Decimal) -> Decimal:
        """A price from before the action on the new basis; not rounded to a tick."""
        return price * self.old / self.new


@dataclass(frozen=True, slots=True, kw_only=True)
class CashDividend:
    """Rupees paid for every unit held before `ex_date`; no tax is held back."""

    action_id: str
    instrument: str
    ex_date: date
    amount: Decimal

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or self.amount <= 0:
            raise InvalidInput("a dividend is above zero")


def apply_dividend(position: Position, dividend: CashDividend) -> Position:
    """Return the position with what its units were paid; a second call changes nothing.

    Raises InvariantBroken when the dividend is of another instrument.
    """
    if position.key.instrument != dividend.instrument:
        raise InvariantBroken(f"{dividend.action_id} is not of {position.key.instrument}")
    if dividend.action_id in position.actions:
        return position
    held = quantity_of([lot for lot in position.lots if _before(lot, dividend.ex_date)])
    paid = paise_from_rupees(dividend.amount * held)
    position = roll(position, dividend.ex_date)
    today = position.today
    return replace(
        position,
        realised_paise=Paise(position.realised_paise + paid),
        today=replace(today, realised_paise=Paise(today.realised_paise + paid)),
        actions=(*position.actions, dividend.action_id),
    )


def is_touched(position: Position, ex_date: date) -> bool:
    """Whether a position has units that were there before an ex date."""
    return any(_before(lot, ex_date) for lot in position.lots)


def apply_action(position: Position, action: CorporateAction) -> Position:
    """Return the position after the action; a second call changes nothing.

    Lots bought on or after the ex date are on the new basis already. The cost of the others stays
    to the paisa, but for the share of a fraction that is paid out, which is realised. Prices of the
    days before the ex date no longer fit its units: it is not marked to them (`mtm_through`).
    Raises InvariantBroken when the action is of another instrument.
    """
    if position.key.instrument != action.instrument:
        raise InvariantBroken(f"{action.action_id} is not of {position.key.instrument}")
    if action.action_id in position.actions:
        return position
    position = roll(position, action.ex_date)
    old = [lot for lot in position.lots if _before(lot, action.ex_date)]
    recent = tuple(lot for lot in position.lots if not _before(lot, action.ex_date))
    rescaled, fraction_cost = _rescale(old, action)
    realised = _in_lieu(old, action) - fraction_cost
    added = quantity_of(rescaled) - quantity_of(old)
    today = position.today
    return replace(
        position,
        key=replace(position.key, instrument=action.renamed_to or action.instrument),
        lots=rescaled + recent,
        adjusted_quantity=position.adjusted_quantity + added,
        realised_paise=Paise(position.realised_paise + realised),
        today=replace(
            today,
            overnight_quantity=today.overnight_quantity + added,
            realised_paise=Paise(today.realised_paise + realised),
        ),
        actions=(*position.actions, action.action_id),
        mtm_through=latest(position.mtm_through, action.ex_date - timedelta(days=1)),
    )


def _before(lot: Lot, ex_date: date) -> bool:
    return lot.at.astimezone(IST).date() < ex_date


def _rescale(lots: list[Lot], action: CorporateAction) -> tuple[tuple[Lot, ...], Paise]:
    """The lots on the new basis, and the cost of the fraction that is paid out.

    Lots share the whole units by running totals, so that three odd lots lose one fraction, not
    three. A lot too small for a unit leaves its cost, and what it was paid, to the next.
    """
    found: list[Lot] = []
    before = after = carried = paid = 0
    for lot in lots:
        before += lot.quantity
        units = action.units(before) - after
        cost, mtm = Paise(lot.cost + carried), Paise(lot.mtm + paid)
        carried, paid = (0, 0) if units else (cost, mtm)
        if units:
            found.append(replace(lot, quantity=units, cost=cost, mtm=mtm))
        after += units
    exact, whole = before * action.new, after * action.old
    if not lots or exact == whole:
        return tuple(found), Paise(0)
    total = cost_of(lots)
    fraction_cost = Paise(total - share(total, whole, exact))
    if not found:
        return (), fraction_cost
    last = found[-1]
    available = Paise(last.cost + carried)
    # The last lot cannot give more than it cost.
    fraction_cost = min(fraction_cost, available, key=abs)
    found[-1] = replace(last, cost=Paise(available - fraction_cost), mtm=Paise(last.mtm + paid))
    return tuple(found), fraction_cost


def _in_lieu(lots: list[Lot], action: CorporateAction) -> Paise:
    held = quantity_of(lots)
    numerator = held * action.new - action.units(held) * action.old
    if not numerator or action.in_lieu_price is None:
        return Paise(0)
    return paise_from_rupees(action.in_lieu_price * numerator / action.old)
