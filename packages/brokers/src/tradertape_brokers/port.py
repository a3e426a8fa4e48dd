"""The port of a broker: what every adapter offers, in the words of core.

Every call may take seconds and has a time limit of its own; each raises what `errors` names, and
nothing else. The orders' half has the shape of the server's gateway of venues.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tradertape_core.orders.order import (
    Change,
    Order,
    OrderType,
    Product,
    Validity,
    Variety,
)
from tradertape_core.orders.reports import ExecutionReport, VenueOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a broker can do; callers ask this and never which broker it is.

    tag_length: characters of the tag our orders are found by. protects_markets: MARKET and SL-M
    orders may carry a market protection. modifications: how often an order may be changed.
    """

    exchanges: frozenset[str]
    products: frozenset[Product]
    order_types: frozenset[OrderType]
    varieties: frozenset[Variety]
    validities: frozenset[Validity]
    tag_length: int
    modifications: int
    protects_markets: bool = False
    slices: bool = False
    gtt_single: bool = False
    gtt_two_leg: bool = False
    updates_orders: bool = False  # by a postback or a socket, unasked


class OrderPort(Protocol):
    """Orders of one account."""

    def submit(self, order: Order, *, is_exit: bool = False) -> ExecutionReport | None:
        """Send a new order with its tag, once. is_exit: it only takes from a position."""
        ...

    def modify(self, order: Order, ask: int, change: Change) -> ExecutionReport | None:
        """Change an order by its `venue_order_id`."""
        ...

    def cancel(self, order: Order, ask: int) -> ExecutionReport | None:
        """Cancel an order by its `venue_order_id`."""
        ...

    def order_book(self) -> Sequence[VenueOrder]:
        """Today's orders of the account, from every terminal, with their trades."""
        ...
