"""Sheets of cells, and the search for the row with the column names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tradertape_core.wealth.statements.values import Cell, is_blank

# Preambles have 8 to 22 rows; charges before the table of a P&L statement some more.
SEARCHED_ROWS = 100
_SPACES = re.compile(r"[\s_]+")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook, or the only one of a CSV file. Rows may differ in length."""

    name: str
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Header:
    """The row with the column names. place: of the row, from 0; columns: place by name."""

    sheet: Sheet
    place: int
    columns: dict[str, int]


def named(cell: Cell) -> str:
    """A column name in one form: "Trade_Date" and " trade  date" are "trade date"."""
    return (
        _SPACES.sub(" ", cell.replace("\ufeff", "")).strip().lower()
        if isinstance(cell, str)
        else ""
    )


def columns_of(row: Sequence[Cell]) -> dict[str, int]:
    """The place of each named column; of two with one name, the first."""
    found: dict[str, int] = {}
    for place, cell in enumerate(row):
        if name := named(cell):
            found.setdefault(name, place)
    return found


def find_header(sheet: Sheet, fits: Callable[[dict[str, int]], object]) -> Header | None:
    """The first of a sheet's first rows whose names fit: for which `fits` returns something."""
    for place, row in enumerate(sheet.rows[:SEARCHED_ROWS]):
        columns = columns_of(row)
        if columns and fits(columns) is not None:
            return Header(sheet, place, columns)
    return None


def likely_header(sheets: Sequence[Sheet]) -> list[str]:
    """The texts of the row that most likely names the columns: the first with the most texts."""
    best: list[str] = []
    for sheet in sheets:
        for row in sheet.rows[:SEARCHED_ROWS]:
            texts = [cell.strip()[:80] for cell in row if isinstance(cell, str) and cell.strip()]
            if len(texts) > len(best):
                best = texts
    return best[:60]


def rows_below(header: Header) -> Iterator[tuple[int, Sequence[Cell]]]:
    """The rows of the table with their numbers as a person counts them, blank rows left out.

    A row with a single cell is a note below the table, not a row of it.
    """
    for place in range(header.place + 1, len(header.sheet.rows)):
        row = header.sheet.rows[place]
        if sum(not is_blank(cell) for cell in row) > 1:
            yield place + 1, row
