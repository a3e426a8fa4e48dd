"""The Parquet files of a data set: candles, indices and reference tables, named by content.

Only this module of the store needs pyarrow; readers of the column cache do not import it.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tradertape_server.features.market.data_sets.candles import (
    FIELDS,
    NO_CANDLES,
    CandleRows,
    digest,
    sorted_rows,
)
from tradertape_server.features.market.data_sets.store import write_atomically

Row = TypeVar("Row")


def write_candles(folder: Path, table: str, rows: CandleRows, *, interval: str = "day") -> str:
    """Write candles (or index values); returns the file's name relative to the folder."""
    symbol = pa.DictionaryArray.from_arrays(pa.array(rows.code), pa.array(rows.names, pa.string()))
    columns: dict[str, Any] = {"symbol": symbol, "date": pa.array(rows.day)}
    columns |= {name: pa.array(rows.values[name]) for name in FIELDS}
    file = f"{interval}/{table}-{digest(rows).hex()[:16]}.parquet"
    _write(folder / file, pa.table(columns))
    return file


def read_candles(folder: Path, file: str | None) -> CandleRows:
    """Read candles, sorted by symbol and date; none without a file."""
    if file is None:
        return NO_CANDLES
    table = _read(folder / file, read_dictionary=["symbol"]).combine_chunks()
    symbol: Any = table["symbol"].chunk(0) if table.num_rows else pa.array([]).dictionary_encode()
    names = np.array(symbol.dictionary.to_pylist(), dtype=object)
    order = np.argsort(names) if len(names) else np.zeros(0, np.intp)
    place = np.empty(len(names), np.int32)
    place[order] = np.arange(len(names), dtype=np.int32)
    code = place[symbol.indices.to_numpy()] if len(names) else np.zeros(0, np.int32)
    day = table["date"].to_numpy().astype("datetime64[D]")
    values = {name: table[name].to_numpy() for name in FIELDS}
    return sorted_rows(CandleRows(tuple(names[order].tolist()), code, day, values))


def write_rows(folder: Path, table: str, rows: Sequence[Any], kind: type[Any]) -> str:
    """Write a reference table; returns the file's name relative to the folder."""
    names = [field.name for field in fields(kind)]
    content = pa.table({name: [getattr(row, name) for row in rows] for name in names})
    text = hashlib.sha256(repr(rows).encode()).hexdigest()[:16]
    file = f"{table}-{text}.parquet"
    _write(folder / file, content)
    return file


def read_rows(folder: Path, file: str | None, kind: type[Row]) -> list[Row]:
    """Read a reference table; no rows without a file."""
    if file is None:
        return []
    return [kind(**row) for row in _read(folder / file).to_pylist()]


def _read(path: Path, **options: Any) -> pa.Table:
    # `read_table` would import pyarrow.dataset, and with it all of pandas.
    with pq.ParquetFile(path, **options) as file:
        return file.read()


def _write(path: Path, table: pa.Table) -> None:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    write_atomically(path, buffer.getvalue())
