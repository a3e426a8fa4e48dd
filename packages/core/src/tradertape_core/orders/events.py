"""What happened to an order. Events are facts: never edited, and an order is their fold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.orders.order import Change, Fill, OrderRequest, OrderStatus
from tradertape_core.orders.reports import CancelReason


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced:
    """An order was decided on and is about to go to its venue."""

    order_id: str
    at: datetime
    account: str
    run_id: str | None
    request: OrderRequest
    venue: str
    tag: str
    parent_order_id: str | None = None
    slices: int = 0
    is_external: bool | None = None  # True: placed from another terminal; never changed by us


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted:
    """The venue has the order, in a state that is not final."""

    order_id: str
    at: datetime
    status: OrderStatus
    sequence: int
    exchange_order_id: str | None = None
    message: str | None = None
    venue_order_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTriggered:
    """The trigger was reached: the order is in the market now."""

    order_id: str
    at: datetime
    sequence: int
    exchange_order_id: str | None = None
    venue_order_id: str | None = None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilled:
    """The exchange executed a part or all."""

    order_id: str
    at: datetime
    fill: Fill


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidNoticed:
    """The exchange voided a trade that we have not received yet."""

    order_id: str
    at: datetime
    trade_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FillVoided:
    """The exchange voided an executed trade."""

    order_id: str
    at: datetime
    fill: Fill


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCompleted:
    """The venue reports all executed; so do the fills, once they are here."""

    order_id: str
    at: datetime
    sequence: int
    exchange_order_id: str | None = None
    venue_order_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyRequested:
    """We asked the venue to change the order."""

    order_id: str
    at: datetime
    ask: int
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderModified:
    """The venue changed the order."""

    order_id: str
    at: datetime
    change: Change
    sequence: int
    ask: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyRefused:
    """The venue refused the change."""

    order_id: str
    at: datetime
    ask: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequested:
    """We asked the venue to cancel the order."""

    order_id: str
    at: datetime
    ask: int
    reason: CancelReason = CancelReason.REQUESTED


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRefused:
    """The venue refused to cancel the order."""

    order_id: str
    at: datetime
    ask: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled:
    """The remaining quantity was cancelled."""

    order_id: str
    at: datetime
    reason: CancelReason
    sequence: int
    amo: bool = False
    message: str | None = None
    venue_order_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRejected:
    """The venue rejected the order. Sequence 0: we declare that it never got there."""

    order_id: str
    at: datetime
    message: str
    sequence: int
    venue_order_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunCompleted:
    """An order of a dry run was checked and recorded: it is complete, and was sent to no venue."""

    order_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderInDoubt:
    """The order was sent and the answer was lost: the venue may have it or not."""

    order_id: str
    at: datetime
    message: str


OrderEvent = (
    OrderPlaced
    | OrderAccepted
    | OrderTriggered
    | OrderFilled
    | VoidNoticed
    | FillVoided
    | OrderCompleted
    | ModifyRequested
    | OrderModified
    | ModifyRefused
    | CancelRequested
    | CancelRefused
    | OrderCancelled
    | OrderRejected
    | DryRunCompleted
    | OrderInDoubt
)
EVENTS: tuple[type[OrderEvent], ...] = (
    OrderPlaced,
    OrderAccepted,
    OrderTriggered,
    OrderFilled,
    VoidNoticed,
    FillVoided,
    OrderCompleted,
    ModifyRequested,
    OrderModified,
    ModifyRefused,
    CancelRequested,
    CancelRefused,
    OrderCancelled,
    OrderRejected,
    DryRunCompleted,
    OrderInDoubt,
)
