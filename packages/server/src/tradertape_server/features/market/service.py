"""Market data for the rest of the server: panels, candles, universes, state of the data sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.panel import Panel
from tradertape_core.market.universe import Universe, current_symbol
from tradertape_server.features.market.data_sets.candles import Days, Floats
from tradertape_server.features.market.data_sets.columns import Columns, cache_problem
from tradertape_server.features.market.data_sets.damage import DataSetDamaged
from tradertape_server.features.market.data_sets.gaps import Gaps, find_gaps
from tradertape_server.features.market.data_sets.manifest import Manifest
from tradertape_server.features.market.data_sets.opening import OpenDataSets, OpenedSet
from tradertape_server.features.market.data_sets.panels import PanelRequest, build_panel
from tradertape_server.features.market.data_sets.store import MarketStore
from tradertape_server.features.market.data_sets.universes import (
    UniverseSize,
    about,
    is_custom,
    plain_symbol,
)
from tradertape_server.features.market.progress import Progress, no_progress

if TYPE_CHECKING:  # these modules need pyarrow; reading panels does not
    from tradertape_server.features.market.data_sets.verify import Check
    from tradertape_server.features.market.fetching.request import FetchReport, FetchRequest
    from tradertape_server.features.market.importing.report import ImportReport
    from tradertape_server.features.market.importing.request import ImportRequest

BENCHMARK = "NIFTY 50"


@dataclass(frozen=True, slots=True)
class DataSet:
    """One data set and whether new runs use it. problem: why it cannot be used, "" if it can."""

    manifest: Manifest
    active: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DataSetStatus:
    """A data set, whether new runs use it, and the number of candles missing in it."""

    manifest: Manifest
    active: bool
    gaps: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CandleSeries:
    """Candles of one symbol or index, oldest first. Arrays (n,), rupees or index points."""

    symbol: str
    name: str
    sector: str
    data_version: str
    simulated: bool
    dates: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats | None


@dataclass(frozen=True, slots=True)
class SymbolRow:
    """A symbol of a data set, as search results show it."""

    symbol: str
    name: str
    isin: str
    sector: str
    first: date
    last: date
    candles: int


class MarketService:
    """Reads the data sets under `<home>/market/`; safe to share between threads and processes.

    data_set: the default set; "" for the active one.
    """

    def __init__(self, home: Path, clock: Clock, *, data_set: str = "") -> None:
        self.home = home
        self.default = data_set
        self.clock = clock
        self.store = MarketStore(home)
        self.opened = OpenDataSets(self.store)

    def panel(
        self,
        universe: str | Sequence[str],
        start: date,
        end: date,
        *,
        data_set: str | None = None,
        warm_up_bars: int = 300,
        benchmark: str = BENCHMARK,
        point_in_time: bool = True,
    ) -> Panel:
        """Candles of a universe from `start` to `end` with up to `warm_up_bars` rows before them.

        universe: a name such as nifty_100, `custom:INFY,TCS`, or a list of symbols.
        Raises InvalidInput for an empty or unknown universe, for a range without candles, and if
        more than half of the symbols have none; fewer cause a warning of the panel.
        """
        opened = self._open(data_set)
        found = opened.universes.find(universe)
        members = found.symbols_between(start, end) if point_in_time else found.members_on(end)
        if not members:
            raise InvalidInput(
                f"universe {found.name} had no members from {start} to {end}", pointer="/universe"
            )
        wanted = tuple(opened.universes.held_as(symbol) or symbol for symbol in members)
        notes = _missing_benchmark(benchmark, opened)
        request = PanelRequest(found, wanted, start, end, warm_up_bars, point_in_time, notes)
        return build_panel(opened.columns, opened.manifest, request, opened.universes.sectors)

    def data_version(self, data_set: str | None = None) -> str:
        """The version a run on this set would record now."""
        return self.store.manifest(self._name(data_set)).data_version

    def data_sets(self) -> list[DataSet]:
        """Every data set, sorted by name, the damaged ones too."""
        active = self.default or self.store.active()
        return [self._data_set(name, active=name == active) for name in self.store.names()]

    def status(self) -> list[DataSetStatus]:
        """Every set with its missing candles, for `tradertape data status` and the health page."""
        return [
            DataSetStatus(
                one.manifest,
                one.active,
                0 if one.problem else self._missing(one.manifest),
                one.problem,
            )
            for one in self.data_sets()
        ]

    def cache_problem(self, data_set: str) -> str:
        """What is wrong with a set's column cache on disk; the next reader builds it again."""
        return cache_problem(self.store.cache_folder(self.store.manifest(data_set)))

    def require_unchanged(self, data_set: str | None = None) -> None:
        """Check, after a computation, that its prices did not change while they were read.

        Raises DataSetDamaged: the figures must not be given.
        """
        self.opened.require_unchanged(self._name(data_set))

    def use(self, name: str) -> DataSet:
        """Make a set the one new runs use."""
        self.store.activate(name)
        return DataSet(self.store.manifest(name), active=True)

    def candles(
        self,
        symbol: str,
        start: date | None = None,
        end: date | None = None,
        *,
        data_set: str | None = None,
    ) -> CandleSeries:
        """Candles of one symbol, or of an index by its name; raises InvalidInput with similar
        names."""
        opened = self._open(data_set)
        columns, manifest = opened.columns, opened.manifest
        values = _series(columns, symbol)
        if values is None:
            raise InvalidInput(self._unknown(symbol, opened), pointer="/symbol")
        rows = ~np.isnan(values["close"])
        if start is not None:
            rows &= columns.dates >= np.datetime64(start, "D")
        if end is not None:
            rows &= columns.dates <= np.datetime64(end, "D")
        cut = {field: column[rows] for field, column in values.items()}
        found = symbol if symbol in columns.index_names else plain_symbol(symbol)
        name, _, sector = about(columns, found)
        return CandleSeries(
            found,
            name or found,
            sector,
            manifest.data_version,
            manifest.simulated,
            columns.dates[rows],
            cut["open"],
            cut["high"],
            cut["low"],
            cut["close"],
            cut.get("volume"),
        )

    def search(
        self, text: str = "", *, data_set: str | None = None, limit: int = 50, offset: int = 0
    ) -> tuple[list[SymbolRow], int]:
        """A page of the symbols whose symbol or company name contains `text`, and their number."""
        opened = self._open(data_set)
        found = _matching(opened.columns, text)
        return [_symbol_row(opened.columns, s) for s in found[offset : offset + limit]], len(found)

    def universes(
        self, day: date | None = None, *, data_set: str | None = None
    ) -> list[UniverseSize]:
        """Every universe of a set with its size on a day, by default the set's last."""
        opened = self._open(data_set)
        return opened.universes.sizes(day or _last_day(opened.manifest))

    def members(
        self, universe: str, day: date | None = None, *, data_set: str | None = None
    ) -> tuple[Universe, date, list[SymbolRow]]:
        """A universe, the day, and its members then; members without data have 0 candles."""
        opened = self._open(data_set)
        found = opened.universes.find(universe)
        day = day or _last_day(opened.manifest)
        held = (opened.universes.held_as(symbol) or symbol for symbol in found.members_on(day))
        return found, day, [_symbol_row(opened.columns, symbol) for symbol in held]

    def require_known(self, universe: str, benchmark: str, *, data_set: str | None = None) -> None:
        """Check, before money is put to work on it, that a universe exists, that the set has every
        symbol that is listed by hand, and the index that is compared with.

        The default index may be missing: it was not chosen. Raises InvalidInput.
        """
        opened = self._open(data_set)
        found = opened.universes.find(universe)
        if is_custom(universe):
            listed = [spell.symbol for spell in found.spells]
            missing = [one for one in listed if opened.universes.held_as(one) is None]
            if missing:
                raise InvalidInput(
                    "; ".join(self._unknown(one, opened) for one in missing[:5]),
                    pointer="/universe",
                )
        notes = () if benchmark == BENCHMARK else _missing_benchmark(benchmark, opened)
        if notes:
            raise InvalidInput(notes[0], pointer="/benchmark")

    def columns(self, data_set: str | None = None) -> tuple[Manifest, Columns]:
        """The manifest and opened columns of a set, for reading all of it."""
        opened = self._open(data_set)
        return opened.manifest, opened.columns

    def ensure_simulated_world(self, progress: Progress = no_progress) -> Manifest:
        """Build the simulated market once; later calls extend it to the last finished session."""
        from tradertape_server.features.market import simulated_data_set  # noqa: PLC0415 - needs pyarrow

        return simulated_data_set.ensure(self.store, self.clock, progress)

    def extend_simulated_world(self) -> bool:
        """Give the simulated market, if there is one, the sessions that have ended since; whether
        there were any. Any process may do it: one builds them."""
        from tradertape_server.features.market import simulated_data_set  # noqa: PLC0415 - needs pyarrow

        if not simulated_data_set.is_behind(self.store, self.clock):
            return False
        simulated_data_set.ensure(self.store, self.clock)
        return True

    def verify(self, data_set: str | None = None) -> list[Check]:
        """Check a set against its hash, the calendar, price rules and its cache."""
        from tradertape_server.features.market.data_sets.verify import verify  # noqa: PLC0415 - pyarrow

        return verify(self.store, self._name(data_set), nse_calendar())

    def accept(self, data_set: str) -> Manifest:
        """Use the altered files of a set as they are, as a new version."""
        from tradertape_server.features.market.data_sets import repair  # noqa: PLC0415 - pyarrow

        return repair.accept(self.store, data_set, self.clock)

    def discard(self, data_set: str) -> Path:
        """Move a set aside, so that its files can be imported again; returns its new place."""
        return self.store.discard(data_set, self.clock)

    def import_files(
        self, request: ImportRequest, progress: Progress = no_progress
    ) -> ImportReport:
        """Import files into a data set; see `importing.run.import_files`."""
        from tradertape_server.features.market.importing import run  # noqa: PLC0415 - pyarrow

        return run.import_files(self.store, self.clock, request, progress)

    def fetch(self, request: FetchRequest, progress: Progress = no_progress) -> FetchReport:
        """Download daily prices and import them; see `fetching.run.fetch`."""
        from tradertape_server.features.market.fetching import run  # noqa: PLC0415 - httpx, pyarrow

        return run.fetch(self.home, self.store, self.clock, request, progress)

    def gaps(self, data_set: str | None = None) -> Gaps:
        """The candles missing according to the calendar."""
        columns = self._open(data_set).columns
        values = columns.values
        calendar = nse_calendar()
        return find_gaps(
            columns.dates, columns.symbols, values["close"], values["volume"], calendar
        )

    def _missing(self, manifest: Manifest) -> int:
        # A simulated market is complete: a missing candle is a suspension.
        return 0 if manifest.simulated else self.gaps(manifest.name).total

    def _name(self, data_set: str | None) -> str:
        name = data_set or self.default or self.store.active()
        if name is None:
            raise InvalidInput(
                "there is no market data yet: `tradertape serve --demo` builds a simulated market, "
                "`tradertape data import` imports your own",
                pointer="/data_set",
            )
        return name

    def _data_set(self, name: str, *, active: bool) -> DataSet:
        problem = self.opened.problem(name)
        try:
            return DataSet(self.store.manifest(name), active, problem)
        except (DataSetDamaged, InvalidInput):  # nothing but its name is known
            return DataSet(self.store.unknown(name), active, problem)

    def _open(self, data_set: str | None) -> OpenedSet:
        return self.opened.open(self._name(data_set))

    def _unknown(self, symbol: str, opened: OpenedSet) -> str:
        near = near_matches(symbol, opened.columns)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        return f"data set {opened.manifest.name} has no symbol {symbol!r}{hint}"


