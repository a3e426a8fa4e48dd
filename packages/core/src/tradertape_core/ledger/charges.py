"""Charges of a trade to the paisa: brokerage, taxes and fees, from dated tables.

This is the exact form, in `Decimal`, for contract notes and previews; `charge_table` is the same
arithmetic on integers for the backtest's loop, and a property test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.kernel.money import Paise, Price, paise_from_rupees
from tradertape_core.ledger.statutory import (
    SEBI_FEE,
    SERVICE_TAX,
    STAMP,
    STT,
    STT_EXERCISED,
    TRANSACTION,
    Exchange,
    rate_on,
)
from tradertape_core.ledger.tariffs import SCHEDULES, ChargeSchedule, Tariff, tariff_on

_NIL = Decimal(0)
_NOTHING = Paise(0)
COMPONENTS = ("brokerage", "stt", "transaction", "sebi", "stamp", "gst", "demat")


@quickly_made
@dataclass(frozen=True, slots=True)
class Leg:
    """One executed order: a side, its average price and quantity."""

    side: Literal["BUY", "SELL"]
    price: Price
    quantity: int

    @property
    def value(self) -> Decimal:
        """Turnover in rupees."""
        return self.price * self.quantity


@quickly_made
@dataclass(frozen=True, slots=True)
class Charges:
    """What legs cost, each component rounded half up to the paisa."""

    brokerage: Paise = _NOTHING
    stt: Paise = _NOTHING
    transaction: Paise = _NOTHING  # the exchange's charge and the protection fund's share
    sebi: Paise = _NOTHING
    stamp: Paise = _NOTHING
    gst: Paise = _NOTHING
    demat: Paise = _NOTHING

    @property
    def total(self) -> Paise:
        """The sum of all charges in paise."""
        return Paise(
            self.brokerage
            + self.stt
            + self.transaction
            + self.sebi
            + self.stamp
            + self.gst
            + self.demat
        )

    @property
    def taxes(self) -> Paise:
        """All charges but the broker's: taxes, duties, exchange and depository fees."""
        return Paise(self.total - self.brokerage)

    def __add__(self, other: Charges) -> Charges:
        return Charges(
            Paise(self.brokerage + other.brokerage),
            Paise(self.stt + other.stt),
            Paise(self.transaction + other.transaction),
            Paise(self.sebi + other.sebi),
            Paise(self.stamp + other.stamp),
            Paise(self.gst + other.gst),
            Paise(self.demat + other.demat),
        )

    def __sub__(self, other: Charges) -> Charges:
        return Charges(
            Paise(self.brokerage - other.brokerage),
            Paise(self.stt - other.stt),
            Paise(self.transaction - other.transaction),
            Paise(self.sebi - other.sebi),
            Paise(self.stamp - other.stamp),
            Paise(self.gst - other.gst),
            Paise(self.demat - other.demat),
        )

    @property
    def note_total(self) -> Paise:
        """As the contract note has it: transaction tax and stamp duty in whole rupees."""
        return Paise(self.total - self.stt - self.stamp + _rupee(self.stt) + _rupee(self.stamp))


NO_CHARGES = Charges()


def schedule(name: str) -> ChargeSchedule:
    """Return the schedule called `name`. Raises InvalidInput naming the known ones."""
    try:
        return SCHEDULES[name]
    except KeyError:
        known = ", ".join(sorted(SCHEDULES))
        raise InvalidInput(f"unknown charge schedule {name!r}; known: {known}") from None


def charges_for(
    schedule: ChargeSchedule,
    day: date,
    legs: Sequence[Leg],
    *,
    exchange: Exchange = "NSE",
    demat_debits: Sequence[Decimal] = (),
) -> Charges:
    """Return what `legs`, executed on `day`, cost together.

    Each component is summed unrounded over the legs, then rounded half up to the paisa; brokerage
    is rounded an order. demat_debits: value in rupees of each scrip delivered out that day.
    """
    if not schedule.tariffs:
        return Charges()
    tariff = tariff_on(schedule.tariffs, day)
    segment = schedule.segment
    bought = sum((leg.value for leg in legs if leg.side == "BUY"), _NIL)
    sold = sum((leg.value for leg in legs if leg.side == "SELL"), _NIL)
    stt = rate_on(STT[segment], day)
    stamp = rate_on(STAMP[segment], day)
    transaction = (bought + sold) * rate_on(TRANSACTION[exchange, segment], day).buy
    sebi = (bought + sold) * rate_on(SEBI_FEE, day).buy
    brokerage = sum((brokerage_of(tariff, leg.value) for leg in legs), _NIL)
    taxed = brokerage + transaction + (sebi if tariff.gst_on_sebi_fee else _NIL)
    return Charges(
        brokerage=paise_from_rupees(brokerage),
        stt=paise_from_rupees(bought * stt.buy + sold * stt.sell),
        transaction=paise_from_rupees(transaction),
        sebi=paise_from_rupees(sebi),
        stamp=paise_from_rupees(bought * stamp.buy + sold * stamp.sell),
        gst=paise_from_rupees(taxed * rate_on(SERVICE_TAX, day).buy),
        demat=Paise(sum(demat_of(tariff, value) for value in demat_debits)),
    )


def brokerage_of(tariff: Tariff, value: Decimal) -> Decimal:
    """Return the brokerage of one order in rupees, rounded half up to the paisa."""
    amount = tariff.rate * value
    if tariff.cap:
        amount = min(amount, tariff.cap)
    amount = max(amount, tariff.minimum) + tariff.fixed
    if tariff.ceiling:
        amount = min(amount, tariff.ceiling * value)
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def demat_of(tariff: Tariff, value: Decimal) -> Paise:
    """Return the depository charge for one scrip of `value` rupees leaving the account."""
    small = value < tariff.demat_small_below
    return paise_from_rupees(tariff.demat_small if small else tariff.demat)


def exercise_tax(day: date, intrinsic: Decimal) -> Paise:
    """Return the transaction tax on an exercised option, paid by its holder."""
    return paise_from_rupees(intrinsic * rate_on(STT_EXERCISED, day).buy)


def _rupee(amount: Paise) -> Paise:
    return Paise((amount + 50) // 100 * 100)
