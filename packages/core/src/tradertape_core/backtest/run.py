"""A backtest from start to end: document and panel in, the whole report out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradertape_core.backtest.config import BacktestConfig
from tradertape_core.backtest.report.context import Evaluated
from tradertape_core.backtest.report.report import build_report
from tradertape_core.backtest.simulation.simulate import Engine, simulate
from tradertape_core.market.panel import Panel
from tradertape_core.strategy.evaluation.cache import IndicatorCache
from tradertape_core.strategy.evaluation.evaluate import for_strategy
from tradertape_core.strategy.parse.document import parse_strategy

# Part of every report's hash: raised whenever a change may move a figure of an existing run.
ENGINE_VERSION = "1"


def run_backtest(
    panel: Panel,
    document: Mapping[str, Any],
    config: BacktestConfig,
    *,
    cache: IndicatorCache | None = None,
    engine: Engine = "auto",
) -> dict[str, Any]:
    """Return the report of a strategy document on a panel; `took_ms` is left 0 for the caller.

    document: complete, as `parse.complete` writes it. cache: indicators of this same panel.
    Raises InvalidDocument for a document that is not a strategy.
    """
    strategy = parse_strategy(document)
    cache = cache or IndicatorCache(panel)
    simulation = simulate(panel, strategy, config, cache=cache, engine=engine)
    return build_report(
        simulation,
        panel,
        strategy,
        config,
        document=document,
        took_ms=0.0,
        engine_version=ENGINE_VERSION,
        context=Evaluated(strategy, for_strategy(panel, strategy, cache=cache)),
    )
