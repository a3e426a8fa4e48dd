"""The same charges as `charges`, as integers a compiled loop can read: one row of rates a date.

`fill_charges` and the functions beside it run three ways from one source: uncompiled, compiled
by numba, and (by the property test) against the Decimal form. They use integers alone, so the
three cannot differ by a rounding.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradertape_core.kernel.money import paise_from_rupees
from tradertape_core.ledger.charges import schedule
from tradertape_core.ledger.statutory import (
    SEBI_FEE,
    SERVICE_TAX,
    STAMP,
    STT,
    TRANSACTION,
    Segment,
    rate_on,
)
from tradertape_core.ledger.tariffs import SCHEDULES, Tariff, tariff_on

RATE_UNIT = 1_000_000_000  # rates are integers in billionths
TAX_UNIT = 10_000  # the service tax is an integer in hundredths of a percent

# Columns of ChargeTable.rates: billionths, paise, or hundredths of a percent (TAX).
STT_BUY, STT_SELL, TRANSACTION_RATE, SEBI_RATE, STAMP_BUY, STAMP_SELL, TAX, TAX_ON_SEBI = range(8)
FIXED, RATE, CAP, MINIMUM, CEILING, DEMAT, DEMAT_SMALL, DEMAT_SMALL_BELOW = range(8, 16)
COLUMNS = 16
BUYING, SELLING = False, True


class ChargeTable(NamedTuple):
    """Rates by panel row: (T, COLUMNS) integers, and the two figures that size an entry.

    intraday: those of shares bought and sold on one day; the same where they are no others.
    """

    rates: NDArray[np.int64]
    proportion: NDArray[np.float64]  # (T,) all that grows with the value of a purchase
    fee: NDArray[np.float64]  # (T,) paise of a purchase that do not
    intraday: NDArray[np.int64]  # (T, COLUMNS)


def table_for(name: str, dates: NDArray[np.datetime64]) -> ChargeTable:
    """Return the rates of the schedule `name` on each of `dates` (T,).

    Raises InvalidInput for an unknown schedule.
    """
    return _with_sizing(_rates(name, dates), _rates(intraday_of(name), dates))


def intraday_of(name: str) -> str:
    """Return the same broker's schedule of intraday trades; `name` itself where there is none."""
    found = name.removesuffix("_delivery") + "_intraday"
    return found if name.endswith("_delivery") and found in SCHEDULES else name


def flat_table(bps: float, per_order: float, length: int) -> ChargeTable:
    """Return a table of one proportion (basis points) and one fee (rupees) for both sides."""
    row = np.zeros(COLUMNS, dtype=np.int64)
    row[RATE] = round(bps * RATE_UNIT / 10_000)
    row[FIXED] = paise_from_rupees(per_order)
    rates = np.broadcast_to(row, (length, COLUMNS)).copy()
    return _with_sizing(rates, rates)


# --- the arithmetic of the loop: integers only, no objects ----------------------------------------


def fill_charges(rates: NDArray[np.int64], row: int, selling: bool, turnover: int) -> int:
    """Return the charges in paise of one order of `turnover` paise, the depository's apart."""
    brokerage = order_brokerage(rates, row, turnover)
    if selling:
        duties = part(turnover, rates[row, STT_SELL]) + part(turnover, rates[row, STAMP_SELL])
    else:
        duties = part(turnover, rates[row, STT_BUY]) + part(turnover, rates[row, STAMP_BUY])
    transaction = rates[row, TRANSACTION_RATE]
    sebi = rates[row, SEBI_RATE]
    taxed = transaction + sebi * rates[row, TAX_ON_SEBI]
    return (
        brokerage
        + duties
        + part(turnover, transaction)
        + part(turnover, sebi)
        + service_tax(brokerage, turnover, taxed, rates[row, TAX])
    )


def day_trade_difference(
    rates: NDArray[np.int64], intraday: NDArray[np.int64], row: int, bought: int, sold: int
) -> int:
    """Return what a purchase and a sale of one day, both in paise, cost more as intraday trades
    than each by itself; below 0: less."""
    apart = fill_charges(rates, row, BUYING, bought) + fill_charges(rates, row, SELLING, sold)
    together = fill_charges(intraday, row, BUYING, bought)
    return together + fill_charges(intraday, row, SELLING, sold) - apart


def demat_charge(rates: NDArray[np.int64], row: int, turnover: int) -> int:
    """Return the depository's charge in paise for one scrip sold for `turnover` paise."""
    if turnover < rates[row, DEMAT_SMALL_BELOW]:
        return rates[row, DEMAT_SMALL]
    return rates[row, DEMAT]


