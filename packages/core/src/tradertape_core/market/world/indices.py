"""Index series of the simulated world: computed from their members, and a volatility index."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.panel import IndexSeries
from tradertape_core.market.world.factors import MarketPath, span
from tradertape_core.market.world.parameters import SESSIONS_A_YEAR, Model, yearly_to_daily
from tradertape_core.market.world.streams import autoregressive, normals

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Close of 2014-12-31, rounded.
INDEX_STARTS = {"NIFTY 50": 8280.0, "NIFTY 100": 8250.0, "NIFTY BANK": 18740.0}
_HORIZON = 21  # sessions a volatility index looks ahead
_RISK_PREMIUM = 1.08  # of the volatility index over what comes on average
_DAMPING = 0.65  # options expect volatility to return to its mean sooner than it does
_FEAR_OF_FALLS = 0.75  # correlation of the rest of its moves with falls of the market
_SECTORS_TOO = 1.06  # volatility of an index over that of the market factor alone


def index_series(
    model: Model, seed: int, name: str, member: Mask, shares: Floats,
    opening: Floats, close: Floats, previous: Floats, market: MarketPath, length: Floats,
) -> IndexSeries:  # fmt: skip
    """Chain an index weighted by capitalisation from its members' prices.

    member: (T, N). opening, close, previous: (T, N) prices, without gaps while a company is
    listed; `previous` is the close of the session before. High and low are drawn, since the
    members' extremes do not come at one time.
    """
    held = member & np.isfinite(previous) & np.isfinite(close)
    weight = np.where(held, previous, 0.0) * shares
    base: Floats = weight.sum(axis=1)
    day: Floats = (np.where(held, close, 0.0) * shares).sum(axis=1) / base
    night: Floats = (np.where(held, opening, 0.0) * shares).sum(axis=1) / base
    level: Floats = INDEX_STARTS[name] * np.cumprod(day, dtype=np.float64)
    start: Floats = np.concatenate([[INDEX_STARTS[name]], level[:-1]]) * night
    volatility = market.volatility * np.sqrt(1 - model.market_overnight) * length * _SECTORS_TOO
    above, below = span(model, seed, [name], np.log(level / start)[:, None], volatility[:, None])
    high, low = start * np.exp(above[:, 0]), start * np.exp(below[:, 0])
    return _rounded(start, high, low, level)


def volatility_index(model: Model, seed: int, market: MarketPath) -> IndexSeries:
    """INDIA VIX: yearly volatility in percent that the model expects over the next month."""
    expected = expected_volatility(model, market)
    usual = model.market_volatility * _SECTORS_TOO
    surprise = (market.night + market.day) / market.volatility
    drawn = normals(seed, "vix", [""], len(expected))
    shocks = np.sqrt(1 - _FEAR_OF_FALLS**2) * drawn - _FEAR_OF_FALLS * surprise[:, None]
    mood = autoregressive(shocks, 0.93, 0.07)[:, 0]
    close = 100 * _RISK_PREMIUM * usual * (expected / usual) ** _DAMPING * np.exp(mood)
    before = np.concatenate([close[:1], close[:-1]])
    jitter = 0.01 * normals(seed, "vix open", [""], len(close))[:, 0]
    opening = before * np.exp(0.4 * np.log(close / before) + jitter)
    move = np.log(close / opening)
    above, below = span(model, seed, ["vix"], move[:, None], np.full((len(close), 1), 0.035))
    return _rounded(opening, opening * np.exp(above[:, 0]), opening * np.exp(below[:, 0]), close)


def expected_volatility(model: Model, market: MarketPath) -> Floats:
    """Yearly volatility of an index expected after each session over the next month, (T,)."""
    chain, squares = np.array(model.regimes.change), np.array(model.regimes.volatility) ** 2
    ahead = [squares]
    for _ in range(_HORIZON):
        ahead.append(chain @ ahead[-1])
    by_regime = np.array(ahead[1:])[:, market.regime].T  # (T, horizon)
    steps = np.arange(_HORIZON)
    slow, fast = market.clusters.slow[1:], market.clusters.fast[1:]
    log_level = slow * model.market.slow_memory**steps + fast * model.market.fast_memory**steps
    variance = (by_regime * np.exp(2 * log_level)).mean(axis=1)
    daily = yearly_to_daily(model.market_volatility) * _SECTORS_TOO * np.sqrt(variance)
    return daily * np.sqrt(SESSIONS_A_YEAR)


def _rounded(opening: Floats, high: Floats, low: Floats, close: Floats) -> IndexSeries:
    return IndexSeries(*(np.round(series, 2) for series in (opening, high, low, close)))
