"""Profit and loss of positions at the market: per leg and in all, exact in paise.

gross = realised + unrealised; net = gross - charges; charges = brokerage + taxes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.money import Paise, Price, notional
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.ledger.charges import Charges
from tradertape_core.ledger.marks import STALE_AFTER, Mark, is_option, mark_of
from tradertape_core.ledger.position import Position, roll
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import Product

_NOTHING = Paise(0)


class LegSide(StrEnum):
    """The direction of a leg."""

    LONG = "LONG"
    SHORT = "SHORT"
    FLAT = "FLAT"


@dataclass(frozen=True, slots=True)
class Amounts:
    """Figures of a leg or of a run, paise."""

    realised_paise: Paise = _NOTHING
    unrealised_paise: Paise = _NOTHING
    brokerage_paise: Paise = _NOTHING
    taxes_paise: Paise = _NOTHING

    @property
    def gross_paise(self) -> Paise:
        """Realised and unrealised profit before charges."""
        return Paise(self.realised_paise + self.unrealised_paise)

    @property
    def charges_paise(self) -> Paise:
        """Brokerage and taxes."""
        return Paise(self.brokerage_paise + self.taxes_paise)

    @property
    def net_paise(self) -> Paise:
        """Profit after charges."""
        return Paise(self.gross_paise - self.charges_paise)

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(
            Paise(self.realised_paise + other.realised_paise),
            Paise(self.unrealised_paise + other.unrealised_paise),
            Paise(self.brokerage_paise + other.brokerage_paise),
            Paise(self.taxes_paise + other.taxes_paise),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlLeg:
    """One position at the market. Without a mark `last_price` is None and unrealised is 0."""

    instrument: str
    instrument_token: int | None
    product: Product
    quantity: int
    side: LegSide
    average_price: Decimal
    last_price: Decimal | None
    marked_at: datetime | None
    amounts: Amounts
    exposure_paise: Paise  # value of the open units at the mark, without a sign
    is_stale: bool

    @property
    def exchange(self) -> str:
        """The exchange part of `EXCHANGE:SYMBOL`."""
        return self.instrument.partition(":")[0]

    @property
    def tradingsymbol(self) -> str:
        """The symbol part of `EXCHANGE:SYMBOL`."""
        return self.instrument.partition(":")[2]

    @property
    def is_marked_to_market(self) -> bool:
        """Whether its cash moves by profit alone: intraday and funded shares, futures."""
        if is_option(self.instrument):
            return False
        return self.product is not Product.CNC


@dataclass(frozen=True, slots=True, kw_only=True)
class Pnl:
    """A run at the market. `marked_at` is the oldest mark of an open leg."""

    totals: Amounts
    legs: tuple[PnlLeg, ...]
    is_stale: bool
    marked_at: datetime | None
    is_dry_run: bool = False

    @property
    def position_count(self) -> int:
        """Legs that are open."""
        return sum(1 for leg in self.legs if leg.quantity)

    @property
    def is_realtime(self) -> bool:
        """Whether the prices are live; never for a dry run."""
        return not self.is_dry_run and not self.is_stale

    @property
    def gross_exposure_paise(self) -> Paise:
        """The sum of the legs' exposures, long and short alike."""
        return Paise(sum(leg.exposure_paise for leg in self.legs))


def pnl_of(
    positions: Iterable[Position],
    ticks: Mapping[str, Tick],
    now: datetime,
    *,
    is_dry_run: bool = False,
    within: timedelta = STALE_AFTER,
    today_only: bool = False,
) -> Pnl:
    """Return the profit and loss of positions marked at the last ticks, by instrument id.

    A dry run has no positions: zero totals and no legs. An open leg without a fresh, plausible
    tick keeps its last usable mark and makes the run stale. today_only: realised profit and
    charges of the day of `now` alone (unrealised is always against cost).
    """
    if is_dry_run:
        return Pnl(totals=Amounts(), legs=(), is_stale=False, marked_at=None, is_dry_run=True)
    ordered = sorted(positions, key=lambda p: (p.key.instrument, p.key.product))
    legs = tuple(_leg(one, ticks, now, within, today_only=today_only) for one in ordered)
    open_marks = [leg.marked_at for leg in legs if leg.quantity and leg.marked_at is not None]
    return Pnl(
        totals=sum((leg.amounts for leg in legs), Amounts()),
        legs=legs,
        is_stale=any(leg.is_stale for leg in legs),
        marked_at=min(open_marks, default=None),
    )


def unrealised(position: Position, price: Decimal | None) -> Paise:
    """Return value at `price` less cost in paise; 0 when flat or without a price."""
    if price is None or not position.is_open:
        return _NOTHING
    return Paise(notional(Price(price), position.quantity) - position.cost_paise)


def _leg(
    position: Position,
    ticks: Mapping[str, Tick],
    now: datetime,
    within: timedelta,
    *,
    today_only: bool,
) -> PnlLeg:
    key, quantity = position.key, position.quantity
    mark, tick = mark_of(ticks, key.instrument, now, within=within), ticks.get(key.instrument)
    day = now.astimezone(IST).date()
    source = roll(position, day).today if today_only else position
    return PnlLeg(
        instrument=key.instrument,
        instrument_token=tick.instrument_token if tick else None,
        product=key.product,
        quantity=quantity,
        side=LegSide.LONG if quantity > 0 else LegSide.SHORT if quantity else LegSide.FLAT,
        average_price=position.average_price,
        last_price=mark.price,
        marked_at=mark.at,
        amounts=_amounts(source.realised_paise, unrealised(position, mark.price), source.charges),
        exposure_paise=_exposure(position, mark),
        is_stale=position.is_open and mark.is_stale,
    )


def _amounts(realised: Paise, unrealised_paise: Paise, charges: Charges) -> Amounts:
    return Amounts(realised, unrealised_paise, charges.brokerage, charges.taxes)


def _exposure(position: Position, mark: Mark) -> Paise:
    if mark.price is None:
        return Paise(abs(position.cost_paise))
    return notional(Price(mark.price), abs(position.quantity))
