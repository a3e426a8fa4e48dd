"""Is a backtest more than luck? Sweeps, walk-forward, Monte Carlo, look-ahead: the one door."""

from __future__ import annotations

from tradertape_core.backtest.metrics.returns import deflated_sharpe, expected_best_sharpe
from tradertape_core.backtest.robustness.grid import (
    Dimension,
    apply_parameters,
    grid,
    search_space,
)
from tradertape_core.backtest.robustness.lookahead import (
    Decisions,
    lookahead_check,
    recursive_analysis,
)
from tradertape_core.backtest.robustness.montecarlo import monte_carlo, trade_fractions
from tradertape_core.backtest.robustness.sweep import (
    METRICS,
    heat_map,
    objective,
    param_sensitivity,
    ranked,
    sharpe_variance,
)
from tradertape_core.backtest.robustness.variant import (
    decide,
    indicator_values,
    prove,
    run_one,
    stretch,
)
from tradertape_core.backtest.robustness.walkforward import (
    Choice,
    Proof,
    Window,
    stitch,
    walk_forward,
    walk_forward_windows,
)

__all__ = [
    "METRICS",
    "Choice",
    "Decisions",
    "Dimension",
    "Proof",
    "Window",
    "apply_parameters",
    "decide",
    "deflated_sharpe",
    "expected_best_sharpe",
    "grid",
    "heat_map",
    "indicator_values",
    "lookahead_check",
    "monte_carlo",
    "objective",
    "param_sensitivity",
    "prove",
    "ranked",
    "recursive_analysis",
    "run_one",
    "search_space",
    "sharpe_variance",
    "stitch",
    "stretch",
    "trade_fractions",
    "walk_forward",
    "walk_forward_windows",
]
