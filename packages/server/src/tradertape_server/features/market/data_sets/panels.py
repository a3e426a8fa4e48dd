"""Builds the Panel for the evaluator and the backtest kernel from a data set's columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.panel import Dividends, IndexSeries, Panel, Splits
from tradertape_core.market.universe import Universe
from tradertape_server.features.market.data_sets.candles import Days, Floats
from tradertape_server.features.market.data_sets.columns import (
    PRICES,
    Columns,
    Events,
    selection,
)
from tradertape_server.features.market.data_sets.manifest import Manifest

MAX_MISSING = 0.5  # with a larger share of symbols without candles, a result would be misleading
_NAMES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class PanelRequest:
    """The request of a panel. wanted: the symbols, by the data set's own names."""

    universe: Universe
    wanted: tuple[str, ...]
    start: date
    end: date
    warm_up_bars: int
    point_in_time: bool
    notes: tuple[str, ...] = ()


def build_panel(
    columns: Columns,
    manifest: Manifest,
    request: PanelRequest,
    sectors_of: Callable[[Sequence[str]], Sequence[str]],
) -> Panel:
    """Build the panel; raises InvalidInput when too much data is missing."""
    first, last = day_range(columns, manifest, request.start, request.end)
    begin = max(0, first - request.warm_up_bars)
    symbols, missing = with_candles(columns, request, first, last)
    values = selection(columns, symbols)
    dates = columns.dates[begin:last]
    cut = {name: matrix[begin:last] for name, matrix in values.items()}
    return Panel(
        dates=dates,
        symbols=symbols,
        open=cut["open"],
        high=cut["high"],
        low=cut["low"],
        close=cut["close"],
        volume=cut["volume"],
        member=_members(request, dates, symbols),
        sectors=tuple(sectors_of(symbols)),
        indices=_indices(columns, begin, last),
        first=first - begin,
        data_version=manifest.data_version,
        universe_warnings=_warnings(manifest, request, missing),
        simulated=manifest.simulated,
        last_traded=_last_traded(columns, values["close"]),
        dividends=Dividends(*_within(columns.dividends, columns, symbols, dates)),
        bands=_bands(columns, symbols, dates),
        splits=Splits(*_within(columns.splits, columns, symbols, dates, to_the_end=False)),
    )


