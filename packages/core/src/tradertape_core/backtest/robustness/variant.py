"""One variant of a strategy on a panel: the unit of work of sweeps, searches and walk-forward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from tradertape_core.backtest.config import BacktestConfig
from tradertape_core.backtest.metrics.summary import equity_curve, headline
from tradertape_core.backtest.report.context import indicator_name
from tradertape_core.backtest.robustness.grid import Value, apply_parameters
from tradertape_core.backtest.robustness.lookahead import Decisions, cut
from tradertape_core.backtest.robustness.walkforward import Proof
from tradertape_core.backtest.simulation.simulate import Engine, simulate
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.panel import Matrix, Panel
from tradertape_core.strategy.evaluation.cache import IndicatorCache
from tradertape_core.strategy.evaluation.entries import evaluate_entries
from tradertape_core.strategy.evaluation.evaluate import for_strategy
from tradertape_core.strategy.language import rules
from tradertape_core.strategy.language.walk import indicators, trees
from tradertape_core.strategy.parse.document import parse_strategy

_NOTHING: Mapping[str, Value] = {}


def run_one(
    panel: Panel,
    document: Mapping[str, Any],
    config: BacktestConfig,
    *,
    parameters: Mapping[str, Value] = _NOTHING,
    cache: IndicatorCache | None = None,
    engine: Engine = "auto",
) -> dict[str, Any]:
    """Return {"parameters", **headline figures} of the document with `parameters` set.

    cache: indicators of this panel, shared by all variants; a sweep then pays for its loop alone.
    Raises InvalidInput for a parameter that is not there or a value the strategy cannot have.
    """
    strategy = _variant(document, parameters)
    simulation = simulate(panel, strategy, config, cache=cache, engine=engine)
    return {"parameters": dict(parameters), **headline(simulation, panel, config)}


def prove(
    panel: Panel,
    document: Mapping[str, Any],
    config: BacktestConfig,
    *,
    parameters: Mapping[str, Value] = _NOTHING,
    cache: IndicatorCache | None = None,
    engine: Engine = "auto",
) -> Proof:
    """Run the variant on an out-of-sample stretch; the result has its curve, for `stitch`."""
    strategy = _variant(document, parameters)
    simulation = simulate(panel, strategy, config, cache=cache, engine=engine)
    curve = equity_curve(simulation, panel, config)
    return Proof(
        figures=headline(simulation, panel, config),
        dates=[str(day) for day in curve.dates],
        equity=curve.equity.tolist(),
        starting_capital=config.starting_capital,
    )


def stretch(panel: Panel, start: date, end: date) -> Panel:
    """Return the panel of the run start..end (inclusive), with all rows before as warm-up.

    Raises InvalidInput when no trading day lies between the two.
    """
    first = int(np.searchsorted(panel.dates, np.datetime64(start, "D"), side="left"))
    stop = int(np.searchsorted(panel.dates, np.datetime64(end, "D"), side="right"))
    if first >= stop:
        raise InvalidInput(f"no trading day between {start} and {end}")
    return replace(cut(panel, 0, stop), first=first)


def decide(
    panel: Panel, strategy: rules.Strategy, config: BacktestConfig, *, engine: Engine = "auto"
) -> Decisions:
    """What the strategy decides on this panel alone, for `lookahead_check`."""
    cache = IndicatorCache(panel)
    entries = evaluate_entries(strategy, for_strategy(panel, strategy, cache=cache))
    simulation = simulate(panel, strategy, config, cache=cache, engine=engine)
    return Decisions(signal=entries.signal, simulation=simulation)


def indicator_values(panel: Panel, strategy: rules.Strategy) -> dict[str, Matrix]:
    """Every indicator the strategy reads, by name, on this panel alone: `recursive_analysis`."""
    evaluation = for_strategy(panel, strategy)
    return {
        indicator_name(node, strategy.params): evaluation.value(node)
        for node in indicators(*trees(strategy))
    }


def _variant(document: Mapping[str, Any], parameters: Mapping[str, Value]) -> rules.Strategy:
    return parse_strategy(apply_parameters(document, parameters) if parameters else document)
