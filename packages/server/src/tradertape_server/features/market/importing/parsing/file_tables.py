"""Files as tables of columns: CSV, Parquet, and the candle JSON of Kite and Upstox."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.market.data_sets.candles import FIELDS, Days, Floats
from tradertape_server.features.market.data_sets.universes import plain_symbol
from tradertape_server.features.market.importing.parsing import layouts
from tradertape_server.features.market.importing.parsing.input_files import InputFile
from tradertape_server.features.market.importing.parsing.values import (
    as_days,
    as_floats,
    as_texts,
)

_NO_SYMBOL = (
    "the file does not contain the symbol: add --symbol INFY, or --symbol-from-name if the file is "
    "named after it"
)
_LONGEST_HEADER = 60  # lines
WRONG_COLUMNS = "wrong number of columns"


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of a file. line (n,): line number of each row; the header is line 1."""

    cells: pa.Table
    line: NDArray[np.int64]
    broken: tuple[tuple[int, str], ...] = ()  # lines that are not rows, with the reason

    @property
    def headers(self) -> list[str]:
        return self.cells.column_names


@dataclass(frozen=True, slots=True)
class Parsed:
    """Unchecked candles of a file, all (n,): NaN and NaT for unreadable cells.

    texts: the columns series, basis and isin, if the file has them.
    """

    layout: str
    line: NDArray[np.int64]
    symbol: NDArray[np.object_]
    day: Days
    values: Mapping[str, Floats]
    texts: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    broken: tuple[tuple[int, str], ...] = ()

    def __len__(self) -> int:
        return len(self.line)

    def take(self, rows: NDArray[np.bool_]) -> Parsed:
        return Parsed(
            self.layout,
            self.line[rows],
            self.symbol[rows],
            self.day[rows],
            {name: column[rows] for name, column in self.values.items()},
            {name: column[rows] for name, column in self.texts.items()},
            self.broken,
        )


def read_table(file: InputFile) -> Table:
    """Read a CSV or Parquet file; raises InvalidInput if it is neither."""
    try:
        if file.suffix == ".parquet":
            cells = pq.read_table(io.BytesIO(file.content))
            return Table(cells, np.arange(1, cells.num_rows + 1))
        return _read_csv(file.content)
    except pa.ArrowException as error:
        raise InvalidInput(f"{file.name} cannot be read: {error}") from error


def parse_candles(
    table: Table, *, given: Mapping[str, str], symbol: str, of_indices: bool
) -> Parsed:
    """Extract candles from a table. symbol: that of every row, if no column has it.

    Raises InvalidInput for missing columns and intraday candles.
    """
    columns = layouts.find_columns(table.headers, given)
    absent = layouts.missing_prices(columns, close_is_enough=of_indices)
    if absent:
        raise InvalidInput(
            f"no column for {', '.join(absent)}; the file has: {', '.join(table.headers)}. "
            "Name them with --map, such as --map close=Last",
            pointer="/map",
        )
    layouts.check_volume(table.headers, columns, given)
    cells = table.cells
    day, timed = as_days(cells[columns["date"]])
    if timed:
        raise InvalidInput("the file holds intraday candles; only daily ones are imported")
    who = columns.get("index") if of_indices and "index" in columns else columns.get("symbol")
    if not who and not symbol:
        raise InvalidInput(_NO_SYMBOL, pointer="/symbol")
    house = _upper if of_indices else plain_symbol
    if who:
        names = as_texts(cells[who], house)
    else:
        names = np.full(len(table.line), house(symbol), dtype=object)
    values = {
        name: as_floats(cells[columns[name]]) for name in (*FIELDS, "adj_close") if name in columns
    }
    texts = {n: as_texts(cells[columns[n]]) for n in ("series", "basis", "isin") if n in columns}
    layout = layouts.layout_of(table.headers)
    return Parsed(layout, table.line, names, day, values, texts, table.broken)


