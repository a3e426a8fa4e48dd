"""The simulated live market of a day, continuing the prices of the active data set."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from tradertape_core.kernel.errors import InvalidInput, StoredDataDamaged
from tradertape_core.market.ticks import tick_paise
from tradertape_core.market.world import DEFAULT_SEED, World, generate
from tradertape_core.market.world.day import VOLATILITY_INDEX, IndexDay, MarketDay, market_day
from tradertape_core.market.world.intraday import Share
from tradertape_core.market.world.quoting import scatter
from tradertape_server.features.market.data_sets.columns import Columns
from tradertape_server.features.market.day_files import DayFiles
from tradertape_server.features.market.service import MarketService

KEPT_DAYS = 2
_STILL_LISTED = timedelta(days=30)


class LiveWorld:
    """Builds each day's market; thread-safe.

    With imported prices the simulation starts from the set's last closes: each share moves by the
    percentages of the simulated company with its name, or of one assigned to it.
    """

    def __init__(self, market: MarketService) -> None:
        self._market = market
        self._days: dict[tuple[date, str], MarketDay] = {}
        self._files = DayFiles(market.home / "cache" / "market-days", kept=KEPT_DAYS)
        self._lock = threading.Lock()

    @property
    def is_on_simulated_history(self) -> bool:
        """Whether the history that the live market continues is simulated too."""
        manifest = self._opened()
        return manifest is None or manifest[2]

    def day(self, day: date) -> MarketDay:
        """The market of a trading day; building it takes half a second, then it is cached, on disk
        too."""
        try:
            opened = self._opened()
        except StoredDataDamaged:
            found = self._built(day)
            if found is None:
                raise
            return found
        key = (day, opened[0] if opened else "")
        with self._lock:
            found = self._days.get(key)
            if found is None:
                found = self._files.read(day, key[1]) or self._build(day, opened)
                while len(self._days) >= KEPT_DAYS:
                    self._days.pop(next(iter(self._days)))
                self._days[key] = found
            return found

    def _build(self, day: date, opened: tuple[str, Columns, bool] | None) -> MarketDay:
        world = generate(DEFAULT_SEED, end=day)
        built = market_day(world)
        if opened is not None and not opened[2]:
            built = on_prices_of(built, world, opened[1])
        self._files.write(day, built, opened[0] if opened else "")
        return built

    def _built(self, day: date) -> MarketDay | None:
        """The day as it was built before the data set was damaged: prices do not stop within it."""
        with self._lock:
            return next((found for (at, _), found in self._days.items() if at == day), None)

    def _opened(self) -> tuple[str, Columns, bool] | None:
        try:
            manifest, columns = self._market.columns()
        except InvalidInput:  # no data set yet: the simulation needs none
            return None
        return manifest.data_version, columns, manifest.simulated


def on_prices_of(day: MarketDay, world: World, columns: Columns) -> MarketDay:
    """Apply a simulated day's moves to the last closes of imported prices."""
    shares: dict[str, Share] = {}
    pulls, outstanding, volatility = {}, {}, {}
    models = sorted(name for name in day.shares if name != VOLATILITY_INDEX)
    for symbol, (when, close) in _last_closes(columns).items():
        model = symbol if symbol in day.shares else models[_number(symbol) % len(models)]
        factor = _factor(world, model, when, close)
        if factor is None:
            continue
        shares[symbol] = _scaled(day.shares[model], factor, day.day)
        pulls[symbol], volatility[symbol] = day.pulls[model], day.volatility[model]
        outstanding[symbol] = day.outstanding[model] / factor
    if VOLATILITY_INDEX in day.shares:
        shares[VOLATILITY_INDEX] = day.shares[VOLATILITY_INDEX]
        pulls[VOLATILITY_INDEX] = day.pulls[VOLATILITY_INDEX]
        volatility[VOLATILITY_INDEX] = day.volatility[VOLATILITY_INDEX]
    indices = {
        name: _scaled_index(index, _index_factor(world, columns, name))
        for name, index in day.indices.items()
    }
    return replace(
        day, shares=shares, pulls=pulls, outstanding=outstanding, volatility=volatility,
        indices=indices,
    )  # fmt: skip


def _last_closes(columns: Columns) -> Mapping[str, tuple[date, float]]:
    """Date and price of the last close of every share still traded at the end of the set."""
    found: dict[str, tuple[date, float]] = {}
    close = columns.values["close"]
    dates: list[date] = columns.dates.tolist()
    for j, symbol in enumerate(columns.symbols):
        rows = np.flatnonzero(np.isfinite(close[:, j]))
        if len(rows) and dates[-1] - dates[rows[-1]] <= _STILL_LISTED:
            found[symbol] = (dates[rows[-1]], float(close[rows[-1], j]))
    return found


def _factor(world: World, model: str, when: date, close: float) -> float | None:
    """The ratio of the set's price to the simulated one on that day; None without the latter."""
    column = world.close[:, world.symbols.index(model)]
    row = int(np.searchsorted(world.dates, np.datetime64(when), side="right")) - 1
    known = np.flatnonzero(np.isfinite(column[: row + 1])) if row >= 0 else []
    if not len(known):
        return None
    return close / float(column[known[-1]])


def _index_factor(world: World, columns: Columns, name: str) -> float:
    if name not in columns.index_names or name not in world.indices:
        return 1.0
    series = columns.indices[3, columns.index_names.index(name)]
    rows = np.flatnonzero(np.isfinite(series))
    if not len(rows):
        return 1.0
    row = int(np.searchsorted(world.dates, columns.dates[rows[-1]], side="right")) - 1
    return float(series[rows[-1]]) / float(world.indices[name].close[max(0, row)])


def _scaled(share: Share, factor: float, day: date) -> Share:
    previous = share.previous * factor
    tick = tick_paise(previous, day)

    def on_tick(price: float) -> float:
        return max(1, round(price * factor * 100 / tick)) * tick / 100

    opening, high, low, close = map(on_tick, (share.open, share.high, share.low, share.close))
    volume = float(round(share.volume / factor))
    return Share(round(previous, 2), opening, high, low, close, volume, tick)


def _scaled_index(index: IndexDay, factor: float) -> IndexDay:
    previous, close = round(index.previous * factor, 2), round(index.close * factor, 2)
    return IndexDay(previous, close, index.members)


def _number(symbol: str) -> int:
    return scatter(*symbol.encode())
