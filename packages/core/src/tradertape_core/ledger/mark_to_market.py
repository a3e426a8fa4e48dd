"""Daily mark-to-market of futures: what a day's settlement price gives and takes in cash.

The exchange pays the difference between a day's settlement price and the one before (or the trade)
every day. Here a lot keeps its price, and what it was paid so far beside it (`Lot.mtm`): what a
position has realised, and not realised yet, is the same with and without it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from tradertape_core.kernel.errors import InvalidInput, InvariantBroken
from tradertape_core.kernel.money import Paise, Price, notional
from tradertape_core.ledger.lots import Lot
from tradertape_core.ledger.position import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyMark:
    """A future's settlement price of a day, rupees a unit. until: the end of the day's session."""

    instrument: str
    day: date
    until: datetime
    price: Decimal

    def __post_init__(self) -> None:
        if not self.price.is_finite() or self.price <= 0:
            raise InvalidInput(f"{self.instrument} cannot be marked to {self.price}")


def is_markable(position: Position, day: date, until: datetime) -> bool:
    """Whether a position has units of a day that are not marked to its settlement price."""
    if position.mtm_through is not None and position.mtm_through >= day:
        return False
    return any(lot.at < until for lot in position.lots)


def apply_mark(position: Position, mark: DailyMark) -> Position:
    """Return the position paid up to a day's settlement price; a second call changes nothing.

    Units traded after the session are not that day's. A day that was missed is made up for by the
    next: what counts is the difference to what was paid before.
    Raises InvariantBroken when the price is of another instrument.
    """
    if position.key.instrument != mark.instrument:
        raise InvariantBroken(f"a price of {mark.instrument} is not of {position.key.instrument}")
    if not is_markable(position, mark.day, mark.until):
        return position
    lots = tuple(_marked(lot, mark) if lot.at < mark.until else lot for lot in position.lots)
    return replace(position, lots=lots, mtm_through=mark.day)


def _marked(lot: Lot, mark: DailyMark) -> Lot:
    return replace(lot, mtm=Paise(notional(Price(mark.price), lot.quantity) - lot.cost))
