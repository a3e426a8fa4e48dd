"""The tax report as CSV and XLSX, in which no cell is ever a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from tradertape_core.wealth.tax import TaxItem, TaxYear
from tradertape_core.wealth.tax_rates import year_name

Cell = str | Decimal | date | int
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
HEADER = (
    "Term", "Symbol", "Broker", "Account", "Bought on", "Sold on", "Days held", "Quantity",
    "Sale value", "Actual cost", "Cost by law", "Grandfathered", "Expenses", "Gain", "Rate",
    "Charges estimated", "Section", "Indexed",
)  # fmt: skip
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_PAISA = Decimal("0.01")
_TEXTS = frozenset({0, 1, 2, 3, 11, 14, 15, 16, 17})  # places of the header
_DATES = frozenset({4, 5})
_NUMBERS = frozenset({6, 7, 8, 9, 10, 12, 13})
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_DANGEROUS) else text


def summary_rows(report: TaxYear) -> Iterator[Sequence[Cell]]:
    """The sums by rate, the set-offs and the business income."""
    yield ("Financial year", year_name(report.year))
    yield (
        "Term",
        "Rate",
        "Gains",
        "Losses",
        "After set-off",
        "Exempt",
        "Taxable",
        "Tax",
        "Section",
    )
    for one in report.buckets:
        yield (
            one.term.value, _rate(one.rate), *map(_paisa, (
                one.gains, one.losses, one.remaining, one.exempt, one.taxable, one.tax,
            )), one.section,
        )  # fmt: skip
    yield ("Set-off: loss", "Against", "Amount", "Section")
    for off in report.set_offs:
        yield (off.loss, off.gain, _paisa(off.amount), off.section)
    yield ("Business income", "Pairs", "Turnover", "Gross", "Charges", "Net", "After set-off")
    for name, one in (
        ("Intraday (speculative)", report.speculative),
        ("Futures and options", report.derivatives),
    ):
        yield (name, one.pairs, *map(_paisa, (
            one.turnover, one.gross, one.charges, one.net, one.remaining,
        )))  # fmt: skip
    yield ("Tax before surcharge and cess", _paisa(report.tax))


def summary_texts(report: TaxYear) -> list[list[str]]:
    """The summary as it is kept with the book."""
    return [[_text(cell) for cell in one] for one in summary_rows(report)]


def as_csv(pairs: Iterable[Sequence[str]]) -> bytes:
    """The pairs, in UTF-8 with a byte order mark, which spreadsheets need."""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow(HEADER)
    for one in pairs:
        writer.writerow([neutral(cell) if place in _TEXTS else cell for place, cell in
                         enumerate(one)])  # fmt: skip
    return target.getvalue().encode("utf-8-sig")


def as_xlsx(summary: Iterable[Sequence[str]], pairs: Iterable[Sequence[str]]) -> bytes:
    """A workbook of two sheets: the summary and the pairs."""
    from openpyxl import Workbook  # noqa: PLC0415 - half a second that few requests need

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Summary")
    for one in summary:
        sheet.append([_summary_cell(cell) for cell in one])
    sheet = book.create_sheet("Pairs")
    sheet.append(HEADER)
    for one in pairs:
        sheet.append([_cell(place, text) for place, text in enumerate(one)])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _text(cell: Cell) -> str:
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def _summary_cell(text: str) -> Cell:
    return Decimal(text) if _NUMBER.fullmatch(text) else neutral(text)


def _cell(place: int, text: str) -> Cell:
    if place in _NUMBERS:
        return Decimal(text)
    return date.fromisoformat(text) if place in _DATES else neutral(text)


def row(item: TaxItem) -> Sequence[Cell]:
    """One pair."""
    one = item.match
    return (
        item.term.value, one.symbol, one.account.broker, one.account.account, one.bought_on,
        one.sold_on, one.days, one.quantity, _paisa(one.proceeds), _paisa(item.actual_cost),
        _paisa(item.cost), _yes(value=item.is_grandfathered), _paisa(item.expenses),
        _paisa(item.gain), _rate(item.rate), _yes(value=one.is_estimated), item.section,
        _yes(value=item.is_indexed),
    )  # fmt: skip


def _paisa(amount: Decimal) -> Decimal:
    return amount.quantize(_PAISA, ROUND_HALF_UP)


def _rate(rate: Decimal | None) -> str:
    return "slab" if rate is None else f"{(rate * 100).normalize():f}%"


def _yes(*, value: bool) -> str:
    return "yes" if value else "no"
