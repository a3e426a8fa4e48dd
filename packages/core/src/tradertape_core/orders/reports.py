"""What a venue says about an order: the one shape every broker's answers become."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.orders.order import Change, OrderStatus


class CancelReason(StrEnum):
    """Why an order, or what was left of it, is gone."""

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
    """What the venue says about one order at a moment; it may come late, twice or out of order.

    sequence: rises with every report the venue makes of this order; a broker without a number
    gives its update time in microseconds. A status or terms with a lower sequence than those known
    are old news; trades are always taken, each once.
    terms: price, quantity and so on as they rest at the venue, when the report tells of a change.
    answers: the number of the request (modify, cancel) this answers; `refused`: it was not done.
    filled_quantity: what the venue counts as executed, to notice trades that are still missing.
    """

    order_id: str
    at: datetime
    sequence: int
    status: OrderStatus | None = None
    trades: tuple[Trade, ...] = ()
    voided: tuple[str, ...] = ()  # ids of trades the exchange took back
    terms: Change | None = None
    answers: int | None = None
    refused: bool = False
    exchange_order_id: str | None = None
    message: str | None = None
    reason: CancelReason = CancelReason.VENUE
    filled_quantity: int | None = None
