"""Resting orders of one instrument, best price first: a tick looks at the few it can touch."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from tradertape_core.execution.resting_state import Mark, RestingState, mark_of
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.checks import leg_quantity
from tradertape_core.orders.order import OrderRequest, Side, Variety

_ANY_PRICE = Decimal("-Infinity")  # of a market order: before every limit
_LAST_ROW = 2**62


@dataclass(slots=True)
class Resting:
    """An order the venue holds.

    band: the worst price of a protected market order, once it has met the market. The other
    members are those of `RestingState`.
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
    opens_at: datetime | None = None
    expires_at: datetime | None = None
    ahead: int = 0
    band: Decimal | None = None
    has_met_market: bool = False
    mark: Mark | None = None

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

    @property
    def is_next_leg(self) -> bool:
        """Whether it is what is left of an iceberg whose first leg is filled."""
        return self.request.variety is Variety.ICEBERG and self.filled > 0

    @property
    def state(self) -> RestingState:
        """What is stored of it besides the order."""
        return RestingState(
            arrival=self.arrival,
            sequence=self.sequence,
            triggered=self.triggered,
            has_met_market=self.has_met_market,
            ahead=self.ahead,
            opens_at=self.opens_at,
            expires_at=self.expires_at,
            mark=self.mark,
        )

    def concerns(self, tick: Tick) -> bool:
        """Whether a tick is later than the one at which the order came, changed or filled."""
        return self.mark is None or self.mark.precedes(tick)

    def is_reached_by(self, last_price: Decimal) -> bool:
        """Whether a traded price is at its trigger or past it."""
        trigger = self.request.trigger_price
        return last_price >= trigger if self.is_buy else last_price <= trigger


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
    """One instrument: its orders in four ladders, its latest tick, the quantity still available.

    restored: the latest tick before a restart, until there is another. newcomers: orders that have
    not met the market, waiting stops apart.
    """

    tick: Tick | None = None
    previous: Tick | Mark | None = None
    restored: Mark | None = None
    taken: dict[Side, int] = field(default_factory=dict[Side, int])
    orders: dict[str, Resting] = field(default_factory=dict[str, Resting])
    newcomers: dict[str, Resting] = field(default_factory=dict[str, Resting])
    _mark: Mark | None = None
    # Orders by volume and price at their marks, until a tick differs from them: few keys.
    _unmoved: dict[tuple[int, Decimal], dict[str, Resting]] = field(
        default_factory=dict[tuple[int, Decimal], dict[str, Resting]]
    )
    _limits: dict[Side, Ladder] = field(default_factory=lambda: {s: Ladder() for s in Side})
    _triggers: dict[Side, Ladder] = field(default_factory=lambda: {s: Ladder() for s in Side})

    @property
    def mark(self) -> Mark | None:
        """Its latest tick, as orders keep it."""
        if self._mark is None and self.tick is not None:
            self._mark = mark_of(self.tick)
        return self._mark or self.restored

    def advance(self, tick: Tick) -> list[Resting]:
        """Make a tick the market, with all of its quantity available.

        Returns the orders whose marks changed: see `Mark.last_price`.
        """
        self.previous, self.tick, self._mark = self.tick or self.restored, tick, None
        self.taken.clear()
        now = (tick.volume, tick.last_price)
        if not self._unmoved or (len(self._unmoved) == 1 and now in self._unmoved):
            return []
        moved: list[Resting] = []
        for key in [one for one in self._unmoved if one != now]:
            orders = self._unmoved.pop(key)
            if key[0] == tick.volume:  # otherwise the volume tells, from now on
                moved += orders.values()
        for order in moved:
            if order.mark is not None:
                order.mark = replace(order.mark, last_price=None)
        return moved

    def add(self, order: Resting) -> None:
        """Add an order to the ladder of its side and kind."""
        self.orders[order.order_id] = order
        ladder, key = self._place(order)
        ladder.add(key, order)
        if not (order.has_met_market or order.waits_for_trigger):
            self.newcomers[order.order_id] = order
        self._watch(order)

    def remove(self, order: Resting) -> None:
        """Take an order out of the book."""
        ladder, key = self._place(order)
        ladder.remove(key, order)
        del self.orders[order.order_id]
        self.newcomers.pop(order.order_id, None)
        self._unwatch(order)

    def meets(self, order: Resting) -> None:
        """Have an order rest: it was matched with the latest tick."""
        order.has_met_market = True
        self.newcomers.pop(order.order_id, None)
        self.set_mark(order)

    def set_mark(self, order: Resting) -> None:
        """Have only ticks after the latest concern an order."""
        self._unwatch(order)
        order.mark = self.mark
        self._watch(order)

    def triggered_by(self, last_price: Decimal) -> list[Resting]:
        """Waiting orders whose trigger the price has reached, nearest trigger first."""
        ids = self._triggers[Side.BUY].until(last_price)
        ids += self._triggers[Side.SELL].until(-last_price)
        return [self.orders[one] for one in ids]

    def touched_by(self, side: Side, price: Decimal) -> list[Resting]:
        """Orders of a side whose limit is at the price or better, best first."""
        key = -price if side is Side.BUY else price
        return [self.orders[one] for one in self._limits[side].until(key)]

    def _watch(self, order: Resting) -> None:
        mark = order.mark
        if mark is not None and mark.last_price is not None and not order.waits_for_trigger:
            orders = self._unmoved.setdefault((mark.volume, mark.last_price), {})
            orders[order.order_id] = order

    def _unwatch(self, order: Resting) -> None:
        mark = order.mark
        if mark is None or mark.last_price is None:
            return
        key = (mark.volume, mark.last_price)
        orders = self._unmoved.get(key)
        if orders is not None:
            orders.pop(order.order_id, None)
            if not orders:
                del self._unmoved[key]

    def _place(self, order: Resting) -> tuple[Ladder, Decimal]:
        side, request = order.request.side, order.request
        if order.waits_for_trigger:
            sign = 1 if order.is_buy else -1
            return self._triggers[side], sign * request.trigger_price
        if order.limit is None:
            return self._limits[side], _ANY_PRICE
        return self._limits[side], -order.limit if order.is_buy else order.limit
