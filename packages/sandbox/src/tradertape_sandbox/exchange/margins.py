"""What an account's positions block and its open orders reserve, by core's margin rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from tradertape_core.execution.pricing import offers
from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.money import Paise, Price, notional
from tradertape_core.ledger.billing import order_charges, schedule_for
from tradertape_core.ledger.charges import NO_CHARGES, Charges
from tradertape_core.ledger.pnl import unrealised
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import Fill, Order, OrderRequest, Product, Side
from tradertape_core.risk.margins import (
    Blocked,
    Exposure,
    Requirement,
    blocked,
    derivative_reserve,
    required,
    share_margin,
    share_reserve,
)
from tradertape_core.risk.pending import NONE_PENDING, Pending, opening
from tradertape_sandbox.exchange.accounts import Account

_NIL = Decimal(0)
_PlaceKey = tuple[str, Product]
_Terms = tuple[int, str, date]  # what is left of an order, whose charges it pays, the day
_WorkedOut = tuple[OrderRequest, _Terms, Pending]
_MOST_WORKED_OUT = 50_000  # orders


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What an account's money is held back for, paise."""

    blocked: Blocked = field(default_factory=Blocked)
    reserved_paise: int = 0
    loss_paise: int = 0

    @property
    def total_paise(self) -> int:
        """All that is not free for new orders."""
        return self.blocked.total_paise + self.reserved_paise + self.loss_paise


@dataclass(frozen=True, slots=True)
class OrderMargin:
    """What one order needs by itself, and what it would cost."""

    request: OrderRequest
    requirement: Requirement
    charges: Charges

    @property
    def total_paise(self) -> int:
        """Margin and cash that must be free, charges apart."""
        return self.requirement.total_paise


@dataclass(frozen=True, slots=True)
class Basket:
    """Orders one by one and together; hedges among them make final less than initial."""

    orders: tuple[OrderMargin, ...]
    together: Requirement

    @property
    def initial_paise(self) -> int:
        """Needed when every order is sent without knowing of the others."""
        return sum(one.total_paise for one in self.orders)

    @property
    def final_paise(self) -> int:
        """Needed once all are filled; never more than the orders need apart."""
        return min(self.together.total_paise, self.initial_paise)


@dataclass(slots=True)
class _Side:
    buys: Pending = NONE_PENDING
    sells: Pending = NONE_PENDING

    def add(self, side: Side, more: Pending) -> None:
        if side is Side.BUY:
            self.buys = self.buys + more
        else:
            self.sells = self.sells + more


