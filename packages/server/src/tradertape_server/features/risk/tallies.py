"""The day's orders and trades of an account, and the results of its closed positions: read once,
then kept up to date with every order and fill, so that no order has to count them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from tradertape_core.kernel.clock import IST
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.orders.order import Order
from tradertape_server.features.execution import queries
from tradertape_server.features.execution.state.entry_rules import TradingState

Place = tuple[str | None, str]  # run and instrument
Matches = Callable[[str | None, str], bool]
_SECOND = timedelta(seconds=1)


def net_of(position: Position) -> int:
    """What a position has brought so far, charges paid."""
    return position.realised_paise - position.charges.total


@dataclass(slots=True)
class Tally:
    """Of one account. flat: the results of closed positions; of today: what came today."""

    account_id: int
    day: date
    orders: Counter[Place] = field(default_factory=Counter[Place])
    trades: Counter[Place] = field(default_factory=Counter[Place])
    traded: set[str] = field(default_factory=set[str])
    last: dict[tuple[str | None, str, str], datetime] = field(
        default_factory=dict[tuple[str | None, str, str], datetime]
    )
    recent: deque[tuple[datetime, Place]] = field(default_factory=deque[tuple[datetime, Place]])
    flat: dict[PositionKey, Position] = field(default_factory=dict[PositionKey, Position])
    flat_net: Counter[Place] = field(default_factory=Counter[Place])
    opened_at_net: dict[PositionKey, int] = field(default_factory=dict[PositionKey, int])

    @classmethod
    def read(cls, state: TradingState, account_id: int) -> Tally:
        """Read an account's day and its closed positions, staged changes included."""
        now, session = state.now, state.session
        tally = cls(account_id, now.astimezone(IST).date())
        stored = {
            one.order_id: one for one in queries.orders_since(session, account_id, midnight(now))
        }
        stored |= {one.order_id: one for one in state.staged_orders(account_id)}
        for order in stored.values():
            tally.ordered(order, order.placed_at)
            if any(fill.at >= midnight(now) for fill in order.fills):
                tally.filled(order)
        known = {one.key: one for one in queries.positions_of(session, account_id)}
        known |= {one.key: one for one in state.staged_positions(account_id)}
        for position in known.values():
            if not position.is_open:
                tally.closed(position)
        return tally

    def ordered(self, order: Order, now: datetime) -> None:
        """Count a new order; the parts of a sliced one are not orders of their own."""
        if order.parent_order_id is not None or now.astimezone(IST).date() < self.day:
            return
        self._begin_day(now)
        place = (order.run_id, order.request.instrument)
        self.orders[place] += 1
        self.last[*place, order.request.side] = now
        self.recent.append((now, place))
        while self.recent and now - self.recent[0][0] > _SECOND:
            self.recent.popleft()

    def filled(self, order: Order) -> None:
        """Count an order that was executed, once."""
        name = order.parent_order_id or order.order_id
        if name not in self.traded:
            self.traded.add(name)
            self.trades[order.run_id, order.request.instrument] += 1

    def closed(self, position: Position) -> None:
        """Take the result of a closed position in."""
        self.reopened(position.key)
        self.flat[position.key] = position
        self.flat_net[position.key.run_id, position.key.instrument] += net_of(position)

    def reopened(self, key: PositionKey) -> None:
        """It is open again: its result is that of the open position."""
        former = self.flat.pop(key, None)
        if former is not None:
            self.flat_net[key.run_id, key.instrument] -= net_of(former)

    def on_day(self, now: datetime) -> Tally:
        """The tally with the day begun that `now` is in."""
        self._begin_day(now)
        return self

    def in_second(self, now: datetime, matches: Matches) -> int:
        """Orders of the last second."""
        return sum(now - at < _SECOND and matches(*place) for at, place in self.recent)

    def _begin_day(self, now: datetime) -> None:
        today = now.astimezone(IST).date()
        if today > self.day:
            self.day = today
            self.orders.clear()
            self.trades.clear()
            self.traded.clear()


def total(counts: Counter[Place], matches: Matches | None) -> int:
    """The sum of what a scope covers; None: of everything."""
    if matches is None:
        return counts.total()
    return sum(count for place, count in counts.items() if matches(*place))


def midnight(now: datetime) -> datetime:
    """When the day of a moment began, in India."""
    return datetime.combine(now.astimezone(IST).date(), time(), IST)
