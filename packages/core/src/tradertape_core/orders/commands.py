"""Commands on orders."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.orders.order import Change, OrderRequest
from tradertape_core.orders.reports import CancelReason


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """Place an order. The caller gives the id; `key` is the intent's idempotency key."""

    order_id: str
    account: str
    run_id: str | None
    key: str
    venue: str
    request: OrderRequest
    leg: int = 0  # place within a basket: makes tags of one key differ
    parent_order_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyOrder:
    """Change an open order."""

    order_id: str
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Cancel an open order."""

    order_id: str
    reason: CancelReason = CancelReason.REQUESTED
