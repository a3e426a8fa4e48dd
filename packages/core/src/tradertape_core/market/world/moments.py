"""A market in numbers: the moments by which the simulated world is compared to real prices.

Every function takes candles as (T, N) float64 arrays, NaN where a symbol has none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.world.parameters import SESSIONS_A_YEAR

Floats = NDArray[np.float64]

# A larger daily step is a data defect or a demerger far more often than a return.
_LARGEST_STEP = 0.35
_FEWEST_RETURNS = 250
_FEWEST_RANKED = 30


@dataclass(frozen=True, slots=True)
class Candles:
    """Open, high, low, close and volume as (T, N), and the sector of each of the N columns."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    sectors: tuple[str, ...]


def stock_moments(candles: Candles) -> dict[str, float]:
    """Measure the cross-section of stocks; each entry is one named number."""
    columns = [_Column(candles, j) for j in range(len(candles.sectors))]
    kept = [c for c in columns if len(c.returns) >= _FEWEST_RETURNS]
    per_stock = [_stock(c) for c in kept]
    found: dict[str, float] = {}
    for name in per_stock[0]:
        values = np.array([row[name] for row in per_stock])
        found[f"{name}, median"] = float(np.median(values))
        if name in ("volatility", "excess kurtosis", "maximum drawdown"):
            found[f"{name}, 1st decile"] = float(np.quantile(values, 0.1))
            found[f"{name}, 9th decile"] = float(np.quantile(values, 0.9))
    return found | _correlations(candles) | _predictability(candles.close)


def index_moments(close: Floats) -> dict[str, float]:
    """Measure an index by its closes (T,); days without one are skipped."""
    close = close[np.isfinite(close)]
    returns = np.diff(np.log(close))
    return {
        "volatility": float(returns.std() * np.sqrt(SESSIONS_A_YEAR)),
        "excess kurtosis": _kurtosis(returns),
        "skewness": float(((returns - returns.mean()) ** 3).mean() / returns.std() ** 3),
        "maximum drawdown": _drawdown(close),
        "leverage, r with next abs(r)": _correlation(returns[:-1], np.abs(returns[1:])),
        **_memory(returns),
    }


def volatility_index_moments(volatility_index: Floats, index: Floats) -> dict[str, float]:
    """Measure a volatility index by its closes (T,) beside those of its index (T,)."""
    known = np.isfinite(volatility_index) & np.isfinite(index)
    steps, returns = np.diff(np.log(volatility_index[known])), np.diff(np.log(index[known]))
    return {
        "level, median": float(np.median(volatility_index[known])),
        "level, 5th percentile": float(np.quantile(volatility_index[known], 0.05)),
        "level, 95th percentile": float(np.quantile(volatility_index[known], 0.95)),
        "daily change": float(steps.std()),
        "with the index's return": _correlation(steps, returns),
    }


class _Column:
    """One stock's candles without the days it did not trade."""

    def __init__(self, candles: Candles, j: int) -> None:
        rows = np.isfinite(candles.close[:, j]) & (candles.close[:, j] > 0)
        self.open, self.high, self.low, self.close, self.volume = (
            series[rows, j]
            for series in (candles.open, candles.high, candles.low, candles.close, candles.volume)
        )
        steps = np.diff(np.log(self.close))
        overnight = np.log(self.open[1:] / self.close[:-1])
        sound = np.abs(steps) < _LARGEST_STEP
        self.returns = steps[sound]
        self.overnight = overnight[sound]
        self.daytime = steps[sound] - overnight[sound]


