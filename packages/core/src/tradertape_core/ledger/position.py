"""Positions: what an account's run holds of an instrument with a product, a fold of its fills."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.kernel.frozen import changed, quickly_made
from tradertape_core.kernel.money import Paise, Price, notional
from tradertape_core.ledger.charges import NO_CHARGES, Charges
from tradertape_core.ledger.lots import Lot, add_trade, cost_of, mtm_of, quantity_of
from tradertape_core.orders.order import Fill, Product, Side

_STEP = Decimal("0.0001")  # an average is a quotient: kept to a hundredth of a paisa
_NOTHING = Paise(0)


@quickly_made
@dataclass(frozen=True, slots=True)
class PositionKey:
    """Whose position it is, of what, carried how. `instrument` is the id, `NSE:INFY`."""

    account: str
    run_id: str | None
    instrument: str
    product: Product


@quickly_made
@dataclass(frozen=True, slots=True)
class Flow:
    """What went one way: units and their value."""

    quantity: int = 0
    paise: Paise = _NOTHING

    @property
    def average_price(self) -> Decimal:
        """Rupees a unit, 0 without any."""
        return average(self.paise, self.quantity)

    def plus(self, quantity: int, value: Paise) -> Flow:
        """The flow with a further quantity and value in paise."""
        return Flow(self.quantity + quantity, Paise(self.paise + value))


@dataclass(frozen=True, kw_only=True)  # no slots: it is `changed` with every fill
class Today:
    """The part of a position that belongs to one trading day (IST); None before the first."""

    day: date | None = None
    overnight_quantity: int = 0
    bought: Flow = Flow()
    sold: Flow = Flow()
    realised_paise: Paise = _NOTHING
    charges: Charges = NO_CHARGES


@dataclass(frozen=True, kw_only=True)  # no slots: it is `changed` with every fill
class Position:
    """Open lots and totals. Law: quantity = bought - sold + adjusted by corporate actions.

    mtm_through: the last day of mark-to-market, or the last one that is no longer possible.
    """

    key: PositionKey
    lots: tuple[Lot, ...] = ()
    bought: Flow = Flow()
    sold: Flow = Flow()
    adjusted_quantity: int = 0
    realised_paise: Paise = _NOTHING
    charges: Charges = NO_CHARGES
    today: Today = field(default_factory=Today)
    actions: tuple[str, ...] = ()  # ids of the corporate actions it has been through
    mtm_through: date | None = None

    @property
    def quantity(self) -> int:
        """Units held, below 0 when short."""
        return quantity_of(self.lots)

    @property
    def cost_paise(self) -> Paise:
        """What the open units cost; below 0 (received) when short."""
        return cost_of(self.lots)

    @property
    def mtm_paise(self) -> Paise:
        """What daily mark-to-market has paid for the open units in cash, below 0 what it took."""
        return mtm_of(self.lots)

    @property
    def average_price(self) -> Decimal:
        """Rupees a unit of the open lots, 0 when flat."""
        return average(self.cost_paise, self.quantity)

    @property
    def is_open(self) -> bool:
        """Whether units are held."""
        return bool(self.lots)

    @property
    def side(self) -> Side | None:
        """The side it was entered by, None when flat."""
        if not self.lots:
            return None
        return Side.BUY if self.quantity > 0 else Side.SELL

    @property
    def settled_quantity(self) -> int:
        """Units that were there before today and are still: what a depository would debit."""
        return max(0, min(self.quantity, self.today.overnight_quantity))


def key_of(fill: Fill) -> PositionKey:
    """The position that a fill belongs to."""
    return PositionKey(fill.account, fill.run_id, fill.instrument, fill.product)


def average(amount: Paise, quantity: int) -> Decimal:
    """Rupees a unit to 0.0001, 0 where there is no unit."""
    if not quantity:
        return Decimal(0)
    return (Decimal(amount) / 100 / quantity).quantize(_STEP, ROUND_HALF_EVEN)


def fill_value(fill: Fill) -> Paise:
    """What a fill is worth in paise, rounded once."""
    return notional(Price(fill.price), fill.quantity)


def trading_day(fill: Fill) -> date:
    """The IST date of a fill."""
    return fill.at.astimezone(IST).date()


def apply_fill(position: Position, fill: Fill, charges: Charges = NO_CHARGES) -> Position:
    """Return the position after a fill and what it cost.

    Raises InvariantBroken when the fill is another position's or has no quantity or price.
    """
    if key_of(fill) != position.key:
        raise InvariantBroken(f"fill {fill.trade_id} is not of {position.key}")
    if fill.quantity <= 0 or not fill.price.is_finite() or fill.price <= 0:
        raise InvariantBroken(f"fill {fill.trade_id} has no quantity or no price")
    sign = 1 if fill.side is Side.BUY else -1
    value = fill_value(fill)
    trade = Lot(fill.trade_id, fill.at, sign * fill.quantity, Paise(sign * value))
    change = add_trade(position.lots, trade)
    position = roll(position, trading_day(fill))
    today = position.today
    buying = fill.side is Side.BUY
    return changed(
        position,
        lots=change.lots,
        bought=position.bought.plus(fill.quantity, value) if buying else position.bought,
        sold=position.sold if buying else position.sold.plus(fill.quantity, value),
        realised_paise=Paise(position.realised_paise + change.realised),
        charges=position.charges + charges,
        today=changed(
            today,
            bought=today.bought.plus(fill.quantity, value) if buying else today.bought,
            sold=today.sold if buying else today.sold.plus(fill.quantity, value),
            realised_paise=Paise(today.realised_paise + change.realised),
            charges=today.charges + charges,
        ),
    )


def roll(position: Position, day: date) -> Position:
    """Return the position at the start of `day`; as it is when that day has begun already."""
    if position.today.day is not None and position.today.day >= day:
        return position
    return replace(position, today=Today(day=day, overnight_quantity=position.quantity))


def joined(position: Position, other: Position) -> Position:
    """Return one position of two, under the first's key: a merger of what was held apart."""
    today, same_day = position.today, position.today.day == other.today.day
    return replace(
        position,
        lots=tuple(sorted(position.lots + other.lots, key=lambda lot: lot.at)),
        bought=position.bought.plus(other.bought.quantity, other.bought.paise),
        sold=position.sold.plus(other.sold.quantity, other.sold.paise),
        adjusted_quantity=position.adjusted_quantity + other.adjusted_quantity,
        realised_paise=Paise(position.realised_paise + other.realised_paise),
        charges=position.charges + other.charges,
        today=_joined_days(today, other.today) if same_day else today,
        actions=tuple(dict.fromkeys(position.actions + other.actions)),
        mtm_through=latest(position.mtm_through, other.mtm_through),
    )


