"""What an order costs if it fills whole: at its own price, else at what the market offers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from tradertape_core.execution.pricing import offers
from tradertape_core.ledger.billing import order_charges, schedule_for
from tradertape_core.ledger.charges import NO_CHARGES, Charges
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.checks import slices_of
from tradertape_core.orders.order import Fill, OrderRequest

_NO_SLIPPAGE = Decimal(0)


def estimate(
    request: OrderRequest,
    quantity: int,
    instrument: Instrument,
    price: Decimal,
    now: datetime,
    *,
    broker: str,
) -> Charges:
    """Return the charges of so many units of an order at a price, rupees; none without a price.

    Each slice of it is an order of its own to the broker. What depends on the day is apart.
    """
    if not price:
        return NO_CHARGES
    terms = schedule_for(broker, request.product, instrument.instrument_type)
    parts = _parts(request, quantity, instrument)
    costs = (order_charges(terms, [filled(request, part, price, now)]) for part in parts)
    return sum(costs, NO_CHARGES)


def market_price(request: OrderRequest, instrument: Instrument, tick: Tick | None) -> Decimal:
    """Return the order's limit, else the best offer, else the last price; 0 without any."""
    if request.price or tick is None:
        return request.price
    offered = offers(tick, request.side, instrument, _NO_SLIPPAGE)
    return offered[0].price if offered else tick.last_price


def filled(request: OrderRequest, quantity: int, price: Decimal, now: datetime) -> Fill:
    """Return the fill that so many units of an order would have, of no account."""
    return Fill(
        trade_id="estimate",
        order_id="estimate",
        account="",
        run_id=None,
        instrument=request.instrument,
        product=request.product,
        side=request.side,
        quantity=quantity,
        price=price,
        at=now,
    )


def _parts(request: OrderRequest, quantity: int, instrument: Instrument) -> tuple[int, ...]:
    freeze = instrument.freeze_quantity
    if freeze is None or quantity <= freeze or not request.autoslice:
        return (quantity,)
    return slices_of(quantity, freeze, instrument.lot_size)
