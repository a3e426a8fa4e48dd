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
        (1 - 1 / 280 - 1 / 1500, 1 / 280, 1 / 1500),
        (1 / 90, 1 - 1 / 90 - 1 / 300, 1 / 300),
        (1 / 60, 1 / 25, 1 - 1 / 60 - 1 / 25),
    )
    drift: tuple[float, float, float] = (0.18, -0.05, -0.6)
    volatility: tuple[float, float, float] = (0.81, 1.15, 3.3)


@dataclass(frozen=True, slots=True)
class Trait:
    """A sector's mean loading on the market, its own yearly volatility and that of its stocks."""

    beta: float
    sector_volatility: float
    own_volatility: float


TRAITS: dict[str, Trait] = {
    "Automobile": Trait(1.02, 0.099, 0.223),
    "Banks": Trait(1.10, 0.085, 0.195),
    "Capital Goods": Trait(1.02, 0.108, 0.242),
    "Cement": Trait(1.01, 0.099, 0.205),
    "Chemicals": Trait(0.86, 0.09, 0.223),
    "Construction": Trait(1.07, 0.072, 0.205),
    "Consumer": Trait(0.91, 0.072, 0.242),
    "FMCG": Trait(0.66, 0.09, 0.186),
    "Financial Services": Trait(1.12, 0.099, 0.242),
    "Healthcare": Trait(0.71, 0.117, 0.223),
    "IT": Trait(0.76, 0.144, 0.186),
    "Media": Trait(1.02, 0.09, 0.316),
    "Metals": Trait(1.27, 0.162, 0.233),
    "Oil & Gas": Trait(0.96, 0.108, 0.205),
    "Power": Trait(1.01, 0.108, 0.223),
    "Realty": Trait(1.3, 0.135, 0.279),
    "Telecom": Trait(0.91, 0.072, 0.279),
    "Transport": Trait(1.01, 0.072, 0.251),
}


@dataclass(frozen=True, slots=True)
class Volume:
    """Shares traded: a part of all shares, moved by range, weekday and slow interest."""

    turnover: float = 0.0022  # of the shares, a day, for a company of 50,000 crore
    size_power: float = -0.22
    growth: float = 0.05  # a year
    range_power: float = 0.86
    interest_memory: float = 0.97
    interest_spread: float = 0.28
    noise: float = 0.345
    weekday: tuple[float, ...] = (-0.06, 0.0, 0.02, 0.06, -0.01, -0.5, -0.5)  # Monday first


@dataclass(frozen=True, slots=True)
class Model:
    """Everything that shapes the simulated prices. Volatilities are yearly."""

    regimes: Regimes = field(default_factory=Regimes)
    market_volatility: float = 0.147
    market: LogVolatility = LogVolatility(0.986, 0.27, 0.80, 0.22, leverage=0.35)
    sector: LogVolatility = LogVolatility(0.985, 0.20, 0.75, 0.22)
    own: LogVolatility = LogVolatility(0.985, 0.26, 0.60, 0.45, leverage=0.10)
    market_tail: float = 6.0  # degrees of freedom of Student's t
    market_skew: float = 0.12  # how much larger falls are than rises of equal chance, each way
    sector_tail: float = 6.0
    own_tail: float = 5.0
    # Part of each factor's variance that comes between close and open.
    market_overnight: float = 0.36
    sector_overnight: float = 0.20
    own_overnight: float = 0.05
    opening_noise: float = 0.21  # of the day's volatility; gone by the close
    # Shares gain by night and lose by day, on average; a year's log return moved from day to night.
    night_premium: float = 0.26
    vol_of_market_in_own: float = 0.45  # how far own log volatility follows the market's
    beta_spread: float = 0.16
    loading_spread: float = 0.20
    own_spread: float = 0.26  # of log own volatility between companies
    trend_memory: float = 0.994
    trend: float = 0.09  # yearly standard deviation of a slow own drift
    # Each day gives back a little of the moves of the last weeks.
    give_back: float = 0.007
    give_back_memory: float = 0.9
    results_overnight: float = 1.7  # multiples of the daily own volatility
    results_daytime: float = 1.5
    largest_shock: float = 9.0  # standard deviations
    largest_move: float = 0.35  # log return of a factor in a night or a day
    range_base: float = 0.84
    range_shock: float = 0.24
    volume: Volume = field(default_factory=Volume)


def yearly_to_daily(volatility: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Turn yearly volatilities into daily ones."""
    return np.asarray(volatility, dtype=np.float64) / np.sqrt(SESSIONS_A_YEAR)
