"""The unit of work of studies: one variant of a strategy on one date range, in any process."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from tradertape_core.backtest.config import BacktestConfig
from tradertape_core.backtest.robustness.grid import apply_parameters
from tradertape_core.backtest.robustness.lookahead import cut
from tradertape_core.backtest.robustness.variant import prove, run_one, stretch
from tradertape_core.backtest.robustness.walkforward import Proof
from tradertape_core.kernel.errors import InvalidInput, StoredDataDamaged
from tradertape_core.market.panel import Panel
from tradertape_core.strategy.evaluation.cache import IndicatorCache
from tradertape_core.strategy.language.walk import warm_up_bars
from tradertape_core.strategy.parse.document import parse_strategy
from tradertape_server.features.market.service import MarketService
from tradertape_server.platform.clock import SystemClock

Json = dict[str, Any]

_MARKETS_KEPT = 4
_STRETCHES_KEPT = 4
_MOST_BYTES = 256 * 1024 * 1024


class Variant(NamedTuple):
    """Parameter values, and the date range they are run on; without one the whole period."""

    parameters: Json
    start: date | None = None
    end: date | None = None


@dataclass(slots=True)
class Opened:
    """The panel of the whole period, and the indicators of the date ranges last run on."""

    panel: Panel
    caches: OrderedDict[tuple[Any, ...], IndicatorCache] = field(default_factory=OrderedDict)

    def cache(self, variant: Variant, warm_up: int) -> IndicatorCache:
        """Indicators of a variant's date range, with as much history as a single run of it has.

        So a row of a study equals a backtest with the same values to the paisa.
        """
        key = (variant.start, variant.end, warm_up)
        if key not in self.caches:
            panel = self.panel
            if variant.start is not None and variant.end is not None:
                panel = stretch(panel, variant.start, variant.end)
            panel = cut(panel, max(0, panel.first - warm_up), panel.dates.size)
            self.caches[key] = IndicatorCache(panel, max_bytes=_MOST_BYTES)
            if len(self.caches) > _STRETCHES_KEPT:
                self.caches.popitem(last=False)
        self.caches.move_to_end(key)
        return self.caches[key]


@dataclass(frozen=True, slots=True)
class VariantWork:
    """Runs variants of one document; see `platform.compute.worker_process.Work`.

    warm_up: the most history any variant may read, in bars.
    """

    home: str
    data_set: str
    data_version: str
    document: Json
    config: BacktestConfig
    warm_up: int

    @property
    def key(self) -> str:
        """Names the panel: variants of other documents on it share its indicators."""
        config = self.config
        return repr(
            (
                self.home,
                self.data_set,
                self.data_version,
                config.universe,
                config.start_date,
                config.end_date,
                config.benchmark,
                config.point_in_time_universe,
                self.warm_up,
            )
        )

    def load(self) -> Panel:
        """The panel of the whole period, memory-mapped."""
        config = self.config
        return _market(self.home, self.data_set).panel(
            config.universe,
            config.start_date,
            config.end_date,
            warm_up_bars=self.warm_up,
            benchmark=config.benchmark,
            point_in_time=config.point_in_time_universe,
        )

    def open(self, loaded: Panel) -> Opened:
        """An empty indicator cache on the panel."""
        return Opened(loaded)

    def run(self, opened: Opened, item: Variant) -> Json:
        """The variant's row; invalid parameter values give a row with an `error`."""
        try:
            cache, config = self._ready(opened, item)
            row = run_one(
                cache.panel, self.document, config, parameters=item.parameters, cache=cache
            )
        except InvalidInput as error:
            return {"parameters": dict(item.parameters), "error": str(error)}
        self.require_unchanged()
        return row

    def prove(self, opened: Opened, item: Variant) -> Proof:
        """The variant's figures with its equity curve. Raises InvalidInput."""
        cache, config = self._ready(opened, item)
        found = prove(cache.panel, self.document, config, parameters=item.parameters, cache=cache)
        self.require_unchanged()
        return found

    def require_unchanged(self) -> None:
        """Check that the panel's files are those it was loaded from. Raises StoredDataDamaged."""
        _market(self.home, self.data_set).require_unchanged(self.data_set)

    def _ready(self, opened: Opened, item: Variant) -> tuple[IndicatorCache, BacktestConfig]:
        try:
            self.require_unchanged()
        except StoredDataDamaged:  # it was kept from an earlier study
            opened.panel = self.load()
            opened.caches.clear()
        strategy = parse_strategy(apply_parameters(self.document, item.parameters))
        cache = opened.cache(item, min(warm_up_bars(strategy), self.warm_up))
        config = self.config
        if item.start is not None and item.end is not None:
            config = replace(config, start_date=item.start, end_date=item.end)
        return cache, config


@lru_cache(maxsize=_MARKETS_KEPT)
def _market(home: str, data_set: str) -> MarketService:
    return MarketService(Path(home), SystemClock(), data_set=data_set)
