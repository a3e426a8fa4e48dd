"""Use cases of wealth: the book of a person, kept until an upload or the market changes it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.wealth.tax import TaxYear, years_of
from tradertape_core.wealth.tax_rates import parse_year
from tradertape_server.features.wealth import export, schemas, views
from tradertape_server.features.wealth.ports import Records
from tradertape_server.features.wealth.prices import MarketPrices
from tradertape_server.features.wealth.reckoning import Reckoning, reckon
from tradertape_server.platform.errors import NotFound

# Books kept in memory at once; one of 100,000 trades is some 150 MB.
MOST_KEPT = 16
Version = tuple[int, str, date]


@dataclass(slots=True)
class _Kept:
    """One person's book. lock: it is reckoned by one request while others wait for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    version: Version | None = None
    book: Reckoning | None = None


class WealthService:
    """Reads what a person uploaded; never another's, as every book is kept by the person."""

    def __init__(self, records: Records, prices: MarketPrices, clock: Clock) -> None:
        self._records = records
        self._prices = prices
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, _Kept] = OrderedDict()

    def book(self, user_id: int) -> Reckoning:
        """A person's book of today, reckoned anew where its files or the market have changed."""
        with self._lock:
            kept = self._kept.setdefault(user_id, _Kept())
            self._kept.move_to_end(user_id)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        with kept.lock:
            today = self._clock.now().astimezone(IST).date()
            # Read before the records: an upload that ends meanwhile makes a newer version.
            version = (self._records.version(user_id), self._prices.version, today)
            if kept.book is None or kept.version != version:
                kept.book = reckon(self._records, user_id, self._prices, today)
                kept.version = version
            return kept.book

    def summary(self, user_id: int) -> schemas.WealthSummaryOut:
        """Net worth, profit and returns."""
        return views.summary(self.book(user_id))

    def holdings(self, user_id: int) -> schemas.WealthHoldingsOut:
        """Shares with their lots."""
        return views.holdings(self.book(user_id))

    def funds(self, user_id: int) -> list[schemas.FundOut]:
        """Mutual funds by folio."""
        return views.funds(self.book(user_id))

    def realised(
        self, user_id: int, fy: str | None, *, limit: int, offset: int
    ) -> schemas.RealisedOut:
        """What was realised in a year, or ever. Raises InvalidInput for another form of year."""
        book = self.book(user_id)
        year = None if fy is None else parse_year(fy)
        return views.realised(book.matches, years_of(book.matches), year, limit, offset)

    def tax(self, user_id: int, fy: str | None) -> schemas.TaxOut:
        """A year's report, by default the latest with a sale. Raises InvalidInput likewise."""
        book = self.book(user_id)
        years = years_of(book.matches)
        return views.tax(book, self._report(book, fy, years), years)

    def tax_file(self, user_id: int, fy: str, *, is_xlsx: bool) -> bytes:
        """A year's report as a file. Raises InvalidInput, NotFound for a year without a sale."""
        book = self.book(user_id)
        report = self._report(book, fy, years_of(book.matches))
        if report is None or not report.items:
            raise NotFound(f"A sale in {fy}")
        return export.as_xlsx(report) if is_xlsx else export.as_csv(report)

    def dividends(self, user_id: int) -> schemas.DividendsOut:
        """Dividends and payouts."""
        return views.dividends(self.book(user_id))

    def net_worth(self, user_id: int, limit: int) -> schemas.NetWorthOut:
        """Shares and funds over time."""
        return views.net_worth(self.book(user_id), limit)

    def reconciliation(self, user_id: int) -> schemas.CashReconciliationOut:
        """The ledgers beside the book."""
        return views.reconciliation(self.book(user_id).cash)

    def _report(self, book: Reckoning, fy: str | None, years: list[int]) -> TaxYear | None:
        if fy is not None:
            return book.tax(parse_year(fy))
        return book.tax(years[0]) if years else None