@dataclass(frozen=True, slots=True)
class Margins:
    """Margins at the latest prices. known: finds instruments; spot: the price of an underlying."""

    known: Callable[[str], Instrument]
    tick: Callable[[str], Tick | None]
    spot: Callable[[Instrument], Decimal | None]
    _worked_out: dict[str, _WorkedOut] = field(default_factory=dict[str, _WorkedOut])

    def held(
        self, account: Account, now: datetime, *, further: Sequence[OrderRequest] = ()
    ) -> Held:
        """What is held back of an account's money, with further orders as if they were placed."""
        sides = self._sides(account, further, now)
        positions = [one for one in account.positions.values() if one.is_open]
        total, loss = Blocked(), 0
        derivatives: dict[str, list[Exposure]] = {}
        for one in positions:
            instrument, product = self.known(one.key.instrument), one.key.product
            if instrument.is_derivative:
                group = derivatives.setdefault(_underlying(instrument), [])
                price = self._last(instrument.id) or one.average_price
                group.append(self._exposure(instrument, product, one.quantity, price))
            else:
                paise = share_margin(product, abs(one.cost_paise))
                total += Blocked(equity_paise=paise)
            if product is not Product.CNC and not instrument.is_option:
                loss += max(0, -unrealised(one, self._last(instrument.id)))
        for group in derivatives.values():
            total += blocked(group, _morning(now))
        reserved = self._reserved(account, sides, derivatives, now)
        return Held(blocked=total, reserved_paise=reserved, loss_paise=loss)

    def available(self, account: Account, now: datetime) -> int:
        """Paise that are free for new orders; below 0 after a loss."""
        return account.cash_paise - self.held(account, now).total_paise

    def need(self, account: Account, request: OrderRequest, now: datetime) -> int:
        """Paise that an order needs beyond what is held back already."""
        before = self.held(account, now).total_paise
        return max(0, self.held(account, now, further=[request]).total_paise - before)

    def of_order(
        self, account: Account, request: OrderRequest, now: datetime, *, with_held: bool = True
    ) -> OrderMargin:
        """What an order needs, on top of the positions of the account unless `with_held` is
        false."""
        held = self._exposures(account) if with_held else []
        charges = self.charges_of(account.tariff, request, now)
        return OrderMargin(request, required([self._wanted(request)], held, now), charges)

    def together(
        self,
        account: Account,
        requests: Sequence[OrderRequest],
        now: datetime,
        *,
        with_held: bool,
    ) -> Requirement:
        """What orders need together."""
        held = self._exposures(account) if with_held else []
        return required([self._wanted(one) for one in requests], held, now)

    def charges_of(
        self, tariff: str, request: OrderRequest, now: datetime, price: Decimal | None = None
    ) -> Charges:
        """What an order costs if it fills whole at a price, by default its own or the market's."""
        instrument = self.known(request.instrument)
        price = price or self._price(request)
        if not price:
            return NO_CHARGES
        terms = schedule_for(tariff, request.product, instrument.instrument_type)
        return order_charges(terms, [_fill(request, price, now)])

    # --- orders -------------------------------------------------------------------------------

    def pending_of(self, account: Account, request: OrderRequest, left: int, now: datetime) -> (
        Pending
    ):  # fmt: skip
        """What so many units of an order come to; a sale of held shares pays for itself."""
        if left <= 0:
            return NONE_PENDING
        if request.side is Side.SELL and request.product is Product.CNC:
            return Pending(left)
        price = self._price(request)
        part = replace(request, quantity=left)
        charges = self.charges_of(account.tariff, part, now, price) if price else NO_CHARGES
        return Pending(left, notional(Price(price), left), charges.total)

    def free_to_sell(self, account: Account, instrument: str, product: Product) -> int:
        """Held units that no open order sells."""
        pending = sum(
            one.pending_quantity
            for one in _open_orders(account)
            if one.request.instrument == instrument
            and one.request.product is product
            and one.request.side is Side.SELL
        )
        return max(0, account.position(instrument, product).quantity - pending)

    def _sides(
        self, account: Account, further: Sequence[OrderRequest], now: datetime
    ) -> dict[_PlaceKey, _Side]:
        sides: dict[_PlaceKey, _Side] = {}
        wanted = [
            (one.request, self._pending_of(account, one, now)) for one in _open_orders(account)
        ]
        wanted += [(one, self.pending_of(account, one, one.quantity, now)) for one in further]
        for request, pending in wanted:
            side = sides.setdefault((request.instrument, request.product), _Side())
            side.add(request.side, pending)
        return sides

    def _pending_of(self, account: Account, order: Order, now: datetime) -> Pending:
        """What an open order comes to. A purchase at a price of its own comes to the same all
        day, so that it is worked out once, and not for each order that is placed after it."""
        request, left = order.request, order.pending_quantity
        is_fixed = request.side is Side.BUY and bool(request.price or request.trigger_price)
        if not is_fixed:
            return self.pending_of(account, request, left, now)
        terms = (left, account.tariff, now.astimezone(IST).date())
        known = self._worked_out.get(order.order_id)
        if known is None or known[0] is not request or known[1] != terms:
            if len(self._worked_out) >= _MOST_WORKED_OUT:
                self._worked_out.clear()
            pending = self.pending_of(account, request, left, now)
            known = self._worked_out[order.order_id] = (request, terms, pending)
        return known[2]

    def _reserved(
        self,
        account: Account,
        sides: dict[_PlaceKey, _Side],
        held: dict[str, list[Exposure]],
        now: datetime,
    ) -> int:
        total = 0
        orders: dict[str, list[Exposure]] = {}
        for (name, product), side in sorted(sides.items()):
            instrument, position = self.known(name), account.position(name, product)
            if not instrument.is_derivative:
                cost = abs(position.cost_paise)
                total += share_reserve(product, position.quantity, cost, side.buys, side.sells)
                continue
            parts = opening(position.quantity, side.buys, side.sells)
            for sign, one in zip((1, -1), parts, strict=True):
                total += one.charges_paise
                if one.quantity and one.value_paise:
                    price = Decimal(one.value_paise) / 100 / one.quantity
                    wanted = self._exposure(instrument, product, sign * one.quantity, price)
                    orders.setdefault(_underlying(instrument), []).append(wanted)
        for underlying, group in orders.items():
            total += derivative_reserve(group, held.get(underlying, []), _morning(now))
        return total

    def _exposures(self, account: Account) -> list[Exposure]:
        return [
            self._exposure(
                self.known(one.key.instrument),
                one.key.product,
                one.quantity,
                self._last(one.key.instrument) or one.average_price,
            )
            for one in account.positions.values()
            if one.is_open
        ]

    def _wanted(self, request: OrderRequest) -> Exposure:
        quantity = request.quantity if request.side is Side.BUY else -request.quantity
        instrument = self.known(request.instrument)
        return self._exposure(instrument, request.product, quantity, self._price(request))

    def _exposure(
        self, instrument: Instrument, product: Product, quantity: int, price: Decimal
    ) -> Exposure:
        underlying = self.spot(instrument) if instrument.is_option else None
        return Exposure(
            instrument=instrument,
            product=product,
            quantity=quantity,
            price=price,
            underlying_price=underlying,
        )

    def _price(self, request: OrderRequest) -> Decimal:
        """The order's own price; a sale below the market is worth what it would fetch there."""
        tick = self.tick(request.instrument)
        own = request.price or request.trigger_price
        if tick is None:
            return own
        if not own:
            offered = offers(tick, request.side, self.known(request.instrument), _NIL)
            own = offered[0].price if offered else tick.last_price
        return max(own, tick.last_price) if request.side is Side.SELL else own

    def _last(self, instrument_id: str) -> Decimal | None:
        tick = self.tick(instrument_id)
        return None if tick is None else tick.last_price


def _open_orders(account: Account) -> Iterable[Order]:
    """Orders that may still fill; an exit of a cover order only closes what its entry opened."""
    return [
        record.order
        for record in account.orders.values()
        if record.order.is_open and record.order.parent_order_id is None
    ]


def _underlying(instrument: Instrument) -> str:
    return instrument.underlying or instrument.name


def _morning(now: datetime) -> datetime:
    """Options are valued alike all day, as in the exchange's own files."""
    return now.astimezone(IST).replace(hour=9, minute=15, second=0, microsecond=0)


def _fill(request: OrderRequest, price: Decimal, now: datetime) -> Fill:
    return Fill(
        trade_id="estimate",
        order_id="estimate",
        account="",
        run_id=None,
        instrument=request.instrument,
        product=request.product,
        side=request.side,
        quantity=request.quantity,
        price=price,
        at=now,
    )


def paise_text(paise: int) -> str:
    """Paise as rupees with two decimals, as brokers' messages have them."""
    return f"{Paise(paise) / 100:.2f}"
