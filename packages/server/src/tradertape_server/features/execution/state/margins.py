"""What an account's positions block and its open orders reserve, kept up to date change by change.

Derivatives of one underlying hedge each other and are valued together; shares stand alone. So a
change touches one group, and entering an order costs the same however many others rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import Order, OrderRequest, Product, Side
from tradertape_core.risk.margins import Exposure, blocked, required
from tradertape_server.features.execution.ports import Market

Group = tuple[str, str]
_Holding = tuple[str, Product]
_Resting = tuple[str, str, Product, Side]


@dataclass(slots=True)
class Margins:
    """The figures of one account; `known` gives instruments, `tick` prices, `market` those of what
    options are on."""

    market: Market
    known: Callable[[str], Instrument]
    tick: Callable[[str], Tick | None]
    blocked_by: dict[Group, Paise] = field(default_factory=dict[Group, Paise])
    _reserved: dict[str, tuple[Paise, int]] = field(default_factory=dict[str, tuple[Paise, int]])
    _held: dict[Group, dict[PositionKey, Position]] = field(
        default_factory=dict[Group, dict[PositionKey, Position]]
    )
    # Units by instrument and product: many runs may hold the same.
    _net: dict[Group, dict[_Holding, int]] = field(default_factory=dict[Group, dict[_Holding, int]])
    _pending: dict[_Resting, int] = field(default_factory=dict[_Resting, int])
    _reserved_total: int = 0
    _asked: tuple[OrderRequest, str | None, Paise] | None = None

    @property
    def blocked_paise(self) -> Paise:
        """What positions hold back."""
        return Paise(sum(self.blocked_by.values()))

    @property
    def reserved_paise(self) -> Paise:
        """What open orders will need when they fill."""
        return Paise(self._reserved_total)

    def available(self, cash_paise: int) -> Paise:
        """What is free for new orders."""
        return Paise(cash_paise - self.blocked_paise - self._reserved_total)

    def need(self, request: OrderRequest, run_id: str | None, now: datetime) -> Paise:
        """The same of one order; what the gate has just asked is not worked out twice."""
        if self._asked is not None and self._asked[0] is request and self._asked[1] == run_id:
            found, self._asked = self._asked[2], None
            return found
        found = self.needs([request], run_id, now)
        self._asked = (request, run_id, found)
        return found

    def needs(self, requests: Sequence[OrderRequest], run_id: str | None, now: datetime) -> Paise:
        """What orders need together, on top of what is held and of what rests on their side."""
        groups: dict[Group, list[OrderRequest]] = {}
        for request in requests:
            instrument = self._instrument(request.instrument)
            groups.setdefault(_group(instrument, request.product), []).append(request)
        total = 0
        for group, wanted in groups.items():
            held = self._exposures(group)
            resting = self._same_side(wanted, run_id)
            orders = [exposure for one in wanted if (exposure := self._wanted(one))]
            total += required(orders, [*held, *resting], now).total_paise
        return Paise(total)

    def free_holdings(self, request: OrderRequest, run_id: str | None) -> int:
        """Units of a delivery position that no resting sale has claimed."""
        instrument = self._instrument(request.instrument)
        held = self._held.get(_group(instrument, request.product), {})
        quantity = sum(p.quantity for key, p in held.items() if key.run_id == run_id)
        claimed = self.pending(request.instrument, request.product, Side.SELL, run_id)
        return max(quantity - claimed, 0)

    def pending(self, instrument: str, product: Product, side: Side, run_id: str | None) -> int:
        """Units that open orders of a run have still to fill."""
        return self._pending.get((run_id or "", instrument, product, side), 0)

    def order_changed(self, before: Order | None, after: Order, now: datetime) -> None:
        """Take an order's change in. Parents of slices need nothing themselves."""
        if after.slices:
            return
        request = after.request
        key = (after.run_id or "", request.instrument, request.product, request.side)
        others = self._pending.pop(key, 0) - (before.pending_quantity if before else 0)
        if others:
            self._pending[key] = others
        self._reserve(before, after, now)  # what the order needs beside the others
        if after.pending_quantity:
            self._pending[key] = others + after.pending_quantity

    def position_changed(self, position: Position, now: datetime) -> None:
        """Take a position's change in."""
        instrument = self._instrument(position.key.instrument)
        group = _group(instrument, position.key.product)
        held = self._held.setdefault(group, {})
        before = held.pop(position.key, None)
        if position.is_open:
            held[position.key] = position
        holding = position.key.instrument, position.key.product
        net = self._net.setdefault(group, {})
        change = position.quantity - (before.quantity if before else 0)
        net[holding] = net.get(holding, 0) + change
        if not held:
            del self._held[group], self._net[group]
        amount = blocked(self._exposures(group), now).total_paise if held else Paise(0)
        self.blocked_by[group] = amount
        if not amount:
            del self.blocked_by[group]

    def _reserve(self, before: Order | None, after: Order, now: datetime) -> None:
        whole, quantity = self._reserved.pop(after.order_id, (Paise(0), 0))
        if quantity and before is not None:
            self._reserved_total -= _part(whole, before.pending_quantity, quantity)
        if not after.pending_quantity:
            return
        # A repriced or larger order is valued again; a partly filled one needs its share.
        if before is None or not quantity or _is_changed(before, after):
            quantity = after.pending_quantity
            whole = self.need(after.request, after.run_id, now)
        self._reserved[after.order_id] = (whole, quantity)
        self._reserved_total += _part(whole, after.pending_quantity, quantity)

    def _same_side(self, wanted: Iterable[OrderRequest], run_id: str | None) -> list[Exposure]:
        found: list[Exposure] = []
        for name, product, side in {(w.instrument, w.product, w.side) for w in wanted}:
            quantity = self.pending(name, product, side, run_id)
            price = self._price(name)
            if quantity and price:
                signed = quantity if side is Side.BUY else -quantity
                found.append(self._exposure(self._instrument(name), product, signed, price))
        return found

    def _exposures(self, group: Group) -> list[Exposure]:
        net = self._net.get(group, {})
        return [
            self._exposure(
                self._instrument(name),
                product,
                quantity,
                self._price(name) or self._paid(name, group),
            )
            for (name, product), quantity in net.items()
            if quantity
        ]

    def _paid(self, name: str, group: Group) -> Decimal:
        """What was paid for an instrument without a price, by whoever bought it last."""
        held = self._held[group].items()
        return next(
            position.average_price for key, position in reversed(held) if key.instrument == name
        )

    def _wanted(self, request: OrderRequest) -> Exposure | None:
        price = request.price or request.trigger_price or self._price(request.instrument)
        if not price:
            return None
        signed = request.quantity if request.side is Side.BUY else -request.quantity
        instrument = self._instrument(request.instrument)
        return self._exposure(instrument, request.product, signed, price)

    def _exposure(
        self, instrument: Instrument, product: Product, quantity: int, price: Decimal
    ) -> Exposure:
        underlying = self.market.underlying_price(instrument) if instrument.is_option else None
        return Exposure(
            instrument=instrument,
            product=product,
            quantity=quantity,
            price=price,
            underlying_price=underlying,
        )

    def _price(self, name: str) -> Decimal | None:
        tick = self.tick(name)
        return None if tick is None else tick.last_price

    def _instrument(self, name: str) -> Instrument:
        return self.known(name)


def _group(instrument: Instrument, product: Product) -> Group:
    if instrument.is_derivative:
        return "derivatives", instrument.underlying or instrument.name
    return instrument.id, str(product)


def _is_changed(before: Order, after: Order) -> bool:
    # Most often it is the very same request, which takes long to compare with itself.
    return before.request is not after.request and before.request != after.request


def _part(whole: int, part: int, of: int) -> int:
    return -(-whole * part // of) if of else 0