def latest(*days: date | None) -> date | None:
    """The latest of days, None without any."""
    return max((day for day in days if day is not None), default=None)


def _joined_days(today: Today, other: Today) -> Today:
    return replace(
        today,
        overnight_quantity=today.overnight_quantity + other.overnight_quantity,
        bought=today.bought.plus(other.bought.quantity, other.bought.paise),
        sold=today.sold.plus(other.sold.quantity, other.sold.paise),
        realised_paise=Paise(today.realised_paise + other.realised_paise),
        charges=today.charges + other.charges,
    )


@dataclass(frozen=True, slots=True)
class Exit:
    """One order that closes a position: its key, side and units."""

    key: PositionKey
    side: Side
    quantity: int


def exits_of(positions: Iterable[Position], *, product: Product | None = None) -> tuple[Exit, ...]:
    """Return what closes these positions, of one product or of all; shorts are bought first.

    With `product=Product.MIS` it is the square-off at the end of the day.
    """
    open_ones = [p for p in positions if p.is_open and product in (None, p.key.product)]
    exits = [
        Exit(p.key, Side.SELL if p.quantity > 0 else Side.BUY, abs(p.quantity)) for p in open_ones
    ]
    return tuple(sorted(exits, key=lambda one: (one.side is Side.SELL, one.key.instrument)))
