"""The numbers of the simulated market, set so that its moments meet those of real prices.

docs/simulated-world.md shows the comparison; scripts/calibrate_world.py prints it anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SESSIONS_A_YEAR = 247.0
MINUTES_A_DAY = 375.0


@dataclass(frozen=True, slots=True)
class LogVolatility:
    """Log of a volatility around its mean: a slow and a fast AR(1) part.

    *_memory: what remains of a part a day later. *_spread: its standard deviation.
    leverage: correlation of its shocks with minus the return of that day.
    """

    slow_memory: float
    slow_spread: float
    fast_memory: float
    fast_spread: float
    leverage: float = 0.0


@dataclass(frozen=True, slots=True)
class Regimes:
    """Bull, bear and crisis: a Markov chain by the day.

    change: row = today, column = tomorrow. drift: yearly log return of the market. volatility:
    multiple of the mean.
    """

    change: tuple[tuple[float, float, float], ...] = (
        (1 - 1 / 260 - 1 / 1400, 1 / 260, 1 / 1400),
        (1 / 95, 1 - 1 / 95 - 1 / 260, 1 / 260),
        (1 / 60, 1 / 22, 1 - 1 / 60 - 1 / 22),
    )
    drift: tuple[float, float, float] = (0.19, -0.08, -1.1)
    volatility: tuple[float, float, float] = (0.8, 1.2, 2.5)


@dataclass(frozen=True, slots=True)
class Trait:
    """A sector's mean loading on the market, its own yearly volatility and that of its stocks."""

    beta: float
    sector_volatility: float
    own_volatility: float


TRAITS: dict[str, Trait] = {
    "Automobile": Trait(1.0, 0.11, 0.24),
    "Banks": Trait(1.2, 0.13, 0.22),
    "Capital Goods": Trait(1.0, 0.12, 0.26),
    "Cement": Trait(0.95, 0.11, 0.22),
    "Chemicals": Trait(0.8, 0.10, 0.24),
    "Construction": Trait(1.05, 0.08, 0.22),
    "Consumer": Trait(0.85, 0.08, 0.26),
    "FMCG": Trait(0.6, 0.10, 0.20),
    "Financial Services": Trait(1.1, 0.11, 0.26),
    "Healthcare": Trait(0.65, 0.13, 0.24),
    "IT": Trait(0.7, 0.16, 0.20),
    "Media": Trait(1.0, 0.10, 0.34),
    "Metals": Trait(1.25, 0.18, 0.25),
    "Oil & Gas": Trait(0.9, 0.12, 0.22),
    "Power": Trait(0.95, 0.12, 0.24),
    "Realty": Trait(1.3, 0.15, 0.30),
    "Telecom": Trait(0.85, 0.08, 0.30),
    "Transport": Trait(0.95, 0.08, 0.27),
}


@dataclass(frozen=True, slots=True)
class Volume:
    """Shares traded: a part of all shares, moved by range, weekday and slow interest."""

    turnover: float = 0.0022  # of the shares, a day, for a company of 50,000 crore
    size_power: float = -0.22
    growth: float = 0.05  # a year
    range_power: float = 0.62
    interest_memory: float = 0.97
    interest_spread: float = 0.30
    noise: float = 0.36
    weekday: tuple[float, ...] = (-0.06, 0.0, 0.02, 0.06, -0.01, -0.5, -0.5)  # Monday first


@dataclass(frozen=True, slots=True)
class Model:
    """Everything that shapes the simulated prices. Volatilities are yearly."""

    regimes: Regimes = field(default_factory=Regimes)
    market_volatility: float = 0.142
    market: LogVolatility = LogVolatility(0.985, 0.26, 0.75, 0.28, leverage=0.55)
    sector: LogVolatility = LogVolatility(0.985, 0.20, 0.75, 0.22)
    own: LogVolatility = LogVolatility(0.985, 0.22, 0.60, 0.34, leverage=0.10)
    market_tail: float = 7.0  # degrees of freedom of Student's t
    sector_tail: float = 6.0
    own_tail: float = 4.6
    # Part of each factor's variance that comes between close and open.
    market_overnight: float = 0.36
    sector_overnight: float = 0.20
    own_overnight: float = 0.07
    opening_noise: float = 0.19  # of the day's volatility; gone by the close
    vol_of_market_in_own: float = 0.45  # how far own log volatility follows the market's
    beta_spread: float = 0.16
    loading_spread: float = 0.20
    own_spread: float = 0.20  # of log own volatility between companies
    trend_memory: float = 0.985
    trend: float = 0.12  # yearly standard deviation of a slow own drift
    results_overnight: float = 1.9  # multiples of the daily own volatility
    results_daytime: float = 1.5
    largest_shock: float = 9.0  # standard deviations
    range_base: float = 0.80
    range_shock: float = 0.22
    volume: Volume = field(default_factory=Volume)


def yearly_to_daily(volatility: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Turn yearly volatilities into daily ones."""
    return np.asarray(volatility, dtype=np.float64) / np.sqrt(SESSIONS_A_YEAR)
