"""Log returns of the companies: market, sector and own factors, payouts and first days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.world.companies import Companies, Days
from tradertape_core.market.world.factors import (
    FactorPaths,
    MarketPath,
    Sessions,
    Shocks,
    factor_paths,
    market_path,
)
from tradertape_core.market.world.parameters import (
    SESSIONS_A_YEAR,
    TRAITS,
    Model,
    yearly_to_daily,
)
from tradertape_core.market.world.schedules import rows_of
from tradertape_core.market.world.streams import autoregressive, normals

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Returns:
    """Log returns by night and by day (T, N) and what they are made of.

    names: of the sectors, the columns of `sectors`. volatility: (T, N) whole, of a full session.
    stretch: (T + 1, N) fading sum of past moves, of which each day gives a little back.
    """

    market: MarketPath
    sectors: FactorPaths
    own: FactorPaths
    names: tuple[str, ...]
    night: Floats
    day: Floats
    volatility: Floats
    stretch: Floats


def returns_of(
    model: Model, seed: int, days: Days, lengths: Sessions, companies: Companies
) -> Returns:
    """Walk all factors and add them up for each company."""
    market = market_path(model, seed, lengths)
    names = tuple(sorted(set(companies.sectors)))
    mean = sector_volatilities(names)
    stress = np.log(market.volatility / yearly_to_daily(model.market_volatility))
    sectors = factor_paths(model, "sector", names, mean, lengths, seed, follows=stress)
    own = factor_paths(
        model, "own", companies.symbols, companies.own, lengths, seed,
        follows=stress, boost=_results(model, days, companies),
    )  # fmt: skip
    column = np.array([names.index(sector) for sector in companies.sectors])
    beta, loading = companies.beta, companies.loading
    night = np.multiply.outer(market.night, beta) + loading * sectors.night[:, column] + own.night
    day = np.multiply.outer(market.day, beta) + loading * sectors.day[:, column] + own.day
    # A share's log return lags its mean return by half its variance; the market's is in its drift.
    day -= (companies.own**2 + (loading * mean[column]) ** 2) / 2
    stretch = _stretch(model, night + day)
    day -= model.give_back * stretch[:-1] + model.night_premium / SESSIONS_A_YEAR
    night += model.night_premium / SESSIONS_A_YEAR
    night += _payouts(days, companies) + _first_day_jump(seed, len(days), companies)
    volatility: Floats = np.sqrt(
        np.multiply.outer(market.volatility**2, beta**2)
        + (loading * sectors.volatility[:, column]) ** 2
        + own.volatility**2
    )
    return Returns(market, sectors, own, names, night, day, volatility, stretch)


def sector_volatilities(names: Sequence[str]) -> Floats:
    """Mean daily volatility of each sector's factor."""
    return yearly_to_daily(np.array([TRAITS[name].sector_volatility for name in names]))


def _stretch(model: Model, moves: Floats) -> Floats:
    """Fading sum of past moves, (T + 1, N): row t is known before session t."""
    memory = model.give_back_memory
    path = autoregressive(moves, memory, 1 / np.sqrt(1 - memory**2))
    return np.vstack([np.zeros((1, moves.shape[1])), path])


def _results(model: Model, days: Days, companies: Companies) -> Shocks:
    night = np.ones((len(days), len(companies.starts)))
    day = np.ones_like(night)
    for j, schedule in enumerate(companies.schedules):
        rows = rows_of(days, schedule.results)
        night[rows, j] = model.results_overnight / np.sqrt(model.own_overnight)
        day[rows, j] = model.results_daytime
    return Shocks(night, day)


def _payouts(days: Days, companies: Companies) -> Floats:
    fall = np.zeros((len(days), len(companies.starts)))
    for j, schedule in enumerate(companies.schedules):
        for action in schedule.actions:
            rows = rows_of(days, [action.ex_date])
            fall[rows, j] += np.log1p(-action.part)
    return fall


def _first_day_jump(seed: int, count: int, companies: Companies) -> Floats:
    """How far above or below its offer price a new share opens."""
    jump = np.zeros((count, len(companies.starts)))
    drawn = normals(seed, "listing", companies.symbols, 1)[0]
    new = np.flatnonzero((companies.listed > 0) & (companies.listed < count))
    jump[companies.listed[new], new] = 0.06 + 0.15 * drawn[new]
    return jump
