"""The column cache: every field of a data set as one memory-mapped (dates x symbols) array.

It is made from the Parquet tables, named after their content hash, and can be thrown away at any
time. Opening it needs numpy alone and takes a few milliseconds.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradertape_server.features.market.data_sets.candles import (
    FIELDS,
    CandleRows,
    Days,
    Dense,
    Floats,
)
from tradertape_server.features.market.data_sets.store import sync_folder

PRICES = FIELDS[:4]
MOST_SELECTIONS = 64
_HEAD = "head.json"


@dataclass(frozen=True, slots=True)
class Columns:
    """A data set opened for reading. values: field to (T, N); indices: (4, K, T) by PRICES.

    instruments: symbol to (name, isin, sector) where the set brings its own.
    """

    folder: Path
    dates: Days
    symbols: tuple[str, ...]
    values: Mapping[str, Floats]
    index_names: tuple[str, ...]
    indices: Floats
    instruments: Mapping[str, Sequence[str]]

    def spells(self) -> dict[str, list[list[str | None]]]:
        """Universe to its [symbol, from, to] rows, as the data set brings them."""
        return json.loads((self.folder / "membership.json").read_bytes())


def open_columns(folder: Path) -> Columns:
    """Map a finished cache; OSError or ValueError when it is missing or damaged."""
    head = json.loads((folder / _HEAD).read_bytes())
    symbols = tuple(head["symbols"])
    dates = np.load(folder / "dates.npy")
    values = {name: _map(folder / f"{name}.npy") for name in FIELDS}
    if any(matrix.shape != (len(dates), len(symbols)) for matrix in values.values()):
        raise ValueError("a column has another shape than its head says")
    indices = np.load(folder / "indices.npy")
    return Columns(
        folder, dates, symbols, values, tuple(head["indices"]), indices, head["instruments"]
    )


def write_columns(
    folder: Path,
    dense: Dense,
    indices: CandleRows,
    *,
    instruments: Mapping[str, Sequence[str]],
    spells: Mapping[str, Sequence[Sequence[str | None]]],
) -> None:
    """Write a cache beside its final name and move it there; a second writer's copy is dropped."""
    head = {
        "symbols": dense.symbols,
        "indices": indices.names,
        "instruments": instruments,
    }
    arrays = {name: dense.values[name] for name in FIELDS}
    arrays |= {"dates": dense.dates, "indices": align_indices(indices, dense.dates)}
    _write_folder(folder, arrays, {_HEAD: head, "membership.json": spells})


def selection(columns: Columns, symbols: Sequence[str]) -> Mapping[str, Floats]:
    """The columns of some symbols as contiguous (T, n) arrays, mapped; kept for the next caller."""
    if tuple(symbols) == columns.symbols:
        return columns.values
    name = hashlib.sha256("\n".join(symbols).encode()).hexdigest()[:16]
    folder = columns.folder / "selections" / name
    shape = (len(columns.dates), len(symbols))
    was_there = folder.is_dir()
    try:
        return _mapped_selection(folder, shape)
    except (OSError, ValueError):
        if was_there:  # it came here whole, so it is damaged
            shutil.rmtree(folder, ignore_errors=True)
    place = {symbol: i for i, symbol in enumerate(columns.symbols)}
    picked = np.array([place[symbol] for symbol in symbols], np.intp)
    arrays = {name: np.ascontiguousarray(columns.values[name][:, picked]) for name in FIELDS}
    try:
        _drop_oldest(folder.parent)
        _write_folder(folder, arrays, {})
        return _mapped_selection(folder, shape)
    except (OSError, ValueError):  # a full or read-only disk, or a writer that removes this version
        return arrays


def _drop_oldest(selections: Path) -> None:
    """Make room for one more; a process that has mapped a dropped one keeps its pages."""
    if not selections.is_dir():
        return
    found = [path for path in selections.iterdir() if not path.name.startswith(".")]
    found.sort(key=lambda path: path.stat().st_mtime_ns)
    for path in found[: max(0, len(found) - MOST_SELECTIONS + 1)]:
        shutil.rmtree(path, ignore_errors=True)


def align_indices(rows: CandleRows, dates: Days) -> Floats:
    """Index values over the candles' dates: (4, K, T), NaN where an index has none."""
    aligned = np.full((len(PRICES), len(rows.names), len(dates)), np.nan)
    if len(rows) == 0 or len(dates) == 0:
        return aligned
    at = np.minimum(np.searchsorted(dates, rows.day), len(dates) - 1)
    there = dates[at] == rows.day
    for field, name in enumerate(PRICES):
        aligned[field, rows.code[there], at[there]] = rows.values[name][there]
    return aligned


def _mapped_selection(folder: Path, shape: tuple[int, int]) -> Mapping[str, Floats]:
    values = {name: _map(folder / f"{name}.npy") for name in FIELDS}
    if any(matrix.shape != shape for matrix in values.values()):
        raise ValueError("a selection of another shape")
    return values


def _map(path: Path) -> Floats:
    # Copy on write: compiled kernels see a plain writable array (a read-only one would compile a
    # second time), and a stray write could reach neither the file nor another process.
    return np.asarray(np.load(path, mmap_mode="c"))


def _write_folder(
    folder: Path, arrays: Mapping[str, NDArray[Any]], documents: Mapping[str, Any]
) -> None:
    draft = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}")
    draft.mkdir(parents=True)
    try:
        for name, document in documents.items():
            _write(draft / name, json.dumps(document).encode())
        for name, array in arrays.items():
            with (draft / f"{name}.npy").open("wb") as handle:
                np.save(handle, np.ascontiguousarray(array))
                handle.flush()
                os.fsync(handle.fileno())
        sync_folder(draft)
        try:
            draft.rename(folder)
        except OSError:
            if not folder.is_dir():  # a second process was first: its copy is as good as ours
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    sync_folder(folder.parent)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
