"""Holdings, positions and funds of an account as brokers show them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.lots import cost_of, quantity_of
from tradertape_core.ledger.pnl import unrealised
from tradertape_core.ledger.position import Flow, Position, PositionKey, average, roll
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import Product
from tradertape_sandbox.exchange.accounts import Account, Carried
from tradertape_sandbox.exchange.margins import Held

_NIL = Decimal(0)
_HELD = (Product.CNC, Product.MTF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Delivered shares. Prices are rupees, quantities units.

    opening_quantity: when the day began; used_quantity: sold of them today; quantity: settled and
    still there; t1_quantity: bought on the session before, settled at this day's end.
    """

    instrument: Instrument
    product: Product
    quantity: int
    t1_quantity: int
    opening_quantity: int
    used_quantity: int
    authorised_quantity: int
    average_price: Decimal
    last_price: Decimal
    close_price: Decimal

    @property
    def total_quantity(self) -> int:
        """Settled and not yet settled together."""
        return self.quantity + self.t1_quantity

    @property
    def pnl(self) -> Decimal:
        """Gain or loss against the cost, rupees."""
        return (self.last_price - self.average_price) * self.total_quantity

    @property
    def day_change(self) -> Decimal:
        """Change of the price since the previous close, rupees a unit."""
        return self.last_price - self.close_price

    @property
    def day_change_percentage(self) -> Decimal:
        """The same in percent of the previous close."""
        return self.day_change / self.close_price * 100 if self.close_price else _NIL


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    """A position of the day. `bought` and `sold` count what was carried over at its cost.

    Law: pnl = sold value - bought value + quantity x last price.
    """

    instrument: Instrument
    product: Product
    quantity: int
    overnight_quantity: int
    average_price: Decimal
    close_price: Decimal
    last_price: Decimal
    bought: Flow
    sold: Flow
    day_bought: Flow
    day_sold: Flow
    realised: Decimal
    unrealised: Decimal
    m2m: Decimal

    @property
    def pnl(self) -> Decimal:
        """Realised and unrealised profit, rupees; charges are apart."""
        paise = self.sold.paise - self.bought.paise
        return Decimal(paise) / 100 + self.quantity * self.last_price

    @property
    def value(self) -> Decimal:
        """Rupees received less rupees paid."""
        return Decimal(self.sold.paise - self.bought.paise) / 100


