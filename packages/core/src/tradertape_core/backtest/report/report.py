"""The report of a backtest: one JSON-ready dict with summary, curve, trades and breakdowns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tradertape_core.backtest.config import BacktestConfig, Simulation
from tradertape_core.backtest.metrics.summary import equity_curve, summarize
from tradertape_core.backtest.metrics.trades import trade_table
from tradertape_core.backtest.report import series, trades
from tradertape_core.backtest.report.context import ReportContext, Unexplained
from tradertape_core.backtest.report.costs import cost_summary
from tradertape_core.backtest.report.fingerprint import config_echo, report_hash
from tradertape_core.backtest.report.warnings import model_warnings, warnings
from tradertape_core.market.panel import Panel
from tradertape_core.strategy.language.rules import Strategy


def build_report(
    simulation: Simulation,
    panel: Panel,
    strategy: Strategy,
    config: BacktestConfig,
    *,
    document: Mapping[str, Any],
    took_ms: float,
    engine_version: str,
    context: ReportContext | None = None,
    trials: int = 1,
    trial_sharpe_variance: float | None = None,
    notes: Sequence[str] = (),
    as_entered: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the whole report as plain Python values: what the API returns and stores.

    document: the complete strategy document, echoed as strategy_snapshot. context: the
    values behind each entry; without it the reasons and indicator values of trades are empty.
    notes: further warnings, of the price basis for instance. as_entered: `fill_model` and the
    headline figures of the model of the strategy's entry, where the run has another. Two calls
    with equal inputs differ in took_ms only.
    """
    context = context or Unexplained()
    curve, table = equity_curve(simulation, panel, config), trade_table(simulation)
    every_trade = trades.trade_rows(
        simulation, panel, strategy, config, table=table, context=context
    )
    summary = summarize(
        simulation,
        panel,
        config,
        curve=curve,
        table=table,
        trials=trials,
        trial_sharpe_variance=trial_sharpe_variance,
    )
    return {
        "took_ms": round(took_ms, 3),
        "engine_version": engine_version,
        "data_version": panel.data_version,
        "simulated": panel.simulated,
        "config": config_echo(config),
        "strategy_snapshot": dict(document),
        "hash": report_hash(config, document, panel.data_version, engine_version),
        "summary": summary,
        "equity_curve": series.equity_rows(curve, simulation, panel.first),
        "monthly_returns": series.monthly_rows(curve),
        "yearly_returns": series.yearly_rows(curve),
        "drawdowns": series.drawdown_rows(curve),
        "rolling": {
            "window_days": series.ROLLING_DAYS,
            "rows": series.rolling_rows(curve, config.risk_free_pct),
        },
        "trades": [row for row in every_trade if row["exit_date"] is not None],
        "open_positions": [row for row in every_trade if row["exit_date"] is None],
        "exit_breakdown": trades.exit_breakdown(simulation, strategy, table),
        "by_symbol": trades.by_symbol(simulation, panel, table),
        "by_sector": trades.by_sector(simulation, panel, table),
        "by_year": trades.by_year(simulation, panel, table),
        "by_weekday": trades.by_weekday(simulation, panel, table),
        "by_conviction_decile": trades.by_conviction_decile(simulation, table),
        "skipped_signals": trades.skipped_rows(simulation, panel),
        "skip_breakdown": trades.skip_breakdown(simulation),
        "costs": cost_summary(simulation, panel, config, table=table, summary=summary),
        "as_entered": None if as_entered is None else dict(as_entered),
        "warnings": [
            *model_warnings(config, summary, as_entered),
            *warnings(simulation, panel, strategy, config, curve=curve, table=table),
            *notes,
        ],
    }
