"""Reading a venue's order book: which entries are ours, which are from other terminals.

Pure: the shell reads the book and finds our orders, this decides what follows. Nothing here ever
asks for an order to be sent again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tradertape_core.execution.applying import Step, applied, settle_in_doubt
from tradertape_core.execution.decision import server_key, tag_for
from tradertape_core.orders import events as ev
from tradertape_core.orders.order import Order
from tradertape_core.orders.reports import VenueOrder
from tradertape_core.orders.transitions import evolve

# Stands where a run's id does: positions of orders that were placed from other terminals.
EXTERNAL_RUN: Final = "external-orders"


@dataclass(frozen=True, slots=True)
class MatchedBook:
    """A venue's book beside our orders.

    ours: our orders with what the book has of them. external: entries of other terminals.
    missing: our orders without an answer that the book does not have.
    """

    ours: tuple[tuple[Order, VenueOrder], ...]
    external: tuple[VenueOrder, ...]
    missing: tuple[Order, ...]


def match_book(
    unanswered: Sequence[Order], book: Sequence[VenueOrder], known: Known
) -> MatchedBook:
    """Return which entries of a book are ours, found by the venue's id or by our tag.

    unanswered: our orders whose answer is being looked for. known: finds our order of an entry.
    """
    ours: list[tuple[Order, VenueOrder]] = []
    external: list[VenueOrder] = []
    for entry in book:
        order = known.find(entry.venue_order_id, entry.tag)
        if order is None:
            external.append(entry)
        else:
            ours.append((order, entry))
    found = {order.order_id for order, _ in ours}
    missing = tuple(order for order in unanswered if order.order_id not in found)
    return MatchedBook(tuple(ours), tuple(external), missing)


@dataclass(frozen=True, slots=True)
class Known:
    """Our orders by the venue's id and by tag."""

    by_venue_id: Mapping[str, Order]
    by_tag: Mapping[str, Order]

    def find(self, venue_order_id: str, tag: str | None) -> Order | None:
        """Our order of an entry; None when it is from another terminal."""
        return self.by_venue_id.get(venue_order_id) or self.by_tag.get(tag or "")


def settle(
    order: Order, found: VenueOrder | None, now: datetime, *, looks: int
) -> tuple[Step, ...]:
    """Return the events, each with the order after it, that one reading of the book settles.

    See `applying.settle_in_doubt`. looks: readings of the book so far for what has no answer.
    """
    report = None if found is None else replace(found, is_snapshot=True).report_on(order.order_id)
    steps: list[Step] = []
    for event in settle_in_doubt(order, report, now, looks=looks):
        order = evolve(order, event)
        steps.append((event, order))
    return tuple(steps)


def external_order(
    entry: VenueOrder, order_id: str, account: str, venue: str, now: datetime
) -> tuple[Step, ...]:
    """Return the events that record an order from another terminal, with what the venue reports.

    It is never changed or cancelled by us; its fills count in positions and margin.
    """
    placed = ev.OrderPlaced(
        order_id=order_id,
        at=entry.placed_at or entry.at,
        account=account,
        run_id=EXTERNAL_RUN,
        request=entry.request,
        venue=venue,
        tag=tag_for(account, EXTERNAL_RUN, server_key(entry.venue_order_id)),
        is_external=True,
    )
    order = evolve(None, placed)
    return ((placed, order), *applied(entry.report_on(order_id), order, now))
