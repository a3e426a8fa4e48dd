"""Dated figures of the tax on funds that are not equity funds in India, each with its source.

Units are taken as not listed on an exchange, which those of an account statement are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tradertape_core.wealth.funds import FundClass
from tradertape_core.wealth.tax_rates import financial_year, same_day_in_years


@dataclass(frozen=True, slots=True)
class FundRates:
    """For what is sold on or after `since`: a gain is long term after more than `years`.

    long: its rate, as a fraction, surcharge and cess apart. is_indexed: of the cost in the money of
    the year of the sale. A short term gain is at the person's slab.
    """

    since: date
    years: int
    long: Decimal
    is_indexed: bool
    source: str


# Until 2014-07-10 12 months, and a choice of two rates: not kept here.
FUND_RATES = (
    FundRates(
        date(2014, 7, 11), 3, Decimal("0.20"), is_indexed=True,
        source="Finance (No. 2) Act 2014 (section 2(42A), 36 months); section 112, 20%, section 48",
    ),
    FundRates(
        date(2024, 7, 23), 2, Decimal("0.125"), is_indexed=False,
        source="Finance (No. 2) Act 2024 (section 2(42A), 24 months; section 112, 12.5%)",
    ),
)  # fmt: skip

# Section 50AA, Finance Act 2023: the gain on a specified mutual fund that was bought from this day
# is short term however long it was held. Such a fund has at most 35% in shares of Indian companies;
# from 2025-26 (Finance (No. 2) Act 2024), more than 65% in debt and money market instruments.
SPECIFIED_FROM = date(2023, 4, 1)

# Cost inflation index, section 48, explanation (v): notification 44/2017 of 2017-06-05 for
# 2001-02 to 2017-18, later ones by year; 44/2024 of 2024-05-24 for 2024-25, the last one needed.
_FIRST_INDEXED = 2001
COST_INFLATION = (
    100, 105, 109, 113, 117, 122, 129, 137, 148, 167, 184, 200, 220, 240, 254, 264, 272, 280, 289,
    301, 317, 331, 348, 363,
)  # fmt: skip


def fund_rates_on(day: date) -> FundRates | None:
    """The rates for a sale on a day; None before the first that is kept."""
    return next((row for row in reversed(FUND_RATES) if row.since <= day), None)


def has_rate(fund: FundClass, sold_on: date) -> bool:
    """Whether it is known how the gain on a fund that was sold on a day is taxed."""
    if fund is FundClass.EQUITY:
        return True
    return fund in (FundClass.DEBT, FundClass.HYBRID) and fund_rates_on(sold_on) is not None


def is_specified(fund: FundClass, bought_on: date) -> bool:
    """Whether section 50AA makes the gain short term. Hybrid: a fund with 35 to 65% in shares."""
    return fund is FundClass.DEBT and bought_on >= SPECIFIED_FROM


def is_long_term_fund(bought_on: date, sold_on: date, rates: FundRates) -> bool:
    """Whether units were held long enough."""
    return sold_on > same_day_in_years(bought_on, rates.years)


def indexed(cost: Decimal, bought_on: date, sold_on: date) -> Decimal:
    """A cost in the money of the year of the sale."""
    return cost * _index_of(sold_on) / _index_of(bought_on)


def _index_of(day: date) -> int:
    place = max(financial_year(day) - _FIRST_INDEXED, 0)
    return COST_INFLATION[min(place, len(COST_INFLATION) - 1)]
