"""A reckoned book in the form its pages are read from: small bodies whole, long lists by piece.

Reckoned, a book of 100,000 trades is some hundred thousand objects. Finished, it is a few
megabytes of bytes: any page is read from it without reckoning, and it crosses from the reckoning
process in one message.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec
import numpy as np

from tradertape_core.wealth.lots import Match
from tradertape_core.wealth.tax import TaxItem, TaxYear, years_of
from tradertape_core.wealth.tax_rates import financial_year
from tradertape_server.features.wealth import export, schemas, views
from tradertape_server.features.wealth.lines import Column, Lines, column, grouped, lines_of
from tradertape_server.features.wealth.quality import quality
from tradertape_server.features.wealth.reckoning import Progress, Reckoning, no_progress
from tradertape_server.features.wealth.settlements import settlements
from tradertape_server.features.wealth.trips import Trips, trips_of
from tradertape_server.platform.http.routing import Reply

SORTS = ("closed_on", "profit", "symbol", "days", "proceeds")
SHOWN = 50  # rows of a long list inside another body
SCALED_TAX = (
    "These figures are scaled by your agent. The yearly exemption and fixed charges are in rupees "
    "and cannot be: do not file by this report."
)
_FINISHED_BYTES = 4096  # of a book besides its content


class Pairs(msgspec.Struct, frozen=True):
    """Pairs of purchase and sale, oldest first. sorts: by name, a number to sort a row by."""

    rows: Lines
    year: Column
    sorts: dict[str, Column]

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        return self.rows.size + sum(len(one.content) for one in (self.year, *self.sorts.values()))

    def page(
        self, year: int | None, sort: str, *, is_descending: bool, limit: int, offset: int
    ) -> list[bytes]:
        """A page of a year's pairs, or of all; equal ones by day, in the same direction."""
        places = np.arange(self.rows.total)
        if year is not None:
            places = np.flatnonzero(self.year.values == year)
        if sort != "closed_on":
            places = places[np.argsort(self.sorts[sort].values[places], kind="stable")]
        if is_descending:
            places = places[::-1]
        return list(self.rows.at(places[offset : offset + limit].tolist()))


class Flows(msgspec.Struct, frozen=True):
    """Money put into shares and funds (below zero) and taken out of them, by day, in paise; at the
    end their worth: of what the rate of return is."""

    days: Column = Column("<i4", b"")
    paise: Column = Column("<i8", b"")


class FinishedBook(msgspec.Struct, frozen=True):
    """Bodies by name as JSON, and the long lists. A tax year's body is `tax/2024`, and the sums of
    what it realised `realised/2024`."""

    bodies: dict[str, bytes]
    years: list[int]
    pairs: Pairs
    exports: dict[str, Lines]  # rows of the tax export, by year
    lots: Lines  # by instrument
    contracts: Lines
    settlements: Lines
    expired: list[str]  # contracts that were held until they expired, settled or not
    unmatched: Lines
    dividends: Lines
    trips: Trips
    flows: Flows
    is_empty: bool
    factor_id: str | None = None

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        lists = (
            *self.exports.values(), self.lots, self.contracts, self.settlements, self.unmatched,
            self.dividends,
        )  # fmt: skip
        return (
            _FINISHED_BYTES
            + self.pairs.size
            + self.trips.size
            + sum(one.size for one in lists)
            + sum(len(body) for body in self.bodies.values())
        )


