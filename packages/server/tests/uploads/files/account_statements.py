"""Consolidated account statements of invented persons, in the layout of CAMS and KFintech.

Detailed statements: folio, scheme, opening balance, rows, closing balance, valuation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from fpdf import FPDF
from fpdf.enums import AccessPermission

PAN = "ABCDE1234F"
_SCHEMES = (
    ("EXQFDG", "Example Flexi Cap Fund - Direct Plan - Growth", "INF000X01AA1"),
    ("EXLQDG", "Example Liquid Fund - Direct Plan - Growth", "INF000X01AB9"),
    ("EXMCDG", "Example Midcap Fund - Direct Plan - Growth", "INF000X01AC7"),
)
# Right edges of the numbers, left edges of the texts, in points.
_DATE_X, _TEXT_X = 40, 110
_NUMBERS = {"Amount": 370, "Units": 430, "Price": 490, "Balance": 555}


@dataclass(frozen=True)
class FundRow:
    """A transaction of a scheme; units and amount are below 0 for a redemption."""

    on: date
    text: str
    amount: Decimal
    units: Decimal
    price: Decimal


@dataclass(frozen=True)
class MadeScheme:
    """A scheme of a folio with its rows, and the price of its units at the end."""

    folio: str
    code: str
    name: str
    isin: str
    rows: tuple[FundRow, ...]
    last_price: Decimal

    @property
    def units(self) -> Decimal:
        """What is left."""
        return sum((one.units for one in self.rows), Decimal(0))

    @property
    def value(self) -> Decimal:
        """Of what is left, to the paisa."""
        return (self.units * self.last_price).quantize(Decimal("0.01"))


def invented_schemes(seed: int, rows: int = 8) -> list[MadeScheme]:
    """Three schemes with monthly purchases and a redemption."""
    random = Random(seed)
    return [
        MadeScheme(
            f"{seed:03d}{place}4567 / 0", code, name, isin, _rows(random, rows),
            Decimal(random.randrange(900_000, 2_000_000)) / 10_000,
        )
        for place, (code, name, isin) in enumerate(_SCHEMES)
    ]  # fmt: skip


def _rows(random: Random, count: int) -> tuple[FundRow, ...]:
    day, made, held = date(2024, 4, 5), [], Decimal(0)
    for place in range(count):
        price = Decimal(random.randrange(500_000, 1_500_000)) / 10_000
        if place == count - 1:
            units = -(held / 3).quantize(Decimal("0.001"))
            text = "Redemption"
        else:
            units = (Decimal(random.randrange(1, 20)) * 500 / price).quantize(Decimal("0.001"))
            text = f"Systematic Investment Purchase - Instalment {place + 1}"
        amount = (units * price).quantize(Decimal("0.01"))
        made.append(FundRow(day, text, amount, units, price))
        held += units
        day += timedelta(30)
    return tuple(made)


def account_statement(
    schemes: Sequence[MadeScheme], *, registrar: str = "CAMS", password: str = PAN,
    value_off_by: Decimal = Decimal(0), pages_before: int = 0,
) -> bytes:  # fmt: skip
    """A detailed statement of CAMS or KFINTECH; `password` "" for none."""
    sheet = _Sheet(password)
    for _ in range(pages_before):
        sheet.pdf.add_page()
    sheet.heading("CAMSCASWS" if registrar == "CAMS" else "KFINCASWS")
    sheet.line(40, "Example Mutual Fund")
    for scheme in schemes:
        sheet.scheme(scheme, registrar, value_off_by)
        value_off_by = Decimal(0)
    return bytes(sheet.pdf.output())


class _Sheet:
    """Pages with lines from top to bottom."""

    def __init__(self, password: str) -> None:
        self.pdf = FPDF(unit="pt", format="A4")
        self.pdf.set_auto_page_break(False)
        if password:
            self.pdf.set_encryption(
                owner_password=f"{password}-owner", user_password=password,
                permissions=AccessPermission.all(),
            )  # fmt: skip
        self._y = 0.0

    def heading(self, mark: str) -> None:
        self._page()
        self.line(200, f"{mark}-12345678-1.0")
        self.line(220, "Consolidated Account Statement")
        self.line(220, "01-Apr-2024 To 31-Mar-2025")
        for text in ("Email Id: person@example.com", "A Person", "1 Example Street", "Mumbai"):
            self.line(40, text)
        self.line(40, "Mobile: +910000000000")
        self._y += 20
        self._columns()

    def scheme(self, scheme: MadeScheme, registrar: str, off_by: Decimal) -> None:
        if self._y > 600:
            self._page()
            self._columns()
        self.line(40, f"Folio No: {scheme.folio} PAN: {PAN} KYC: OK PAN: OK")
        self.line(40, f"{scheme.code}-{scheme.name} - ISIN: {scheme.isin} Registrar : {registrar}")
        self.line(_TEXT_X, "Opening Unit Balance: 0.000")
        held = Decimal(0)
        for row in scheme.rows:
            held += row.units
            self._row(row, held)
        self.line(
            40,
            f"Closing Unit Balance: {held:,.3f} NAV on 31-Mar-2025: INR {scheme.last_price:,.4f} "
            f"Market Value on 31-Mar-2025: INR {scheme.value + off_by:,.2f}",
        )
        self._y += 12

    def line(self, x: float, text: str) -> None:
        """A line of its own."""
        self.pdf.text(x, self._y, text)
        self._y += 14

    def _row(self, row: FundRow, held: Decimal) -> None:
        if self._y > 780:
            self._page()
            self._columns()
        self.pdf.text(_DATE_X, self._y, f"{row.on:%d-%b-%Y}")
        self.pdf.text(_TEXT_X, self._y, row.text)
        figures = (_in_brackets(row.amount, 2), _in_brackets(row.units, 3), f"{row.price:,.4f}")
        for edge, text in zip(_NUMBERS.values(), (*figures, f"{held:,.3f}"), strict=True):
            self._right(edge, text)
        self._y += 14

    def _columns(self) -> None:
        self.pdf.text(_DATE_X, self._y, "Date")
        self.pdf.text(_TEXT_X, self._y, "Transaction")
        for name, edge in _NUMBERS.items():
            self._right(edge, "Unit" if name == "Balance" else name)
        self._y += 10
        self._right(_NUMBERS["Balance"], "Balance")
        self._y += 16

    def _right(self, edge: float, text: str) -> None:
        self.pdf.text(edge - self.pdf.get_string_width(text), self._y, text)

    def _page(self) -> None:
        self.pdf.add_page()
        self.pdf.set_font("Helvetica", size=8)
        self._y = 40


def _in_brackets(value: Decimal, digits: int) -> str:
    return f"({-value:,.{digits}f})" if value < 0 else f"{value:,.{digits}f}"
