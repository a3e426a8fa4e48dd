"""Taxes and exchange fees of a trade in India, by date, each row with its source.

Rates are fractions of turnover (of premium for options). A row holds from its date until the
next row's; dates before the first row use the first row. Rows marked "best known" could not be
re-read in a circular; everything from 2024-10-01 on could.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Segment = Literal["delivery", "intraday", "futures", "options"]
Exchange = Literal["NSE", "BSE"]


@dataclass(frozen=True, slots=True)
class SideRate:
    """A rate from a date on, for the buying and the selling side."""

    since: date
    buy: Decimal
    sell: Decimal
    source: str
    note: str = ""


def _both(since: date, rate: str, source: str, note: str = "") -> SideRate:
    return SideRate(since, Decimal(rate), Decimal(rate), source, note)


def _sell(since: date, rate: str, source: str, note: str = "") -> SideRate:
    return SideRate(since, Decimal(0), Decimal(rate), source, note)


def _buy(since: date, rate: str, source: str, note: str = "") -> SideRate:
    return SideRate(since, Decimal(rate), Decimal(0), source, note)


def _crore(since: date, rupees: str, source: str, note: str = "") -> SideRate:
    """A charge quoted in rupees per crore (10 million rupees) of turnover, both sides."""
    return _both(since, str(Decimal(rupees) / 10_000_000), source, note)


_BEST_KNOWN = "best known: brokers' published lists of the time, circular not re-read"
_FINANCE_ACT_2026 = "NSE/FATAX/73524, 2026-03-31"

# Securities transaction tax, Finance (No. 2) Act 2004 chapter VII as amended.
STT: dict[Segment, tuple[SideRate, ...]] = {
    "delivery": (_both(date(2012, 7, 1), "0.001", "Finance Act 2012; NSE/FATAX/73524"),),
    "intraday": (_sell(date(2006, 6, 1), "0.00025", "Finance Act 2006; NSE/FATAX/73524"),),
    "futures": (
        _sell(date(2013, 6, 1), "0.0001", "Finance Act 2013"),
        _sell(date(2023, 4, 1), "0.000125", "Finance Act 2023"),
        _sell(date(2024, 10, 1), "0.0002", "Finance (No. 2) Act 2024"),
        _sell(date(2026, 4, 1), "0.0005", _FINANCE_ACT_2026),
    ),
    "options": (
        _sell(date(2008, 6, 1), "0.00017", "Finance Act 2008"),
        _sell(date(2016, 6, 1), "0.0005", "Finance Act 2016"),
        _sell(date(2023, 4, 1), "0.000625", "Finance Act 2023"),
        _sell(date(2024, 10, 1), "0.001", "Finance (No. 2) Act 2024"),
        _sell(date(2026, 4, 1), "0.0015", _FINANCE_ACT_2026),
    ),
}

# An option that is exercised: on its intrinsic value, paid by the holder.
STT_EXERCISED: tuple[SideRate, ...] = (
    _buy(
        date(2008, 6, 1),
        "0.00125",
        "Finance Act 2008",
        "on the settlement value until 2019-08-31",
    ),
    _buy(date(2026, 4, 1), "0.0015", _FINANCE_ACT_2026),
)

_SLABS = "slabs by monthly turnover: the highest, which most brokers passed on"
_NSE_2021 = "NSE tariff from 2021-01-01: 6% more, for the protection fund"
_NSE_2023 = "NSE tariff from 2023-04-01: the 6% withdrawn, protection fund charged apart"
_NSE_2024 = "NSE tariff from 2024-04-01: 1% less"
_NSE_FLAT = "NSE tariff from 2024-10-01: one rate in place of slabs"
_NSE_2026 = "NSE/FA/73061, 2026-02-27"

# The exchange's transaction charge with the investor protection fund trust's share (IPFT) inside.
TRANSACTION: dict[tuple[Exchange, Segment], tuple[SideRate, ...]] = {
    ("NSE", "delivery"): (
        _crore(date(2010, 1, 1), "325", _BEST_KNOWN, _SLABS),
        _crore(date(2021, 1, 1), "345", _NSE_2021, _BEST_KNOWN),
        _crore(date(2023, 4, 1), "335", _NSE_2023, f"325 + 10; {_BEST_KNOWN}"),
        _crore(date(2024, 4, 1), "332", _NSE_2024, f"322 + 10; {_BEST_KNOWN}"),
        _crore(date(2024, 10, 1), "307", _NSE_FLAT, "297 + 10"),
        _crore(date(2026, 3, 1), "307", _NSE_2026, "306.99 + 0.01"),
    ),
    ("NSE", "futures"): (
        _crore(date(2010, 1, 1), "190", _BEST_KNOWN, _SLABS),
        _crore(date(2021, 1, 1), "200", _NSE_2021, _BEST_KNOWN),
        _crore(date(2023, 4, 1), "200", _NSE_2023, f"190 + 10; {_BEST_KNOWN}"),
        _crore(date(2024, 4, 1), "198", _NSE_2024, f"188 + 10; {_BEST_KNOWN}"),
        _crore(date(2024, 10, 1), "183", _NSE_FLAT, "173 + 10"),
        _crore(date(2026, 3, 1), "183", _NSE_2026, "182.99 + 0.01"),
    ),
    ("NSE", "options"): (
        _crore(date(2010, 1, 1), "5000", _BEST_KNOWN, _SLABS),
        _crore(date(2021, 1, 1), "5300", _NSE_2021, _BEST_KNOWN),
        _crore(date(2023, 4, 1), "5050", _NSE_2023, f"5000 + 50; {_BEST_KNOWN}"),
        _crore(date(2024, 4, 1), "5000", _NSE_2024, f"4950 + 50; {_BEST_KNOWN}"),
        _crore(date(2024, 10, 1), "3553", _NSE_FLAT, "3503 + 50"),
        _crore(date(2026, 3, 1), "3553", _NSE_2026, "3552 + 1"),
    ),
    ("BSE", "delivery"): (
        _crore(date(2010, 1, 1), "345", _BEST_KNOWN, "groups A and B"),
        _crore(date(2022, 12, 1), "375", "BSE tariff from 2022-12-01", "groups A and B"),
    ),
    ("BSE", "futures"): (_crore(date(2010, 1, 1), "0", "BSE tariff: index and stock futures nil"),),
    ("BSE", "options"): (
        _crore(date(2010, 1, 1), "500", _BEST_KNOWN, "0.005% of premium, offers apart"),
        _crore(date(2023, 11, 1), "3750", _BEST_KNOWN, "SENSEX and BANKEX, nearest expiry"),
        _crore(date(2024, 5, 13), "4950", _BEST_KNOWN, "SENSEX and BANKEX, highest slab"),
        _crore(date(2024, 10, 1), "3250", "BSE tariff from 2024-10-01", "SENSEX and BANKEX"),
    ),
}
TRANSACTION["NSE", "intraday"] = TRANSACTION["NSE", "delivery"]
TRANSACTION["BSE", "intraday"] = TRANSACTION["BSE", "delivery"]

SEBI_FEE: tuple[SideRate, ...] = (
    _crore(date(2010, 1, 1), "20", _BEST_KNOWN),
    _crore(date(2017, 4, 1), "15", "SEBI (Stock Brokers) amendment, 2017", _BEST_KNOWN),
    _crore(date(2019, 4, 1), "10", "SEBI board meeting of 2019-03-01", _BEST_KNOWN),
    _crore(date(2020, 6, 1), "5", "SEBI relief, 2020-06-01 to 2021-03-31", _BEST_KNOWN),
    _crore(date(2021, 4, 1), "10", "SEBI (Stock Brokers) regulations, schedule V"),
)

_ISA = "Indian Stamp Act, schedule I as amended by the Finance Act 2019, from 2020-07-01"
_STATES = "best known: states' own duties before 2020-07-01, Maharashtra's taken for everyone"

STAMP: dict[Segment, tuple[SideRate, ...]] = {
    "delivery": (
        _both(date(2010, 1, 1), "0.0001", _STATES),
        _buy(date(2020, 7, 1), "0.00015", _ISA),
    ),
    "intraday": (
        _both(date(2010, 1, 1), "0.00002", _STATES),
        _buy(date(2020, 7, 1), "0.00003", _ISA),
    ),
    "futures": (
        _both(date(2010, 1, 1), "0.00002", _STATES),
        _buy(date(2020, 7, 1), "0.00002", _ISA),
    ),
    "options": (
        _both(date(2010, 1, 1), "0.00002", _STATES),
        _buy(date(2020, 7, 1), "0.00003", _ISA),
    ),
}

# Service tax with its cesses, then GST: on the broker's and the exchange's services.
SERVICE_TAX: tuple[SideRate, ...] = (
    _both(date(2012, 4, 1), "0.1236", "Finance Act 2012: 12% and education cesses"),
    _both(date(2015, 6, 1), "0.14", "Notification 14/2015-ST"),
    _both(date(2015, 11, 15), "0.145", "Swachh Bharat cess, notification 21/2015-ST"),
    _both(date(2016, 6, 1), "0.15", "Krishi Kalyan cess, Finance Act 2016"),
    _both(date(2017, 7, 1), "0.18", "GST: Notification 11/2017-Central Tax (Rate), 9% + 9%"),
)


def rate_on(rows: Sequence[SideRate], day: date) -> SideRate:
    """Return the row in force on `day`; the first row where `day` is older than all."""
    for row in reversed(rows):  # they are in the order of time, and most trades are of today
        if row.since <= day:
            return row
    return rows[0]