def near_matches(symbol: str, columns: Columns, *, most: int = 5) -> list[str]:
    """Symbols and index names similar to `symbol`, the most similar first."""
    from difflib import get_close_matches  # noqa: PLC0415 - only when a name was wrong

    wanted = plain_symbol(symbol)
    names = [*columns.symbols, *columns.index_names]
    starting = [name for name in names if wanted and name.startswith(wanted)]
    renamed = [name for name in (current_symbol(wanted),) if name in columns.symbols]
    close = get_close_matches(wanted, names, n=most, cutoff=0.6)
    return list(dict.fromkeys([*renamed, *starting, *close]))[:most]


def _missing_benchmark(benchmark: str, opened: OpenedSet) -> tuple[str, ...]:
    names = opened.columns.index_names
    if not benchmark or benchmark in names:
        return ()
    known = ", ".join(names) or "none"
    return (f"No index {benchmark} in data set {opened.manifest.name}; it has: {known}",)


def _series(columns: Columns, symbol: str) -> dict[str, Floats] | None:
    if symbol in columns.index_names:
        k = columns.index_names.index(symbol)
        names = ("open", "high", "low", "close")
        return {name: columns.indices[i, k] for i, name in enumerate(names)}
    wanted = plain_symbol(symbol)
    if wanted not in columns.symbols:
        return None
    place = columns.symbols.index(wanted)
    return {name: np.array(matrix[:, place]) for name, matrix in columns.values.items()}


def _matching(columns: Columns, text: str) -> list[str]:
    wanted = plain_symbol(text)

    def rank(symbol: str) -> int:
        if symbol == wanted:
            return 0
        if symbol.startswith(wanted):
            return 1
        if wanted in symbol:
            return 2
        return 3 if wanted in about(columns, symbol)[0].upper() else 9

    ranked = sorted((rank(symbol), symbol) for symbol in columns.symbols)
    found = [symbol for place, symbol in ranked if place < 9]
    return found or near_matches(text, columns)


def _symbol_row(columns: Columns, symbol: str) -> SymbolRow:
    name, isin, sector = about(columns, symbol)
    if symbol not in columns.symbols:
        return SymbolRow(symbol, name, isin, sector, date.max, date.min, 0)
    close = columns.values["close"][:, columns.symbols.index(symbol)]
    rows = np.flatnonzero(~np.isnan(close))
    if not len(rows):
        return SymbolRow(symbol, name, isin, sector, date.max, date.min, 0)
    first, last = columns.dates[rows[[0, -1]]].tolist()
    return SymbolRow(symbol, name, isin, sector, first, last, len(rows))


def _last_day(manifest: Manifest) -> date:
    return date.fromisoformat(manifest.last) if manifest.last else date.min
