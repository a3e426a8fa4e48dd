"""Resting orders of one instrument, best price first: a tick looks at the few it can touch."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.checks import leg_quantity
from tradertape_core.orders.order import OrderRequest, Side, Variety

_ANY_PRICE = Decimal("-Infinity")  # of a market order: before every limit
_LAST_ROW = 2**62


@dataclass(slots=True)
class Resting:
    """An order the venue holds.

    ahead: units queueing before it at its price. band: the worst price of a protected market
    order, once it has met the market. leg_after: the tick that filled an iceberg's last leg.
    """

    order_id: str
    request: OrderRequest
    instrument: Instrument
    arrival: int
    sequence: int = 0
    filled: int = 0
    trades: int = 0
    triggered: bool = False
    waits_for_open: bool = False
    expires_at: datetime | None = None
    ahead: int = 0
    band: Decimal | None = None
    has_met_market: bool = False
    leg_after: Tick | None = None

    @property
    def left(self) -> int:
        """Units that are not filled."""
        return self.request.quantity - self.filled

    @property
    def is_buy(self) -> bool:
        """Whether it buys."""
        return self.request.side is Side.BUY

    @property
    def waits_for_trigger(self) -> bool:
        """Whether its trigger price has not been reached."""
        return self.request.order_type.has_trigger and not self.triggered

    @property
    def limit(self) -> Decimal | None:
        """The worst price it takes; None: any."""
        return self.request.price if self.request.order_type.has_limit else self.band

    @property
    def part(self) -> int:
        """What the market sees at once: all that is left, or the rest of an iceberg's leg."""
        if self.request.variety is not Variety.ICEBERG:
            return self.left
        leg = leg_quantity(self.request)
        return min(leg - self.filled % leg, self.left)


class Ladder:
    """Order ids by a key, smallest first, then by arrival."""

    def __init__(self) -> None:
        self._rows: list[tuple[Decimal, int, str]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, key: Decimal, order: Resting) -> None:
        """Insert an order by its price, then by its arrival."""
        insort(self._rows, (key, order.arrival, order.order_id))

    def remove(self, key: Decimal, order: Resting) -> None:
        """Take an order out."""
        del self._rows[bisect_left(self._rows, (key, order.arrival, order.order_id))]

    def until(self, key: Decimal) -> list[str]:
        """Ids with a key not above this one."""
        return [row[2] for row in self._rows[: bisect_right(self._rows, (key, _LAST_ROW, ""))]]


@dataclass(slots=True)
class Book:
    """One instrument: its orders in four ladders, its latest tick, what of it is left to take."""

    tick: Tick | None = None
    previous: Tick | None = None
    taken: dict[Side, int] = field(default_factory=dict[Side, int])
    orders: dict[str, Resting] = field(default_factory=dict[str, Resting])
    _limits: dict[Side, Ladder] = field(default_factory=lambda: {s: Ladder() for s in Side})
    _triggers: dict[Side, Ladder] = field(default_factory=lambda: {s: Ladder() for s in Side})

    def add(self, order: Resting) -> None:
        """Add an order to the ladder of its side and kind."""
        self.orders[order.order_id] = order
        ladder, key = self._place(order)
        ladder.add(key, order)

    def remove(self, order: Resting) -> None:
        """Take an order out of the book."""
        ladder, key = self._place(order)
        ladder.remove(key, order)
        del self.orders[order.order_id]

    def triggered_by(self, last_price: Decimal) -> list[Resting]:
        """Waiting orders whose trigger the price has reached, nearest trigger first."""
        ids = self._triggers[Side.BUY].until(last_price)
        ids += self._triggers[Side.SELL].until(-last_price)
        return [self.orders[one] for one in ids]

    def touched_by(self, side: Side, price: Decimal) -> list[Resting]:
        """Orders of a side whose limit is at the price or better, best first."""
        key = -price if side is Side.BUY else price
        return [self.orders[one] for one in self._limits[side].until(key)]

    def _place(self, order: Resting) -> tuple[Ladder, Decimal]:
        side, request = order.request.side, order.request
        if order.waits_for_trigger:
            sign = 1 if order.is_buy else -1
            return self._triggers[side], sign * request.trigger_price
        if order.limit is None:
            return self._limits[side], _ANY_PRICE
        return self._limits[side], -order.limit if order.is_buy else order.limit
