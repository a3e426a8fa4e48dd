"""Dated figures of the tax on listed shares and equity funds in India, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tradertape_core.kernel.errors import InvalidInput

FINANCIAL_YEAR_STARTS = 4  # April
NO_TAX = Decimal(0)


@dataclass(frozen=True, slots=True)
class GainRates:
    """Rates for what is sold on or after `since`, as fractions, surcharge and cess apart."""

    since: date
    short: Decimal
    long: Decimal
    source: str


# Income-tax Act 1961, sections 111A (short term) and 112A (long term), securities transaction
# tax paid; compared in November 2026 with a copy of the department's text (incometaxindia.gov.in,
# edition of 2025). Section 10(38) exempted the long term gain until 2018-03-31.
GAIN_RATES = (
    GainRates(
        date(2008, 4, 1), Decimal("0.15"), NO_TAX,
        "Finance Act 2008 (section 111A, 15%); section 10(38), Finance (No. 2) Act 2004",
    ),
    GainRates(
        date(2018, 4, 1), Decimal("0.15"), Decimal("0.10"),
        "Finance Act 2018 (section 112A, 10%)",
    ),
    GainRates(
        date(2024, 7, 23), Decimal("0.20"), Decimal("0.125"),
        "Finance (No. 2) Act 2024 (sections 111A, 20%, and 112A, 12.5%)",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exemption:
    """Long term gain of a year that is not taxed, from the financial year that starts in `year`."""

    year: int
    amount: Decimal
    source: str


# One limit over both rates of 2024-25: the proviso to section 112A(2)(i).
EXEMPTIONS = (
    Exemption(2018, Decimal(100_000), "Finance Act 2018, section 112A(2)"),
    Exemption(2024, Decimal(125_000), "Finance (No. 2) Act 2024, section 112A(2)"),
)


def rates_on(day: date) -> GainRates:
    """The rates for a sale on a day; the first row's before it."""
    return next((row for row in reversed(GAIN_RATES) if row.since <= day), GAIN_RATES[0])


def exemption_of(year: int) -> Decimal:
    """What the financial year that starts in `year` leaves untaxed of the long term gain."""
    return next((row.amount for row in reversed(EXEMPTIONS) if row.year <= year), NO_TAX)


def financial_year(day: date) -> int:
    """The calendar year in which a day's financial year (April to March) starts."""
    return day.year if day.month >= FINANCIAL_YEAR_STARTS else day.year - 1


def year_name(year: int) -> str:
    """As it is written: 2024 is "2024-25"."""
    return f"{year}-{(year + 1) % 100:02d}"


def parse_year(text: str) -> int:
    """Read "2024-25". Raises InvalidInput, saying the form, for anything else."""
    first = text[:4]
    if first.isascii() and first.isdigit() and int(first) > 0 and text == year_name(int(first)):
        return int(first)
    raise InvalidInput(f"a financial year is written 2024-25, not {text[:20]!r}")


def is_long_term(bought_on: date, sold_on: date) -> bool:
    """Whether a listed share was held for more than 12 months: section 2(42A)."""
    return sold_on > same_day_next_year(bought_on)


def same_day_next_year(day: date) -> date:
    """The last day of the 12 months from a purchase; of 29 February, 28 February."""
    return same_day_in_years(day, 1)


def same_day_in_years(day: date, years: int) -> date:
    """The same after some years."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
