"""A backtest from start to end: document and panel in, the whole report out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tradertape_core.backtest.config import BacktestConfig, entry_fill_model, with_fill_model
from tradertape_core.backtest.metrics.summary import headline
from tradertape_core.backtest.report.context import Evaluated
from tradertape_core.backtest.report.report import build_report
from tradertape_core.backtest.simulation.simulate import Engine, simulate
from tradertape_core.market.panel import Panel
from tradertape_core.strategy.evaluation.cache import IndicatorCache
from tradertape_core.strategy.evaluation.evaluate import for_strategy
from tradertape_core.strategy.language.rules import Strategy
from tradertape_core.strategy.parse.document import parse_strategy

# Part of every report's hash: raised whenever a change may move a figure of an existing run.
ENGINE_VERSION = "3"


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
    config = with_fill_model(config, strategy)
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
        as_entered=_as_entered(panel, strategy, config, cache, engine),
    )


def _as_entered(
    panel: Panel,
    strategy: Strategy,
    config: BacktestConfig,
    cache: IndicatorCache,
    engine: Engine,
) -> dict[str, Any] | None:
    """The headline figures with the fill model of the strategy's entry, where another was asked
    for."""
    model = entry_fill_model(strategy)
    if config.fill_model == model:
        return None
    config = replace(config, fill_model=model)
    run = simulate(panel, strategy, config, cache=cache, engine=engine)
    return {"fill_model": model, **headline(run, panel, config)}
