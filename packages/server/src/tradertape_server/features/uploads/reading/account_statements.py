"""Consolidated account statements (PDF) of CAMS, KFintech, NSDL and CDSL, through casparser.

Statements of CAMS and KFintech list transactions; those of NSDL and CDSL list holdings alone.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import pypdfium2
from casparser import read_cas_pdf
from casparser.exceptions import CASParseError, IncorrectPasswordError
from casparser.types import CASData, NSDLCASData, Scheme

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.wealth.records import FundTransaction
from tradertape_core.wealth.statements.layouts import Kind
from tradertape_core.wealth.statements.reading import Statement, TotalCheck
from tradertape_core.wealth.statements.values import date_of
from tradertape_server.features.uploads.reading.depository_statements import (
    READABLE,
    depository_statement,
)
from tradertape_server.features.uploads.reading.wire import Holding

MOST_PAGES = 400
_NIL = Decimal(0)
_PAISA = Decimal("0.01")
_UNITS = Decimal("0.005")  # statements print three decimals


def read_account_statement(content: bytes, password: str) -> tuple[Statement, list[Holding]]:
    """The transactions or the holdings of a statement, with its totals checked.

    Raises InvalidInput, with what to do, for everything that is not such a statement.
    """
    if not content[:1024].lstrip().startswith(b"%PDF"):
        raise InvalidInput("This is not a PDF.")
    try:
        first_pages = _text_of_first_pages(content, password)
        data = read_cas_pdf(io.BytesIO(content), password)
    except IncorrectPasswordError:
        raise InvalidInput(
            "The password does not open the PDF: it is usually your PAN in capitals, or the one "
            "you chose when you asked for the statement."
        ) from None
    except CASParseError as error:
        raise InvalidInput(f"This is not a readable account statement ({error}). {READABLE}") from (
            error
        )
    except (InvalidInput, MemoryError):
        raise
    except Exception as error:  # a parser of foreign files fails in any way
        raise InvalidInput(
            f"The layout of this account statement is not known ({type(error).__name__}). "
            f"{READABLE}"
        ) from error
    if isinstance(data, CASData):
        return _of_registrar(data), []
    assert isinstance(data, NSDLCASData)  # noqa: S101 - the other type of the two
    return depository_statement(data, first_pages)


def _text_of_first_pages(content: bytes, password: str) -> str:
    try:
        document = pypdfium2.PdfDocument(content, password=password)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise IncorrectPasswordError(str(error)) from error
        raise CASParseError("the PDF is damaged") from error
    try:
        pages = len(document)
        if pages > MOST_PAGES:
            raise InvalidInput(f"The PDF has {pages} pages; a statement has at most {MOST_PAGES}.")
        texts = (document[place].get_textpage() for place in range(min(pages, 2)))
        return "\n".join(one.get_text_bounded() for one in texts)
    except pypdfium2.PdfiumError as error:
        raise CASParseError("the PDF is damaged") from error
    finally:
        document.close()


def _of_registrar(data: CASData) -> Statement:
    funds: list[FundTransaction] = []
    checks: list[TotalCheck] = []
    warnings: list[str] = [
        f"The statement and its rows: {one}"[:400] for one in data.parse_warnings
    ]
    stated = parsed = _NIL
    for folio in data.folios:
        for scheme in folio.schemes:
            rows = [*_transactions(folio.folio, scheme)]
            funds += rows
            units = scheme.open + sum((row.units for row in rows), _NIL)
            if abs(units - scheme.close) > _UNITS:
                name = f"Closing units of {scheme.scheme}, folio {folio.folio}"[:200]
                checks.append(TotalCheck(name, scheme.close, units, _UNITS))
            if scheme.open:
                warnings.append(
                    f"{scheme.scheme}, folio {folio.folio}, opens with {scheme.open} units: "
                    "transactions before the statement's first day are missing."
                )
            stated += scheme.valuation.value
            parsed += (units * scheme.valuation.nav).quantize(_PAISA)
    schemes = sum(len(folio.schemes) for folio in data.folios)
    checks.insert(0, TotalCheck("Value of all schemes", stated, parsed, _PAISA * max(1, schemes)))
    if not funds:
        warnings.append("The statement lists no transactions: ask for a detailed one.")
    days = [one.happened_on for one in funds]
    period = data.statement_period
    return Statement(
        Kind.FUNDS, f"cas_{_name(data.file_type)}_{_name(data.cas_type)}", _name(data.file_type),
        first=_day(period.from_) or min(days, default=None),
        last=_day(period.to) or max(days, default=None),
        rows=len(funds), funds=tuple(funds), checks=tuple(checks), warnings=tuple(warnings),
    )  # fmt: skip


def _transactions(folio: str, scheme: Scheme) -> Iterable[FundTransaction]:
    for one in scheme.transactions:
        if one.amount is None and one.units is None:
            continue  # a nomination or a change of address
        yield FundTransaction(
            folio=folio[:60],
            isin=scheme.isin or "",
            scheme=scheme.scheme[:200],
            happened_on=one.date if isinstance(one.date, date) else date_of(one.date),
            kind=one.type.value,
            units=one.units or _NIL,
            nav=one.nav or _NIL,
            amount=one.amount or _NIL,
        )


def _name(value: object) -> str:
    return str(getattr(value, "value", value)).lower()


def _day(text: str) -> date | None:
    try:
        return date_of(text)
    except ValueError:
        return None