def _within(
    events: Events,
    columns: Columns,
    symbols: tuple[str, ...],
    dates: Days,
    *,
    to_the_end: bool = True,
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """(row, column, value) of the events of the panel's symbols, from its first date on, rows
    rising. to_the_end: no later than its last date; otherwise later ones have the row after it."""
    column = np.full(len(columns.symbols), -1, dtype=np.int64)
    column[np.searchsorted(columns.symbols, symbols)] = np.arange(len(symbols))
    kept = (column[events.symbol] >= 0) & (events.day >= dates[0])
    if to_the_end:
        kept &= events.day <= dates[-1]
    row = np.searchsorted(dates, events.day[kept]).astype(np.int64)
    return row, column[events.symbol[kept]], events.value[kept]


def _bands(columns: Columns, symbols: tuple[str, ...], dates: Days) -> Floats | None:
    """(T, n) price bands in percent, NaN before a symbol's first; None if the set has none."""
    events = columns.bands
    if not len(events.day):
        return None
    order = np.argsort(events.symbol, kind="stable")  # by symbol; the days stay rising
    of, day, percent = events.symbol[order], events.day[order], events.value[order]
    found = np.full((len(dates), len(symbols)), np.nan)
    for i, place in enumerate(np.searchsorted(columns.symbols, symbols).tolist()):
        first, last = np.searchsorted(of, [place, place + 1])
        at = np.searchsorted(day[first:last], dates, side="right") - 1
        known = at >= 0
        found[known, i] = percent[first:last][at[known]]
    return found


def _last_traded(columns: Columns, close: Floats) -> Days:
    """Each symbol's last day with a candle in the whole set; every symbol has one."""
    present = ~np.isnan(close)
    return columns.dates[len(present) - 1 - present[::-1].argmax(axis=0)]


def day_range(columns: Columns, manifest: Manifest, start: date, end: date) -> tuple[int, int]:
    """Rows [first, last) of the dates from `start` to `end`; raises InvalidInput without any."""
    if end < start:
        raise InvalidInput("end_date must be after start_date", pointer="/end_date")
    first = int(np.searchsorted(columns.dates, np.datetime64(start, "D")))
    last = int(np.searchsorted(columns.dates, np.datetime64(end, "D"), side="right"))
    if last <= first:
        held = f"it has {manifest.first} to {manifest.last}" if manifest.first else "it is empty"
        raise InvalidInput(
            f"data set {manifest.name} has no candles from {start} to {end}: {held}",
            pointer="/start_date",
        )
    return first, last


def with_candles(
    columns: Columns, request: PanelRequest, first: int, last: int
) -> tuple[tuple[str, ...], list[str]]:
    """The requested symbols with a candle in rows [first, last), and those without one."""
    place = {symbol: i for i, symbol in enumerate(columns.symbols)}
    there = [symbol for symbol in request.wanted if symbol in place]
    close = columns.values["close"]
    traded = [symbol for symbol in there if not np.isnan(close[first:last, place[symbol]]).all()]
    missing = sorted(set(request.wanted) - set(traded))
    if len(missing) > MAX_MISSING * len(request.wanted):
        raise InvalidInput(
            f"{missing_text(missing, len(request.wanted))}: more than half, so a result would "
            f"not represent {request.universe.name}",
            pointer="/universe",
        )
    return tuple(sorted(traded)), missing


def missing_text(missing: Sequence[str], asked: int) -> str:
    """The message about symbols without data, with some of their names."""
    named = ", ".join(missing[:_NAMES_SHOWN])
    rest = ", …" if len(missing) > _NAMES_SHOWN else ""
    return f"No data for {len(missing)} of {asked} symbols: {named}{rest}"


def _members(
    request: PanelRequest, dates: NDArray[np.datetime64], symbols: tuple[str, ...]
) -> NDArray[np.bool_]:
    if not request.point_in_time:
        return np.ones((len(dates), len(symbols)), np.bool_)
    return request.universe.mask(dates, symbols)


def _indices(columns: Columns, begin: int, last: int) -> dict[str, IndexSeries]:
    found: dict[str, IndexSeries] = {}
    for k, name in enumerate(columns.index_names):
        series = {field: columns.indices[i, k, begin:last] for i, field in enumerate(PRICES)}
        if not np.isnan(series["close"]).all():
            found[name] = IndexSeries(**series)
    return found


def _warnings(manifest: Manifest, request: PanelRequest, missing: list[str]) -> tuple[str, ...]:
    notes = list(request.notes)
    if missing:
        notes.append(missing_text(missing, len(request.wanted)))
    if manifest.basis == "raw":
        notes.append(
            f"Prices of {manifest.name} are unadjusted: a split or bonus looks like a crash"
        )
    held = date.fromisoformat(manifest.first), date.fromisoformat(manifest.last)
    if request.start < held[0] and (held[0] - request.start).days > 7:
        notes.append(f"Data set {manifest.name} begins on {held[0]}, after the start date")
    if request.end > held[1] and (request.end - held[1]).days > 7:
        notes.append(f"Data set {manifest.name} ends on {held[1]}, before the end date")
    notes.extend(_survivorship(request))
    return tuple(notes)


def _survivorship(request: PanelRequest) -> tuple[str, ...]:
    dated = request.universe.known_from not in {None, date.min}
    if dated and not request.point_in_time:
        return (
            f"Universe {request.universe.name} is the membership of {request.end} throughout: "
            "survivorship bias",
        )
    return request.universe.warnings_between(request.start, request.end)
