"""The column cache: every field of a data set as one memory-mapped (dates x symbols) array.

It is built from the Parquet tables, named after their content hash, and can be deleted at any
time. Opening it needs only numpy: the files are compared with their seal and mapped, which takes
milliseconds.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradertape_server.features.market.data_sets.candles import (
    FIELDS,
    CandleRows,
    Days,
    Dense,
    Floats,
)
from tradertape_server.features.market.data_sets.seals import SEAL, Guard, SealBroken, Sealing
from tradertape_server.features.market.data_sets.store import sync_folder

PRICES = FIELDS[:4]
MAX_SELECTIONS = 64
_HEAD = "head.json"
_EVENTS = ("dividends", "splits", "bands")
logger = logging.getLogger(__name__)  # structlog takes longer to import than the rest
Event = tuple[str, date, float]  # symbol, ex-date, value


class Events(NamedTuple):
    """What happened to symbols, oldest first; (n,) each. symbol: index; value: ₹ or a ratio."""

    day: Days
    symbol: NDArray[np.int64]
    value: Floats


@dataclass(frozen=True, slots=True)
class Columns:
    """A data set opened for reading. values: field to (T, N); indices: (4, K, T) by PRICES.

    instruments: symbol to (name, isin, sector), if the set has its own. dividends: by ex-date,
    rupees a share on the basis that is served; splits: that the prices are adjusted for, shares
    after for one before; bands: price bands from a day on, percent. guard: compares the files with
    their seals.
    """

    folder: Path
    guard: Guard
    dates: Days
    symbols: tuple[str, ...]
    values: Mapping[str, Floats]
    index_names: tuple[str, ...]
    indices: Floats
    instruments: Mapping[str, Sequence[str]]
    dividends: Events
    splits: Events
    bands: Events

    def spells(self) -> dict[str, list[list[str | None]]]:
        """The data set's universes: name to rows of [symbol, from, to]."""
        return json.loads((self.folder / "membership.json").read_bytes())


def open_columns(folder: Path) -> Columns:
    """Check and map an existing cache.

    Raises OSError when it is missing, and ValueError when it is damaged: SealBroken if a file is
    not the one that was written.
    """
    guard = Guard()
    guard.require(folder)
    head = json.loads((folder / _HEAD).read_bytes())
    symbols = tuple(head["symbols"])
    dates = np.load(folder / "dates.npy")
    values = {name: _map(folder / f"{name}.npy") for name in FIELDS}
    if any(matrix.shape != (len(dates), len(symbols)) for matrix in values.values()):
        raise ValueError("the shape of a column differs from the header")
    indices = np.load(folder / "indices.npy")
    return Columns(
        folder,
        guard,
        dates,
        symbols,
        values,
        tuple(head["indices"]),
        indices,
        head["instruments"],
        *(_events(folder, name) for name in _EVENTS),
    )


def cache_problem(folder: Path) -> str:
    """What is wrong with a cache on disk; "" if nothing is, or if there is none."""
    try:
        Guard().require(folder)
    except SealBroken as error:
        return str(error)
    except OSError:
        return ""
    return ""


def _events(folder: Path, name: str) -> Events:
    return Events(*(np.load(folder / f"{name}_{part}.npy") for part in Events._fields))


def write_columns(
    folder: Path,
    dense: Dense,
    indices: CandleRows,
    *,
    instruments: Mapping[str, Sequence[str]],
    spells: Mapping[str, Sequence[Sequence[str | None]]],
    dividends: Sequence[Event] = (),
    splits: Sequence[Event] = (),
    bands: Sequence[Event] = (),
) -> None:
    """Write a cache and rename it to its final name; a second writer's copy is discarded."""
    head = {
        "symbols": dense.symbols,
        "indices": indices.names,
        "instruments": instruments,
    }
    arrays = {name: dense.values[name] for name in FIELDS}
    arrays |= {"dates": dense.dates, "indices": align_indices(indices, dense.dates)}
    for name, events in zip(_EVENTS, (dividends, splits, bands), strict=True):
        found = _as_events(events, dense.symbols)
        arrays |= {f"{name}_{part}": getattr(found, part) for part in Events._fields}
    _write_folder(folder, arrays, {_HEAD: head, "membership.json": spells})


