"""Builds the simulated world: schedules, factors, prices, volumes, indices, in this order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import Calendar, nse_calendar
from tradertape_core.market.panel import IndexSeries
from tradertape_core.market.ticks import TICK_TABLES
from tradertape_core.market.universe import Universe
from tradertape_core.market.world.candles import (
    Prices,
    on_the_tick,
    tick_sizes,
    volumes,
    walk_prices,
)
from tradertape_core.market.world.companies import (
    Companies,
    Days,
    companies_of,
    lengths_of,
    suspended,
)
from tradertape_core.market.world.factors import MarketPath, Sessions, opening_noise, span
from tradertape_core.market.world.indices import index_series, volatility_index
from tradertape_core.market.world.parameters import Model, yearly_to_daily
from tradertape_core.market.world.returns import Returns, returns_of, sector_volatilities
from tradertape_core.market.world.reviews import memberships, universes_of
from tradertape_core.market.world.schedules import ORIGIN, rows_of
from tradertape_core.market.world.simulated import CorporateAction, World, WorldState

Floats = NDArray[np.float64]

DEFAULT_SEED = 144


def generate(
    seed: int = DEFAULT_SEED,
    start: date = ORIGIN,
    end: date | None = None,
    sessions: Calendar | Sequence[date] | None = None,
    *,
    model: Model | None = None,
) -> World:
    """Simulate the market from 2015 up to `end` and return it from `start` on.

    sessions: trading days; the exchange's calendar when None. end: defaults to the last of them,
    of a calendar to the last that is published.
    The same seed gives the same candle on a day whatever `start` and `end` are.
    Raises InvalidInput when no session lies between them or `seed` is negative.
    """
    if seed < 0:
        raise InvalidInput("seed must not be negative", pointer="/seed")
    days = _days(nse_calendar() if sessions is None else sessions, end)
    first = int(np.searchsorted(days, np.datetime64(start)))
    if first >= len(days):
        raise InvalidInput(f"no session between {start} and {end}", pointer="/end")
    return _simulate(model or Model(), seed, days, first)


def _days(sessions: Calendar | Sequence[date], end: date | None) -> Days:
    if isinstance(sessions, Calendar):
        listed: Sequence[date] = sessions.sessions
        end = end or sessions.published_until
    else:
        listed = sorted(set(sessions))
    return np.array(
        [day for day in listed if day >= ORIGIN and (end is None or day <= end)],
        dtype="datetime64[D]",
    )


def _simulate(model: Model, seed: int, days: Days, first: int) -> World:
    lengths = lengths_of(days)
    companies = companies_of(model, seed, days)
    returns = returns_of(model, seed, days, lengths, companies)
    prices, volume = _candles(model, seed, days, lengths, companies, returns)
    rows = np.arange(len(days))[:, None]
    alive = (rows >= companies.listed) & (rows < companies.delisted)
    traded = alive & ~suspended(days, companies)
    standing = _last_known(np.where(traded, prices.close, np.nan), alive)
    opening = np.where(traded, prices.open, standing)
    indices, universes = _indices(
        model, seed, days, companies, returns.market, opening, standing, lengths
    )
    shown = slice(first, None)
    fields = (prices.open, prices.high, prices.low, prices.close, volume)
    candles = [np.where(traded, series, np.nan)[shown] for series in fields]
    return World(
        seed,
        days[shown],
        companies.symbols,
        tuple(start.fact for start in companies.starts),
        *candles,
        listed=tuple(start.listed for start in companies.starts),
        delisted=tuple(start.delisted for start in companies.starts),
        actions=_actions(days, first, companies, standing),
        indices={name: _cut(series, shown) for name, series in indices.items()},
        universes=universes,
        state=_state(model, days, companies, returns, standing),
    )


def _candles(
    model: Model, seed: int, days: Days, lengths: Sessions, companies: Companies, returns: Returns
) -> tuple[Prices, Floats]:
    names = companies.symbols
    expected = returns.volatility * lengths.day[:, None]
    noise = opening_noise(model, seed, names, expected)
    day, night = returns.day - noise, returns.night + noise
    above, below = span(model, seed, names, day, expected * np.sqrt(1 - model.own_overnight))
    walked = walk_prices(companies.price, companies.listed, night, day, above, below)
    prices = on_the_tick(walked, days)
    volume = volumes(model, seed, names, companies.shares, prices, expected, days, lengths.day**2)
    return prices, volume


def _last_known(close: Floats, alive: NDArray[np.bool_]) -> Floats:
    """Closes without gaps while a company is listed: a suspended one keeps its last."""
    rows = np.where(np.isfinite(close), np.arange(len(close))[:, None], 0)
    filled = np.take_along_axis(close, np.maximum.accumulate(rows, axis=0), axis=0)
    return np.where(alive, filled, np.nan)


def _indices(
    model: Model, seed: int, days: Days, companies: Companies, market: MarketPath,
    opening: Floats, standing: Floats, lengths: Sessions,
) -> tuple[dict[str, IndexSeries], Mapping[str, Universe]]:  # fmt: skip
    fifty, hundred = memberships(days, standing * companies.shares)
    banks = hundred & (np.array(companies.sectors) == "Banks")
    before = np.where(companies.listed > 0, np.nan, companies.price)
    previous = np.vstack([before, standing[:-1]])
    indices = {
        name: index_series(
            model, seed, name, member, companies.shares, opening, standing, previous, market,
            lengths.day,
        )
        for name, member in (("NIFTY 50", fifty), ("NIFTY 100", hundred), ("NIFTY BANK", banks))
    }  # fmt: skip
    indices["INDIA VIX"] = volatility_index(model, seed, market)
    return indices, universes_of(days, companies.symbols, companies.sectors, fifty, hundred)


def _cut(series: IndexSeries, shown: slice) -> IndexSeries:
    return IndexSeries(
        series.open[shown], series.high[shown], series.low[shown], series.close[shown]
    )


def _actions(
    days: Days, first: int, companies: Companies, standing: Floats
) -> tuple[CorporateAction, ...]:
    dates: list[date] = days.tolist()
    symbols = companies.symbols
    found: list[CorporateAction] = []
    for j, schedule in enumerate(companies.schedules):
        shown = range(
            max(int(companies.listed[j]), first) + 1, min(int(companies.delisted[j]), len(days))
        )
        later = schedule.split_factor
        for action in schedule.actions:
            later /= action.factor
            rows: list[int] = rows_of(days, [action.ex_date]).tolist()
            for row in rows:
                if row in shown:
                    paid = float(standing[row - 1, j]) * action.part
                    found.append(
                        CorporateAction(
                            symbols[j],
                            dates[row],
                            action.kind,
                            action.factor,
                            round(paid * later, 2),
                            round(paid, 6),
                        )
                    )
    return tuple(sorted(found, key=lambda action: (action.ex_date, action.symbol)))


def _state(
    model: Model, days: Days, companies: Companies, returns: Returns, standing: Floats
) -> WorldState:
    dates: list[date] = days.tolist()
    market, sectors, own = returns.market, returns.sectors, returns.own
    regime = int(market.regime[-1])
    level = float(market.clusters.level[-1, 0])
    multiple = model.regimes.volatility[regime] * np.exp(level)
    of_market = float(yearly_to_daily(model.market_volatility) * multiple)
    follows = model.vol_of_market_in_own * np.log(multiple)
    of_sectors = sector_volatilities(returns.names) * np.exp(sectors.clusters.level[-1] + follows)
    of_own = companies.own * np.exp(own.clusters.level[-1] + follows)
    column = [returns.names.index(sector) for sector in companies.sectors]
    whole: Floats = np.sqrt(
        (of_market * companies.beta) ** 2
        + (companies.loading * of_sectors[column]) ** 2
        + of_own**2
    )
    return WorldState(
        date=dates[-1],
        regime=regime,
        market_volatility=of_market,
        market_slow=float(market.clusters.slow[-1, 0]),
        market_fast=float(market.clusters.fast[-1, 0]),
        sector_volatility=dict(zip(returns.names, of_sectors.tolist(), strict=True)),
        beta=companies.beta,
        loading=companies.loading,
        own_volatility=of_own,
        volatility=whole,
        slow=own.clusters.slow[-1],
        fast=own.clusters.fast[-1],
        trend=own.trend[-1],
        stretch=returns.stretch[-1],
        shares=companies.shares,
        last_close=standing[-1],
        tick=tick_sizes(standing[-1], TICK_TABLES[-1]),
    )
