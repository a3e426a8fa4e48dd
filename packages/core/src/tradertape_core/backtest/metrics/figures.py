"""Every figure of a backtest summary: its name, unit and meaning, in the order of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Unit = Literal["date", "days", "years", "₹", "%", "ratio", "count", "probability", "bars"]


@dataclass(frozen=True, slots=True)
class Figure:
    """label: for people. unit: of the value. meaning: one sentence of the guide's table."""

    label: str
    unit: Unit
    meaning: str


_F = Figure

FIGURES: Mapping[str, Figure] = MappingProxyType(
    {
        "start_date": _F("From", "date", "First trading day of the run."),
        "end_date": _F("To", "date", "Last trading day of the run."),
        "trading_days": _F("Trading days", "days", "Days with an equity value."),
        "years": _F("Years", "years", "Calendar days from first to last day / 365.25."),
        "starting_capital": _F("Starting capital", "₹", "Cash before the first day."),
        "ending_capital": _F(
            "Ending capital", "₹", "Cash plus open positions at their last close."
        ),
        "net_profit": _F("Net profit", "₹", "Ending less starting capital, after all charges."),
        "total_return": _F("Total return", "%", "Net profit / starting capital."),
        "cagr": _F(
            "CAGR",
            "%",
            "(ending / starting) ^ (365.25 / calendar days) − 1; null below 60 calendar days.",
        ),
        "benchmark_return": _F(
            "Benchmark return", "%", "The benchmark's last close / its first close − 1."
        ),
        "benchmark_cagr": _F("Benchmark CAGR", "%", "The same growth rate for the benchmark."),
        "alpha": _F(
            "Alpha",
            "%",
            "Jensen's alpha a year: (mean excess return − beta × the benchmark's) × 252.",
        ),
        "beta": _F(
            "Beta", "ratio", "Covariance with the benchmark's daily returns / their variance."
        ),
        "correlation": _F("Correlation", "ratio", "Of daily returns with the benchmark's."),
        "tracking_error": _F(
            "Tracking error", "%", "Standard deviation of return less benchmark, × √252."
        ),
        "information_ratio": _F(
            "Information ratio",
            "ratio",
            "Mean of return less benchmark / its standard deviation, × √252.",
        ),
        "volatility": _F("Volatility", "%", "Standard deviation of daily returns × √252."),
        "downside_volatility": _F(
            "Downside volatility",
            "%",
            "Root mean square of the daily excess returns below zero, over all days, × √252.",
        ),
        "sharpe": _F(
            "Sharpe", "ratio", "Mean daily excess return / its standard deviation, × √252."
        ),
        "sortino": _F(
            "Sortino", "ratio", "Mean daily excess return / its downside deviation, × √252."
        ),
        "calmar": _F("Calmar", "ratio", "CAGR / size of the maximum drawdown."),
        "omega": _F("Omega", "ratio", "Sum of the excess returns above zero / sum of those below."),
        "ulcer_index": _F("Ulcer index", "%", "Root mean square of the daily drawdown."),
        "skew": _F("Skew", "ratio", "Sample skewness of daily returns, bias-corrected."),
        "kurtosis": _F("Kurtosis", "ratio", "Sample excess kurtosis, bias-corrected; 0 is normal."),
        "var_95": _F("VaR 95", "%", "5th percentile of daily returns: one day in twenty is worse."),
        "cvar_95": _F("CVaR 95", "%", "Mean of the daily returns at or below var_95."),
        "tail_ratio": _F("Tail ratio", "ratio", "|95th percentile| / |5th percentile|."),
        "max_drawdown": _F(
            "Max drawdown", "%", "Deepest fall below the highest equity before; 0 or negative."
        ),
        "max_drawdown_start": _F("Drawdown from", "date", "Day of the peak it fell from."),
        "max_drawdown_end": _F(
            "Drawdown to", "date", "Day the peak was reached again; null while it lasts."
        ),
        "max_drawdown_days": _F(
            "Drawdown days", "days", "Calendar days from the peak to that day or the last."
        ),
        "recovery_days": _F(
            "Recovery days", "days", "Calendar days from its trough to its end; null before it."
        ),
        "time_under_water_pct": _F(
            "Time under water", "%", "Share of days below an earlier equity high."
        ),
        "total_trades": _F("Trades", "count", "Closed trades; a partial exit is a trade."),
        "winning_trades": _F("Winning trades", "count", "Closed with a net profit."),
        "losing_trades": _F("Losing trades", "count", "Closed with a net loss."),
        "win_rate": _F("Win rate", "%", "Winning trades / closed trades."),
        "avg_win": _F("Average win", "₹", "Mean net profit of the winning trades."),
        "avg_loss": _F("Average loss", "₹", "Mean net result of the losing trades, negative."),
        "avg_win_pct": _F("Average win", "%", "Mean return of the winning trades."),
        "avg_loss_pct": _F("Average loss", "%", "Mean return of the losing trades, negative."),
        "payoff_ratio": _F("Payoff ratio", "ratio", "Average win / size of the average loss."),
        "profit_factor": _F("Profit factor", "ratio", "Sum of net profits / sum of net losses."),
        "expectancy": _F("Expectancy", "₹", "Mean net result of a trade."),
        "expectancy_pct": _F("Expectancy", "%", "Mean return of a trade on what it invested."),
        "expectancy_r": _F(
            "Expectancy (R)", "ratio", "Mean R multiple of the trades that had a stop."
        ),
        "best_trade_pct": _F("Best trade", "%", "Highest return of a trade."),
        "worst_trade_pct": _F("Worst trade", "%", "Lowest return of a trade."),
        "avg_bars_held": _F("Average holding", "bars", "Mean bars held; the fill bar counts 0."),
        "max_consecutive_wins": _F(
            "Wins in a row", "count", "Longest run of wins in the order of exits."
        ),
        "max_consecutive_losses": _F(
            "Losses in a row", "count", "Longest run of losses in the order of exits."
        ),
        "sqn": _F(
            "SQN",
            "ratio",
            "System quality number: √trades × mean R / its standard deviation; "
            "on returns where no trade had a stop.",
        ),
        "kelly_pct": _F(
            "Kelly", "%", "W − (1 − W) / payoff ratio, W being wins / (wins + losses)."
        ),
        "exposure_pct": _F("Exposure", "%", "Mean share of equity held in shares."),
        "avg_positions": _F("Average positions", "count", "Mean number of open positions."),
        "turnover_pct": _F(
            "Turnover a year",
            "%",
            "Half of everything bought and sold / mean equity of the daily closes, for a year of "
            "252 trading days of the run; null below 60 calendar days.",
        ),
        "total_charges": _F(
            "Charges", "₹", "Brokerage, taxes and fees of all fills, open positions included."
        ),
        "total_slippage": _F(
            "Slippage", "₹", "Cost of the assumed slippage; it is already in the prices."
        ),
        "total_dividends": _F(
            "Dividends", "₹", "Cash paid on positions held over an ex-date; part of the profit."
        ),
        "charges_pct_of_profit": _F(
            "Charges of profit", "%", "Charges / gross profit; null without a gross profit."
        ),
        "signals_total": _F("Signals", "count", "Entries that the rules signalled."),
        "signals_skipped": _F("Signals skipped", "count", "Of these, not bought."),
        "cut_purchases": _F(
            "Purchases cut", "count", "Purchases of which the volume allowed only a part."
        ),
        "delayed_exits": _F(
            "Exits delayed",
            "count",
            "Exits that volume or the lower circuit allowed only in part, or not, on their day.",
        ),
        "capacity_inr": _F(
            "Capacity",
            "₹",
            "Capital at which nine entries in ten can be bought whole: within `participation_pct` "
            "(5 % where that is 0) of the smaller of the day's volume and its 20-day median.",
        ),
        "best_month": _F("Best month", "%", "Highest monthly return."),
        "worst_month": _F("Worst month", "%", "Lowest monthly return."),
        "positive_months_pct": _F("Positive months", "%", "Share of months above zero."),
        "deflated_sharpe": _F(
            "Deflated Sharpe",
            "probability",
            "Probability that the true Sharpe ratio beats what luck gives the best of `trials`.",
        ),
        "trials": _F("Trials", "count", "Variants tried before this one was chosen; 1 by default."),
    }
)
