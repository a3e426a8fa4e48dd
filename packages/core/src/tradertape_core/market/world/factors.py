"""The forces behind the prices: market, sectors and companies, each by night and by day.

All arrays have time on axis 0. Returns are logs; volatilities are daily and apply to a full
session, shorter ones scale them down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.world.parameters import LogVolatility, Model, Regimes, yearly_to_daily
from tradertape_core.market.world.streams import (
    autoregressive,
    fat_tailed,
    normals,
    stream,
    uniforms,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sessions:
    """How long nights and days are: both (T,), 1 for an ordinary one, as volatility scales."""

    night: Floats
    day: Floats


@dataclass(frozen=True, slots=True)
class Shocks:
    """Unit shocks of K factors by night and by day, (T, K)."""

    night: Floats
    day: Floats

    def of_the_day(self, night_share: float) -> Floats:
        """One unit shock for night and day together."""
        return np.sqrt(night_share) * self.night + np.sqrt(1 - night_share) * self.day


@dataclass(frozen=True, slots=True)
class Clusters:
    """Log volatility around its mean, (T + 1, K): row t is known before session t."""

    slow: Floats
    fast: Floats

    @property
    def level(self) -> Floats:
        """Log volatility: the sum of its slow and fast part."""
        return self.slow + self.fast


@dataclass(frozen=True, slots=True)
class MarketPath:
    """The market factor: regime (T,), clusters (T + 1, 1), volatility, night and day returns."""

    regime: NDArray[np.int64]
    clusters: Clusters
    volatility: Floats
    night: Floats
    day: Floats


@dataclass(frozen=True, slots=True)
class FactorPaths:
    """K sectors' or companies' own factors: volatility (T, K), night and day returns (T, K)."""

    clusters: Clusters
    trend: Floats
    volatility: Floats
    night: Floats
    day: Floats


def draw_shocks(model: Model, seed: int, kind: str, names: Sequence[str], count: int) -> Shocks:
    """Draw fat-tailed unit shocks for the named factors of a kind: market, sector or own."""
    tail = {"market": model.market_tail, "sector": model.sector_tail, "own": model.own_tail}[kind]
    night, day = (
        fat_tailed(seed, f"{kind} {part}", names, count, tail=tail, largest=model.largest_shock)
        for part in ("night", "day")
    )
    if kind == "market":
        night, day = (_skewed(drawn, model.market_skew) for drawn in (night, day))
    return Shocks(night, day)


def market_path(model: Model, seed: int, sessions: Sessions) -> MarketPath:
    """Walk the market factor through regimes and clustered volatility."""
    count = len(sessions.day)
    shocks = draw_shocks(model, seed, "market", [""], count)
    regime = walk_regimes(model.regimes, seed, count)
    news = shocks.of_the_day(model.market_overnight)
    clusters = cluster(model.market, news, seed, "market", [""])
    mean = yearly_to_daily(model.market_volatility)
    multiple = np.array(model.regimes.volatility)[regime]
    volatility = mean * multiple * np.exp(clusters.level[:-1, 0])
    drift = np.array(model.regimes.drift)[regime] / 247.0
    night = volatility * np.sqrt(model.market_overnight) * sessions.night * shocks.night[:, 0]
    day = volatility * np.sqrt(1 - model.market_overnight) * sessions.day * shocks.day[:, 0]
    return MarketPath(
        regime,
        clusters,
        volatility,
        night + drift * model.market_overnight,
        day + drift * (1 - model.market_overnight),
    )


def factor_paths(
    model: Model, kind: str, names: Sequence[str], mean: Floats, sessions: Sessions, seed: int,
    *, follows: Floats | None = None, boost: Shocks | None = None,
) -> FactorPaths:  # fmt: skip
    """Walk sectors ("sector") or companies ("own") with mean daily volatilities `mean` (K,).

    follows: (T,) log of the market's volatility over its mean, which the own one goes along with.
    boost: multiples of the shocks by night and day (T, K), for days of results.
    """
    count = len(sessions.day)
    shocks = draw_shocks(model, seed, kind, names, count)
    params = model.sector if kind == "sector" else model.own
    share = model.sector_overnight if kind == "sector" else model.own_overnight
    clusters = cluster(params, shocks.of_the_day(share), seed, kind, names)
    level = clusters.level[:-1]
    if follows is not None:
        level = level + model.vol_of_market_in_own * follows[:, None]
    volatility = mean * np.exp(level)
    trend_draws = normals(seed, f"{kind} trend", names, count)
    trend = autoregressive(trend_draws, model.trend_memory, model.trend / 247.0)
    night = volatility * np.sqrt(share) * sessions.night[:, None] * shocks.night
    day = volatility * np.sqrt(1 - share) * sessions.day[:, None] * shocks.day
    if boost is not None:
        night, day = night * boost.night, day * boost.day
    night, day = (np.clip(move, -model.largest_move, model.largest_move) for move in (night, day))
    return FactorPaths(clusters, trend, volatility, night, day + trend)


def cluster(
    params: LogVolatility, news: Floats, seed: int, kind: str, names: Sequence[str]
) -> Clusters:
    """Walk the log volatility that unit shocks `news` (T, K) push up when they are negative."""
    fresh = np.sqrt(1 - params.leverage**2)
    parts: list[Floats] = []
    for speed, memory, spread in (
        ("slow", params.slow_memory, params.slow_spread),
        ("fast", params.fast_memory, params.fast_spread),
    ):
        drawn = normals(seed, f"{kind} volatility {speed}", names, len(news))
        path = autoregressive(fresh * drawn - params.leverage * news, memory, spread)
        known_before = np.vstack([np.zeros((1, path.shape[1])), path])
        parts.append(known_before - spread**2 / 2)
    return Clusters(parts[0], parts[1])


def walk_regimes(regimes: Regimes, seed: int, count: int) -> NDArray[np.int64]:
    """Regime of each session: 0 bull, 1 bear, 2 crisis; starts in a bull market."""
    thresholds: Floats = np.cumsum(np.array(regimes.change), axis=1)
    draws: list[float] = stream(seed, "regime").random(count).tolist()
    walked = np.empty(count, dtype=np.int64)
    now = 0
    for t, draw in enumerate(draws):
        now = min(int(np.searchsorted(thresholds[now], draw, side="right")), 2)
        walked[t] = now
    return walked


def opening_noise(model: Model, seed: int, names: Sequence[str], volatility: Floats) -> Floats:
    """What the opening price misses the fair one by, (T, N) in logs; the day undoes it."""
    return model.opening_noise * volatility * normals(seed, "opening", names, len(volatility))


def span(
    model: Model, seed: int, names: Sequence[str], move: Floats, volatility: Floats
) -> tuple[Floats, Floats]:
    """Log distance of high and low from the open, given the move to the close: (T, N) each.

    Highest and lowest points of a Brownian bridge of the day's `volatility`, which counts for
    more on days of large moves. Returns (above, below), above >= max(move, 0), below <= min.
    """
    size = np.abs(move) / np.maximum(volatility, 1e-9)
    width = volatility * (model.range_base + model.range_shock * size)
    high, low = (uniforms(seed, part, names, len(move)) for part in ("high", "low"))
    up: Floats = np.sqrt(move**2 - 2 * width**2 * np.log1p(-high))
    down: Floats = np.sqrt(move**2 - 2 * width**2 * np.log1p(-low))
    return (move + up) / 2, (move - down) / 2


def _skewed(shocks: Floats, skew: float) -> Floats:
    """Stretch falls and shrink rises of unit shocks; mean 0 and variance 1 stay, nearly."""
    mean_size = 0.75  # of a unit shock with fat tails
    stretched = np.where(shocks < 0, (1 + skew) * shocks, (1 - skew) * shocks)
    return stretched + skew * mean_size