def part(turnover: int, rate: int) -> int:
    """Return turnover x rate billionths, rounded half up; split so that it cannot overflow."""
    whole = turnover // RATE_UNIT * rate
    return whole + (turnover % RATE_UNIT * rate + RATE_UNIT // 2) // RATE_UNIT


def order_brokerage(rates: NDArray[np.int64], row: int, turnover: int) -> int:
    """Return the brokerage of one order in paise, rounded half up."""
    amount = part(turnover, rates[row, RATE])
    if rates[row, CAP] > 0:
        amount = min(amount, rates[row, CAP])
    amount = max(amount, rates[row, MINIMUM]) + rates[row, FIXED]
    if rates[row, CEILING] > 0:
        amount = min(amount, part(turnover, rates[row, CEILING]))
    return amount


def service_tax(brokerage: int, turnover: int, rate: int, tax: int) -> int:
    """Return tax hundredths of a percent of (brokerage + turnover x rate), rounded half up once.

    The base is kept as whole paise and billionths, so that nothing is rounded before the end.
    """
    billionths = turnover % RATE_UNIT * rate
    whole = brokerage + turnover // RATE_UNIT * rate + billionths // RATE_UNIT
    scaled = whole * tax
    rest = scaled % TAX_UNIT * RATE_UNIT + billionths % RATE_UNIT * tax
    unit = TAX_UNIT * RATE_UNIT
    return scaled // TAX_UNIT + (rest + unit // 2) // unit


# --- building the rows ----------------------------------------------------------------------------


def _rates(name: str, dates: NDArray[np.datetime64]) -> NDArray[np.int64]:
    since, rows = _change_rows(name)
    place = np.searchsorted(since, dates.astype("datetime64[D]"), side="right") - 1
    return rows[np.maximum(place, 0)]


@lru_cache(maxsize=32)
def _change_rows(name: str) -> tuple[NDArray[np.datetime64], NDArray[np.int64]]:
    """The dates on which anything in the schedule changes, and the rates from each on."""
    terms = schedule(name)
    if not terms.tariffs:
        nothing = np.zeros((1, COLUMNS), dtype=np.int64)
        return np.array(["1900-01-01"], dtype="datetime64[D]"), nothing
    tables = (
        STT[terms.segment],
        TRANSACTION["NSE", terms.segment],
        SEBI_FEE,
        STAMP[terms.segment],
        SERVICE_TAX,
    )
    days = {row.since for table in tables for row in table}
    days |= {tariff.since for tariff in terms.tariffs}
    ordered = [date(1900, 1, 1), *sorted(days)]
    rows = [_row(terms.segment, tariff_on(terms.tariffs, day), day) for day in ordered]
    return np.array(ordered, dtype="datetime64[D]"), np.array(rows, dtype=np.int64)


def _row(segment: Segment, tariff: Tariff, day: date) -> list[int]:
    stt = rate_on(STT[segment], day)
    stamp = rate_on(STAMP[segment], day)
    return [
        _billionths(stt.buy),
        _billionths(stt.sell),
        _billionths(rate_on(TRANSACTION["NSE", segment], day).buy),
        _billionths(rate_on(SEBI_FEE, day).buy),
        _billionths(stamp.buy),
        _billionths(stamp.sell),
        int(rate_on(SERVICE_TAX, day).buy * TAX_UNIT),
        int(tariff.gst_on_sebi_fee),
        paise_from_rupees(tariff.fixed),
        _billionths(tariff.rate),
        paise_from_rupees(tariff.cap),
        paise_from_rupees(tariff.minimum),
        _billionths(tariff.ceiling),
        paise_from_rupees(tariff.demat),
        paise_from_rupees(tariff.demat_small),
        paise_from_rupees(tariff.demat_small_below),
    ]


def _billionths(rate: Decimal) -> int:
    return int(rate * RATE_UNIT)


def _with_sizing(rates: NDArray[np.int64], intraday: NDArray[np.int64]) -> ChargeTable:
    """Add what a purchase costs in proportion and, at most, apart from it."""
    tax = rates[:, TAX] / TAX_UNIT
    services = rates[:, TRANSACTION_RATE] + rates[:, SEBI_RATE] * rates[:, TAX_ON_SEBI]
    uncapped = np.where(rates[:, CAP] > 0, 0, rates[:, RATE])
    proportion = (
        rates[:, STT_BUY]
        + rates[:, STAMP_BUY]
        + rates[:, TRANSACTION_RATE]
        + rates[:, SEBI_RATE]
        + uncapped
        + tax * (services + uncapped)
    ) / RATE_UNIT
    fee = (rates[:, FIXED] + rates[:, CAP]) * (1.0 + tax)
    return ChargeTable(rates, proportion, fee, intraday)
