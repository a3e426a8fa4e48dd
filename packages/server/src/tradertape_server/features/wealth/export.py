"""The tax report as CSV and XLSX, in which no cell is ever a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
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
    "Charges estimated",
)  # fmt: skip
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_PAISA = Decimal("0.01")


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_DANGEROUS) else text


def rows(report: TaxYear) -> Iterator[Sequence[Cell]]:
    """The report's pairs, its header first."""
    yield HEADER
    for item in report.items:
        yield _row(item)


def summary_rows(report: TaxYear) -> Iterator[Sequence[Cell]]:
    """The sums by rate, the set-offs and the business income."""
    yield ("Financial year", year_name(report.year))
    yield ("Term", "Rate", "Gains", "Losses", "After set-off", "Exempt", "Taxable", "Tax")
    for one in report.buckets:
        yield (
            one.term.value, _rate(one.rate), *map(_paisa, (
                one.gains, one.losses, one.remaining, one.exempt, one.taxable, one.tax,
            )),
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


def as_csv(report: TaxYear) -> bytes:
    """The pairs, in UTF-8 with a byte order mark, which spreadsheets need."""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    for row in rows(report):
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row])
    return target.getvalue().encode("utf-8-sig")


def as_xlsx(report: TaxYear) -> bytes:
    """A workbook of two sheets: the summary and the pairs."""
    from openpyxl import Workbook  # noqa: PLC0415 - half a second that few requests need

    book = Workbook(write_only=True)
    for title, content in (("Summary", summary_rows(report)), ("Pairs", rows(report))):
        sheet = book.create_sheet(title)
        for row in content:
            sheet.append([neutral(cell) if isinstance(cell, str) else cell for cell in row])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _row(item: TaxItem) -> Sequence[Cell]:
    one = item.match
    return (
        item.term.value, one.symbol, one.account.broker, one.account.account, one.bought_on,
        one.sold_on, one.days, one.quantity, _paisa(one.proceeds), _paisa(item.actual_cost),
        _paisa(item.cost), _yes(value=item.is_grandfathered), _paisa(item.expenses),
        _paisa(item.gain), "slab" if item.rate is None else _rate(item.rate),
        _yes(value=one.is_estimated),
    )  # fmt: skip


def _paisa(amount: Decimal) -> Decimal:
    return amount.quantize(_PAISA, ROUND_HALF_UP)


def _rate(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}%"


def _yes(*, value: bool) -> str:
    return "yes" if value else "no"
