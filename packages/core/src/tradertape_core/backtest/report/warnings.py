"""Warnings about assumptions and limits of a backtest's result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tradertape_core.backtest.config import BacktestConfig, FlatCharges, Simulation, SkipReason
from tradertape_core.backtest.metrics.returns import SHORTEST_CAGR_DAYS
from tradertape_core.backtest.metrics.summary import Curve
from tradertape_core.backtest.metrics.trades import TradeTable
from tradertape_core.kernel.format import percent
from tradertape_core.market.panel import Panel
from tradertape_core.strategy.evaluation.entries import filter_warnings
from tradertape_core.strategy.language.rules import Strategy

_FEW_TRADES = 30
_NAMED = 5
_MANY_SIGNALS = 100


def warnings(
    simulation: Simulation,
    panel: Panel,
    strategy: Strategy,
    config: BacktestConfig,
    *,
    curve: Curve,
    table: TradeTable,
) -> list[str]:
    """Sentences, the most serious first; the guide gives a remedy for each."""
    return [
        *panel.universe_warnings,
        *_about_prices(panel, config, curve),
        *filter_warnings(strategy.filters, panel),
        *_about_assumptions(simulation, config),
        *_about_liquidity(simulation, panel, config),
        *_about_evidence(curve, table, simulation),
    ]


def model_warnings(
    config: BacktestConfig, summary: Mapping[str, Any], as_entered: Mapping[str, Any] | None
) -> Iterator[str]:
    """What the model of the strategy's own entry would have given, where the run has another."""
    if as_entered is None:
        return
    # Where a period is too short for a yearly growth, the return itself.
    name = "total_return" if None in (summary["cagr"], as_entered["cagr"]) else "cagr"
    label = "CAGR" if name == "cagr" else "return"
    own, entered = (percent(each[name], 2, signed=True) for each in (summary, as_entered))
    yield (
        f"The fills are those of {config.fill_model}, but the strategy enters as "
        f"{as_entered['fill_model']} models it: {label} {own} here, {entered} as it would trade."
    )


def _about_prices(panel: Panel, config: BacktestConfig, curve: Curve) -> Iterator[str]:
    if panel.simulated:
        yield "Simulated prices: no such market existed, the result says nothing of a real one."
    missing = _without_candles(panel)
    if missing:
        named = ", ".join(missing[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
        yield f"No data for {len(missing)} of {len(panel.symbols)} symbols: {named}"
    if not np.isfinite(curve.benchmark).any():
        yield f"No values of the benchmark {config.benchmark}: figures against it are empty."
    elif not np.isfinite(curve.benchmark[0]):
        yield f"The benchmark {config.benchmark} starts after the run: its return is empty."


def _without_candles(panel: Panel) -> list[str]:
    seen = np.isfinite(panel.close[panel.first :]).any(axis=0)
    return [panel.symbols[i] for i in np.flatnonzero(~seen).tolist()]


def _about_assumptions(simulation: Simulation, config: BacktestConfig) -> Iterator[str]:
    if config.fill_model == "close":
        yield (
            "Fills at the close that made the signal: nobody can know that close and still trade "
            "at it. Compare with fill_model next_open."
        )
    if simulation.ambiguous_bars:
        assumed = "stop" if config.intrabar_order == "conservative" else "target"
        yield (
            f"On {simulation.ambiguous_bars:,} bars stop and target were both touched; daily "
            f"candles cannot tell which came first, the {assumed} was assumed."
        )
    if config.charges in ("none", FlatCharges()):
        yield "No charges are deducted: real trades pay brokerage, taxes and fees."
    if not config.point_in_time_universe:
        yield (
            "The universe is one membership for all dates: stocks that fell out of it are "
            "missing (survivorship bias)."
        )


def _about_liquidity(simulation: Simulation, panel: Panel, config: BacktestConfig) -> Iterator[str]:
    if config.participation_pct == 0:
        yield (
            "Orders of any size are filled, whatever was traded: participation_pct is 0. Set it, "
            "to 5 for instance, to see what the volume would have taken."
        )
    elif simulation.symbol.size and np.isnan(panel.volume[:, simulation.symbol]).all(axis=0).any():
        yield "Some traded stocks have no volumes: the participation limit does not apply to them."
    if simulation.cut_purchases:
        yield (
            f"{simulation.cut_purchases:,} purchases were cut to {config.participation_pct:g} % of "
            "the volume: the result depends on the starting capital."
        )
    if simulation.delayed_exits:
        yield (
            f"{simulation.delayed_exits:,} exits found too few buyers and took more than a day, at "
            "the prices of the days after."
        )
    if not config.circuit_limits:
        yield "Stocks locked at a circuit limit are traded as others: circuit_limits is off."


def _about_evidence(curve: Curve, table: TradeTable, simulation: Simulation) -> Iterator[str]:
    trades = int(table.closed.sum())
    if simulation.signals_total == 0:
        yield "The entry rules gave no signal in this period."
    elif trades < _FEW_TRADES:
        yield f"Only {trades} closed trades: too few to tell skill from luck."
    yield from _about_crowding(simulation)
    if curve.calendar_days < SHORTEST_CAGR_DAYS:
        yield f"Shorter than {SHORTEST_CAGR_DAYS} days: yearly growth is not extrapolated."
    if simulation.insufficient_data:
        yield (
            f"{simulation.insufficient_data:,} times a rule lacked the history it needs and "
            "counted as false."
        )
    without_atr = int((simulation.skipped_reason == SkipReason.NO_ATR).sum())
    if without_atr:
        yield (
            f"{without_atr:,} signals were skipped: stop or size is in ATRs, which a stock's first "
            "14 candles do not have."
        )
    open_profit = float(table.net_pnl[~table.closed].sum())
    total = float(table.net_pnl.sum())
    if total > 0 and open_profit > total / 2:
        yield "More than half of the profit lies in positions that are still open."


def _about_crowding(simulation: Simulation) -> Iterator[str]:
    crowded = np.isin(
        simulation.skipped_reason, (SkipReason.MAX_POSITIONS, SkipReason.NO_CAPITAL)
    ).sum()
    if simulation.signals_total >= _MANY_SIGNALS and crowded > 0.9 * simulation.signals_total:
        yield (
            f"{crowded:,} of {simulation.signals_total:,} signals found no slot or no cash: which "
            "ones were bought, by conviction, decides the result more than the rules do."
        )