@dataclass(frozen=True, slots=True)
class Positions:
    """net: with what was carried over; day: what was traded today alone."""

    net: tuple[PositionRow, ...]
    day: tuple[PositionRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Funds:
    """Money of an account, paise.

    cash: in the ledger. available: free for new orders. premium: paid (below 0: received) for
    options held. delivery: shares bought for delivery today, at cost. holding_sales: received for
    shares sold today.
    """

    opening_paise: int
    cash_paise: int
    payin_paise: int
    available_paise: int
    equity_margin_paise: int
    span_paise: int
    exposure_paise: int
    hedged_paise: int
    reserved_paise: int
    loss_paise: int
    premium_paise: int
    delivery_paise: int
    holding_sales_paise: int
    realised_paise: int
    unrealised_paise: int
    charges_paise: int

    @property
    def utilised_paise(self) -> int:
        """All that is held back."""
        margins = self.equity_margin_paise + self.span_paise + self.exposure_paise
        return margins - self.hedged_paise + self.reserved_paise + self.loss_paise


@dataclass(frozen=True, slots=True)
class Views:
    """Makes the views of an account at the latest prices.

    settles_on: the day at whose end what was bought on a day is settled.
    """

    known: Callable[[str], Instrument]
    tick: Callable[[str], Tick | None]
    settles_on: Callable[[date], date]

    def holdings(self, account: Account, day: date) -> tuple[Holding, ...]:
        """Delivered shares that were there when the day began."""
        found = [
            self._holding(account, roll(position, day), day)
            for key, position in sorted(account.positions.items(), key=_by_name)
            if key.product in _HELD and roll(position, day).today.overnight_quantity > 0
        ]
        return tuple(found)

    def positions(self, account: Account, day: date) -> Positions:
        """What was traded today or carried over, delivered shares apart."""
        net: list[PositionRow] = []
        today: list[PositionRow] = []
        for key, one in sorted(account.positions.items(), key=_by_name):
            position = roll(one, day)
            carried = account.carried.get(key, Carried())
            if key.product in _HELD:
                carried = Carried()
            traded = position.today.bought.quantity + position.today.sold.quantity
            if traded or carried.quantity:
                net.append(self._row(position, carried))
            if traded:
                today.append(self._row(position, Carried()))
        return Positions(tuple(net), tuple(today))

    def funds(self, account: Account, held: Held, day: date) -> Funds:
        """Money of the account."""
        rows = self.positions(account, day).net
        shares = [row for row in rows if row.product in _HELD]
        options = [p for p in account.positions.values() if self._is_option(p) and p.is_open]
        return Funds(
            opening_paise=account.day_opening_paise,
            cash_paise=account.cash_paise,
            payin_paise=account.payin_paise,
            available_paise=account.cash_paise - held.total_paise,
            equity_margin_paise=held.blocked.equity_paise,
            span_paise=held.blocked.span_paise,
            exposure_paise=held.blocked.exposure_paise,
            hedged_paise=held.blocked.hedged_paise,
            reserved_paise=held.reserved_paise,
            loss_paise=held.loss_paise,
            premium_paise=sum(p.cost_paise for p in options),
            delivery_paise=sum(max(0, r.day_bought.paise - r.day_sold.paise) for r in shares),
            holding_sales_paise=sum(r.day_sold.paise for r in shares),
            realised_paise=sum(
                roll(p, day).today.realised_paise for p in account.positions.values()
            ),
            unrealised_paise=sum(
                unrealised(p, self._last(p.key.instrument))
                for p in account.positions.values()
                if p.key.product not in _HELD
            ),
            charges_paise=account.charges_today.total,
        )

    def _holding(self, account: Account, position: Position, day: date) -> Holding:
        name, today = position.key.instrument, position.today
        opening = today.overnight_quantity
        used = min(opening, max(0, today.sold.quantity - today.bought.quantity))
        old = [lot for lot in position.lots if lot.at.astimezone(IST).date() < day]
        recent = [lot for lot in old if self.settles_on(lot.at.astimezone(IST).date()) >= day]
        t1 = min(quantity_of(recent), opening - used)
        lots = old or position.lots
        tick = self.tick(name)
        last = tick.last_price if tick else _NIL
        settled = opening - used - t1
        return Holding(
            instrument=self.known(name),
            product=position.key.product,
            quantity=settled,
            t1_quantity=t1,
            opening_quantity=opening,
            used_quantity=used,
            authorised_quantity=min(account.authorised.get(name, settled), settled),
            average_price=average(cost_of(lots), quantity_of(lots)),
            last_price=last,
            close_price=(tick.close if tick else None) or last,
        )

    def _row(self, position: Position, carried: Carried) -> PositionRow:
        today, tick = position.today, self.tick(position.key.instrument)
        last = tick.last_price if tick else _NIL
        close = (tick.close if tick else None) or last
        bought, sold = today.bought, today.sold
        if carried.quantity > 0:
            bought = bought.plus(carried.quantity, Paise(carried.cost_paise))
        elif carried.quantity < 0:
            sold = sold.plus(-carried.quantity, Paise(-carried.cost_paise))
        quantity = bought.quantity - sold.quantity
        pnl = Decimal(sold.paise - bought.paise) / 100 + quantity * last
        side = bought if quantity > 0 else sold
        held_at = position.average_price if position.quantity == quantity else side.average_price
        open_pnl = (last - held_at) * quantity if quantity else _NIL
        overnight = Decimal(carried.cost_paise) / 100 - close * carried.quantity
        return PositionRow(
            instrument=self.known(position.key.instrument),
            product=position.key.product,
            quantity=quantity,
            overnight_quantity=carried.quantity,
            average_price=held_at if quantity else _NIL,
            close_price=close,
            last_price=last,
            bought=bought,
            sold=sold,
            day_bought=today.bought,
            day_sold=today.sold,
            realised=pnl - open_pnl,
            unrealised=open_pnl,
            m2m=pnl + overnight,
        )

    def _is_option(self, position: Position) -> bool:
        return self.known(position.key.instrument).is_option

    def _last(self, name: str) -> Decimal | None:
        tick = self.tick(name)
        return None if tick is None else tick.last_price


def _by_name(row: tuple[PositionKey, Position]) -> tuple[str, str]:
    return row[0].instrument, row[0].product