def _stock(column: _Column) -> dict[str, float]:
    returns = column.returns
    overnight, daytime = column.overnight, column.daytime
    variance = overnight.var() + daytime.var()
    span = np.log(column.high / column.low)
    traded = (column.volume > 0) & (span > 0)
    parkinson = float((span**2).mean() / (4 * np.log(2)))
    log_volume = np.log(column.volume[traded])
    smooth = np.convolve(log_volume, np.ones(61) / 61, mode="same")
    inner = slice(30, -30)
    return {
        "volatility": float(returns.std() * np.sqrt(SESSIONS_A_YEAR)),
        "excess kurtosis": _kurtosis(returns),
        "maximum drawdown": _drawdown(column.close),
        **_memory(returns),
        "variance ratio, 5 days": _variance_ratio(returns, 5),
        "variance ratio, 20 days": _variance_ratio(returns, 20),
        "overnight share of variance": float(overnight.var() / variance),
        "overnight with daytime": _correlation(overnight, daytime),
        "overnight return a year": float(overnight.mean() * SESSIONS_A_YEAR),
        "daytime return a year": float(daytime.mean() * SESSIONS_A_YEAR),
        "range variance over daytime variance": parkinson / float(daytime.var()),
        "volume with range": _correlation(
            (log_volume - smooth)[inner], np.log(span[traded])[inner]
        ),
        "volume, deviation from its trend": float((log_volume - smooth)[inner].std()),
    }


def _memory(returns: Floats) -> dict[str, float]:
    size = np.abs(returns)
    return {
        "autocorrelation of r, lag 1": _correlation(returns[:-1], returns[1:]),
        **{
            f"autocorrelation of abs(r), lag {lag}": _correlation(size[:-lag], size[lag:])
            for lag in (1, 5, 20)
        },
    }


def _correlations(candles: Candles) -> dict[str, float]:
    with np.errstate(invalid="ignore"):
        returns = np.diff(np.log(candles.close), axis=0)
    returns[np.abs(returns) > _LARGEST_STEP] = np.nan
    enough = np.isfinite(returns).sum(axis=0) >= 4 * _FEWEST_RETURNS
    returns, sectors = returns[:, enough], np.array(candles.sectors)[enough]
    matrix = pairwise_correlation(returns)
    above = np.triu(np.ones_like(matrix, dtype=np.bool_), 1)
    same = (sectors[:, None] == sectors[None, :]) & above
    return {
        "correlation of two stocks, mean": float(np.nanmean(matrix[above])),
        "correlation within a sector, mean": float(np.nanmean(matrix[same])),
    }


def _predictability(close: Floats) -> dict[str, float]:
    """How the past ranks the future across stocks: reversal within weeks, momentum in a year."""
    return {
        "rank correlation, 5 days with next 5": _rank_correlation(close, 5, 5),
        "rank correlation, 250 days with next 20": _rank_correlation(close, 250, 20),
    }


def _rank_correlation(close: Floats, past_days: int, next_days: int) -> float:
    logs = np.log(close)
    found: list[float] = []
    for t in range(past_days, len(logs) - next_days, next_days):
        past, following = logs[t] - logs[t - past_days], logs[t + next_days] - logs[t]
        known = np.isfinite(past) & np.isfinite(following)
        if known.sum() >= _FEWEST_RANKED:
            found.append(_correlation(_ranks(past[known]), _ranks(following[known])))
    return float(np.mean(found)) if found else float("nan")


def _ranks(x: Floats) -> Floats:
    return np.argsort(np.argsort(x)).astype(np.float64)


def pairwise_correlation(returns: Floats) -> Floats:
    """Correlate all columns of (T, N), each pair over the days both have."""
    known = np.isfinite(returns)
    x = np.where(known, returns - np.nanmean(returns, axis=0), 0.0)
    shared = known.astype(np.float64)
    cross = x.T @ x
    square = (x**2).T @ shared
    return cross / np.sqrt(square * square.T)


def _kurtosis(x: Floats) -> float:
    centred = x - x.mean()
    return float((centred**4).mean() / (centred**2).mean() ** 2 - 3)


def _drawdown(close: Floats) -> float:
    return float((close / np.maximum.accumulate(close)).min() - 1)


def _variance_ratio(returns: Floats, days: int) -> float:
    sums = np.convolve(returns - returns.mean(), np.ones(days), mode="valid")
    return float((sums**2).mean() / (days * returns.var()))


def _correlation(x: Floats, y: Floats) -> float:
    return float(np.corrcoef(x, y)[0, 1])
