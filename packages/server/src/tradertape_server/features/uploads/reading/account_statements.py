"""Consolidated account statements (PDF) of CAMS, KFintech, NSDL and CDSL, through casparser.

Statements of CAMS and KFintech list transactions; those of NSDL and CDSL list holdings alone.
"""

from __future__ import annotations

import io

import pypdfium2
from casparser import read_cas_pdf
from casparser.exceptions import CASParseError, IncorrectPasswordError
from casparser.types import CASData, NSDLCASData

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.wealth.statements.reading import Statement
from tradertape_core.wealth.statements.registrars import registrar_statement
from tradertape_server.features.uploads.reading.depository_statements import (
    READABLE,
    depository_statement,
)
from tradertape_server.features.uploads.reading.wire import Holding

MOST_PAGES = 400


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
        return registrar_statement(data), []
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
