"""What an account's positions block, what its open orders reserve, and the loss that is held back.

A change touches one group, and entering an order costs the same however many others rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.money import Paise, Price, notional
from tradertape_core.ledger.marks import is_plausible
from tradertape_core.ledger.pnl import unrealised
from tradertape_core.ledger.position import Position
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import Order, OrderRequest, Product, Side
from tradertape_core.risk.margins import (
    Exposure,
    blocked,
    derivative_reserve,
    required,
    share_margin,
    share_reserve,
)
from tradertape_core.risk.pending import NONE_PENDING, Pending, opening
from tradertape_server.features.execution.ports import Market
from tradertape_server.features.execution.state.margin_groups import (
    DERIVATIVES,
    NO_FIGURES,
    Figures,
    Group,
    GroupKey,
    Holding,
    HoldingKey,
    Standing,
    group_key,
)
from tradertape_server.features.execution.state.order_costs import estimate, market_price

_NIL = Decimal(0)


@dataclass(slots=True)
class Margins:
    """The figures of one account; `known` gives instruments, `tick` prices, `market` those of what
    options are on. broker: whose charges its orders pay."""

    market: Market
    known: Callable[[str], Instrument]
    tick: Callable[[str], Tick | None]
    broker: str
    _groups: dict[GroupKey, Group] = field(default_factory=dict[GroupKey, Group])
    # What is counted of an order in its holding; None where it has no price of its own.
    _counted: dict[str, Pending | None] = field(default_factory=dict[str, Pending | None])
    _changed: set[GroupKey] = field(default_factory=set[GroupKey])
    _moving: set[GroupKey] = field(default_factory=set[GroupKey])
    _still: dict[GroupKey, Figures] = field(default_factory=dict[GroupKey, Figures])
    _still_total: Figures = NO_FIGURES
    _priced: tuple[tuple[OrderRequest, int, Decimal, datetime], Pending] | None = None

    def figures(self, now: datetime) -> Figures:
        """What is held back at the latest prices."""
        for key in self._changed:
            self._settle(key, now)
        self._changed.clear()
        total = self._still_total
        for key in self._moving:
            total = total.plus(self._current(self._groups[key], now))
        return total

    def available(self, cash_paise: int, now: datetime) -> Paise:
        """What is free for new orders."""
        return Paise(cash_paise - self.figures(now).total)

    def need(self, request: OrderRequest, run_id: str | None, now: datetime) -> Paise:
        """What an order needs beyond what its run holds back; nothing where it only closes."""
        more = self.pending_of(request, request.quantity, now, at_market=True)
        return self._more(run_id, [(request, more)], now)

    def need_of_change(self, order: Order, request: OrderRequest, now: datetime) -> Paise:
        """What an order needs more with new terms."""
        left = request.quantity - order.filled_quantity
        more = self.pending_of(request, left, now, at_market=True)
        former = self.pending_of(order.request, order.pending_quantity, now)
        return self._more(order.run_id, [(request, more - former)], now)

    def needs(
        self,
        requests: Sequence[OrderRequest],
        run_id: str | None,
        now: datetime,
        at_once: Callable[[OrderRequest], bool],
    ) -> Paise:
        """What orders of a run need together. at_once: whether one would fill when it is placed:
        a hedge counts for the others only where it does not have to be waited for."""
        groups: dict[GroupKey, list[OrderRequest]] = {}
        for one in requests:
            key = group_key(run_id, self.known(one.instrument), one.product)
            groups.setdefault(key, []).append(one)
        total = 0
        for key, wanted in groups.items():
            is_derivative = self.known(wanted[0].instrument).is_derivative
            first = [one for one in wanted if is_derivative and at_once(one)]
            if len(wanted) == 1:
                first = []
            rest = [one for one in wanted if one not in first]
            more = [(one, self.pending_of(one, one.quantity, now, at_market=True)) for one in rest]
            total += self._more(run_id, more, now, [self._wanted(one, now) for one in first], key)
        return Paise(total)

    def standing(self, run_id: str | None, now: datetime) -> dict[HoldingKey, Standing]:
        """What a run holds at the market, with its open orders."""
        return {
            place: self._standing(one, now)
            for key, group in self._groups.items()
            if key[0] == (run_id or "")
            for place, one in group.holdings.items()
        }

    def all_standing(self, now: datetime) -> list[tuple[str | None, str, Standing]]:
        """The same of every run: its id, the instrument, and what stands."""
        return [
            (key[0] or None, place[0], self._standing(one, now))
            for key, group in self._groups.items()
            for place, one in group.holdings.items()
        ]

    def pending_of(
        self, request: OrderRequest, quantity: int, now: datetime, *, at_market: bool = False
    ) -> Pending:
        """What so many units of an order come to. at_market: a sale below the market is worth what
        it would fetch there."""
        instrument, tick = self.known(request.instrument), self.tick(request.instrument)
        price = request.price or request.trigger_price or market_price(request, instrument, tick)
        if at_market and request.side is Side.SELL and tick is not None:
            price = max(price, tick.last_price)
        if quantity <= 0:
            return NONE_PENDING
        if request.side is Side.SELL and request.product is Product.CNC:
            return Pending(quantity)  # paid for by what it brings in
        asked = (request, quantity, price, now)
        if self._priced is None or self._priced[0] != asked:  # the gate asked, now it is placed
            charges = estimate(request, quantity, instrument, price, now, broker=self.broker)
            value = notional(Price(price), quantity)
            self._priced = asked, Pending(quantity, value, charges.total)
        return self._priced[1]

    def free_holdings(self, request: OrderRequest, run_id: str | None) -> int:
        """Units of a delivery position that no resting sale has claimed."""
        holding = self._find(request.instrument, request.product, run_id)
        return 0 if holding is None else max(holding.quantity - holding.pending(Side.SELL), 0)

    def pending(self, instrument: str, product: Product, side: Side, run_id: str | None) -> int:
        """Units that open orders of a run have still to fill."""
        holding = self._find(instrument, product, run_id)
        return 0 if holding is None else holding.pending(side)

    def order_changed(self, order: Order, now: datetime) -> None:
        """Take an order's change in. Parents of slices need nothing themselves."""
        order_id, request, left = order.order_id, order.request, order.pending_quantity
        if order.slices or not (left or order_id in self._counted):
            return
        key, holding = self._holding(request.instrument, request.product, order.run_id)
        counted = self._counted.pop(order_id, None)
        if counted is not None:
            holding.add(request.side, NONE_PENDING - counted)
        holding.at_market.pop(order_id, None)
        if left and (request.price or request.trigger_price):
            counted = self._counted[order_id] = self.pending_of(request, left, now)
            holding.add(request.side, counted)
        elif left:
            self._counted[order_id] = None
            holding.at_market[order_id] = (request, left)
        self._touch(key, holding)

    def position_changed(self, position: Position) -> None:
        """Take a position's change in."""
        name, product = position.key.instrument, position.key.product
        key, holding = self._holding(name, product, position.key.run_id)
        holding.position = position if position.is_open else None
        self._touch(key, holding)

    def _standing(self, one: Holding, now: datetime) -> Standing:
        buys, sells = self._open_orders(one, now)
        price = self._price(one) or (one.position.average_price if one.position else _NIL)
        return Standing(one.quantity, notional(Price(price), abs(one.quantity)), buys, sells)

    # --- groups -------------------------------------------------------------------------------

    def _find(self, name: str, product: Product, run_id: str | None) -> Holding | None:
        group = self._groups.get(group_key(run_id, self.known(name), product))
        return None if group is None else group.holdings.get((name, product))

    def _holding(self, name: str, product: Product, run_id: str | None) -> tuple[GroupKey, Holding]:
        instrument = self.known(name)
        key = group_key(run_id, instrument, product)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(is_derivative=instrument.is_derivative)
        holding = group.holdings.get((name, product))
        if holding is None:
            holding = group.holdings[name, product] = Holding(instrument, product)
        return key, holding

    def _touch(self, key: GroupKey, holding: Holding) -> None:
        group = self._groups[key]
        group.stamp = None
        if holding.is_empty:
            del group.holdings[holding.instrument.id, holding.product]
            if not group.holdings:
                del self._groups[key]
        self._changed.add(key)

    def _settle(self, key: GroupKey, now: datetime) -> None:
        self._still_total = self._still_total.minus(self._still.pop(key, NO_FIGURES))
        self._moving.discard(key)
        group = self._groups.get(key)
        if group is None:
            return
        if group.moves:
            self._moving.add(key)
            return
        self._still[key] = figures = self._current(group, now)
        self._still_total = self._still_total.plus(figures)

    def _current(self, group: Group, now: datetime) -> Figures:
        holdings = group.holdings.values()
        prices = [(self.tick(one.instrument.id), self._underlying(one)) for one in holdings]
        stamp = (now.astimezone(IST).date(), prices)
        if group.stamp != stamp:
            held = self._held(group)
            group.figures = Figures(
                blocked=self._blocked(group, held, now),
                reserved=self._reserve(group, held, (), now),
                loss=sum(self._loss(one) for one in holdings),
            )
            group.stamp = stamp
        return group.figures

    # --- what they come to --------------------------------------------------------------------

    def _more(
        self,
        run_id: str | None,
        orders: Sequence[tuple[OrderRequest, Pending]],
        now: datetime,
        first: Sequence[tuple[Exposure, int]] = (),
        key: GroupKey | None = None,
    ) -> Paise:
        """How much more is held back with further orders of one group. first: those that fill at
        once, with their charges."""
        if key is None:
            request = orders[0][0]
            key = group_key(run_id, self.known(request.instrument), request.product)
        group = self._groups.get(key) or Group(is_derivative=key[2] == DERIVATIVES)
        held = self._held(group) if group.is_derivative else []
        filled = [one for one, _ in first if one.value_paise]
        total = required(filled, held, _day(now)).total_paise if filled else 0
        total += sum(charges for _, charges in first)
        total += self._reserve(group, [*held, *filled], orders, now)
        return Paise(max(0, total - self._reserve(group, held, (), now)))

    def _reserve(
        self,
        group: Group,
        held: Sequence[Exposure],
        further: Sequence[tuple[OrderRequest, Pending]],
        now: datetime,
    ) -> int:
        """What the open orders of a group need, with further ones."""
        sides = {place: self._open_orders(one, now) for place, one in group.holdings.items()}
        for request, more in further:
            place = request.instrument, request.product
            buys, sells = sides.get(place, (NONE_PENDING, NONE_PENDING))
            is_buy = request.side is Side.BUY
            sides[place] = (buys + more, sells) if is_buy else (buys, sells + more)
        total, orders = 0, list[Exposure]()
        for place, (buys, sells) in sorted(sides.items()):  # not as they came: see `_held`
            if not (buys.quantity or sells.quantity):
                continue
            holding = group.holdings.get(place) or Holding(self.known(place[0]), place[1])
            if not group.is_derivative:
                cost = abs(holding.position.cost_paise) if holding.position else 0
                total += share_reserve(holding.product, holding.quantity, cost, buys, sells)
                continue
            for sign, one in zip((1, -1), opening(holding.quantity, buys, sells), strict=True):
                total += one.charges_paise
                if one.quantity and one.value_paise:
                    orders.append(self._exposure(holding, sign * one.quantity, _average(one)))
        return total + (derivative_reserve(orders, held, _day(now)) if orders else 0)

    def _open_orders(self, holding: Holding, now: datetime) -> tuple[Pending, Pending]:
        buys, sells = holding.buys, holding.sells
        for request, left in holding.at_market.values():
            more = self.pending_of(request, left, now)
            buys, sells = (buys + more, sells) if request.side is Side.BUY else (buys, sells + more)
        return buys, sells

    def _blocked(self, group: Group, held: Sequence[Exposure], now: datetime) -> int:
        if group.is_derivative:
            return blocked(held, _day(now)).total_paise if held else 0
        positions = [(one.product, one.position) for one in group.holdings.values()]
        return sum(share_margin(product, abs(one.cost_paise)) for product, one in positions if one)

    def _loss(self, holding: Holding) -> int:
        """Each position's own, since it was marked to market last: the profit of another is not
        there before it is paid."""
        tick = self.tick(holding.instrument.id)
        if holding.position is None or not holding.moves_no_cash:
            return 0
        if tick is None or not is_plausible(tick):
            return 0
        paid = holding.position.mtm_paise
        return max(0, paid - unrealised(holding.position, tick.last_price))

    def _held(self, group: Group) -> list[Exposure]:
        # In one order, before a restart and after: of two products the last one's price counts.
        found = [(one, one.position) for _, one in sorted(group.holdings.items())]
        return [
            self._exposure(one, position.quantity, self._price(one) or position.average_price)
            for one, position in found
            if position is not None
        ]

    def _wanted(self, request: OrderRequest, now: datetime) -> tuple[Exposure, int]:
        pending = self.pending_of(request, request.quantity, now, at_market=True)
        holding = Holding(self.known(request.instrument), request.product)
        sign = 1 if request.side is Side.BUY else -1
        found = self._exposure(holding, sign * pending.quantity, _average(pending))
        return found, pending.charges_paise

    def _exposure(self, holding: Holding, quantity: int, price: Decimal) -> Exposure:
        return Exposure(
            instrument=holding.instrument,
            product=holding.product,
            quantity=quantity,
            price=price,
            underlying_price=self._underlying(holding),
        )

    def _underlying(self, holding: Holding) -> Decimal | None:
        instrument = holding.instrument
        return self.market.underlying_price(instrument) if instrument.is_option else None

    def _price(self, holding: Holding) -> Decimal | None:
        tick = self.tick(holding.instrument.id)
        return None if tick is None else tick.last_price


def _day(now: datetime) -> datetime:
    """The morning of a day: options are valued alike all day, as the exchange's own files do."""
    return now.astimezone(IST).replace(hour=9, minute=15, second=0, microsecond=0)


def _average(pending: Pending) -> Decimal:
    return Decimal(pending.value_paise) / 100 / pending.quantity
