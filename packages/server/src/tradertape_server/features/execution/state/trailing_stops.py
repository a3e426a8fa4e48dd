"""Stops of cover orders that follow the price, by instrument: a tick looks at its own alone.

They are found among the open orders whenever those are read, so a restart resumes from the last
trigger that reached the disk; the next tick makes up for steps missed meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tradertape_core.execution import cover
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import Order

TrailFailed = Callable[[str, Exception], None]


@dataclass(slots=True)
class TrailingStops:
    """The open stops that trail, as they stand, and the prices of the fills they protect."""

    _stops: dict[str, dict[str, Order]] = field(default_factory=dict[str, dict[str, Order]])
    _entries: dict[str, Decimal] = field(default_factory=dict[str, Decimal])

    def keep(self, order: Order) -> None:
        """Take a change of an order in; those that do not trail are left out."""
        name = order.request.instrument
        if cover.trails(order):
            self._stops.setdefault(name, {})[order.order_id] = order
            return
        stops = self._stops.get(name)
        if stops is None or stops.pop(order.order_id, None) is None:
            return
        self._entries.pop(order.order_id, None)
        if not stops:
            del self._stops[name]

    def entered_at(self, order_id: str, price: Decimal) -> None:
        """Remember the price of the fill a stop protects: ticks are then judged without a look."""
        self._entries[order_id] = price

    def clear(self) -> None:
        """Forget them all."""
        self._stops.clear()
        self._entries.clear()

    def due(
        self, ticks: Sequence[Tick], known: Callable[[str], Instrument], failed: TrailFailed
    ) -> dict[str, Decimal]:
        """The stops these ticks move, each with the price that is furthest in its favour.

        failed: told of a stop that cannot be judged, which does not keep the others.
        """
        found: dict[str, Decimal] = {}
        for tick in ticks:
            for stop in self._stops.get(tick.instrument_id, {}).values():
                best, sign = found.get(stop.order_id), cover.side_sign(stop)
                is_further = best is None or sign * (tick.last_price - best) > 0
                try:
                    if is_further and self._moves(stop, tick, known):
                        found[stop.order_id] = tick.last_price
                except Exception as error:  # noqa: BLE001 - the other stops are judged
                    failed(stop.order_id, error)
        return found

    def _moves(self, stop: Order, tick: Tick, known: Callable[[str], Instrument]) -> bool:
        entry = self._entries.get(stop.order_id)
        if entry is None:
            return True  # the first look reads the entry
        tick_size = known(tick.instrument_id).tick_size
        return cover.next_trigger(stop, entry, tick.last_price, tick_size) is not None