def finish(book: Reckoning, progress: Progress = no_progress) -> FinishedBook:
    """Make every page of a book."""
    matches, years = book.matches, years_of(book.matches)
    reports = {year: book.tax(year) for year in years}
    progress(70)
    holdings, lots = views.holdings(book)
    paid = views.dividends(book)
    bodies: dict[str, Reply] = {
        "summary": views.summary(book),
        "holdings": holdings.model_copy(
            update={
                "contracts": holdings.contracts[:SHOWN], "unmatched": holdings.unmatched[:SHOWN],
            }
        ),
        "networth": views.net_worth(book, schemas.MOST_POINTS),
        "reconciliation": views.reconciliation(book.cash),
        "dividends": paid.model_copy(update={"items": []}),
        "funds": schemas.FundsOut(funds=views.funds(book)),
        "tax/none": views.tax(book, None, years),
        "realised/all": views.realised(matches, years, None),
        "quality": quality(book),
    }  # fmt: skip
    by_year: dict[int, list[Match]] = defaultdict(list)
    for one in matches:
        by_year[financial_year(one.closed_on)].append(one)
    for year in years:
        bodies[f"realised/{year}"] = views.realised(by_year[year], years, year)
        bodies[f"tax/{year}"] = views.tax(book, reports[year], years)
        bodies[f"tax summary/{year}"] = schemas.SheetOut(rows=export.summary_texts(reports[year]))
    progress(80)
    return FinishedBook(
        bodies={name: as_json(_marked(body, book.factor_id)) for name, body in bodies.items()},
        years=years,
        pairs=_pairs(matches),
        exports={str(year): _export_rows(report) for year, report in reports.items()},
        lots=grouped({name: _all_json(ones) for name, ones in lots.items()}),
        contracts=lines_of(_all_json(holdings.contracts)),
        expired=sorted(
            {one.trade.symbol for one in book.settlements}
            | {one.symbol for one in holdings.contracts if one.is_expired}
        ),
        settlements=lines_of(_all_json(settlements(book))),
        unmatched=lines_of(_all_json(holdings.unmatched)),
        dividends=lines_of(_all_json(paid.items)),
        trips=trips_of(book),
        flows=_flows(book),
        is_empty=book.is_empty,
        factor_id=book.factor_id,
    )


def _marked(body: Reply, factor_id: str | None) -> Reply:
    """The body, saying so if its figures are scaled."""
    if factor_id is None or not isinstance(body, schemas.PageOut):
        return body
    marks: dict[str, object] = {"scaled": True, "factor_id": factor_id}
    if isinstance(body, schemas.TaxOut):
        marks["notes"] = [SCALED_TAX, *body.notes]
    return body.model_copy(update=marks)


def _flows(book: Reckoning) -> Flows:
    by_day: dict[int, Decimal] = defaultdict(Decimal)
    for day, amount in book.rated_flows:
        by_day[day.toordinal()] += amount
    days = sorted(by_day)
    paise = [int((by_day[day] * 100).to_integral_value()) for day in days]
    return Flows(column(days, "<i4"), column(paise, "<i8"))


def as_json(body: Reply) -> bytes:
    """A body in one line."""
    return body.model_dump_json().encode()


def year_key(year: int | None) -> str:
    """The name of a year in `bodies`."""
    return "all" if year is None else str(year)


def _all_json(bodies: Iterable[Reply]) -> list[bytes]:
    return [as_json(one) for one in bodies]


def _pairs(matches: Sequence[Match]) -> Pairs:
    symbols = {symbol: rank for rank, symbol in enumerate(sorted({one.symbol for one in matches}))}
    return Pairs(
        rows=lines_of(as_json(views.match_out(one)) for one in matches),
        year=column([financial_year(one.closed_on) for one in matches], "<i2"),
        sorts={
            "profit": column([float(one.profit) for one in matches], "<f8"),
            "symbol": column([symbols[one.symbol] for one in matches], "<i4"),
            "days": column([one.days for one in matches], "<i4"),
            "proceeds": column([float(one.proceeds) for one in matches], "<f8"),
        },
    )


def _export_rows(report: TaxYear) -> Lines:
    return lines_of(msgspec.json.encode(_texts(item)) for item in report.items)


def _texts(item: TaxItem) -> list[str]:
    return [f"{one:f}" if isinstance(one, Decimal) else str(one) for one in export.row(item)]
