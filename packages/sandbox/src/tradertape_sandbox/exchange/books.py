"""Orders and trades as a broker's books have them, and the record that an order book entry is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.market.world.quoting import scatter
from tradertape_core.orders.order import Order, OrderRequest, OrderStatus, Product, Side

_S = OrderStatus
_NO_META: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedOrder:
    """An order as the broker's book shows it. Prices are rupees, quantities units, times aware.

    order_id: 19 digits. status_message: for people; status_message_raw: as the exchange gave it.
    modified: whether its terms were changed; modifications: how often.
    """

    order_id: str
    exchange_order_id: str | None
    parent_order_id: str | None
    request: OrderRequest
    status: OrderStatus
    status_message: str | None
    status_message_raw: str | None
    placed_at: datetime
    exchange_at: datetime | None
    updated_at: datetime
    filled_quantity: int
    pending_quantity: int
    cancelled_quantity: int
    average_price: Decimal
    tag: str | None
    tags: tuple[str, ...]
    modifications: int
    guid: str
    meta: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def modified(self) -> bool:
        """Whether its terms were changed."""
        return self.modifications > 0

    @property
    def is_open(self) -> bool:
        """Whether it can still be filled, changed or cancelled."""
        return not self.status.is_terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedTrade:
    """An execution as the trade book shows it; `ordered_at` is when its order was placed."""

    trade_id: str
    order_id: str
    exchange_order_id: str
    instrument: str
    product: Product
    side: Side
    quantity: int
    price: Decimal
    at: datetime
    ordered_at: datetime


@dataclass(slots=True)
class OrderRecord:
    """An entry of an account's order book: the order, what the broker adds, its history."""

    order: Order
    tag: str | None
    tags: tuple[str, ...]
    meta: Mapping[str, object] = field(default_factory=lambda: _NO_META)
    exchange_order_id: str | None = None
    exchange_at: datetime | None = None
    message: str | None = None
    history: list[BookedOrder] = field(default_factory=list[BookedOrder])
    trades: list[BookedTrade] = field(default_factory=list[BookedTrade])

    @property
    def now(self) -> BookedOrder:
        """The order as it is."""
        return self.history[-1]

    def write(self, at: datetime, status: OrderStatus | None = None) -> BookedOrder:
        """Add the order's present state to its history. status: a state on the way to it."""
        order = self.order
        entry = BookedOrder(
            order_id=order.order_id,
            exchange_order_id=self.exchange_order_id,
            parent_order_id=order.parent_order_id,
            request=order.request,
            status=status or order.status,
            status_message=order.status_message,
            status_message_raw=self.message or order.status_message,
            placed_at=order.placed_at,
            exchange_at=self.exchange_at,
            updated_at=at,
            filled_quantity=order.filled_quantity,
            pending_quantity=order.pending_quantity,
            cancelled_quantity=order.cancelled_quantity,
            average_price=order.average_price,
            tag=self.tag,
            tags=self.tags,
            modifications=order.modifications,
            guid=f"{scatter(int(order.order_id)):016x}",
            meta=self._meta(),
        )
        if self.history and replace(self.history[-1], updated_at=at) == entry:
            return self.history[-1]
        self.history.append(entry)
        return entry

    def _meta(self) -> Mapping[str, object]:
        request = self.order.request
        if request.iceberg_legs is None:
            return self.meta
        leg = request.iceberg_quantity or -(-request.quantity // request.iceberg_legs)
        iceberg = {
            "leg": min(self.order.filled_quantity // leg + 1, request.iceberg_legs),
            "legs": request.iceberg_legs,
            "leg_quantity": leg,
            "total_quantity": request.quantity,
            "remaining_quantity": self.order.pending_quantity,
        }
        return {**self.meta, "iceberg": iceberg}


class Numbers:
    """Gives out ids: 19 digits to orders, 16 to the exchange's orders, 8 to trades."""

    def __init__(self) -> None:
        self._count = 0

    def order_id(self, at: datetime) -> str:
        """The next order id; rises with time."""
        self._count += 1
        return f"{int(at.timestamp() * 1_000):013d}{self._count % 1_000_000:06d}"

    def exchange_order_id(self, at: datetime) -> str:
        """The next id of an order at the exchange."""
        self._count += 1
        return f"1{at.astimezone(IST):%y%m%d}{self._count:09d}"

    def trade_id(self) -> str:
        """The next id of a trade."""
        self._count += 1
        return f"{10_000_000 + self._count}"

    def trigger_id(self) -> int:
        """The next id of a trigger."""
        self._count += 1
        return 100_000 + self._count
