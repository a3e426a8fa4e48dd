"""Charges that depend on a whole day of a scrip: delivery or intraday, and the depository's.

A fill is charged when it happens, as its product says. Whether shares are delivered is known only
from the day's other fills: the exchange settles the difference of what was bought and sold. So what
a day owes beside its fills is worked out anew after each of them, and the change is posted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from tradertape_core.kernel.money import Price
from tradertape_core.ledger.charges import (
    NO_CHARGES,
    Charges,
    Leg,
    charges_for,
    demat_of,
)
from tradertape_core.ledger.position import Flow, Today
from tradertape_core.ledger.statutory import Exchange
from tradertape_core.ledger.tariffs import ChargeSchedule, tariff_on

_NOTHING = Decimal(0)


def intraday_difference(
    delivery: ChargeSchedule, intraday: ChargeSchedule, today: Today, *, exchange: Exchange
) -> Charges:
    """Return what a delivery position's day costs more (below 0: less) as far as it is intraday.

    What was both bought and sold on the day is intraday, at the average price of each side; its
    brokerage is that of one order a side. Below 0 wherever delivery is the dearer one.
    """
    both = min(today.bought.quantity, today.sold.quantity)
    if not both or today.day is None or not delivery.tariffs:
        return NO_CHARGES
    legs = (Leg("BUY", _value(today.bought, both), 1), Leg("SELL", _value(today.sold, both), 1))
    total = NO_CHARGES
    for leg in legs:
        total = total + charges_for(intraday, today.day, [leg], exchange=exchange)
        total = total - charges_for(delivery, today.day, [leg], exchange=exchange)
    return total


def depository_due(
    delivery: ChargeSchedule, day: date, todays: Iterable[Today], *, is_netted: bool = True
) -> Charges:
    """Return the depository's charge for a scrip that leaves an account on `day`, once for all.

    todays: of each of the account's positions in the scrip. What a position also bought that day
    does not leave, unless the scrip is settled trade for trade (is_netted is false).
    """
    if not delivery.tariffs:
        return NO_CHARGES
    value = sum((_leaving(today, is_netted=is_netted) for today in todays), _NOTHING)
    return Charges(demat=demat_of(tariff_on(delivery.tariffs, day), value)) if value else NO_CHARGES


def _leaving(today: Today, *, is_netted: bool) -> Decimal:
    """The value in rupees of the shares that leave for a position."""
    quantity = today.sold.quantity - (today.bought.quantity if is_netted else 0)
    return _value(today.sold, quantity) if quantity > 0 else _NOTHING


def _value(flow: Flow, quantity: int) -> Price:
    """Rupees of so many units at the flow's average."""
    return Price(Decimal(flow.paise) * quantity / flow.quantity / 100)
