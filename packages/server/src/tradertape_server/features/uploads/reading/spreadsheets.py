"""XLSX and CSV files as sheets of cells. Macros, links and embedded objects are never looked at."""

from __future__ import annotations

import csv
import io

from python_calamine import CalamineError, CalamineWorkbook

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.wealth.statements.sheets import Sheet
from tradertape_core.wealth.statements.values import Cell
from tradertape_server.features.uploads.archives import (
    BadArchive,
    check_directory,
    count_inflated,
)

MOST_SHEETS = 12
MOST_COLUMNS = 200
MOST_CELLS = 8_000_000
_DELIMITERS = ",;\t|"


def sheets_of(content: bytes) -> list[Sheet]:
    """The sheets of an XLSX or CSV file, told apart by its first bytes, not by its name.

    Raises InvalidInput, with what to do, for every other file.
    """
    if content.startswith(b"PK\x03\x04"):
        return _workbook(content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise InvalidInput(
            "This is an old .xls workbook, or one with a password: save it as .xlsx without a "
            "password, or as .csv."
        )
    if content.startswith(b"%PDF"):
        raise InvalidInput("This is a PDF: upload it as a consolidated account statement.")
    return [Sheet("", _csv_rows(_text_of(content)))]


def _workbook(content: bytes) -> list[Sheet]:
    try:
        check_directory(content)
        count_inflated(content)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return [_sheet(workbook, name) for name in workbook.sheet_names[:MOST_SHEETS]]
    except BadArchive as error:
        raise InvalidInput(str(error)) from None
    except CalamineError as error:
        raise InvalidInput("This is not a readable .xlsx workbook.") from error


def _sheet(workbook: CalamineWorkbook, name: str) -> Sheet:
    sheet = workbook.get_sheet_by_name(name)
    if sheet.total_width > MOST_COLUMNS or sheet.total_width * sheet.total_height > MOST_CELLS:
        raise InvalidInput(
            f"The sheet has {sheet.total_height} rows and {sheet.total_width} columns: more than "
            "a broker's file."
        )
    rows: list[list[Cell]] = sheet.to_python(skip_empty_area=False)  # type: ignore[assignment]
    return Sheet(name[:80], rows)


def _text_of(content: bytes) -> str:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise InvalidInput("This is neither an .xlsx nor a .csv file.")
    return text


def _csv_rows(text: str) -> list[list[Cell]]:
    first = text[:20_000]
    delimiter = max(_DELIMITERS, key=first.count)
    csv.field_size_limit(20_000)
    rows: list[list[Cell]] = []
    cells = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            cells += len(row)
            if len(row) > MOST_COLUMNS or cells > MOST_CELLS:
                raise InvalidInput("The table has more columns or rows than a broker's file.")
            rows.append(list(row))
    except csv.Error as error:
        raise InvalidInput(f"This is not a readable .csv file: {error}.") from error
    return rows
