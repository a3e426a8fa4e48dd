"""Charges of orders that fill in parts: the parts always add up to the whole order's.

Brokerage and roundings are an order's, not a fill's, so a fill is charged the difference between
the order up to and with it and the order before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.kernel.money import Price, paise_from_rupees
from tradertape_core.ledger.charges import Charges, Leg, charges_for, schedule
from tradertape_core.ledger.statutory import SERVICE_TAX, Exchange, rate_on
from tradertape_core.ledger.tariffs import SCHEDULES, ChargeSchedule
from tradertape_core.market.instrument import InstrumentType
from tradertape_core.orders.order import Fill, Product

BROKERS = ("zerodha", "upstox", "groww", "none")

# A position the broker has to close itself: rupees an order before GST (zerodha.com/charges, 2026).
# The other brokers' fees could not be confirmed; none is assumed.
_SQUARE_OFF_FEE = {"zerodha": Decimal(50)}


def schedule_for(broker: str, product: Product, kind: InstrumentType) -> ChargeSchedule:
    """Return the charges of a product at a broker ("none": no charges).

    Margin funding is charged as delivery where the broker's own tariff is not known.
    Raises InvalidInput for an unknown broker, naming the known ones.
    """
    if broker not in BROKERS:
        raise InvalidInput(f"unknown broker {broker!r}; known: {', '.join(BROKERS)}")
    if broker == "none":
        return schedule("none")
    name = f"{broker}_{_segment(product, kind)}"
    return schedule(name if name in SCHEDULES else f"{broker}_equity_delivery")


def order_charges(terms: ChargeSchedule, fills: Sequence[Fill]) -> Charges:
    """Return what the fills of one order cost together, the depository's charge apart.

    Raises InvalidInput when the fills are of several orders.
    """
    if not fills:
        return Charges()
    first = fills[0]
    if any(fill.order_id != first.order_id for fill in fills):
        raise InvalidInput("charges are an order's: these fills are of several orders")
    value = sum((fill.price * fill.quantity for fill in fills), Decimal(0))
    leg = Leg(first.side.value, Price(value), 1)
    return charges_for(terms, _day(first), [leg], exchange=exchange_of(first.instrument))


def fill_charges(terms: ChargeSchedule, before: Sequence[Fill], fill: Fill) -> Charges:
    """Return what a fill adds to its order. before: the order's earlier fills."""
    whole = order_charges(terms, (*before, fill))
    return whole - order_charges(terms, before) if before else whole


def void_refund(terms: ChargeSchedule, fills: Sequence[Fill], voided: Fill) -> Charges:
    """Return the charges that an order saves when the exchange voids one of its trades.

    fills: the order's, the voided one among them.
    """
    rest = [fill for fill in fills if fill.trade_id != voided.trade_id]
    return order_charges(terms, fills) - order_charges(terms, rest)


def exchange_of(instrument: str) -> Exchange:
    """Return the exchange whose transaction charge an instrument's trades pay."""
    return "BSE" if instrument.partition(":")[0] in ("BSE", "BFO") else "NSE"


def square_off_charges(broker: str, day: date) -> Charges:
    """Return the broker's fee, with its tax, for an intraday position it had to close itself."""
    fee = _SQUARE_OFF_FEE.get(broker, Decimal(0))
    tax = fee * rate_on(SERVICE_TAX, day).buy
    return Charges(brokerage=paise_from_rupees(fee), gst=paise_from_rupees(tax))


def _segment(product: Product, kind: InstrumentType) -> str:
    if kind is InstrumentType.FUT:
        return "futures"
    if kind in (InstrumentType.CE, InstrumentType.PE):
        return "options"
    if product is Product.MIS:
        return "equity_intraday"
    return "equity_mtf" if product is Product.MTF else "equity_delivery"


def _day(fill: Fill) -> date:
    return fill.at.astimezone(IST).date()
