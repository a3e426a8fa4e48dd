"""Use cases of wealth: pages of a person's book."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import TypeVar

import msgspec
import numpy as np

from tradertape_core.wealth.funds import FundClass
from tradertape_core.wealth.tax_rates import parse_year
from tradertape_server.features.wealth import export, schemas
from tradertape_server.features.wealth.books import Books
from tradertape_server.features.wealth.finished import FinishedBook, year_key
from tradertape_server.features.wealth.lines import Lines
from tradertape_server.features.wealth.settlements import SettlementIn, SettlementOut
from tradertape_server.features.wealth.trips import Trips
from tradertape_server.platform.errors import NotFound, TooMany
from tradertape_server.platform.http.routing import Reply

Body = TypeVar("Body", bound=Reply)
_EXPORTS_AT_ONCE = 2
_YIELD_EVERY = 8  # pairs of an export, some 2 ms
_texts = msgspec.json.Decoder(list[str]).decode


class WealthService:
    """Reads what a person uploaded; never another's, as every book is kept by the person."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self._exports = threading.BoundedSemaphore(_EXPORTS_AT_ONCE)

    def close(self) -> None:
        """End what is being reckoned."""
        self.books.stop()

    def refresh(self, user_id: int) -> None:
        """A person's files have changed."""
        self.books.refresh(user_id)

    def status(self, user_id: int) -> schemas.BookStatusOut:
        """Whether the book is of now, and how far its reckoning is."""
        found = self.books.find(user_id)
        kept, waiting = found.kept, found.waiting
        state: schemas.BookState = "ready"
        if waiting is not None:
            state = "failed" if waiting.error else ("reckoning" if kept is None else "old")
        return schemas.BookStatusOut(
            state=state,
            percent=None if waiting is None or waiting.error else waiting.percent or 0,
            reckoned_at=None if kept is None else kept.at,
            detail=waiting.error if waiting is not None else "",
            size_bytes=0 if kept is None else kept.book.size,
            is_empty=kept is not None and kept.book.is_empty,
            factor_id=None if kept is None else kept.book.factor_id,
        )

    def summary(self, user_id: int) -> schemas.WealthSummaryOut:
        """Net worth, profit and returns."""
        return _body(self.books.get(user_id), "summary", schemas.WealthSummaryOut)

    def holdings(self, user_id: int) -> schemas.WealthHoldingsOut:
        """Shares with the first of their lots."""
        return _body(self.books.get(user_id), "holdings", schemas.WealthHoldingsOut)

    def lots(
        self, user_id: int, instrument: str, limit: int, offset: int
    ) -> tuple[int, list[schemas.LotOut]]:
        """How many lots of a share there are, and a page of them. Raises NotFound without one."""
        lots = self.books.get(user_id).lots
        if not lots.count(instrument):
            raise NotFound("Holding")
        rows = lots.page(limit, offset, instrument)
        return lots.count(instrument), _all(rows, schemas.LotOut)

    def contracts(
        self, user_id: int, limit: int, offset: int
    ) -> tuple[int, list[schemas.OpenContractOut]]:
        """How many open contracts there are, and a page of them."""
        return _page(self.books.get(user_id).contracts, schemas.OpenContractOut, limit, offset)

    def settlements(self, user_id: int, limit: int, offset: int) -> tuple[int, list[SettlementOut]]:
        """How many contracts were held until they expired, and a page of them."""
        return _page(self.books.get(user_id).settlements, SettlementOut, limit, offset)

    def set_settlement(self, user_id: int, wanted: SettlementIn) -> None:
        """State what one of a person's contracts was worth. Raises NotFound unless it expired."""
        if wanted.symbol not in self.books.get(user_id).expired:
            raise NotFound("Expired contract")
        self.books.records.set_settlement_price(user_id, wanted.symbol, wanted.price)
        self.books.refresh(user_id)

    def unmatched(
        self, user_id: int, limit: int, offset: int
    ) -> tuple[int, list[schemas.UnmatchedOut]]:
        """How many sales without a purchase there are, and a page of them."""
        return _page(self.books.get(user_id).unmatched, schemas.UnmatchedOut, limit, offset)

    def funds(self, user_id: int) -> list[schemas.FundOut]:
        """Mutual funds by folio."""
        return _body(self.books.get(user_id), "funds", schemas.FundsOut).funds

    def set_fund_class(self, user_id: int, wanted: schemas.FundClassIn) -> None:
        """Set the class of one of a person's funds. Raises NotFound for another's."""
        records = self.books.records
        found = records.fund_transactions(user_id)
        if all(wanted.instrument != (one.isin or one.scheme) for one in found):
            raise NotFound("Fund")
        chosen = None if wanted.fund_class is None else FundClass(wanted.fund_class)
        records.set_fund_class(user_id, wanted.instrument, chosen)
        self.books.refresh(user_id)

    def realised(
        self, user_id: int, fy: str | None, *, sort: str, is_descending: bool, limit: int,
        offset: int,
    ) -> schemas.RealisedOut:  # fmt: skip
        """What was realised in a year, or ever. Raises InvalidInput for another form of year."""
        book = self.books.get(user_id)
        year = None if fy is None else parse_year(fy)
        key = f"realised/{year_key(year)}"
        if key not in book.bodies:  # nothing was realised in that year
            whole = _body(book, "realised/all", schemas.RealisedOut)
            nothing = {"total": 0, "profit": 0, "charges": 0, "by_kind": {}, "fy": fy}
            return schemas.RealisedOut.model_validate({**whole.model_dump(), **nothing})
        rows = book.pairs.page(year, sort, is_descending=is_descending, limit=limit, offset=offset)
        sums = _body(book, key, schemas.RealisedOut)
        return sums.model_copy(update={"items": _all(rows, schemas.MatchOut)})

    def tax(self, user_id: int, fy: str | None) -> schemas.TaxOut:
        """A year's report, by default the latest with a sale. Raises InvalidInput likewise."""
        book = self.books.get(user_id)
        year = parse_year(fy) if fy is not None else next(iter(book.years), None)
        if f"tax/{year}" in book.bodies:
            return _body(book, f"tax/{year}", schemas.TaxOut)
        return _body(book, "tax/none", schemas.TaxOut).model_copy(update={"fy": fy})

    def tax_file(self, user_id: int, fy: str, *, is_xlsx: bool) -> bytes:
        """A year's report as a file.

        Raises InvalidInput, NotFound for a year without a sale, TooMany while others are made.
        """
        book = self.books.get(user_id)
        rows = book.exports.get(str(parse_year(fy)))
        if rows is None or not rows.total:
            raise NotFound(f"A sale in {fy}")
        if not self._exports.acquire(timeout=20):
            raise TooMany("Other reports are being made: repeat it in a moment.", retry_after_s=5)
        try:
            pairs = _yielding(_texts(one) for one in rows.at(range(rows.total)))
            if not is_xlsx:
                return export.as_csv(pairs)
            summary = _body(book, f"tax summary/{parse_year(fy)}", schemas.SheetOut)
            return export.as_xlsx(summary.rows, pairs)
        finally:
            self._exports.release()

    def dividends(self, user_id: int, limit: int, offset: int) -> schemas.DividendsOut:
        """A page of dividends and payouts."""
        book = self.books.get(user_id)
        items = _all(book.dividends.page(limit, offset), schemas.DividendOut)
        return _body(book, "dividends", schemas.DividendsOut).model_copy(update={"items": items})

    def net_worth(self, user_id: int, limit: int) -> schemas.NetWorthOut:
        """Shares and funds over time: at most `limit` days, evenly spread, with both ends."""
        whole = _body(self.books.get(user_id), "networth", schemas.NetWorthOut)
        if len(whole.points) <= limit:
            return whole
        spread = np.linspace(0, len(whole.points) - 1, limit).round().astype(int)
        points = [whole.points[place] for place in spread.tolist()]
        return whole.model_copy(update={"points": points})

    def reconciliation(self, user_id: int) -> schemas.CashReconciliationOut:
        """The ledgers beside the book."""
        return _body(self.books.get(user_id), "reconciliation", schemas.CashReconciliationOut)

    def trips(self, user_id: int) -> Trips:
        """The round trips of a person's trades. Raises Unavailable while there is no book."""
        return self.books.get(user_id).trips

    def flows(self, user_id: int) -> list[tuple[date, Decimal]]:
        """Money put in and taken out by day, the worth of now at the end; of nothing, nothing."""
        flows = self.books.get(user_id).flows
        return [
            (date.fromordinal(int(day)), Decimal(int(paise)) / 100)
            for day, paise in zip(flows.days.values, flows.paise.values, strict=True)
        ]

    def quality(self, user_id: int) -> schemas.QualityOut:
        """What is missing or uncertain in the files."""
        return _body(self.books.get(user_id), "quality", schemas.QualityOut)


def _yielding(pairs: Iterable[list[str]]) -> Iterator[list[str]]:
    """The pairs, letting waiting requests run every few of them: a workbook takes seconds."""
    for place, one in enumerate(pairs):
        if place % _YIELD_EVERY == 0:
            time.sleep(0)
        yield one


def _body(book: FinishedBook, name: str, model: type[Body]) -> Body:
    return model.model_validate_json(book.bodies[name])


def _all(rows: Iterable[bytes], model: type[Body]) -> list[Body]:
    return [model.model_validate_json(one) for one in rows]


def _page(lines: Lines, model: type[Body], limit: int, offset: int) -> tuple[int, list[Body]]:
    return lines.total, _all(lines.page(limit, offset), model)
