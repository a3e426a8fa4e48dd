"""The day-by-day parts of a report: equity, months, years, drawdowns, rolling figures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradertape_core.backtest.config import Simulation
from tradertape_core.backtest.metrics import returns
from tradertape_core.backtest.metrics.drawdown import deepest
from tradertape_core.backtest.metrics.summary import Curve, exposure_pct, period_returns

Floats = NDArray[np.float64]

ROLLING_DAYS = 126
# A variance of daily returns below this is the rounding of running sums.
_NO_VARIANCE = 1e-16


def column(values: Floats, digits: int) -> list[Any]:
    """Round to `digits` and turn into plain floats, None where not finite."""
    rounded: list[Any] = (np.round(values, digits) + 0.0).tolist()
    if np.isfinite(values).all():
        return rounded
    return [value if math.isfinite(value) else None for value in rounded]


def day_names(dates: NDArray[np.datetime64]) -> list[str]:
    """'YYYY-MM-DD' of each date."""
    return dates.astype("datetime64[D]").astype(str).tolist()


def equity_rows(curve: Curve, simulation: Simulation, first: int) -> list[dict[str, Any]]:
    """One row a trading day; the benchmark as the value of the starting capital put into it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        benchmark = curve.benchmark / curve.benchmark[:1] * curve.starting_capital
    names = ("date", "equity", "cash", "positions", "drawdown", "benchmark", "exposure")
    columns = (
        day_names(curve.dates),
        column(curve.equity, 2),
        column(curve.cash, 2),
        simulation.positions[first:].tolist(),
        column(curve.underwater, 4),
        column(benchmark, 2),
        column(exposure_pct(curve), 4),
    )
    return rows(names, columns)


def rows(names: tuple[str, ...], columns: tuple[list[Any], ...]) -> list[dict[str, Any]]:
    """Turn named columns into one dict a row."""
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def monthly_rows(curve: Curve) -> list[dict[str, Any]]:
    """Return of each calendar month of the run, own and benchmark's, percent."""
    periods, own, benchmark = period_returns(curve, "M")
    months = periods.astype(np.int64)
    return rows(
        ("year", "month", "return", "benchmark"),
        (
            (1970 + months // 12).tolist(),
            (months % 12 + 1).tolist(),
            column(own, 6),
            column(benchmark, 6),
        ),
    )


def yearly_rows(curve: Curve) -> list[dict[str, Any]]:
    """Return of each calendar year of the run, own and benchmark's, percent."""
    periods, own, benchmark = period_returns(curve, "Y")
    return rows(
        ("year", "return", "benchmark"),
        ((1970 + periods.astype(np.int64)).tolist(), column(own, 6), column(benchmark, 6)),
    )


def drawdown_rows(curve: Curve, limit: int = 10) -> list[dict[str, Any]]:
    """The deepest drawdowns, deepest first; `end` and `recovery_days` are None while one lasts."""
    names = day_names(curve.dates)
    return [
        {
            "start": names[fall.start],
            "trough": names[fall.trough],
            "end": None if fall.end is None else names[fall.end],
            "depth": round(fall.depth, 6),
            "days": fall.days,
            "recovery_days": fall.recovery_days,
        }
        for fall in deepest(curve.dates, curve.underwater, limit)
    ]


def rolling_rows(curve: Curve, risk_free_pct: float) -> list[dict[str, Any]]:
    """Sharpe ratio, volatility (percent) and beta of the last 126 trading days, day by day.

    The first row is the 126th day; beta is None where the benchmark misses a value.
    """
    if curve.returns.size < ROLLING_DAYS:
        return []
    excess = curve.returns - returns.daily_risk_free(risk_free_pct)
    year = math.sqrt(returns.TRADING_DAYS)
    mean, variance = _rolling_moments(excess, excess)
    spread = np.sqrt(np.where(variance > _NO_VARIANCE, variance, np.nan))
    return rows(
        ("date", "sharpe", "volatility", "beta"),
        (
            day_names(curve.dates[ROLLING_DAYS - 1 :]),
            column(mean / spread * year, 4),
            column(np.sqrt(np.maximum(variance, 0.0)) * year * 100, 4),
            column(_rolling_beta(curve), 4),
        ),
    )


def _rolling_beta(curve: Curve) -> Floats:
    index = curve.benchmark_returns
    known = np.isfinite(index)
    filled = np.where(known, index, 0.0)
    _, covariance = _rolling_moments(curve.returns, filled)
    _, variance = _rolling_moments(filled, filled)
    counts = np.convolve(known, np.ones(ROLLING_DAYS), mode="valid")
    usable = (counts > ROLLING_DAYS - 0.5) & (variance > _NO_VARIANCE)
    return np.where(usable, covariance / np.where(usable, variance, 1.0), np.nan)


def _rolling_moments(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Mean of `left` and sample covariance of both over each full window."""
    centre = float(left.mean())
    # Centred on the whole series first: differences of running sums then keep their digits.
    own, other = left - centre, right - float(right.mean())
    own_sum, other_sum, product_sum = (_window_sum(v) for v in (own, other, own * other))
    covariance = (product_sum - own_sum * other_sum / ROLLING_DAYS) / (ROLLING_DAYS - 1)
    return own_sum / ROLLING_DAYS + centre, covariance


def _window_sum(values: Floats) -> Floats:
    total = np.concatenate(([0.0], np.cumsum(values)))
    return total[ROLLING_DAYS:] - total[:-ROLLING_DAYS]
