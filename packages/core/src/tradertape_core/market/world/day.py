"""A day of the market in daily candles: what its live sessions are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.ticks import tick_paise
from tradertape_core.market.world.intraday import Pull, Share, pull_of
from tradertape_core.market.world.parameters import Model
from tradertape_core.market.world.simulated import World

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

VOLATILITY_INDEX = "INDIA VIX"
_VIX_TICK = 1
_FEAR_OF_FALLS = Pull(-0.75, "", 0.0, 0.66)
_FEAR_VOLATILITY = 0.05

# The thirty of the SENSEX as of 2026-03, by NSE's symbols.
SENSEX = frozenset(
    {
        "ADANIPORTS", "ASIANPAINT", "AXISBANK", "BAJAJFINSV", "BAJFINANCE", "BEL", "BHARTIARTL",
        "ETERNAL", "HCLTECH", "HDFCBANK", "HINDUNILVR", "ICICIBANK", "INDIGO", "INFY", "ITC",
        "KOTAKBANK", "LT", "M&M", "MARUTI", "NTPC", "POWERGRID", "RELIANCE", "SBIN",
        "SUNPHARMA", "TATASTEEL", "TCS", "TECHM", "TITAN", "TRENT", "ULTRACEMCO",
    }
)  # fmt: skip
# Indices with derivatives that the daily world does not keep; levels of the end of 2014, rounded.
_OWN_INDICES = {"NIFTY FIN SERVICE": 7_940.0, "NIFTY MID SELECT": 4_300.0, "SENSEX": 27_500.0}


@dataclass(frozen=True, slots=True)
class IndexDay:
    """An index: its level before and at the close, and the names it is made of."""

    previous: float
    close: float
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MarketDay:
    """One day: a candle, a pull, the number of shares and the daily volatility of each name."""

    seed: int
    day: date
    shares: Mapping[str, Share]
    pulls: Mapping[str, Pull]
    outstanding: Mapping[str, float]
    volatility: Mapping[str, float]
    indices: Mapping[str, IndexDay]


def market_day(world: World, *, model: Model | None = None) -> MarketDay:
    """The last day of a world; a live session of it ends as the world's next history shows it."""
    model = model or Model()
    state, last = world.state, len(world.dates) - 1
    standing = _forward_filled(world.close)
    previous = standing[last - 1] if last else standing[0]
    shares: dict[str, Share] = {}
    for j in np.flatnonzero(np.isfinite(world.close[last])).tolist():
        candle = [float(field[last, j]) for field in (world.open, world.high, world.low)]
        close, volume = float(world.close[last, j]), float(world.volume[last, j])
        before = float(previous[j]) if np.isfinite(previous[j]) else candle[0]
        tick = tick_paise(before, state.date)
        opening, high, low, close = (_on_tick(p, tick) for p in (*candle, close))
        shares[world.symbols[j]] = Share(before, opening, high, low, close, volume, tick)
    pulls = {
        name: pull_of(model, sector, float(beta), float(loading))
        for name, sector, beta, loading in zip(
            world.symbols, world.sectors, state.beta, state.loading, strict=True
        )
    }
    shares |= _volatility_index(world)
    return MarketDay(
        world.seed,
        state.date,
        shares,
        {**pulls, VOLATILITY_INDEX: _FEAR_OF_FALLS},
        dict(zip(world.symbols, state.shares.tolist(), strict=True)),
        {
            **dict(zip(world.symbols, state.volatility.tolist(), strict=True)),
            VOLATILITY_INDEX: _FEAR_VOLATILITY,
        },
        _indices(world, standing),
    )


def _volatility_index(world: World) -> dict[str, Share]:
    series = world.indices.get(VOLATILITY_INDEX)
    if series is None:
        return {}
    fields = (series.open, series.high, series.low, series.close)
    candle = [float(field[-1]) for field in fields]
    before = float(series.close[-2]) if len(series.close) > 1 else candle[0]
    return {VOLATILITY_INDEX: Share(before, *candle, volume=0.0, tick_paise=_VIX_TICK)}


def _indices(world: World, standing: Floats) -> dict[str, IndexDay]:
    found: dict[str, IndexDay] = {}
    for name, member in _masks(world).items():
        if name in _OWN_INDICES:
            levels = _levels(_OWN_INDICES[name], member, world.state.shares, standing)
        else:
            levels = world.indices[name].close
        names = tuple(world.symbols[j] for j in np.flatnonzero(member[-1]).tolist())
        before = float(levels[-2]) if len(levels) > 1 else float(levels[-1])
        found[name] = IndexDay(before, float(levels[-1]), names)
    return found


def _masks(world: World) -> dict[str, Mask]:
    sectors = np.array(world.sectors)
    hundred = world.member("nifty_100")
    fifty = world.member("nifty_50")
    banks = hundred & (sectors == "Banks")
    return {
        "NIFTY 50": fifty,
        "NIFTY 100": hundred,
        "NIFTY BANK": banks,
        "NIFTY FIN SERVICE": banks | (hundred & (sectors == "Financial Services")),
        "NIFTY MID SELECT": world.member("nifty_next_50"),
        "SENSEX": fifty & np.array([symbol in SENSEX for symbol in world.symbols]),
    }


def _levels(start: float, member: Mask, shares: Floats, close: Floats) -> Floats:
    """Chain an index from its members' closes, as the world does with its own."""
    before = np.vstack([close[:1], close[:-1]])
    held = member & np.isfinite(before) & np.isfinite(close)
    base = (np.where(held, before, 0.0) * shares).sum(axis=1)
    now = (np.where(held, close, 0.0) * shares).sum(axis=1)
    steps = np.divide(now, base, out=np.ones_like(now), where=base > 0)
    return np.round(start * np.cumprod(steps, dtype=np.float64), 2)


def _forward_filled(close: Floats) -> Floats:
    rows = np.where(np.isfinite(close), np.arange(len(close))[:, None], 0)
    return np.take_along_axis(close, np.maximum.accumulate(rows, axis=0), axis=0)


def _on_tick(price: float, tick: int) -> float:
    # A price beyond the band of the day's start would lie on another tick; a session has one.
    return max(1, round(price * 100 / tick)) * tick / 100
