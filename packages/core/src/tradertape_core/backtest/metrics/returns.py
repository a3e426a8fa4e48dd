"""Figures of a series of daily returns: growth, risk, risk-adjusted return, against a benchmark.

Returns are fractions a day (0.01 is 1 %), (D,) float64 without NaN unless said otherwise. Results
are floats, NaN where a figure is undefined; `summary` turns NaN into None. A year has 252
trading days for figures made of daily returns and 365.25 calendar days for growth rates.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TRADING_DAYS = 252
CALENDAR_DAYS = 365.25
SHORTEST_CAGR_DAYS = 60
_NAN = math.nan
# Below this a deviation is the rounding of equal returns, not risk.
_NO_SPREAD = 1e-12
_EULER_GAMMA = 0.5772156649015329
_NORMAL = NormalDist()


def ratio(numerator: float, denominator: float) -> float:
    """numerator / denominator, NaN where that has no value."""
    if not math.isfinite(numerator) or not math.isfinite(denominator) or denominator == 0:
        return _NAN
    return numerator / denominator


def mean(values: Floats) -> float:
    """Arithmetic mean, NaN of no values."""
    return float(values.mean()) if values.size else _NAN


def spread(values: Floats) -> float:
    """Sample standard deviation (n - 1); NaN for fewer than two values, 0.0 for equal ones."""
    if values.size < 2:
        return _NAN
    deviation = float(values.std(ddof=1))
    return deviation if deviation > _NO_SPREAD else 0.0


def daily_risk_free(risk_free_pct: float) -> float:
    """The daily fraction that compounds to `risk_free_pct` percent over 252 days."""
    return (1 + risk_free_pct / 100) ** (1 / TRADING_DAYS) - 1


def cagr_pct(start: float, end: float, calendar_days: int) -> float:
    """Yearly growth from `start` to `end` over `calendar_days`, percent.

    ((end / start) ** (365.25 / calendar_days) - 1) * 100. NaN below 60 days: a growth rate
    extrapolated from weeks misleads. NaN, too, where either value is missing.
    """
    if calendar_days < SHORTEST_CAGR_DAYS or not (start > 0 and end >= 0):
        return _NAN
    growth = math.log(end / start) * CALENDAR_DAYS / calendar_days if end > 0 else -math.inf
    return (math.exp(min(growth, 700.0)) - 1) * 100


def volatility_pct(returns: Floats) -> float:
    """Yearly standard deviation of daily returns, percent."""
    return spread(returns) * math.sqrt(TRADING_DAYS) * 100


def downside_deviation(excess: Floats) -> float:
    """Root mean square of the returns below zero, over all days; a fraction a day."""
    if excess.size < 2:
        return _NAN
    return math.sqrt(float(np.mean(np.minimum(excess, 0.0) ** 2)))


def sharpe(excess: Floats) -> float:
    """Mean over standard deviation of daily excess returns, times sqrt(252)."""
    return ratio(mean(excess), spread(excess)) * math.sqrt(TRADING_DAYS)


def sortino(excess: Floats) -> float:
    """Mean daily excess return over its downside deviation, times sqrt(252)."""
    deviation = downside_deviation(excess)
    if deviation < _NO_SPREAD:
        return _NAN
    return ratio(mean(excess), deviation) * math.sqrt(TRADING_DAYS)


def omega(excess: Floats) -> float:
    """Sum of the daily excess returns above zero over the sum of those below, sign dropped."""
    gains = float(np.maximum(excess, 0.0).sum())
    return ratio(gains, float(np.maximum(-excess, 0.0).sum()))


def skew(returns: Floats) -> float:
    """Sample skewness, bias-corrected (G1, as spreadsheets and pandas have it)."""
    n = returns.size
    if n < 3 or spread(returns) == 0:
        return _NAN
    return _third_moment(returns) * math.sqrt(n * (n - 1)) / (n - 2)


def kurtosis(returns: Floats) -> float:
    """Sample excess kurtosis, bias-corrected (G2): 0 for a normal distribution."""
    n = returns.size
    if n < 4 or spread(returns) == 0:
        return _NAN
    excess = _fourth_moment(returns) - 3
    return (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * excess + 6)


def tails(returns: Floats) -> tuple[float, float, float]:
    """(var_95 in percent, cvar_95 in percent, tail ratio) of daily returns.

    var_95 is the 5th percentile (linear interpolation), cvar_95 the mean of the days at or below
    it: both signed, so a loss is negative. The tail ratio is |95th| / |5th percentile|.
    """
    if returns.size < 2:
        return _NAN, _NAN, _NAN
    low, high = (float(q) for q in np.quantile(returns, (0.05, 0.95)))
    mean_below = float(returns[returns <= low].mean())
    return low * 100, mean_below * 100, ratio(abs(high), abs(low))


def against_benchmark(excess: Floats, benchmark_excess: Floats) -> dict[str, float]:
    """alpha, beta, correlation, tracking_error and information_ratio over days both have.

    benchmark_excess: (D,) fractions a day, NaN on days without one. alpha is Jensen's, yearly
    arithmetic: (mean excess - beta * mean benchmark excess) * 252, percent; tracking_error is
    yearly, percent; the others are ratios.
    """
    names = ("alpha", "beta", "correlation", "tracking_error", "information_ratio")
    both = np.isfinite(benchmark_excess)
    own, other = excess[both], benchmark_excess[both]
    if own.size < 2:
        return dict.fromkeys(names, _NAN)
    own_spread, other_spread = spread(own), spread(other)
    own_mean, other_mean = mean(own), mean(other)
    covariance = float(np.dot(own - own_mean, other - other_mean)) / (own.size - 1)
    beta = ratio(covariance, other_spread**2)
    correlation = ratio(covariance, own_spread * other_spread)
    active = spread(own - other)
    return {
        "alpha": (own_mean - beta * other_mean) * TRADING_DAYS * 100,
        "beta": beta,
        "correlation": max(-1.0, min(1.0, correlation)) if math.isfinite(correlation) else _NAN,
        "tracking_error": active * math.sqrt(TRADING_DAYS) * 100,
        "information_ratio": ratio(own_mean - other_mean, active) * math.sqrt(TRADING_DAYS),
    }


def expected_best_sharpe(trials: int, variance: float) -> float:
    """Highest Sharpe ratio to expect among `trials` strategies without any skill.

    variance: of the trials' Sharpe ratios, in the unit the result is wanted in (squared).
    Source: Bailey and López de Prado, The Deflated Sharpe Ratio, 2014, equation 1.
    """
    if trials < 2:
        return 0.0
    first = _NORMAL.inv_cdf(1 - 1 / trials)
    second = _NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * ((1 - _EULER_GAMMA) * first + _EULER_GAMMA * second)


def deflated_sharpe(
    excess: Floats, *, trials: int = 1, trial_sharpe_variance: float | None = None
) -> float:
    """Probability (0 to 1) that the true Sharpe ratio beats what luck gives the best of `trials`.

    excess: daily excess returns of the strategy chosen. trial_sharpe_variance: variance of the
    yearly Sharpe ratios of all trials; None takes that of strategies without skill. With one
    trial this is the probabilistic Sharpe ratio against zero. Skew and fat tails are allowed for.
    Source: Bailey and López de Prado, The Deflated Sharpe Ratio, 2014, equation 2.
    """
    n = excess.size
    deviation = spread(excess)
    if n < 4 or not deviation > 0:
        return _NAN
    daily = mean(excess) / deviation
    if trial_sharpe_variance is None:
        variance = 1 / (n - 1)
    else:
        variance = trial_sharpe_variance / TRADING_DAYS
    hurdle = expected_best_sharpe(trials, variance)
    scale = 1 - _third_moment(excess) * daily + (_fourth_moment(excess) - 1) / 4 * daily**2
    if scale <= 0:
        return _NAN
    return _NORMAL.cdf((daily - hurdle) * math.sqrt(n - 1) / math.sqrt(scale))


def _third_moment(values: Floats) -> float:
    centred = values - mean(values)
    return mean(centred**3) / mean(centred**2) ** 1.5


def _fourth_moment(values: Floats) -> float:
    centred = values - mean(values)
    return mean(centred**4) / mean(centred**2) ** 2
