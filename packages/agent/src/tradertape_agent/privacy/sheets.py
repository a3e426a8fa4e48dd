"""The cells of a broker's XLSX or CSV file."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final, cast

from openpyxl import load_workbook

from tradertape_agent.errors import AgentError

Cell = str | int | float | Decimal | date | bool | None
_LARGEST_UNPACKED: Final = 100_000_000
_MOST_ROWS: Final = 200_000
_NO_FILE: Final = "this is no XLSX file: export it again from your broker"


def read_rows(name: str, content: bytes) -> Sequence[Sequence[Cell]]:
    """Return the rows of a file, of the first sheet where it has some. Raises AgentError."""
    if name.lower().endswith(".csv"):
        return _csv(content)
    try:
        return _xlsx(content)
    except AgentError:
        raise
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError, IndexError):
        # What the library raises for a damaged file; its reason helps nobody who has exported it.
        raise AgentError(_NO_FILE) from None


def _xlsx(content: bytes) -> list[tuple[Cell, ...]]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(one.file_size for one in packed.infolist()) > _LARGEST_UNPACKED:
            raise AgentError("the file is larger than 100 MB when it is unpacked: export less")
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # some exports say that they have one cell
        rows: list[tuple[Cell, ...]] = []
        for row in sheet.iter_rows(values_only=True):
            if len(rows) >= _MOST_ROWS:
                raise AgentError(f"the file has more than {_MOST_ROWS} rows: export less")
            rows.append(cast("tuple[Cell, ...]", row))
        return rows
    finally:
        book.close()


def _csv(content: bytes) -> list[list[Cell]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise AgentError("the file is not text in UTF-8: export it again as CSV or XLSX") from None
    try:
        rows = [list[Cell](row) for row in csv.reader(io.StringIO(text))]
    except csv.Error:
        raise AgentError("this is no CSV file: export it again from your broker") from None
    if len(rows) > _MOST_ROWS:
        raise AgentError(f"the file has more than {_MOST_ROWS} rows: export less")
    return rows
