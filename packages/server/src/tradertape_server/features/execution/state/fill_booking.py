"""A fill becomes charges and a double entry."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.ledger.billing import fill_charges, schedule_for
from tradertape_core.ledger.charges import Charges
from tradertape_core.ledger.journal import Postings, post_fill_of
from tradertape_core.ledger.position import Position, key_of
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.order import Fill, Order

__all__ = ["Booked", "book", "key_of"]


@dataclass(frozen=True, slots=True)
class Booked:
    """What a fill cost, and its entries with the position after it."""

    charges: Charges
    postings: Postings


def book(
    order: Order, fill: Fill, position: Position, instrument: Instrument, *, broker: str
) -> Booked:
    """Return what a fill does to the books. order: after the fill; position: before it."""
    terms = schedule_for(broker, fill.product, instrument.instrument_type)
    earlier = tuple(one for one in order.fills if one.trade_id != fill.trade_id)
    charges = fill_charges(terms, earlier, fill)
    kind = instrument.instrument_type
    return Booked(charges, post_fill_of(position, fill, charges, kind=kind))
