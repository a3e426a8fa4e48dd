"""Verification of a stored data set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from tradertape_core.market.calendar import Calendar
from tradertape_server.features.market.data_sets.candles import FIELDS, CandleRows, Dense
from tradertape_server.features.market.data_sets.columns import align_indices, open_columns
from tradertape_server.features.market.data_sets.damage import DataSetDamaged, advice
from tradertape_server.features.market.data_sets.draft import Draft, read_unchecked
from tradertape_server.features.market.data_sets.gaps import find_gaps
from tradertape_server.features.market.data_sets.manifest import Manifest
from tradertape_server.features.market.data_sets.store import MarketStore
from tradertape_server.features.market.data_sets.tables_check import damaged_file

# New shares per old one, of the common splits and bonuses at NSE.
_RATIOS = np.array([0.1, 0.2, 0.5, 4 / 3, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 20])
_RATIO_TOLERANCE = 0.06  # the market also moves on an ex-date
_MIN_JUMP = 0.22  # more than the widest daily price band of 20 %
_SHOWN = 20
OK, WARNING, ERROR = "ok", "warning", "error"


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check. verdict: ok, warning (to be reviewed) or error (damaged)."""

    name: str
    verdict: str
    detail: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Jump:
    """A change of price by what looks like a split's ratio."""

    symbol: str
    day: date
    change_pct: float
    ratio: float


def verify(store: MarketStore, name: str, calendar: Calendar) -> list[Check]:
    """Check a set's Parquet files against their hash, price rules, the calendar and the cache.

    Files that cannot be read give a single error.
    """
    try:
        manifest = store.manifest(name)
        draft = read_unchecked(store, manifest)
    except DataSetDamaged as error:
        return [Check("files", ERROR, f"{error.problem}. {advice(name)}")]
    dense = draft.served()
    return [
        _files(store, manifest),
        _hash(draft),
        *check_rows(draft),
        _cache(store, draft, dense),
        *_calendar(dense, calendar, simulated=draft.manifest.simulated),
        _jumps(dense, simulated=draft.manifest.simulated),
    ]


def check_rows(draft: Draft) -> list[Check]:
    """Check the candles on their own: one for each symbol and day, possible prices."""
    return [_order(draft.candles), _prices(draft.candles)]


def find_jumps(dense: Dense) -> list[Jump]:
    """Find overnight price changes that look like a split or bonus that was not applied."""
    close, opened = dense.values["close"], dense.values["open"]
    found: list[Jump] = []
    for column, symbol in enumerate(dense.symbols):
        rows = np.flatnonzero(~np.isnan(close[:, column]))
        before, after = close[rows[:-1], column], opened[rows[1:], column]
        step = before / after
        nearest = _RATIOS[np.abs(np.log(step[:, None] / _RATIOS)).argmin(axis=1)]
        odd = (np.abs(1 / step - 1) > _MIN_JUMP) & (np.abs(step / nearest - 1) < _RATIO_TOLERANCE)
        for i in np.flatnonzero(odd).tolist():
            change = (close[rows[i + 1], column] / before[i] - 1) * 100
            day = dense.dates[rows[i + 1 : i + 2]].tolist()[0]
            found.append(Jump(symbol, day, float(change), float(nearest[i])))
    return found


def _files(store: MarketStore, manifest: Manifest) -> Check:
    if problem := damaged_file(store, manifest):
        return Check("files", ERROR, f"{problem}. {advice(manifest.name)}")
    count = len(manifest.checksums)
    if not count:
        return Check("files", WARNING, "written by an older version, without checksums")
    return Check("files", OK, f"{count} files have their checksums")


def _hash(draft: Draft) -> Check:
    found, expected = draft.content_hash(), draft.manifest.content_hash
    if found == expected:
        return Check("content", OK, f"the files' hash {expected[:12]} equals the manifest's")
    return Check(
        "content", ERROR, f"the files' hash is {found[:12]}, the manifest's {expected[:12]}"
    )


def _order(rows: CandleRows) -> Check:
    key = rows.key
    double = np.flatnonzero(key[1:] <= key[:-1])
    if not len(double):
        return Check("duplicates", OK, "one candle for each symbol and day")
    return Check("duplicates", ERROR, f"{len(double):,} duplicates", _named(rows, double + 1))


def _prices(rows: CandleRows) -> Check:
    values = rows.values
    with np.errstate(invalid="ignore"):
        good = (values["low"] > 0) & (values["volume"] >= 0)
        for name in FIELDS[:4]:
            good &= np.isfinite(values[name])
            good &= (values[name] <= values["high"]) & (values[name] >= values["low"])
    bad = np.flatnonzero(~good)
    if not len(bad):
        return Check("prices", OK, f"{len(rows):,} candles have low ≤ open, close ≤ high")
    return Check("prices", ERROR, f"{len(bad):,} candles are invalid", _named(rows, bad))


def _cache(store: MarketStore, draft: Draft, dense: Dense) -> Check:
    try:
        columns = open_columns(store.cache_folder(draft.manifest))
    except (OSError, KeyError):
        return Check("cache", WARNING, "the column cache is missing; the next reader builds it")
    except ValueError as error:
        text = f"the column cache is damaged ({error}); the next reader builds it again"
        return Check("cache", ERROR, text)
    same = columns.symbols == dense.symbols and np.array_equal(columns.dates, dense.dates)
    same = same and all(
        np.array_equal(columns.values[name], dense.values[name], equal_nan=True) for name in FIELDS
    )
    aligned = align_indices(draft.indices, dense.dates)
    same = same and np.array_equal(columns.indices, aligned, equal_nan=True)
    if same:
        return Check("cache", OK, "the column cache equals the Parquet files")
    folder = store.cache_folder(draft.manifest)
    return Check("cache", ERROR, f"the column cache differs from the files; delete {folder}")


def _calendar(dense: Dense, calendar: Calendar, *, simulated: bool) -> list[Check]:
    gaps = find_gaps(
        dense.dates, dense.symbols, dense.values["close"], dense.values["volume"], calendar
    )
    days = tuple(f"{day}: {count} symbols" for day, count in gaps.by_day[:_SHOWN])
    text = f"{gaps.total:,} candles missing on {len(gaps.by_day)} sessions"
    if simulated:
        missing = Check("gaps", OK, f"{text}: companies suspended from trading")
    else:
        missing = Check("gaps", WARNING if gaps.total else OK, text, days)
    odd = Check(
        "sessions",
        WARNING if gaps.odd_days else OK,
        f"{len(gaps.odd_days)} days with candles on which the exchange was closed",
        tuple(str(day) for day in gaps.odd_days[:_SHOWN]),
    )
    zero = Check(
        "volume",
        WARNING if gaps.zero_volume else OK,
        f"{gaps.zero_volume:,} candles without a trade",
    )
    return [missing, odd, zero]


def _jumps(dense: Dense, *, simulated: bool) -> Check:
    if simulated:
        return Check("splits", OK, "simulated prices are on one basis; jumps are market moves")
    jumps = find_jumps(dense)
    if not jumps:
        return Check("splits", OK, "no price change looks like a split that was not applied")
    examples = tuple(
        f"{jump.symbol} {jump.day}: {jump.change_pct:+.1f} %, as by a ratio of {jump.ratio:g}"
        for jump in jumps[:_SHOWN]
    )
    return Check(
        "splits", WARNING, f"{len(jumps)} price changes look like splits not applied", examples
    )


def _named(rows: CandleRows, at: np.ndarray) -> tuple[str, ...]:
    return tuple(f"{rows.names[rows.code[i]]} {rows.day[i]}" for i in at[:_SHOWN])
