"""Reports of a venue about an order: the one shape that every broker's answers become."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.orders.order import CHANGEABLE, Change, OrderRequest, OrderStatus


class CancelReason(StrEnum):
    """Why an order, or what remained of it, was cancelled."""

    REQUESTED = "requested"
    IOC = "ioc"  # immediate or cancel: the rest found no counterpart at once
    TTL = "ttl"  # its minutes are over
    DAY = "day"  # the session ended
    AUCTION = "auction"  # the closing auction does not keep such an order
    EXIT = "exit"  # the run is being closed
    SIBLING = "sibling"  # the other exit of a cover order filled
    VENUE = "venue"  # the venue's own decision


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One execution as the venue reports it."""

    trade_id: str
    quantity: int
    price: Decimal
    at: datetime


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionReport:
    """What the venue reports about one order at a moment; it may come late, twice or out of order.

    sequence: rises with every report the venue makes of this order; a broker without a number
    gives its update time in microseconds. A status or terms with a lower sequence than those known
    are outdated; trades are always taken, each once. Statuses of one sequence are ordered by how
    far along they are; terms of one sequence count only when they were read from the book.
    venue_order_id: the venue's own id, by which it modifies and cancels the order.
    terms: price, quantity and so on as they rest at the venue, when the report tells of a change.
    is_snapshot: read from the venue's order book just now, rather than sent by the venue.
    answers: the number of the request (modify, cancel) this answers; `refused`: it was not done.
    filled_quantity: what the venue counts as executed, to notice trades that are still missing.
    """

    order_id: str
    at: datetime
    sequence: int
    status: OrderStatus | None = None
    trades: tuple[Trade, ...] = ()
    voided: tuple[str, ...] = ()  # ids of trades the exchange voided
    terms: Change | None = None
    answers: int | None = None
    refused: bool = False
    exchange_order_id: str | None = None
    venue_order_id: str | None = None
    message: str | None = None
    reason: CancelReason = CancelReason.VENUE
    filled_quantity: int | None = None
    is_snapshot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOrder:
    """An order as a broker's book or one of its updates has it, ours or from another terminal.

    venue_order_id: the broker's id, unique within the account. tag: the mark our orders carry
    (`decision.tag_for`); None or anything else on orders from other terminals.
    request: the terms in force. untold: names of those that the broker does not tell, which stay as
    they are known. at, sequence, status, trades, filled_quantity: see `ExecutionReport`.
    """

    venue_order_id: str
    tag: str | None
    request: OrderRequest
    status: OrderStatus
    at: datetime
    sequence: int
    placed_at: datetime | None = None
    trades: tuple[Trade, ...] = ()
    voided: tuple[str, ...] = ()
    filled_quantity: int | None = None
    exchange_order_id: str | None = None
    message: str | None = None
    reason: CancelReason = CancelReason.VENUE
    is_snapshot: bool = False
    untold: frozenset[str] = frozenset()

    def report_on(self, order_id: str) -> ExecutionReport:
        """Return this as a report on one of our orders."""
        return ExecutionReport(
            order_id=order_id,
            at=self.at,
            sequence=self.sequence,
            status=self.status,
            trades=self.trades,
            voided=self.voided,
            terms=replace(terms_of(self.request), **dict.fromkeys(self.untold)),
            exchange_order_id=self.exchange_order_id,
            venue_order_id=self.venue_order_id,
            message=self.message,
            reason=self.reason,
            filled_quantity=self.filled_quantity,
            is_snapshot=self.is_snapshot,
        )


def terms_of(request: OrderRequest) -> Change:
    """Return the changeable terms of a request."""
    return Change(**{name: getattr(request, name) for name in CHANGEABLE})
