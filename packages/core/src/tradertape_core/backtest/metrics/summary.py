"""The summary of a backtest: every figure by name, its unit and meaning, how it is made.

`FIGURES` is the one list of names; the Backtesting guide's table is held equal to it by a test.
Percentages are in percent units (12.5 is 12.5 %), money in rupees, ratios plain. A figure without
a value is None, never NaN or infinity.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradertape_core.backtest.config import BacktestConfig, Simulation
from tradertape_core.backtest.metrics import drawdown, returns, trades
from tradertape_core.backtest.metrics.figures import FIGURES
from tradertape_core.backtest.metrics.trades import TradeTable, trade_table
from tradertape_core.market.panel import Panel

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]

HEADLINE = (
    "cagr",
    "total_return",
    "max_drawdown",
    "sharpe",
    "sortino",
    "win_rate",
    "profit_factor",
    "total_trades",
)

# Of the volume, where the run has no limit of its own: assumed not to move the price.
_PARTICIPATION_PCT = 5.0
_VOLUME_BARS = 20
_DIGITS = 6
_MONEY = 2
_IN_RUPEES = frozenset(name for name, figure in FIGURES.items() if figure.unit == "₹")


@dataclass(frozen=True, slots=True)
class Curve:
    """Equity and benchmark of the run, one value per trading day; (D,) each.

    equity, cash: rupees. returns: fractions, the first day's against the starting capital.
    underwater: percent below the highest equity so far. benchmark: index points, carried over
    missing days, NaN before its first. benchmark_returns: fractions, NaN on the first day.
    """

    dates: Days
    starting_capital: float
    equity: Floats
    cash: Floats
    returns: Floats
    underwater: Floats
    benchmark: Floats
    benchmark_returns: Floats

    @property
    def calendar_days(self) -> int:
        """Days from the first to the last session, weekends included; 0 without sessions."""
        if self.dates.size == 0:
            return 0
        return int((self.dates[-1] - self.dates[0]).astype(np.int64))


def equity_curve(simulation: Simulation, panel: Panel, config: BacktestConfig) -> Curve:
    """Cut the run's days out of the simulation and set the benchmark beside them."""
    days = slice(panel.first, None)
    equity = simulation.equity[days] / 100.0
    benchmark = _benchmark(panel, config.benchmark)[days]
    before = np.concatenate(([config.starting_capital], equity[:-1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(before > 0, equity / before - 1, 0.0)
    return Curve(
        dates=panel.dates[days],
        starting_capital=config.starting_capital,
        equity=equity,
        cash=simulation.cash[days] / 100.0,
        returns=own,
        underwater=drawdown.underwater_pct(equity, config.starting_capital),
        benchmark=benchmark,
        benchmark_returns=np.concatenate(([np.nan], benchmark[1:] / benchmark[:-1] - 1))
        if benchmark.size
        else benchmark,
    )


def _benchmark(panel: Panel, name: str) -> Floats:
    series = panel.indices.get(name)
    if series is None:
        return np.full(panel.dates.size, np.nan)
    known = np.isfinite(series.close) & (series.close > 0)
    last = np.maximum.accumulate(np.where(known, np.arange(known.size), -1))
    return np.where(last >= 0, series.close[np.maximum(last, 0)], np.nan)


def summarize(
    simulation: Simulation,
    panel: Panel,
    config: BacktestConfig,
    *,
    curve: Curve | None = None,
    table: TradeTable | None = None,
    trials: int = 1,
    trial_sharpe_variance: float | None = None,
) -> dict[str, Any]:
    """Return every figure of `FIGURES`, in its order, as plain Python values.

    trials: how many variants were tried before this one was chosen, for `deflated_sharpe`;
    trial_sharpe_variance: the variance of their yearly Sharpe ratios, None when unknown.
    """
    curve = curve or equity_curve(simulation, panel, config)
    table = table or trade_table(simulation)
    found = _growth(curve) | _ratios(curve, config.risk_free_pct)
    found |= drawdown.figures(curve.dates, curve.underwater)
    found["calmar"] = returns.ratio(found["cagr"], abs(found["max_drawdown"] or 0.0))
    found |= trades.figures(simulation, table)
    found |= _exposure(simulation, panel, curve)
    found |= _costs(simulation, table)
    found["capacity_inr"] = capacity_inr(simulation, panel, config)
    found |= _months(curve)
    found["deflated_sharpe"] = returns.deflated_sharpe(
        curve.returns - returns.daily_risk_free(config.risk_free_pct),
        trials=trials,
        trial_sharpe_variance=trial_sharpe_variance,
    )
    found["trials"] = trials
    return plain(found, FIGURES)


def headline(simulation: Simulation, panel: Panel, config: BacktestConfig) -> dict[str, Any]:
    """The figures by which runs are compared, a fraction of the work of `summarize`."""
    curve = equity_curve(simulation, panel, config)
    excess = curve.returns - returns.daily_risk_free(config.risk_free_pct)
    found = _growth(curve) | trades.figures(simulation, trade_table(simulation))
    found["max_drawdown"] = float(curve.underwater.min()) if curve.underwater.size else None
    found["sharpe"] = returns.sharpe(excess)
    found["sortino"] = returns.sortino(excess)
    return plain(found, HEADLINE)


def plain(found: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Pick `names` in order, rupees rounded to paise, other floats to 6 digits, else None."""
    return {name: finite(found[name], _MONEY if name in _IN_RUPEES else _DIGITS) for name in names}


def finite(value: Any, digits: int) -> Any:
    """A float rounded to `digits` or None where it is not finite; anything else as it is."""
    if not isinstance(value, float):
        return value
    # Adding zero turns -0.0, which prints as "-0.0", into 0.0.
    return round(value, digits) + 0.0 if math.isfinite(value) else None


def _growth(curve: Curve) -> dict[str, Any]:
    days, equity, index = curve.dates, curve.equity, curve.benchmark
    ending = float(equity[-1]) if equity.size else curve.starting_capital
    base = float(index[0]) if index.size else math.nan
    index_end = float(index[-1]) if index.size else math.nan
    return {
        "start_date": str(days[0]) if days.size else None,
        "end_date": str(days[-1]) if days.size else None,
        "trading_days": int(days.size),
        "years": curve.calendar_days / returns.CALENDAR_DAYS,
        "starting_capital": curve.starting_capital,
        "ending_capital": ending,
        "net_profit": ending - curve.starting_capital,
        "total_return": (ending / curve.starting_capital - 1) * 100,
        "cagr": returns.cagr_pct(curve.starting_capital, ending, curve.calendar_days),
        "benchmark_return": (returns.ratio(index_end, base) - 1) * 100,
        "benchmark_cagr": returns.cagr_pct(base, index_end, curve.calendar_days),
    }


def _ratios(curve: Curve, risk_free_pct: float) -> dict[str, Any]:
    risk_free = returns.daily_risk_free(risk_free_pct)
    own = curve.returns
    excess = own - risk_free
    var_95, cvar_95, tail_ratio = returns.tails(own)
    return returns.against_benchmark(excess, curve.benchmark_returns - risk_free) | {
        "volatility": returns.volatility_pct(own),
        "downside_volatility": returns.downside_deviation(excess)
        * math.sqrt(returns.TRADING_DAYS)
        * 100,
        "sharpe": returns.sharpe(excess),
        "sortino": returns.sortino(excess),
        "omega": returns.omega(excess),
        "skew": returns.skew(own),
        "kurtosis": returns.kurtosis(own),
        "var_95": var_95,
        "cvar_95": cvar_95,
        "tail_ratio": tail_ratio,
    }


def _exposure(simulation: Simulation, panel: Panel, curve: Curve) -> dict[str, Any]:
    days = slice(panel.first, None)
    turnover = float(simulation.turnover[days].sum()) / 100.0
    years = curve.dates.size / returns.TRADING_DAYS
    long_enough = curve.calendar_days >= returns.SHORTEST_CAGR_DAYS
    held = simulation.positions[days]
    return {
        "exposure_pct": returns.mean(exposure_pct(curve)),
        "avg_positions": returns.mean(held.astype(np.float64)),
        "turnover_pct": returns.ratio(turnover / 2, returns.mean(curve.equity) * years) * 100
        if long_enough
        else None,
    }


def exposure_pct(curve: Curve) -> Floats:
    """Share of each day's equity held in shares, percent; (D,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (curve.equity - curve.cash) / curve.equity * 100
    return np.where(curve.equity > 0, share, 0.0)


def _costs(simulation: Simulation, table: TradeTable) -> dict[str, Any]:
    charges = float(simulation.charges.sum()) / 100.0
    gross = float(table.gross_pnl.sum())
    return {
        "total_charges": charges,
        "total_slippage": float(simulation.slippage.sum()) / 100.0,
        "total_dividends": float(simulation.dividends.sum()) / 100.0,
        "charges_pct_of_profit": charges / gross * 100 if gross > 0 else None,
        "signals_total": simulation.signals_total,
        "signals_skipped": int(simulation.skipped_row.size),
        "cut_purchases": simulation.cut_purchases,
        "delayed_exits": simulation.delayed_exits,
    }


def capacity_inr(simulation: Simulation, panel: Panel, config: BacktestConfig) -> float | None:
    """Largest capital, in rupees, at which nine entries in ten can still be bought whole.

    For each entry: the equity at which the quantity wanted would be `participation_pct` (5 where
    that is 0) of the smaller of the day's volume and the median volume of the 20 rows before. The
    result is the 10th percentile of these, None without a trade or without volumes.
    """
    rows, columns = simulation.entry_row, simulation.symbol
    if rows.size == 0:
        return None
    before = rows[:, None] - np.arange(1, _VOLUME_BARS + 1)
    volumes = np.where(before >= 0, panel.volume[np.maximum(before, 0), columns[:, None]], np.nan)
    today = panel.volume[rows, columns]
    base = np.minimum(today, _medians(volumes, otherwise=today))
    equity = simulation.equity[np.maximum(rows - 1, panel.first)] / 100.0
    usable = (base > 0) & (simulation.wanted > 0)
    if not usable.any():
        return None
    part = (config.participation_pct or _PARTICIPATION_PCT) / 100.0
    limits = equity[usable] * part * base[usable] / simulation.wanted[usable]
    return round(float(np.quantile(limits, 0.1)), 2)


def _medians(values: Floats, *, otherwise: Floats) -> Floats:
    """(K,) the median of the numbers of each row of (K, n); `otherwise` of a row without any."""
    known = np.isfinite(values)
    count = known.sum(axis=1)
    ordered = np.sort(np.where(known, values, np.inf), axis=1)
    at = np.arange(len(values))
    low, high = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, values.shape[1] - 1)
    return np.where(count > 0, (ordered[at, low] + ordered[at, high]) / 2, otherwise)


def _months(curve: Curve) -> dict[str, Any]:
    _, own, _ = period_returns(curve, "M")
    return {
        "best_month": float(own.max()) if own.size else None,
        "worst_month": float(own.min()) if own.size else None,
        "positive_months_pct": returns.ratio(float((own > 0).sum()) * 100, own.size),
    }


def period_returns(curve: Curve, unit: str) -> tuple[Days, Floats, Floats]:
    """(periods, own returns, benchmark returns) of each month ("M") or year ("Y") of the run.

    Returns are in percent, from the last value of the period before; the first period starts from
    the starting capital and the benchmark's first value.
    """
    periods = curve.dates.astype(f"datetime64[{unit}]")
    if periods.size == 0:
        return periods, curve.equity, curve.benchmark
    last = np.flatnonzero(np.concatenate((periods[1:] != periods[:-1], [True])))
    return (
        periods[last],
        _steps(curve.equity[last], curve.starting_capital),
        _steps(curve.benchmark[last], float(curve.benchmark[0])),
    )


def _steps(values: Floats, base: float) -> Floats:
    return (values / np.concatenate(([base], values[:-1])) - 1) * 100
