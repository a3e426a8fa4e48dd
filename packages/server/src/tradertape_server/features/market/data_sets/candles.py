"""Candles of one interval as plain columns: merged, hashed and spread over (dates x symbols)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FIELDS = ("open", "high", "low", "close", "volume")
Days = NDArray[np.datetime64]
Floats = NDArray[np.float64]
_DAYS_SPAN = 200_000  # exceeds the day number of any date, so that code and day combine to one key


@dataclass(frozen=True, slots=True)
class CandleRows:
    """n candles. names: distinct symbols, sorted; code (n,): index into them; day (n,).

    values: open, high, low, close in rupees and volume in shares, each (n,) float64.
    """

    names: tuple[str, ...]
    code: NDArray[np.int32]
    day: Days
    values: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.code)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> CandleRows:
        values = {name: column[rows] for name, column in self.values.items()}
        return CandleRows(self.names, self.code[rows], self.day[rows], values)

    @property
    def key(self) -> NDArray[np.int64]:
        """(n,) one number for each (symbol, day), ordered by symbol, then by day."""
        return self.code.astype(np.int64) * _DAYS_SPAN + self.day.astype(np.int64)


def rows_from(
    symbols: NDArray[np.object_] | Sequence[str], day: Days, values: Mapping[str, Floats]
) -> CandleRows:
    """Build CandleRows from plain columns, with one symbol for each row."""
    texts = symbols.tolist() if isinstance(symbols, np.ndarray) else list(symbols)
    names = tuple(sorted(set(texts)))
    place = {name: i for i, name in enumerate(names)}
    code = np.fromiter((place[text] for text in texts), np.int32, len(texts))
    columns = {name: np.asarray(values[name], np.float64) for name in FIELDS}
    return CandleRows(names, code, np.asarray(day, "datetime64[D]"), columns)


NO_CANDLES = CandleRows(
    (),
    np.zeros(0, np.int32),
    np.zeros(0, "datetime64[D]"),
    {name: np.zeros(0) for name in FIELDS},
)


@dataclass(frozen=True, slots=True)
class Merged:
    """Old and new candles as one sorted set, and the effect of each new row."""

    rows: CandleRows
    new: NDArray[np.bool_]  # (m,) of the incoming rows: a (symbol, day) that did not exist
    changed: NDArray[np.bool_]  # (m,) existed with other values, which are replaced


def merge(old: CandleRows, incoming: CandleRows) -> Merged:
    """Merge `incoming` (no duplicate keys) over `old` (sorted, no duplicate keys)."""
    names = tuple(sorted(set(old.names) | set(incoming.names)))
    old, incoming = _recode(old, names), _recode(incoming, names)
    old_key, key = old.key, incoming.key
    at = np.searchsorted(old_key, key)
    inside = at < len(old_key)
    known = np.zeros(len(key), np.bool_)
    known[inside] = old_key[at[inside]] == key[inside]
    changed = np.zeros(len(key), np.bool_)
    for name in FIELDS:
        before, after = old.values[name][at[known]], incoming.values[name][known]
        changed[known] |= (before != after) & ~(np.isnan(before) & np.isnan(after))
    kept = np.ones(len(old_key), np.bool_)
    kept[at[known]] = False
    rows = sorted_rows(joined([old.take(kept), incoming]))
    return Merged(rows, new=~known, changed=changed)


def digest(rows: CandleRows) -> bytes:
    """Hash of the candles' values, independent of the Parquet writer."""
    whole = hashlib.sha256("\n".join(rows.names).encode())
    whole.update(rows.code.tobytes())
    whole.update(rows.day.astype(np.int64).tobytes())
    for name in FIELDS:
        whole.update(rows.values[name].tobytes())
    return whole.digest()


@dataclass(frozen=True, slots=True)
class Dense:
    """Candles as matrices: dates (T,), symbols N, values each (T, N), NaN without a candle."""

    dates: Days
    symbols: tuple[str, ...]
    values: Mapping[str, Floats]


def spread(rows: CandleRows) -> Dense:
    """Convert candles to (dates x symbols) matrices; the dates are those with any candle."""
    dates, row = np.unique(rows.day, return_inverse=True)
    shape = (len(dates), len(rows.names))
    values: dict[str, Floats] = {}
    for name in FIELDS:
        matrix = np.full(shape, np.nan)
        matrix[row.reshape(-1), rows.code] = rows.values[name]
        values[name] = matrix
    return Dense(dates, rows.names, values)


def _recode(rows: CandleRows, names: tuple[str, ...]) -> CandleRows:
    if rows.names == names:
        return rows
    place = {name: i for i, name in enumerate(names)}
    codes = np.array([place[name] for name in rows.names], np.int32)
    code = codes[rows.code] if len(codes) else rows.code
    return CandleRows(names, code, rows.day, rows.values)


def joined(parts: Sequence[CandleRows]) -> CandleRows:
    """Concatenate candles of several files, on common names."""
    names = tuple(sorted({name for part in parts for name in part.names}))
    whole = _recode(NO_CANDLES, names)
    recoded = [_recode(part, names) for part in parts]
    code = np.concatenate([whole.code, *(part.code for part in recoded)])
    day = np.concatenate([whole.day, *(part.day for part in recoded)])
    values = {
        name: np.concatenate([whole.values[name], *(part.values[name] for part in recoded)])
        for name in FIELDS
    }
    return CandleRows(names, code, day, values)


def sorted_order(rows: CandleRows) -> NDArray[np.intp]:
    """The order that puts candles by symbol, then by day."""
    return np.argsort(rows.key, kind="stable")


def sorted_rows(rows: CandleRows) -> CandleRows:
    """The same candles by symbol, then by day."""
    key = rows.key
    if len(key) < 2 or bool(np.all(key[1:] > key[:-1])):
        return rows
    return rows.take(sorted_order(rows))