def parse_json(file: InputFile, *, symbol: str) -> Parsed:
    """Extract candles from a broker's response: {"data": {"candles": [[ts, o, h, …]]}}.

    Raises InvalidInput for another document and for intraday candles.
    """
    try:
        document: Any = json.loads(file.content)
        rows = document["data"]["candles"] if "data" in document else document["candles"]
        moments = pa.array([row[0] for row in rows], pa.string())
        numbers = np.array([row[1:6] for row in rows], np.float64).reshape(len(rows), 5)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InvalidInput(f"{file.name} is not a candle response of Kite or Upstox") from error
    day, timed = as_days(moments)
    if timed:
        raise InvalidInput(f"{file.name} holds intraday candles; only daily ones are imported")
    if not symbol:
        raise InvalidInput(_NO_SYMBOL, pointer="/symbol")
    return Parsed(
        layouts.JSON,
        np.arange(1, len(rows) + 1),
        np.full(len(rows), symbol, dtype=object),
        day,
        {field: numbers[:, i] for i, field in enumerate(FIELDS)},
    )


def _read_csv(content: bytes) -> Table:
    names, delimiter, rest, first_line = _header(_utf8(content))
    broken: list[tuple[int, str]] = []
    blank: list[int] = []
    # The reader sees one line of plain names in place of the header, which may span several.
    keys = [f"c{i}" for i in range(len(names))]
    shift = first_line - 2

    def skip(row: Any) -> str:
        if row.text.strip():
            broken.append((row.number + shift, WRONG_COLUMNS))
        else:
            blank.append(row.number + shift)
        return "skip"

    cells = pyarrow.csv.read_csv(
        io.BytesIO(delimiter.join(keys).encode() + b"\n" + rest),
        # One thread, because only then skipped rows have a line number.
        read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=1 << 24),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=delimiter, ignore_empty_lines=False, invalid_row_handler=skip
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(keys, pa.string()), strings_can_be_null=True
        ),
    ).rename_columns(names)
    skipped = [line for line, _ in broken] + blank
    last = first_line + cells.num_rows + len(skipped)
    lines = np.setdiff1d(np.arange(first_line, last), skipped)
    filled = _filled(cells)
    return Table(cells.filter(pa.array(filled)), lines[filled], tuple(broken))


def _header(content: bytes) -> tuple[list[str], str, bytes, int]:
    """The names of the columns, the delimiter, the rows, and the line they begin on.

    A name may be quoted, hold the delimiter or a line break, and be padded: NSE's "SYMBOL \\n".
    """
    first = content.split(b"\n", 1)[0]
    delimiter = max(",;\t|", key=lambda sign: first.count(sign.encode()))
    pieces = content.split(b"\n", _LONGEST_HEADER)
    lines = (piece.decode() + "\n" for piece in pieces[:_LONGEST_HEADER])
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    try:
        names = [" ".join(name.split()) for name in next(reader, [])]
    except csv.Error as error:
        raise InvalidInput(f"the header cannot be read: {error}") from error
    for name, times in Counter(filter(None, names)).items():
        if times > 1:
            raise InvalidInput(f"{times} columns are named {name}: rename or remove all but one")
    named = [name or f"column {i + 1}" for i, name in enumerate(names)]
    return named, delimiter, b"\n".join(pieces[reader.line_num :]), reader.line_num + 1


def _filled(cells: pa.Table) -> NDArray[np.bool_]:
    """(n,) whether a row is not empty; the reader makes an empty row of a blank line."""
    filled = np.zeros(cells.num_rows, np.bool_)
    for column in cells.columns:
        if column.null_count == 0:
            return np.ones(cells.num_rows, np.bool_)
        filled |= column.is_valid().to_numpy()
    return filled


def _utf8(content: bytes) -> bytes:
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        content.decode()
    except UnicodeDecodeError:
        content = content.decode("cp1252", errors="replace").encode()
    return content


def _upper(text: str) -> str:
    return " ".join(text.upper().split())
