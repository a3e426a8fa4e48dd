"""What a simulated world consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.panel import IndexSeries, Mask, Matrix
from tradertape_core.market.universe import Universe
from tradertape_core.market.universe_facts import InstrumentFact
from tradertape_core.market.world.schedules import ActionKind

Row = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CorporateAction:
    """What happened to a share on its ex-date.

    factor: shares after for one before (2.0 for a 1:1 bonus), 1.0 for a dividend. amount: rupees
    paid a share as it was then, 0.0 otherwise; adjusted_amount: on the basis of the stored prices.
    """

    symbol: str
    ex_date: date
    kind: ActionKind
    factor: float
    amount: float
    adjusted_amount: float


@dataclass(frozen=True, slots=True)
class WorldState:
    """The state of the world after its last session: enough to continue with live prices.

    Arrays are (N,) over the world's symbols. Volatilities are daily, of the next session if it is a
    full one and the regime stays. market_volatility: of the market factor. own_volatility: of each
    share's own factor; volatility: of the whole share. slow, fast: parts of its log volatility.
    beta, loading: on the market and on its sector. trend: own drift a day. stretch: fading
    sum of past moves, of which Model.give_back returns each day.
    """

    date: date
    regime: int
    market_volatility: float
    market_slow: float
    market_fast: float
    sector_volatility: Mapping[str, float]
    beta: Row
    loading: Row
    own_volatility: Row
    volatility: Row
    slow: Row
    fast: Row
    trend: Row
    stretch: Row
    shares: Row
    last_close: Row
    tick: Row


@dataclass(frozen=True, slots=True)
class World:
    """Simulated daily candles of N companies over T sessions; see docs/simulated-world.md.

    dates: (T,) datetime64[D], rising. symbols: sorted. facts: the company behind each column.
    open, high, low, close: (T, N) rupees adjusted for all splits and bonuses, on the tick; NaN
    before listing, from the delisting on and while suspended. volume: (T, N) shares, same basis.
    listed, delisted: first day of trading, None when before 2015; first day without, None if none.
    actions: splits, bonuses and dividends within the dates, by ex-date; dividends are not in the
    price adjustment. indices: by name. universes: point-in-time, by the names of the real ones.
    """

    seed: int
    dates: NDArray[np.datetime64]
    symbols: tuple[str, ...]
    facts: tuple[InstrumentFact, ...]
    open: Matrix
    high: Matrix
    low: Matrix
    close: Matrix
    volume: Matrix
    listed: tuple[date | None, ...]
    delisted: tuple[date | None, ...]
    actions: tuple[CorporateAction, ...]
    indices: Mapping[str, IndexSeries]
    universes: Mapping[str, Universe]
    state: WorldState

    @property
    def sectors(self) -> tuple[str, ...]:
        """Sector of each column."""
        return tuple(fact.sector for fact in self.facts)

    def member(self, universe: str) -> Mask:
        """Membership of one of the world's universes, (T, N)."""
        return self.universes[universe].mask(self.dates, self.symbols)