def _as_events(events: Sequence[Event], symbols: Sequence[str]) -> Events:
    place = {symbol: i for i, symbol in enumerate(symbols)}
    known = sorted((day, place[symbol], value) for symbol, day, value in events if symbol in place)
    return Events(
        np.array([day for day, _, _ in known], dtype="datetime64[D]"),
        np.array([symbol for _, symbol, _ in known], dtype=np.int64),
        np.array([value for _, _, value in known], dtype=np.float64),
    )


def selection(columns: Columns, symbols: Sequence[str]) -> Mapping[str, Floats]:
    """The columns of some symbols as contiguous, memory-mapped (T, n) arrays; cached on disk."""
    if tuple(symbols) == columns.symbols:
        return columns.values
    name = hashlib.sha256("\n".join(symbols).encode()).hexdigest()[:16]
    folder = columns.folder / "selections" / name
    shape = (len(columns.dates), len(symbols))
    try:
        return _mapped_selection(columns.guard, folder, shape)
    except (OSError, ValueError) as error:
        if folder.is_dir():  # it is created atomically, so it is damaged
            logger.error("selection of columns damaged, built again: %s: %s", folder, error)
            columns.guard.broken += 1
            shutil.rmtree(folder, ignore_errors=True)
    place = {symbol: i for i, symbol in enumerate(columns.symbols)}
    picked = np.array([place[symbol] for symbol in symbols], np.intp)
    arrays = {name: np.ascontiguousarray(columns.values[name][:, picked]) for name in FIELDS}
    try:
        _drop_oldest(folder.parent)
        _write_folder(folder, arrays, {})
        return _mapped_selection(columns.guard, folder, shape)
    except (OSError, ValueError):  # the disk is full or read-only, or a writer removes this version
        return arrays


def _drop_oldest(selections: Path) -> None:
    """Delete the oldest beyond the maximum; a process that has one mapped keeps its pages."""
    if not selections.is_dir():
        return
    found = [path for path in selections.iterdir() if not path.name.startswith(".")]
    found.sort(key=lambda path: path.stat().st_mtime_ns)
    for path in found[: max(0, len(found) - MAX_SELECTIONS + 1)]:
        shutil.rmtree(path, ignore_errors=True)


def align_indices(rows: CandleRows, dates: Days) -> Floats:
    """Index values on the candles' dates: (4, K, T), NaN where an index has none."""
    aligned = np.full((len(PRICES), len(rows.names), len(dates)), np.nan)
    if len(rows) == 0 or len(dates) == 0:
        return aligned
    at = np.minimum(np.searchsorted(dates, rows.day), len(dates) - 1)
    there = dates[at] == rows.day
    for field, name in enumerate(PRICES):
        aligned[field, rows.code[there], at[there]] = rows.values[name][there]
    return aligned


def _mapped_selection(guard: Guard, folder: Path, shape: tuple[int, int]) -> Mapping[str, Floats]:
    guard.require(folder)
    values = {name: _map(folder / f"{name}.npy") for name in FIELDS}
    if any(matrix.shape != shape for matrix in values.values()):
        raise ValueError("the shape of a selection differs")
    return values


def _map(path: Path) -> Floats:
    # Copy on write: compiled kernels get a writable array (for a read-only one they would be
    # compiled again), and an accidental write affects neither the file nor other processes.
    return np.asarray(np.load(path, mmap_mode="c"))


def _write_folder(
    folder: Path, arrays: Mapping[str, NDArray[Any]], documents: Mapping[str, Any]
) -> None:
    draft = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}")
    draft.mkdir(parents=True)
    try:
        sealing = Sealing()
        for name, document in documents.items():
            _write(draft / name, json.dumps(document).encode(), sealing)
        for name, array in arrays.items():
            _write(draft / f"{name}.npy", _as_file(array), sealing)
        _write(draft / SEAL, sealing.to_json())
        sync_folder(draft)
        try:
            draft.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process wrote the same content first
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    sync_folder(folder.parent)


def _as_file(array: NDArray[Any]) -> memoryview:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array))
    return buffer.getbuffer()


def _write(path: Path, content: bytes | memoryview, sealing: Sealing | None = None) -> None:
    if sealing is not None:
        sealing.add(path.name, content)
    with path.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
