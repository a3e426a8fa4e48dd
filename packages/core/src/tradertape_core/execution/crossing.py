"""A market whose orders also trade with one another: by price, then by the time they came.

An order that comes, or loses its place by a change, first meets the resting orders of the other
side that are at least as good as the best offer of the tick, at their prices; what is left of it
meets the tick, as every order of `SimulatedVenue` does.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from tradertape_core.execution import matching
from tradertape_core.execution.book import Book, Resting
from tradertape_core.execution.pricing import Offer, offers
from tradertape_core.execution.simulated import Reports, SimulatedVenue
from tradertape_core.orders.order import Side

_ANY = Decimal("Infinity")


class CrossingVenue(SimulatedVenue):
    """`SimulatedVenue` for several accounts that are one another's counterparties."""

    def _match(self, resting: Resting, now: datetime) -> Reports:
        book = self._resting.book(resting.instrument.id)
        self._protect(resting, book)
        counterparties = [] if resting.has_met_market else _counterparties(resting, book, self)
        if not counterparties:
            return super()._match(resting, now)
        fills: list[matching.Execution] = []
        reports: Reports = ()
        for other, price in counterparties:
            left = resting.part - sum(fill.quantity for fill in fills)
            fill = matching.Execution(min(left, other.part), price)
            if fill.quantity:
                fills.append(fill)
                reports += self._fill(other, [fill], now)
        fills += self._from_market(resting, sum(fill.quantity for fill in fills), book)
        book.meets(resting)
        self._resting.changed([resting])
        return (*self._fill(resting, fills, now), *reports)

    def _from_market(self, resting: Resting, crossed: int, book: Book) -> list[matching.Execution]:
        """What the tick executes of the part that no other order took."""
        if crossed >= resting.part:
            return []
        resting.filled += crossed
        found = matching.fills_of(resting, book, self.rules)
        resting.filled -= crossed
        return found


def _counterparties(
    resting: Resting, book: Book, venue: SimulatedVenue
) -> list[tuple[Resting, Decimal]]:
    """The orders that come before the market for this one, with their limits, best first."""
    side = resting.request.side
    offered = list[Offer]()
    if book.tick is not None:
        offered = offers(book.tick, side, resting.instrument, venue.rules.slippage_bps)
    bounds = [offered[0].price] if offered else []
    if resting.limit is not None:
        bounds.append(resting.limit)
    is_buy = side is Side.BUY
    worst = (min(bounds) if is_buy else max(bounds)) if bounds else (_ANY if is_buy else -_ANY)
    return [
        (other, other.limit)
        for other in book.touched_by(side.opposite, worst)
        if other.has_met_market and other.limit is not None
    ]
