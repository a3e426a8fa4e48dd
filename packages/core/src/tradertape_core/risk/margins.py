"""Margin that an order needs and a position blocks; the approximations are in `docs/margins.md`.

Two figures are kept apart: what is *blocked* while a position is open, and the *cash* that leaves
when an order fills (delivery, option premium). An order needs what the first rises by and the
second takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.kernel.money import Paise, Price, notional
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.orders.order import Product
from tradertape_core.risk.pending import Pending, opening
from tradertape_core.risk.scan import Contract, ScanRange, closing_risk, worst_payout

_NOTHING = Paise(0)
_D = Decimal

INDICES = frozenset(
    {
        "NIFTY",
        "BANKNIFTY",
        "FINNIFTY",
        "MIDCPNIFTY",
        "NIFTYNXT50",
        "SENSEX",
        "BANKEX",
        "SENSEX50",
    }
)


_FIVE, _HALF = _D(5), _D("0.5")
_INDEX = ScanRange(_D("0.095"), _D("0.05"), _D("0.02"))
_STOCK = ScanRange(_D("0.17"), _D("0.10"), _D("0.035"))


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginRates:
    """How much is asked. Defaults are round figures near those of 2026; see `docs/margins.md`.

    mis_leverage: shares intraday at value / leverage; 5 is the most the exchanges' minimum margin
    of 20% allows. mtf_rate: own part of shares bought on funding. ranges: by underlying, where one
    differs from `index` and `stock`.
    """

    mis_leverage: Decimal = _FIVE
    mtf_rate: Decimal = _HALF
    index: ScanRange = _INDEX
    stock: ScanRange = _STOCK
    ranges: Mapping[str, ScanRange] = field(default_factory=dict[str, ScanRange])

    def __post_init__(self) -> None:
        if self.mis_leverage < 1 or not 0 < self.mtf_rate <= 1:
            raise InvalidInput("leverage is 1 or more, the margin for funding above 0 and up to 1")

    def range_of(self, underlying: str) -> ScanRange:
        """The price range that the margin of an underlying covers."""
        usual = self.index if underlying in INDICES else self.stock
        return self.ranges.get(underlying, usual)


DEFAULT_RATES = MarginRates()


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Units of an instrument held or ordered, below 0 when sold; price in rupees a unit.

    price: the limit of an order, else the last price. underlying_price: for options.
    """

    instrument: Instrument
    product: Product
    quantity: int
    price: Decimal
    underlying_price: Decimal | None = None

    @property
    def value_paise(self) -> Paise:
        """Value without a sign."""
        return notional(Price(self.price), abs(self.quantity))

    @property
    def is_sale(self) -> bool:
        """Whether units are sold: the quantity is negative."""
        return self.quantity < 0


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """What positions hold back, by kind. `hedged_paise`: what a bounded loss took off."""

    equity_paise: Paise = _NOTHING
    span_paise: Paise = _NOTHING
    exposure_paise: Paise = _NOTHING
    hedged_paise: Paise = _NOTHING

    @property
    def total_paise(self) -> Paise:
        """The sum of all margins less the benefit of hedges."""
        return Paise(self.equity_paise + self.span_paise + self.exposure_paise - self.hedged_paise)

    def __add__(self, other: Blocked) -> Blocked:
        return Blocked(
            equity_paise=Paise(self.equity_paise + other.equity_paise),
            span_paise=Paise(self.span_paise + other.span_paise),
            exposure_paise=Paise(self.exposure_paise + other.exposure_paise),
            hedged_paise=Paise(self.hedged_paise + other.hedged_paise),
        )


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What orders need. `total_paise` must be free before they are sent."""

    before: Blocked
    after: Blocked
    delivery_paise: Paise  # value of shares bought for delivery
    premium_paid_paise: Paise
    premium_received_paise: Paise

    @property
    def blocked_change_paise(self) -> Paise:
        """What is set aside (above 0) or freed by the positions after the orders."""
        return Paise(self.after.total_paise - self.before.total_paise)

    @property
    def cash_paise(self) -> Paise:
        """What leaves with the fills; below 0 when more premium comes in."""
        return Paise(self.delivery_paise + self.premium_paid_paise - self.premium_received_paise)

    @property
    def total_paise(self) -> Paise:
        """Cash and change of the blocked margin together; never below 0."""
        return Paise(max(0, self.blocked_change_paise + self.cash_paise))


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketMargin:
    """Orders one by one and together; hedges within the basket make final less than initial."""

    orders: tuple[Requirement, ...]
    together: Requirement

    @property
    def initial_paise(self) -> Paise:
        """Needed when every order is sent without knowing of the others."""
        return Paise(sum(one.total_paise for one in self.orders))

    @property
    def final_paise(self) -> Paise:
        """Needed once all are filled; never more than the orders need apart."""
        return min(self.together.total_paise, self.initial_paise)


def blocked(held: Iterable[Exposure], now: datetime, rates: MarginRates = DEFAULT_RATES) -> Blocked:
    """Return what positions hold back. Delivered shares and long options hold back nothing.

    now: aware; options are repriced a day later.
    """
    groups: dict[str, list[Exposure]] = {}
    equity = 0
    for one in netted(held):
        if one.instrument.is_derivative:
            groups.setdefault(one.instrument.underlying or one.instrument.name, []).append(one)
        else:
            equity += share_margin(one.product, one.value_paise, rates)
    total = Blocked(equity_paise=Paise(equity))
    for underlying, group in groups.items():
        total += _derivatives(group, rates.range_of(underlying), now)
    return total


def required(
    orders: Sequence[Exposure],
    held: Sequence[Exposure],
    now: datetime,
    rates: MarginRates = DEFAULT_RATES,
) -> Requirement:
    """Return what orders need together, on top of the positions of the account."""
    premium = [one for one in orders if one.instrument.is_option]
    bought = [one for one in orders if _is_delivery(one) and not one.is_sale]
    return Requirement(
        before=blocked(held, now, rates),
        after=blocked([*held, *orders], now, rates),
        delivery_paise=_value(bought),
        premium_paid_paise=_value(one for one in premium if not one.is_sale),
        premium_received_paise=_value(one for one in premium if one.is_sale),
    )


def basket_margin(
    orders: Sequence[Exposure],
    held: Sequence[Exposure],
    now: datetime,
    rates: MarginRates = DEFAULT_RATES,
) -> BasketMargin:
    """Return what the orders of a basket need one by one and together."""
    return BasketMargin(
        orders=tuple(required([one], held, now, rates) for one in orders),
        together=required(orders, held, now, rates),
    )


def share_margin(product: Product, value_paise: int, rates: MarginRates = DEFAULT_RATES) -> Paise:
    """Return what shares worth so much block: nothing for delivery, else a part of the value."""
    if product is Product.MTF:
        return _ceiling(_D(value_paise) * rates.mtf_rate)
    if product is Product.MIS:
        return _ceiling(_D(value_paise) / rates.mis_leverage)
    return _NOTHING


def share_reserve(
    product: Product,
    held: int,
    cost_paise: int,
    buys: Pending,
    sells: Pending,
    rates: MarginRates = DEFAULT_RATES,
) -> Paise:
    """Return what orders for a share need beyond what its position blocks, charges included.

    held: units, below 0 when short; cost_paise: theirs, without a sign. Orders that only close need
    nothing: what they free pays their charges. Shares bought for delivery are paid in full.
    """
    if product not in (Product.MIS, Product.MTF):
        return Paise(buys.value_paise + buys.charges_paise)
    blocked_now = share_margin(product, cost_paise, rates)
    bought, sold = opening(held, buys, sells)
    needs = [0]
    for entries, kept in ((bought, held > 0), (sold, held < 0)):
        value = entries.value_paise + (cost_paise if kept else 0)
        needs.append(share_margin(product, value, rates) + entries.charges_paise - blocked_now)
    return Paise(max(needs))


def derivative_reserve(
    orders: Sequence[Exposure],
    held: Sequence[Exposure],
    now: datetime,
    rates: MarginRates = DEFAULT_RATES,
) -> Paise:
    """Return the most that opening orders can need beyond what is held of their underlying, paise.

    Nobody knows which of them will fill. What loses as prices rise hedges what loses as they fall,
    and a bought option either, so none of them counts for another; and what is held hedges them
    all together, not each of them.
    """
    rising = [one for one in orders if _loses(one, as_prices_rise=True)]
    falling = [one for one in orders if _loses(one, as_prices_rise=False)]
    premium = _value(one for one in orders if one.instrument.is_option and not one.is_sale)
    needs = [
        required(found, held, now, rates).total_paise if found else 0
        for found in (rising, falling, [*rising, *falling] if rising and falling else [])
    ]
    return Paise(premium + max(needs[0] + needs[1], needs[2]))


def _loses(one: Exposure, *, as_prices_rise: bool) -> bool:
    kind = one.instrument.instrument_type
    if kind is InstrumentType.FUT:
        return one.is_sale is as_prices_rise
    return one.is_sale and (kind is InstrumentType.CE) is as_prices_rise


def netted(exposures: Iterable[Exposure]) -> tuple[Exposure, ...]:
    """Sum what is held and ordered of an instrument with a product, at its latest price.

    Derivatives of all products are one position: the exchange knows no products.
    """
    found: dict[tuple[str, Product | None], Exposure] = {}
    for one in exposures:
        key = one.instrument.id, None if one.instrument.is_derivative else one.product
        before = found.get(key)
        if before is None:
            found[key] = one
        else:
            found[key] = replace(one, quantity=before.quantity + one.quantity)
    return tuple(one for one in found.values() if one.quantity)


def _derivatives(group: Sequence[Exposure], range_: ScanRange, now: datetime) -> Blocked:
    contracts = [
        Contract(
            instrument=one.instrument,
            quantity=one.quantity,
            price=one.price,
            underlying_price=one.underlying_price,
        )
        for one in group
    ]
    owing = [one for one in contracts if not one.is_long_option]
    span = closing_risk(contracts, range_, now)
    value = sum((abs(one.quantity) * one.level for one in owing), _D(0))
    exposure = _ceiling(value * range_.exposure * 100)
    bound = worst_payout(contracts)
    hedged = 0 if bound is None else max(0, span + exposure - bound)
    return Blocked(span_paise=span, exposure_paise=exposure, hedged_paise=Paise(hedged))


def _is_delivery(one: Exposure) -> bool:
    return one.product is Product.CNC and not one.instrument.is_derivative


def _value(exposures: Iterable[Exposure]) -> Paise:
    return Paise(sum(one.value_paise for one in exposures))


def _ceiling(paise: Decimal) -> Paise:
    return Paise(int(paise.to_integral_value(ROUND_CEILING)))
