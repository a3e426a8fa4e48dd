"""The shape of a report, for the API's description and the console's types.

The core builds the report (`backtest.report`) and it is sent unchanged; a test demands that
what it makes has exactly these fields. Percentages in percent units, money in rupees, dates as
YYYY-MM-DD. The Backtesting guide explains every figure.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """A part of the report: these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class Summary(Shape):
    """The headline figures; null where a figure is not defined."""

    start_date: date
    end_date: date
    trading_days: int
    years: float
    starting_capital: float
    ending_capital: float
    net_profit: float
    total_return: float
    cagr: float | None
    benchmark_return: float | None
    benchmark_cagr: float | None
    alpha: float | None
    beta: float | None
    correlation: float | None
    tracking_error: float | None
    information_ratio: float | None
    volatility: float | None
    downside_volatility: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    omega: float | None
    ulcer_index: float | None
    skew: float | None
    kurtosis: float | None
    var_95: float | None
    cvar_95: float | None
    tail_ratio: float | None
    max_drawdown: float
    max_drawdown_start: date | None
    max_drawdown_end: date | None
    max_drawdown_days: int | None
    recovery_days: int | None
    time_under_water_pct: float | None
    total_trades: int
    winning_trades: int
    losing_trades: int
    win_rate: float | None
    avg_win: float | None
    avg_loss: float | None
    avg_win_pct: float | None
    avg_loss_pct: float | None
    payoff_ratio: float | None
    profit_factor: float | None
    expectancy: float | None
    expectancy_pct: float | None
    expectancy_r: float | None
    best_trade_pct: float | None
    worst_trade_pct: float | None
    avg_bars_held: float | None
    max_consecutive_wins: int | None
    max_consecutive_losses: int | None
    sqn: float | None
    kelly_pct: float | None
    exposure_pct: float
    avg_positions: float
    turnover_pct: float | None
    total_charges: float
    total_slippage: float
    total_dividends: float
    charges_pct_of_profit: float | None
    signals_total: int
    signals_skipped: int
    cut_purchases: int
    delayed_exits: int
    capacity_inr: float | None
    best_month: float | None
    worst_month: float | None
    positive_months_pct: float | None
    deflated_sharpe: float | None
    trials: int


class EquityDay(Shape):
    """The account at a close; `benchmark` starts with the same capital."""

    date: date
    equity: float
    cash: float
    positions: int
    drawdown: float
    benchmark: float | None
    exposure: float


class MonthlyReturn(Shape):
    """One month, percent."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    year: int
    month: int
    own: float | None = Field(alias="return")
    benchmark: float | None


class YearlyReturn(Shape):
    """One year, percent."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    year: int
    own: float | None = Field(alias="return")
    benchmark: float | None


class Drawdown(Shape):
    """A fall from a peak; `end` is null while it lasts."""

    start: date
    trough: date
    end: date | None
    depth: float
    days: int
    recovery_days: int | None


class RollingDay(Shape):
    """Figures over the window that ends on this day."""

    date: date
    sharpe: float | None
    volatility: float | None
    beta: float | None


class Rolling(Shape):
    """Rolling figures."""

    window_days: int
    rows: list[RollingDay]


class ConvictionLine(Shape):
    """One line of a conviction's sum."""

    name: str
    input: float | bool | None
    points: float


class Trade(Shape):
    """One position from entry to exit, or still open at the end (`exit_date` null)."""

    id: int
    symbol: str
    sector: str
    signal_date: date
    entry_date: date
    entry_price: float
    exit_date: date | None
    exit_price: float
    quantity: int
    wanted_quantity: int
    invested: float
    gross_pnl: float
    charges: float
    slippage: float
    dividends: float
    net_pnl: float
    return_pct: float | None
    initial_stop: float | None
    r_multiple: float | None
    bars_held: int
    exit_reason: str
    exit_rule: str | None
    exit_reason_text: str
    entry_fill_rule: str
    exit_fill_rule: str
    conviction: float | None
    conviction_breakdown: list[ConvictionLine]
    addons: int
    mae_pct: float | None
    mfe_pct: float | None
    entry_reason: str
    indicators_at_entry: dict[str, float | None]


class TradeGroup(Shape):
    """Trades of one kind, summed up."""

    trades: int
    winning_trades: int
    win_rate: float | None
    net_pnl: float
    gross_pnl: float
    charges: float
    avg_return_pct: float | None
    avg_bars_held: float | None


class ExitGroup(TradeGroup):
    """Trades by how they ended."""

    exit_reason: str
    exit_rule: str | None
    label: str


class SymbolGroup(TradeGroup):
    """Trades by symbol."""

    symbol: str
    sector: str


class SectorGroup(TradeGroup):
    """Trades by sector."""

    sector: str


class YearGroup(TradeGroup):
    """Trades by the year of their exit."""

    year: int


class WeekdayGroup(TradeGroup):
    """Trades by the weekday of their entry."""

    weekday: str


class DecileGroup(TradeGroup):
    """Trades by conviction, lowest tenth first."""

    decile: int
    conviction_from: float
    conviction_to: float


class SkippedSignal(Shape):
    """A signal that became no position."""

    date: date
    symbol: str
    reason: str
    conviction: float | None


class SkipGroup(Shape):
    """Skipped signals by reason."""

    reason: str
    label: str
    signals: int


class Costs(Shape):
    """What trading cost; `components` are the statutory charges and fees."""

    gross_pnl: float
    charges: float
    slippage: float
    dividends: float
    traded: float
    charges_bps: float | None
    costs_bps: float | None
    components: dict[str, float]


class AsEntered(Shape):
    """Headline figures with the fill model of the strategy's entry."""

    fill_model: str
    cagr: float | None
    total_return: float
    max_drawdown: float | None
    sharpe: float | None
    sortino: float | None
    win_rate: float | None
    profit_factor: float | None
    total_trades: int


class ReportBody(BaseModel):
    """The report itself."""

    took_ms: float
    engine_version: str
    data_version: str
    simulated: bool
    hash: str
    config: dict[str, Any]
    strategy_snapshot: dict[str, Any]
    summary: Summary
    equity_curve: list[EquityDay]
    monthly_returns: list[MonthlyReturn]
    yearly_returns: list[YearlyReturn]
    drawdowns: list[Drawdown]
    rolling: Rolling
    trades: list[Trade]
    open_positions: list[Trade]
    exit_breakdown: list[ExitGroup]
    by_symbol: list[SymbolGroup]
    by_sector: list[SectorGroup]
    by_year: list[YearGroup]
    by_weekday: list[WeekdayGroup]
    by_conviction_decile: list[DecileGroup]
    skipped_signals: list[SkippedSignal]
    skip_breakdown: list[SkipGroup]
    costs: Costs
    as_entered: AsEntered | None
    warnings: list[str]
